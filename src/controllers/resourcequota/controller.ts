/** Keeps the usage that a ResourceQuota shows true (resourcequota/resource_quota_controller.go). */
import { PersistentVolumeClaim } from '../../api/core/persistent-volume-claim.ts'
import { Pod } from '../../api/core/pod.ts'
import { ResourceQuota } from '../../api/core/resource-quota.ts'
import { Service } from '../../api/core/service.ts'
import { type KindDefinition, type KubeObject, objectKey, type Stored } from '../../api/kind.ts'
import type { KindRef } from '../../client/client.ts'
import { BY_NAMESPACE, type Informer } from '../../client/informer.ts'
import {
  defineController,
  type Lookup,
  type Predicate,
  type SetupContext,
  watch,
} from '../runtime/controller.ts'
import { isPodTerminal } from '../shared/pod.ts'
import { namespaceIndex } from '../shared/selected-pods.ts'
import { sameStatus } from '../shared/semantic-equal.ts'
import { countedResource, usageOf } from './usage.ts'

const RESYNC_MS = 300_000
const NAMESPACED = { indexes: namespaceIndex }

/** What comes is charged by the API server as it comes; only what goes has to be given back. */
const WHEN_IT_GOES = { create: () => false, update: () => false }

export const resourceQuotaController = defineController<ResourceQuota, CountedKinds>({
  name: 'resourcequota-controller',
  component: 'resourcequota-controller',
  for: ResourceQuota,
  forInformer: NAMESPACED,
  predicate: { update: (quota, old) => quota.spec !== old.spec },
  concurrency: 5,
  resyncMs: RESYNC_MS,
  watches: [
    replenishes(Pod, { ...WHEN_IT_GOES, update: (pod, old) => isPodTerminal(pod) && !isPodTerminal(old) }),
    replenishes(Service, { ...WHEN_IT_GOES, update: (service, old) => service.spec !== old.spec }),
    replenishes(PersistentVolumeClaim, { ...WHEN_IT_GOES, update: (claim, old) => claim.spec !== old.spec }),
  ],
  setup: (context) => new CountedKinds(context),

  async reconcile({ key, object: quota, namespace, client, lister, memory: kinds }) {
    if (quota === undefined || !kinds.areKnown(key, quota)) return
    const hard = quota.spec.hard ?? {}
    const used = usageOf(quota, {
      pods: [...lister(Pod).byIndex(BY_NAMESPACE, namespace)],
      services: [...lister(Service).byIndex(BY_NAMESPACE, namespace)],
      claims: [...lister(PersistentVolumeClaim).byIndex(BY_NAMESPACE, namespace)],
      count: (resource) => kinds.count(resource, namespace),
    })
    const status = { hard, used }
    if (!sameStatus(status, quota.status)) await client.updateStatus(ResourceQuota, { ...quota, status })
  },
})

function replenishes<T extends KubeObject>(kind: KindRef<T>, predicate: Predicate<Stored<T>>) {
  return watch<T>({ kind, informer: NAMESPACED, predicate, map: quotasOfNamespace })
}

function quotasOfNamespace(object: Stored<KubeObject>, lookup: Pick<Lookup, 'lister'>): readonly string[] {
  const quotas = lookup.lister(ResourceQuota).byIndex(BY_NAMESPACE, object.metadata.namespace ?? '')
  return [...quotas].map((it) => objectKey(it.metadata)).sort()
}

/** Kinds of which some quota limits the number of objects: they are watched from then on. */
class CountedKinds {
  readonly #context: SetupContext<ResourceQuota>
  readonly #watched = new Map<KindDefinition, Informer<KubeObject>>()

  constructor(context: SetupContext<ResourceQuota>) {
    this.#context = context
  }

  /** False when some have not been listed yet: the quota is queued once they are. */
  areKnown(key: string, { spec }: ResourceQuota): boolean {
    let known = true
    for (const resource of Object.keys(spec.hard ?? {}).map(countedResource)) {
      const informer = resource === undefined ? undefined : this.#informerOf(resource)
      if (informer === undefined || informer.synced) continue
      known = false
      informer.whenSynced(() => this.#context.enqueue(key))
    }
    return known
  }

  count(resource: string, namespace: string): number {
    return this.#informerOf(resource)?.lister.list(namespace).length ?? 0
  }

  #informerOf(resource: string): Informer<KubeObject> | undefined {
    const { process, enqueue, informer: quotas, informerFor } = this.#context
    const [name = '', ...group] = resource.split('.')
    const kind = process.scheme.byResource(group.join('.'), name)
    if (kind === undefined) return undefined
    let informer = this.#watched.get(kind)
    if (informer === undefined) {
      informer = informerFor(kind as KindRef<KubeObject>)
      this.#watched.set(kind, informer)
      const lookup = { lister: () => quotas.lister as never }
      informer.addHandlers({
        delete: (object) => {
          for (const key of quotasOfNamespace(object, lookup)) enqueue(key)
        },
      })
    }
    return informer
  }
}

/** Keeps the usage that a ResourceQuota shows true (resourcequota/resource_quota_controller.go). */
import { PersistentVolumeClaim } from '../../api/core/persistent-volume-claim.ts'
import { Pod } from '../../api/core/pod.ts'
import { ResourceQuota } from '../../api/core/resource-quota.ts'
import { Service } from '../../api/core/service.ts'
import { type KubeObject, objectKey, type Stored } from '../../api/kind.ts'
import type { Scheme } from '../../api/scheme.ts'
import { BY_NAMESPACE } from '../../client/informer.ts'
import { defineController, type Lookup, watch } from '../runtime/controller.ts'
import { isPodTerminal } from '../shared/pod.ts'
import { namespaceIndex } from '../shared/selected-pods.ts'
import { sameStatus } from '../shared/semantic-equal.ts'
import { usageOf } from './usage.ts'

const RESYNC_MS = 300_000
const NAMESPACED = { indexes: namespaceIndex }

export const resourceQuotaController = defineController<ResourceQuota, Scheme>({
  name: 'resourcequota-controller',
  component: 'resourcequota-controller',
  for: ResourceQuota,
  forInformer: NAMESPACED,
  predicate: { update: (quota, old) => quota.spec !== old.spec },
  concurrency: 5,
  resyncMs: RESYNC_MS,
  watches: [
    watch<Pod>({
      kind: Pod,
      informer: NAMESPACED,
      predicate: { update: (pod, old) => isPodTerminal(pod) !== isPodTerminal(old) },
      map: quotasOfNamespace,
    }),
    watch<Service>({ kind: Service, informer: NAMESPACED, map: quotasOfNamespace }),
    watch<PersistentVolumeClaim>({
      kind: PersistentVolumeClaim,
      informer: NAMESPACED,
      map: quotasOfNamespace,
    }),
  ],
  setup: ({ process }) => process.scheme,

  async reconcile({ object: quota, namespace, client, lister, memory: scheme }) {
    if (quota === undefined) return
    const hard = quota.spec.hard ?? {}
    const used = usageOf(quota, {
      pods: [...lister(Pod).byIndex(BY_NAMESPACE, namespace)],
      services: [...lister(Service).byIndex(BY_NAMESPACE, namespace)],
      claims: [...lister(PersistentVolumeClaim).byIndex(BY_NAMESPACE, namespace)],
      count(name) {
        const [resource = '', ...group] = name.split('.')
        const kind = scheme.byResource(group.join('.'), resource)
        let count = 0
        if (kind !== undefined) for (const _ of lister(kind).list(namespace)) count++
        return count
      },
    })
    const status = { hard, used }
    if (!sameStatus(status, quota.status)) await client.updateStatus(ResourceQuota, { ...quota, status })
  },
})

function quotasOfNamespace(object: Stored<KubeObject>, lookup: Lookup): readonly string[] {
  const quotas = lookup.lister(ResourceQuota).byIndex(BY_NAMESPACE, object.metadata.namespace ?? '')
  return [...quotas].map((it) => objectKey(it.metadata)).sort()
}

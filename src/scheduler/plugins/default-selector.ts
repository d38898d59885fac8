/**
 * The selector of default spreading: what the services, replica sets and the like that select a pod select together
 * (plugins/helper/spread.go).
 */
import { ReplicaSet } from '../../api/apps/replica-set.ts'
import { StatefulSet } from '../../api/apps/stateful-set.ts'
import { ReplicationController } from '../../api/core/replication-controller.ts'
import { Service } from '../../api/core/service.ts'
import { compileSelector } from '../../api/label-selector.ts'
import type { LabelSelector } from '../../api/meta/label-selector.ts'
import { BY_NAMESPACE, type InformerFactory, type Lister } from '../../client/informer.ts'
import type { PodClass } from '../cache/pod-class.ts'

export interface DefaultSelectors {
  /** Grows when the answer for pods of the namespace may have changed. */
  version(namespace: string): number
  /** Undefined when nothing selects the pod. */
  of(pod: PodClass): LabelSelector | undefined
}

export function defaultSelectors(informers: InformerFactory): DefaultSelectors {
  const versions = new Map<string, number>()
  const byNamespace = {
    indexes: { [BY_NAMESPACE]: (it: { metadata: { namespace?: string } }) => [it.metadata.namespace ?? ''] },
  }
  const services = informers.for(Service, byNamespace)
  const controllers = informers.for(ReplicationController)
  const replicaSets = informers.for(ReplicaSet)
  const statefulSets = informers.for(StatefulSet)
  for (const informer of [services, controllers, replicaSets, statefulSets]) {
    type Selecting = { metadata: { namespace?: string }; spec?: { selector?: unknown } }
    const changed = ({ metadata: { namespace = '' } }: Selecting) =>
      versions.set(namespace, (versions.get(namespace) ?? 0) + 1)
    informer.addHandlers({
      add: changed,
      delete: changed,
      update: (object: Selecting, old: Selecting) => {
        if (object.spec?.selector !== old.spec?.selector) changed(object)
      },
    })
  }

  const ownerSelector = ({ namespace, owner }: PodClass): LabelSelector | undefined => {
    if (owner === undefined) return undefined
    const key = `${namespace}/${owner.name}`
    switch (`${owner.apiVersion} ${owner.kind}`) {
      case 'v1 ReplicationController': {
        const selector = find(controllers.lister, key)?.spec?.selector
        return selector && { matchLabels: selector }
      }
      case 'apps/v1 ReplicaSet':
        return find(replicaSets.lister, key)?.spec?.selector
      case 'apps/v1 StatefulSet':
        return find(statefulSets.lister, key)?.spec?.selector
      default:
        return undefined
    }
  }

  return {
    version: (namespace) => versions.get(namespace) ?? 0,
    of(pod) {
      const matchLabels: Record<string, string> = {}
      for (const { spec } of services.lister.byIndex(BY_NAMESPACE, pod.namespace)) {
        const selector = spec?.selector
        if (selector === undefined || !compileSelector({ matchLabels: selector }).matches(pod.labels))
          continue
        for (const [key, value] of Object.entries(selector)) define(matchLabels, key, value)
      }
      const owned = ownerSelector(pod)
      for (const [key, value] of Object.entries(owned?.matchLabels ?? {})) define(matchLabels, key, value)
      const { matchExpressions } = owned ?? {}
      if (Object.keys(matchLabels).length === 0 && (matchExpressions ?? []).length === 0) return undefined
      return { matchLabels, matchExpressions }
    },
  }
}

/** Labels are users' words: `__proto__` is a key like any other. */
function define(labels: Record<string, string>, key: string, value: string): void {
  Object.defineProperty(labels, key, { value, enumerable: true, configurable: true, writable: true })
}

function find<T>(lister: Lister<T>, key: string): T | undefined {
  return lister.get(key)
}

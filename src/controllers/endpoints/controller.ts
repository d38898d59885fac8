/** Lists the pods of a Service in one Endpoints object of its name, for those who do not know slices. */
import { Endpoints } from '../../api/core/endpoints.ts'
import { Pod } from '../../api/core/pod.ts'
import { Service } from '../../api/core/service.ts'
import { isNotFound } from '../../api/errors.ts'
import { objectKey, type Stored } from '../../api/kind.ts'
import { defineController, watch } from '../runtime/controller.ts'
import { isNamespaceTerminating, textOf } from '../shared/refusals.ts'
import { semanticEqual } from '../shared/semantic-equal.ts'
import { ServicePods } from '../shared/service-pods.ts'
import { isHeadless } from '../shared/service-ports.ts'
import { TriggerTimes, withoutTriggerTime, withTriggerTime } from '../shared/trigger-times.ts'
import { subsetsOf, truncate } from './subsets.ts'

const HEADLESS = 'service.kubernetes.io/headless'
const MANAGED_BY = 'endpoints.kubernetes.io/managed-by'
const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity'

interface Memory {
  readonly pods: ServicePods
  readonly triggers: TriggerTimes
  /** The resourceVersion that was last written over, by key: whoever still sees it has to wait. */
  readonly stale: Map<string, string>
}

export const endpointsController = defineController<Service, Memory>({
  name: 'endpoints-controller',
  component: 'endpoint-controller',
  for: Service,
  concurrency: 5,
  watches: [
    // Those that somebody makes before the Service are none of ours.
    watch({ kind: Endpoints, map: (it) => (isOurs(it) ? [objectKey(it.metadata)] : []) }),
    { kind: Pod, map: () => [] },
  ],
  setup: (context) => ({ pods: new ServicePods(context), triggers: new TriggerTimes(), stale: new Map() }),

  async reconcile({ key, namespace, name, object: service, client, recorder, lister, memory }) {
    const existing = lister(Endpoints).get(key)
    if (service === undefined) {
      memory.triggers.forget(key)
      memory.stale.delete(key)
      try {
        await client.delete(Endpoints, { namespace, name })
      } catch (error) {
        if (!isNotFound(error)) throw error
      }
      return
    }
    if (service.spec.selector === undefined || service.spec.type === 'ExternalName') return
    const version = existing?.metadata.resourceVersion
    if (version !== undefined && memory.stale.get(key) === version) {
      throw new Error(
        `endpoints informer cache is out of date, resource version ${version} already processed for endpoints ${key}`,
      )
    }
    const pods = memory.pods.of(key)
    const trigger = memory.triggers.look(key, service, pods)
    const wanted = endpointsOf(service, pods, existing, trigger)
    if (existing !== undefined && isSame(existing, wanted)) return
    try {
      if (existing === undefined) await client.create(Endpoints, wanted)
      else {
        await client.replace(Endpoints, {
          ...existing,
          ...wanted,
          metadata: { ...existing.metadata, ...wanted.metadata },
        })
        memory.stale.set(key, existing.metadata.resourceVersion)
      }
    } catch (error) {
      if (isNamespaceTerminating(error)) return
      const [reason, text] = existing
        ? ['FailedToUpdateEndpoint', `Failed to update endpoint ${key}: ${textOf(error)}`]
        : ['FailedToCreateEndpoint', `Failed to create endpoint for service ${key}: ${textOf(error)}`]
      recorder.event(
        { apiVersion: 'v1', kind: 'Endpoints', ...wanted } as Stored<Endpoints>,
        'Warning',
        reason!,
        text!,
      )
      throw error
    }
  },
})

function isOurs({ metadata }: Endpoints): boolean {
  return metadata?.labels?.[MANAGED_BY] !== undefined
}

function endpointsOf(
  service: Stored<Service>,
  pods: readonly Pod[],
  existing: Endpoints | undefined,
  trigger: string | undefined,
): Endpoints {
  const { subsets, truncated } = truncate(subsetsOf(service, pods))
  const { [HEADLESS]: _headless, ...labels } = service.metadata.labels ?? {}
  const { [OVER_CAPACITY]: _capacity, ...annotations } = existing?.metadata?.annotations ?? {}
  return {
    metadata: {
      name: service.metadata.name,
      namespace: service.metadata.namespace,
      labels: {
        ...labels,
        ...(isHeadless(service) && { [HEADLESS]: '' }),
        [MANAGED_BY]: 'endpoint-controller',
      },
      annotations: withTriggerTime(
        { ...annotations, ...(truncated && { [OVER_CAPACITY]: 'truncated' }) },
        trigger,
      ),
    },
    subsets,
  }
}

function isSame(existing: Endpoints, wanted: Endpoints): boolean {
  return (
    semanticEqual(existing.subsets, wanted.subsets) &&
    semanticEqual(existing.metadata?.labels, wanted.metadata?.labels) &&
    // When something changed is told along with the change.
    semanticEqual(
      withoutTriggerTime(existing.metadata?.annotations),
      withoutTriggerTime(wanted.metadata?.annotations),
    )
  )
}

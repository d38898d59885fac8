/** Lists the pods of a Service in EndpointSlices, a hundred at most in each. */
import { Node } from '../../api/core/node.ts'
import { Pod } from '../../api/core/pod.ts'
import { Service } from '../../api/core/service.ts'
import { EndpointSlice } from '../../api/discovery/endpoint-slice.ts'
import { objectKey, type Stored } from '../../api/kind.ts'
import { defineController, watch } from '../runtime/controller.ts'
import { controllerOf, controllerRef } from '../shared/owner-refs.ts'
import { generatePrefix } from '../shared/pod-control.ts'
import { isNamespaceTerminating, textOf } from '../shared/refusals.ts'
import { ServicePods } from '../shared/service-pods.ts'
import { isHeadless } from '../shared/service-ports.ts'
import { TriggerTimes, withTriggerTime } from '../shared/trigger-times.ts'
import { addressTypes, gatherEndpoints } from './endpoints.ts'
import { pack } from './pack.ts'
import { BY_SERVICE, bySliceService, MANAGED_BY, SERVICE_NAME, writeSlices } from './slices.ts'

const MANAGER = 'endpointslice-controller.k8s.io'
const MAX_PER_SLICE = 100

interface Memory {
  readonly pods: ServicePods
  readonly triggers: TriggerTimes
  /** Service -> uid of a slice -> its generation when it was written last: whoever sees an older one has to wait. */
  readonly written: Map<string, Map<string, number>>
}

export const endpointSliceController = defineController<Service, Memory>({
  name: 'endpointslice-controller',
  component: 'endpoint-slice-controller',
  for: Service,
  concurrency: 5,
  rateLimit: { baseMs: 1000 },
  watches: [
    watch({
      kind: EndpointSlice,
      informer: { indexes: { [BY_SERVICE]: bySliceService } },
      // Somebody else changed or deleted what this controller wrote.
      map: (slice) => (slice.metadata.labels?.[MANAGED_BY] === MANAGER ? bySliceService(slice) : []),
    }),
    { kind: Node, map: () => [] },
    { kind: Pod, map: () => [] },
  ],
  setup: (context) => ({ pods: new ServicePods(context), triggers: new TriggerTimes(), written: new Map() }),

  async reconcile({ key, object: service, client, recorder, lister, memory }) {
    // Gone: its slices are the garbage collector's job.
    if (service === undefined) {
      memory.triggers.forget(key)
      memory.written.delete(key)
    }
    if (service?.spec.selector === undefined || service.spec.type === 'ExternalName') return
    const slices = [...lister(EndpointSlice).byIndex(BY_SERVICE, key)].filter(
      (it) => it.metadata.labels?.[MANAGED_BY] === MANAGER && it.metadata.deletionTimestamp === undefined,
    )
    const written = memory.written.get(key)
    if (slices.some(({ metadata: { uid, generation = 0 } }) => generation < (written?.get(uid) ?? 0))) {
      throw new Error('EndpointSlice informer cache is out of date')
    }
    const nodes = lister(Node)
    const pods = memory.pods.of(key)
    const trigger = memory.triggers.look(key, service, pods)
    const { groups, unknownNodes } = gatherEndpoints(service, pods, (name) => nodes.get(name))
    const labels = sliceLabels(service)
    const packed = pack({
      groups,
      placeholders: addressTypes(service),
      existing: slices.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1)),
      maxPerSlice: MAX_PER_SLICE,
      isOwn: (it) => controllerOf(it)?.uid === service.metadata.uid,
      labels,
      fresh: ({ addressType, ports }, endpoints) => ({
        metadata: {
          generateName: generatePrefix(service.metadata.name),
          namespace: service.metadata.namespace,
          labels,
          ownerReferences: [controllerRef(Service, service)],
        },
        addressType,
        ports,
        endpoints,
      }),
    })
    try {
      const create = service.metadata.deletionTimestamp === undefined ? packed.create : []
      const anew = new Map<string, number>()
      memory.written.set(key, anew)
      await writeSlices(
        client,
        {
          create: create.map((it) => triggeredAt(it, trigger)),
          update: packed.update.map((it) => triggeredAt(it, trigger)),
          delete: packed.delete,
        },
        ({ metadata: { uid, generation = 0 } }) => anew.set(uid, generation),
      )
    } catch (error) {
      if (isNamespaceTerminating(error)) return
      const message = `Error updating Endpoint Slices for Service ${objectKey(service.metadata)}: ${textOf(error)}`
      recorder.event(service, 'Warning', 'FailedToUpdateEndpointSlices', message)
      throw error
    }
    if (unknownNodes.length > 0) throw new Error(`pods on unknown nodes: ${unknownNodes.join(', ')}`)
  },
})

function triggeredAt<T extends EndpointSlice>(slice: T, trigger: string | undefined): T {
  const annotations = withTriggerTime(slice.metadata?.annotations, trigger)
  return { ...slice, metadata: { ...slice.metadata, annotations } }
}

/** The Service's own labels, and who the slices belong to. */
function sliceLabels(service: Stored<Service>): Readonly<Record<string, string>> {
  const { [HEADLESS]: _headless, ...labels } = service.metadata.labels ?? {}
  return {
    ...labels,
    [SERVICE_NAME]: service.metadata.name,
    [MANAGED_BY]: MANAGER,
    ...(isHeadless(service) && { [HEADLESS]: '' }),
  }
}

const HEADLESS = 'service.kubernetes.io/headless'

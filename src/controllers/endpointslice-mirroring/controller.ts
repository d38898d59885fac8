/** Copies Endpoints that people write by hand, for Services without selector, into EndpointSlices. */
import { type EndpointAddress, type EndpointSubset, Endpoints } from '../../api/core/endpoints.ts'
import { Service } from '../../api/core/service.ts'
import { type Endpoint, EndpointSlice } from '../../api/discovery/endpoint-slice.ts'
import { objectKey, type Stored } from '../../api/kind.ts'
import { type EndpointGroup, pack } from '../endpointslice/pack.ts'
import { BY_SERVICE, bySliceService, MANAGED_BY, SERVICE_NAME, writeSlices } from '../endpointslice/slices.ts'
import { defineController, watch } from '../runtime/controller.ts'
import { controllerOf, controllerRef } from '../shared/owner-refs.ts'
import { generatePrefix } from '../shared/pod-control.ts'
import { withoutTriggerTime } from '../shared/trigger-times.ts'

const MANAGER = 'endpointslicemirroring-controller.k8s.io'
const SKIP_MIRROR = 'endpointslice.kubernetes.io/skip-mirror'
const LEADER = 'control-plane.alpha.kubernetes.io/leader'
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'
const MAX_PER_SUBSET = 1000

export const endpointSliceMirroringController = defineController<Endpoints>({
  name: 'endpointslice-mirroring-controller',
  component: 'endpoint-slice-mirroring-controller',
  for: Endpoints,
  concurrency: 5,
  watches: [
    watch({ kind: Service, map: (it) => [objectKey(it.metadata)] }),
    watch({
      kind: EndpointSlice,
      informer: { indexes: { [BY_SERVICE]: bySliceService } },
      map: (slice) => (slice.metadata.labels?.[MANAGED_BY] === MANAGER ? bySliceService(slice) : []),
    }),
  ],

  async reconcile({ key, object: endpoints, client, lister, recorder }) {
    const slices = [...lister(EndpointSlice).byIndex(BY_SERVICE, key)].filter(
      (it) => it.metadata.labels?.[MANAGED_BY] === MANAGER,
    )
    const service = lister(Service).get(key)
    if (
      endpoints === undefined ||
      service === undefined ||
      service.spec.selector !== undefined ||
      !isMirrored(endpoints)
    ) {
      await writeSlices(client, { create: [], update: [], delete: slices })
      return
    }
    const skipped = (endpoints.subsets ?? []).reduce((sum, it) => sum + excessOf(it), 0)
    if (skipped > 0) {
      const message = `A max of ${MAX_PER_SUBSET} addresses can be mirrored to EndpointSlices per Endpoints subset. ${skipped} addresses were skipped`
      recorder.event(endpoints, 'Warning', 'TooManyAddressesToMirror', message)
    }
    const { [LAST_APPLIED]: _applied, ...annotations } = withoutTriggerTime(endpoints.metadata.annotations)
    const labels = {
      ...endpoints.metadata.labels,
      [SERVICE_NAME]: endpoints.metadata.name,
      [MANAGED_BY]: MANAGER,
    }
    const packed = pack({
      groups: (endpoints.subsets ?? []).flatMap(groupsOf),
      placeholders: [],
      existing: slices.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1)),
      maxPerSlice: MAX_PER_SUBSET,
      isOwn: (it) => controllerOf(it)?.uid === endpoints.metadata.uid,
      labels,
      fresh: ({ addressType, ports }, list) => ({
        metadata: {
          generateName: generatePrefix(endpoints.metadata.name),
          namespace: endpoints.metadata.namespace,
          labels,
          ...(Object.keys(annotations).length > 0 && { annotations }),
          ownerReferences: [controllerRef(Endpoints, endpoints)],
        },
        addressType,
        ports,
        endpoints: list,
      }),
    })
    await writeSlices(client, packed)
  },
})

function isMirrored({ metadata }: Stored<Endpoints>): boolean {
  return metadata.labels?.[SKIP_MIRROR] !== 'true' && metadata.annotations?.[LEADER] === undefined
}

function excessOf({ addresses = [], notReadyAddresses = [] }: EndpointSubset): number {
  return Math.max(0, addresses.length + notReadyAddresses.length - MAX_PER_SUBSET)
}

function groupsOf(subset: EndpointSubset): readonly EndpointGroup[] {
  const ports = (subset.ports ?? []).map((it) => ({ name: '', protocol: 'TCP', ...it }))
  const all = [
    ...(subset.addresses ?? []).map((it) => endpointOf(it, true)),
    ...(subset.notReadyAddresses ?? []).map((it) => endpointOf(it, false)),
  ].slice(0, MAX_PER_SUBSET)
  const groups = ['IPv4', 'IPv6'].map((addressType) => ({
    addressType,
    ports,
    endpoints: all.filter((it) => it.addresses[0]!.includes(':') === (addressType === 'IPv6')),
  }))
  return groups.filter((it) => it.endpoints.length > 0)
}

function endpointOf({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname && { hostname }),
    ...(nodeName && { nodeName }),
    ...(targetRef && { targetRef }),
  }
}

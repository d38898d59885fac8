/** The subsets of an Endpoints object (endpoint/endpoints_controller.go, api/v1/endpoints RepackSubsets). */
import type { EndpointAddress, EndpointPort, EndpointSubset } from '../../api/core/endpoints.ts'
import type { Pod } from '../../api/core/pod.ts'
import type { Service } from '../../api/core/service.ts'
import { isPodReady } from '../shared/pod.ts'
import { canBeEndpoint, findPort, hasHostname, isHeadless } from '../shared/service-ports.ts'

/** Addresses that one object may hold. */
const CAPACITY = 1000

/** Addresses with the same ports share a subset. */
export function subsetsOf(service: Service, pods: readonly Pod[]): readonly EndpointSubset[] {
  const publish = service.spec.publishNotReadyAddresses === true
  const groups = new Map<
    string,
    { ports: EndpointPort[]; ready: EndpointAddress[]; notReady: EndpointAddress[] }
  >()
  for (const pod of pods) {
    if (!canBeEndpoint(pod, publish)) continue
    const ports = portsOf(service, pod)
    if (ports.length === 0 && !isHeadless(service)) continue
    const key = JSON.stringify(ports)
    let group = groups.get(key)
    if (group === undefined) groups.set(key, (group = { ports, ready: [], notReady: [] }))
    const list = publish || isPodReady(pod) ? group.ready : group.notReady
    list.push(addressOf(service, pod))
  }
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { ports, ready, notReady }]) => ({
      ...(ready.length > 0 && { addresses: ready.sort(byIp) }),
      ...(notReady.length > 0 && { notReadyAddresses: notReady.sort(byIp) }),
      ...(ports.length > 0 && { ports }),
    }))
}

/** Ready addresses are kept first; what is too much is spread over the subsets. */
export function truncate(subsets: readonly EndpointSubset[]): {
  readonly subsets: readonly EndpointSubset[]
  readonly truncated: boolean
} {
  const count = (list: 'addresses' | 'notReadyAddresses') =>
    subsets.reduce((sum, it) => sum + (it[list]?.length ?? 0), 0)
  const ready = count('addresses')
  const notReady = count('notReadyAddresses')
  if (ready + notReady <= CAPACITY) return { subsets, truncated: false }
  const keepReady = Math.min(ready, CAPACITY)
  const keepNotReady = CAPACITY - keepReady
  const share = (list: readonly EndpointAddress[] | undefined, keep: number, all: number) =>
    list?.slice(0, all === 0 ? 0 : Math.floor((list.length * keep) / all))
  const kept = subsets.map((it) => ({
    ...it,
    addresses: share(it.addresses, keepReady, ready),
    notReadyAddresses: share(it.notReadyAddresses, keepNotReady, notReady),
  }))
  return { subsets: kept, truncated: true }
}

function portsOf(service: Service, pod: Pod): EndpointPort[] {
  return (service.spec.ports ?? []).flatMap((it) => {
    const port = findPort(pod, it)
    if (port === undefined) return []
    return [
      {
        ...(it.name && { name: it.name }),
        port,
        protocol: it.protocol ?? 'TCP',
        ...(it.appProtocol !== undefined && { appProtocol: it.appProtocol }),
      },
    ]
  })
}

function addressOf(service: Service, pod: Pod): EndpointAddress {
  const { namespace, name, uid } = pod.metadata ?? {}
  return {
    ip: pod.status?.podIP ?? '',
    ...(hasHostname(pod, service) && { hostname: pod.spec.hostname }),
    ...(pod.spec.nodeName && { nodeName: pod.spec.nodeName }),
    targetRef: { kind: 'Pod', namespace, name, uid },
  }
}

function byIp(a: EndpointAddress, b: EndpointAddress): number {
  return a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : (a.targetRef?.uid ?? '') < (b.targetRef?.uid ?? '') ? -1 : 1
}

/** The endpoints that a Service's pods make (k8s.io/endpointslice/utils.go, reconciler.go). */
import type { Node } from '../../api/core/node.ts'
import type { Pod } from '../../api/core/pod.ts'
import type { Service } from '../../api/core/service.ts'
import type { Endpoint, EndpointPort } from '../../api/discovery/endpoint-slice.ts'
import { isPodReady } from '../shared/pod.ts'
import { canBeEndpoint, findPort, hasHostname, isHeadless } from '../shared/service-ports.ts'
import type { EndpointGroup } from './pack.ts'

const ZONE = 'topology.kubernetes.io/zone'

export interface Gathered {
  readonly groups: readonly EndpointGroup[]
  /** Pods that were left out since nobody knows their node: to be tried again. */
  readonly unknownNodes: readonly string[]
}

/** Groups by address family and ports: pods may give one port name different numbers. */
export function gatherEndpoints(
  service: Service,
  pods: readonly Pod[],
  nodeOf: (name: string) => Node | undefined,
): Gathered {
  const groups = new Map<string, EndpointGroup & { readonly endpoints: Endpoint[] }>()
  const unknownNodes: string[] = []
  for (const addressType of addressTypes(service)) {
    for (const pod of pods) {
      if (!canBeEndpoint(pod, true)) continue
      const ports = portsOf(service, pod)
      const key = `${addressType} ${portsKey(ports)}`
      let group = groups.get(key)
      if (group === undefined) groups.set(key, (group = { addressType, ports, endpoints: [] }))
      const node = nodeOf(pod.spec.nodeName ?? '')
      if (node === undefined && service.spec.publishNotReadyAddresses !== true) {
        unknownNodes.push(`${pod.metadata?.name} on ${pod.spec.nodeName}`)
        continue
      }
      const endpoint = endpointOf(service, pod, node, addressType)
      if (endpoint.addresses.length > 0) group.endpoints.push(endpoint)
    }
  }
  return { groups: [...groups.values()], unknownNodes }
}

export function endpointOf(
  service: Service,
  pod: Pod,
  node: Node | undefined,
  addressType: string,
): Endpoint {
  const serving = isPodReady(pod)
  const terminating = pod.metadata?.deletionTimestamp !== undefined
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating)
  const zone = node?.metadata?.labels?.[ZONE]
  const { namespace, name, uid } = pod.metadata ?? {}
  return {
    addresses: addressesOf(pod, addressType),
    conditions: { ready, serving, terminating },
    targetRef: { kind: 'Pod', namespace, name, uid },
    ...(hasHostname(pod, service) && { hostname: pod.spec.hostname }),
    ...(pod.spec.nodeName && { nodeName: pod.spec.nodeName }),
    ...(zone !== undefined && { zone }),
  }
}

export function addressTypes(service: Service): readonly string[] {
  return service.spec.ipFamilies?.length ? service.spec.ipFamilies : ['IPv4']
}

function addressesOf({ status }: Pod, addressType: string): readonly string[] {
  const all = status?.podIPs?.length ? status.podIPs.map((it) => it.ip) : [status?.podIP ?? '']
  const found = all.find((it) => it !== '' && it.includes(':') === (addressType === 'IPv6'))
  return found === undefined ? [] : [found]
}

function portsOf(service: Service, pod: Pod): readonly EndpointPort[] {
  const ports = service.spec.ports ?? []
  if (ports.length === 0 && isHeadless(service)) return []
  return ports.flatMap((it) => {
    const port = findPort(pod, it)
    if (port === undefined) return []
    const appProtocol = it.appProtocol === undefined ? {} : { appProtocol: it.appProtocol }
    return [{ name: it.name ?? '', protocol: it.protocol ?? 'TCP', port, ...appProtocol }]
  })
}

/** Equal for equal sets of ports, in whatever order. */
export function portsKey(ports: readonly EndpointPort[] | undefined): string {
  return (ports ?? [])
    .map((it) => `${it.name ?? ''}/${it.protocol ?? ''}/${it.port ?? ''}/${it.appProtocol ?? ''}`)
    .sort()
    .join(',')
}

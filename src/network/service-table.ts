/**
 * What every kube-proxy knows: services by the addresses and ports they answer on, with their endpoints. Built
 * from Services and EndpointSlices; immutable, and shared by all nodes (upstream: pkg/proxy/servicechangetracker.go
 * and endpointslicecache.go).
 */
import type { Service } from '../api/core/service.ts'
import type { EndpointSlice } from '../api/discovery/endpoint-slice.ts'
import type { Stored } from '../api/kind.ts'

export interface Endpoint {
  readonly ip: string
  readonly port: number
  readonly node: string | undefined
  readonly ready: boolean
  readonly serving: boolean
  readonly terminating: boolean
  readonly hostname: string | undefined
  /** Of the pod behind it. */
  readonly pod: string | undefined
}

/** One port of one service. */
export interface ServicePortEntry {
  readonly namespace: string
  readonly name: string
  /** '' when the service has one port without a name. */
  readonly portName: string
  readonly protocol: 'TCP' | 'UDP' | 'SCTP'
  readonly clusterIp: string
  readonly port: number
  /** 0: none. */
  readonly nodePort: number
  readonly externalIps: readonly string[]
  readonly loadBalancerIps: readonly string[]
  readonly sourceRanges: readonly string[]
  /** Seconds; 0: no affinity. */
  readonly affinitySeconds: number
  readonly externalLocal: boolean
  readonly internalLocal: boolean
  /** All endpoints, in the order of their addresses. */
  readonly endpoints: readonly Endpoint[]
}

/** `default/web:http`. */
export function portKey(entry: ServicePortEntry): string {
  return `${entry.namespace}/${entry.name}${entry.portName === '' ? '' : `:${entry.portName}`}`
}

const AFFINITY_SECONDS = 10_800

export class ServiceTable {
  /** Sorted by key, so that rules come out the same everywhere. */
  readonly entries: readonly ServicePortEntry[]
  readonly #byAddress = new Map<string, ServicePortEntry>()
  readonly #byNodePort = new Map<string, ServicePortEntry>()
  readonly #vips = new Set<string>()

  constructor(entries: readonly ServicePortEntry[]) {
    this.entries = [...entries].sort((a, b) => (portKey(a) < portKey(b) ? -1 : 1))
    for (const entry of this.entries) {
      for (const ip of [entry.clusterIp, ...entry.externalIps, ...entry.loadBalancerIps]) {
        if (ip === '') continue
        this.#vips.add(ip)
        this.#byAddress.set(`${entry.protocol} ${ip}:${entry.port}`, entry)
      }
      if (entry.nodePort > 0) this.#byNodePort.set(`${entry.protocol} ${entry.nodePort}`, entry)
    }
  }

  /** The service that answers on an address, if any. */
  at(ip: string, port: number, protocol = 'TCP'): ServicePortEntry | undefined {
    return this.#byAddress.get(`${protocol} ${ip}:${port}`)
  }

  atNodePort(port: number, protocol = 'TCP'): ServicePortEntry | undefined {
    return this.#byNodePort.get(`${protocol} ${port}`)
  }

  /** Whether any service answers on this address. */
  isServiceAddress(ip: string): boolean {
    return this.#vips.has(ip)
  }
}

export const NO_SERVICES = new ServiceTable([])

export function serviceEntries(
  service: Stored<Service>,
  slices: readonly EndpointSlice[],
): ServicePortEntry[] {
  const { spec, metadata, status } = service
  if (
    spec.type === 'ExternalName' ||
    spec.clusterIP === undefined ||
    spec.clusterIP === '' ||
    spec.clusterIP === 'None'
  ) {
    return []
  }
  return (spec.ports ?? []).map((port) => ({
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    portName: port.name ?? '',
    protocol: (port.protocol || 'TCP') as ServicePortEntry['protocol'],
    clusterIp: spec.clusterIP!,
    port: port.port,
    nodePort: port.nodePort ?? 0,
    externalIps: spec.externalIPs ?? [],
    loadBalancerIps: (status?.loadBalancer?.ingress ?? []).flatMap((it) => (it.ip ? [it.ip] : [])),
    sourceRanges: spec.loadBalancerSourceRanges ?? [],
    affinitySeconds:
      spec.sessionAffinity === 'ClientIP'
        ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? AFFINITY_SECONDS)
        : 0,
    externalLocal: spec.externalTrafficPolicy === 'Local',
    internalLocal: spec.internalTrafficPolicy === 'Local',
    endpoints: endpointsOf(slices, port.name ?? ''),
  }))
}

/** Endpoints of all slices for one port name; an absent condition counts as true (terminating: false). */
export function endpointsOf(slices: readonly EndpointSlice[], portName: string): Endpoint[] {
  const found = new Map<string, Endpoint>()
  for (const slice of slices) {
    if (slice.addressType !== 'IPv4') continue
    const port = slice.ports?.find((it) => (it.name ?? '') === portName)
    if (port?.port === undefined) continue
    for (const endpoint of slice.endpoints ?? []) {
      const { conditions = {} } = endpoint
      const ip = endpoint.addresses?.[0]
      if (ip === undefined) continue
      found.set(`${ip}:${port.port}`, {
        ip,
        port: port.port,
        node: endpoint.nodeName,
        ready: conditions.ready ?? true,
        serving: conditions.serving ?? conditions.ready ?? true,
        terminating: conditions.terminating ?? false,
        hostname: endpoint.hostname,
        pod: endpoint.targetRef?.kind === 'Pod' ? endpoint.targetRef.name : undefined,
      })
    }
  }
  return [...found.values()].sort((a, b) => (a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : a.port - b.port))
}

/**
 * Those that get traffic on one node: the ready ones; when there are none, those that still serve while they
 * terminate (upstream: pkg/proxy/topology.go).
 */
export function usableEndpoints(
  entry: ServicePortEntry,
  node: string | undefined,
  localOnly: boolean,
): readonly Endpoint[] {
  const near = localOnly ? entry.endpoints.filter((it) => it.node === node) : entry.endpoints
  const ready = near.filter((it) => it.ready)
  return ready.length > 0 ? ready : near.filter((it) => it.serving && it.terminating)
}

/** The cluster's name service (upstream: the DNS-based service discovery specification, as CoreDNS serves it). */
import type { Service } from '../api/core/service.ts'
import type { EndpointSlice } from '../api/discovery/endpoint-slice.ts'
import type { Stored } from '../api/kind.ts'
import type { DnsConfig, DnsRecord } from '../api/sockets.ts'
import { isIpv4 } from './ip.ts'
import { endpointsOf } from './service-table.ts'

/** What the name service knows of the cluster. */
export interface DnsSource {
  service(namespace: string, name: string): Stored<Service> | undefined
  slices(namespace: string, service: string): readonly EndpointSlice[]
}

export interface DnsZone {
  readonly clusterDomain: string
  /** Names outside the cluster: `api.example.com` -> address. */
  readonly external: ReadonlyMap<string, string>
}

/** Tries the search domains as resolv.conf says; undefined: NXDOMAIN for all of them. */
export function resolveName(
  name: string,
  type: 'A' | 'SRV',
  config: DnsConfig | undefined,
  zone: DnsZone,
  source: DnsSource,
): readonly DnsRecord[] | undefined {
  if (isIpv4(name)) return [{ type: 'A', ip: name }]
  for (const candidate of candidates(name, config)) {
    const records = lookup(candidate, type, zone, source)
    if (records !== undefined) return records
  }
  return undefined
}

/** A name with fewer dots than ndots is tried with the search domains first, others are tried as they are first. */
export function candidates(name: string, config: DnsConfig | undefined): string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)]
  const { searches = [], ndots = 1 } = config ?? {}
  const searched = searches.map((it) => `${name}.${it}`)
  const dots = name.split('.').length - 1
  return dots >= ndots ? [name, ...searched] : [...searched, name]
}

function lookup(
  name: string,
  type: 'A' | 'SRV',
  zone: DnsZone,
  source: DnsSource,
  depth = 0,
): readonly DnsRecord[] | undefined {
  const suffix = `.${zone.clusterDomain}`
  if (!name.endsWith(suffix)) {
    const ip = zone.external.get(name)
    return ip === undefined ? undefined : [{ type: 'A', ip }]
  }
  const labels = name.slice(0, -suffix.length).split('.')
  const kind = labels.pop()
  const namespace = labels.pop()
  if (namespace === undefined) return undefined
  if (kind === 'pod') {
    const ip = labels.join('.').replaceAll('-', '.')
    return isIpv4(ip) ? [{ type: 'A', ip }] : undefined
  }
  if (kind !== 'svc' || labels.length === 0) return undefined
  const serviceName = labels.pop()!
  const service = source.service(namespace, serviceName)
  if (service === undefined) return undefined
  const { spec } = service
  if (spec.type === 'ExternalName') {
    const target = spec.externalName ?? ''
    const rest = depth < 8 ? (lookup(target, type, zone, source, depth + 1) ?? []) : []
    return [{ type: 'CNAME', name: target }, ...rest]
  }
  const headless = spec.clusterIP === 'None'
  const slices = headless || labels.length > 0 ? source.slices(namespace, serviceName) : []
  const base = `${serviceName}.${namespace}.svc${suffix}`
  if (labels.length === 2 && labels.every((it) => it.startsWith('_'))) {
    return serviceRecords(service, labels[0]!.slice(1), labels[1]!.slice(1), headless, slices, base)
  }
  if (labels.length === 1) {
    // One pod of a headless service, by its hostname.
    const found = allEndpoints(service, slices).filter(
      (it) => (it.hostname ?? it.ip.replaceAll('.', '-')) === labels[0],
    )
    return found.length === 0 ? undefined : uniqueAddresses(found.map((it) => it.ip))
  }
  if (labels.length > 0) return undefined
  if (type === 'SRV') {
    return (spec.ports ?? []).flatMap((port) =>
      port.name
        ? (serviceRecords(
            service,
            port.name,
            (port.protocol || 'TCP').toLowerCase(),
            headless,
            slices,
            base,
          ) ?? [])
        : [],
    )
  }
  if (!headless) return [{ type: 'A', ip: spec.clusterIP! }]
  const published = allEndpoints(service, slices).filter(
    (it) => it.ready || spec.publishNotReadyAddresses === true,
  )
  return uniqueAddresses(published.map((it) => it.ip))
}

function serviceRecords(
  service: Stored<Service>,
  portName: string,
  protocol: string,
  headless: boolean,
  slices: readonly EndpointSlice[],
  base: string,
): readonly DnsRecord[] | undefined {
  const port = service.spec.ports?.find(
    (it) => it.name === portName && (it.protocol || 'TCP').toLowerCase() === protocol,
  )
  if (port === undefined) return undefined
  if (!headless) return [{ type: 'SRV', target: base, port: port.port }]
  return endpointsOf(slices, portName)
    .filter((it) => it.ready)
    .map((it) => ({
      type: 'SRV',
      target: `${it.hostname ?? it.ip.replaceAll('.', '-')}.${base}`,
      port: it.port,
    }))
}

function allEndpoints(service: Stored<Service>, slices: readonly EndpointSlice[]) {
  const names = service.spec.ports?.map((it) => it.name ?? '') ?? []
  return (names.length === 0 ? [''] : names).flatMap((name) => endpointsOf(slices, name))
}

function uniqueAddresses(ips: readonly string[]): DnsRecord[] {
  return [...new Set(ips)].sort().map((ip) => ({ type: 'A', ip }))
}

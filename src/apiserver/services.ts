/**
 * Cluster IPs and node ports of Services (upstream: registry/core/service/storage/alloc.go). What is taken follows
 * from the stored Services: the tables here are an index over them, kept up to date by commits.
 */
import { isIpv6 } from '../api/core/ip.ts'
import type { Service, ServicePort } from '../api/core/service.ts'
import { validateClusterIps } from '../api/core/service-validation.ts'
import { invalid } from '../api/errors.ts'
import { FieldErrors } from '../api/field-errors.ts'
import type { KubeObject } from '../api/kind.ts'
import type { Random } from '../kernel/random.ts'
import type { Call, ServerContext } from './call.ts'
import type { ResourceHooks } from './resource.ts'

/** kubeadm's default service range. */
export const SERVICE_CIDR = '10.96.0.0/12'
const RANGE_START = ipNumber('10.96.0.0')
const RANGE_SIZE = 2 ** 20
/** Upstream draws dynamic addresses above the first 256, so that static ones have room below. */
const STATIC_BAND = 256
const PORT_FIRST = 30_000
const PORT_LAST = 32_767
/** The same idea for ports: min(max(16, size / 32), 128). */
const PORT_STATIC_BAND = 86

/** One per API server. */
export function serviceHooks(server: ServerContext): ResourceHooks {
  return new ServiceAllocator(server)
}

class ServiceAllocator implements ResourceHooks {
  readonly #server: ServerContext
  #addresses = new Set<string>()
  /** `30080/TCP`. */
  #ports = new Set<string>()
  #loaded = false

  constructor(server: ServerContext) {
    this.#server = server
  }

  create(object: KubeObject, call: Call): KubeObject {
    this.#load()
    return this.#allocate(object as Service, undefined, call) as KubeObject
  }

  update(object: KubeObject, old: KubeObject, call: Call): KubeObject {
    this.#load()
    return this.#allocate(
      keepAllocated(object as Service, old as Service),
      old as Service,
      call,
    ) as KubeObject
  }

  committed(object: KubeObject | undefined, previous: KubeObject | undefined): void {
    if (!this.#loaded) return
    if (previous !== undefined) this.#count(previous as Service, (set, key) => set.delete(key))
    if (object !== undefined) this.#count(object as Service, (set, key) => set.add(key))
  }

  #load(): void {
    if (this.#loaded) return
    this.#loaded = true
    for (const object of this.#server.each('', 'services')) {
      this.#count(object as Service, (set, key) => set.add(key))
    }
  }

  #count({ spec }: Service, apply: (set: Set<string>, key: string) => void): void {
    for (const ip of spec?.clusterIPs ?? []) if (ip !== 'None') apply(this.#addresses, ip)
    for (const port of spec?.ports ?? []) if (port.nodePort) apply(this.#ports, portKey(port))
  }

  #allocate(service: Service, old: Service | undefined, call: Call): Service {
    const { spec } = service
    if (spec.type === 'ExternalName') return old === undefined ? service : withoutAllocations(service)
    const addressed = this.#withAddress(service, old, call)
    return this.#withPorts(addressed, old, call)
  }

  #withAddress(service: Service, old: Service | undefined, call: Call): Service {
    const { spec } = service
    const asked = spec.clusterIP
    this.#checkFamilies(service, old, call)
    if (asked === 'None') {
      const selectorless = Object.keys(spec.selector ?? {}).length === 0
      return withSpec(service, {
        clusterIP: 'None',
        clusterIPs: ['None'],
        ipFamilies: spec.ipFamilies ?? (selectorless ? ['IPv4', 'IPv6'] : ['IPv4']),
        ipFamilyPolicy: spec.ipFamilyPolicy ?? (selectorless ? 'RequireDualStack' : 'SingleStack'),
      })
    }
    // Validation refuses to change an address.
    const fixed = old !== undefined && old.spec.type !== 'ExternalName' && old.spec.clusterIP !== undefined
    if (asked && !fixed) this.#checkAddress(asked, service, call)
    const ip = asked || this.#drawAddress(this.#server.random)
    return withSpec(service, {
      clusterIP: ip,
      clusterIPs: [ip],
      ipFamilies: spec.ipFamilies ?? ['IPv4'],
      ipFamilyPolicy: spec.ipFamilyPolicy ?? 'SingleStack',
    })
  }

  /** Addresses and families must make sense before something can be given out. Upstream: initIPFamilyFields. */
  #checkFamilies({ spec, metadata }: Service, old: Service | undefined, call: Call): void {
    const errors = new FieldErrors()
    errors.at('spec', () => {
      validateClusterIps(spec, errors, old?.spec)
      if (!errors.empty) return
      const { clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = spec
      if (ipFamilyPolicy === 'SingleStack') {
        const more = "must be 'RequireDualStack' or 'PreferDualStack' when multiple"
        if (clusterIPs.length === 2)
          errors.invalid('ipFamilyPolicy', ipFamilyPolicy, `${more} cluster IPs are specified`)
        if (ipFamilies.length === 2)
          errors.invalid('ipFamilyPolicy', ipFamilyPolicy, `${more} IP families are specified`)
      }
      if (spec.clusterIP === 'None' && Object.keys(spec.selector ?? {}).length === 0) return
      if (ipFamilyPolicy === 'RequireDualStack') {
        errors.invalid(
          'ipFamilyPolicy',
          ipFamilyPolicy,
          'this cluster is not configured for dual-stack services',
        )
      }
      errors.each('ipFamilies', ipFamilies, (family) => {
        if (family !== 'IPv4') errors.invalid(undefined, family, 'not configured on this cluster')
      })
      clusterIPs.forEach((address, index) => {
        if (ipFamilies[index] !== undefined || !isIpv6(address)) return
        errors.at('clusterIPs', () =>
          errors.invalid(index, clusterIPs, 'IPv6 is not configured on this cluster'),
        )
      })
    })
    if (!errors.empty) throw invalid(call.kind, metadata?.name ?? '', errors.list)
  }

  #checkAddress(ip: string, service: Service, call: Call): void {
    const number = ipNumber(ip)
    const inRange = number >= RANGE_START && number < RANGE_START + RANGE_SIZE
    const why = !inRange
      ? `failed to allocate IP ${ip}: the provided network does not match the current range`
      : this.#addresses.has(ip)
        ? `failed to allocate IP ${ip}: provided IP is already allocated`
        : undefined
    if (why === undefined) return
    const errors = new FieldErrors()
    errors.at('spec', () => errors.invalid('clusterIPs', [ip], why))
    throw invalid(call.kind, service.metadata?.name ?? '', errors.list)
  }

  #drawAddress(random: Random): string {
    for (;;) {
      const offset = STATIC_BAND + random.below(RANGE_SIZE - STATIC_BAND - 1)
      const ip = ipText(RANGE_START + offset)
      if (!this.#addresses.has(ip)) return ip
    }
  }

  #withPorts(service: Service, old: Service | undefined, call: Call): Service {
    const { spec } = service
    const wanted =
      spec.type === 'NodePort' ||
      (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false)
    const ports = spec.ports ?? []
    const own = new Set((old?.spec.ports ?? []).filter((it) => it.nodePort).map(portKey))
    const errors = new FieldErrors()
    const drawn = new Set<string>()
    const allocated = ports.map((port, index): ServicePort => {
      if (port.nodePort) {
        this.#checkPort(port, index, own, errors)
        drawn.add(portKey(port))
        return port
      }
      if (!wanted) return port
      // The same number serves TCP and UDP of one service.
      const sibling = ports.find(
        (it) => it.nodePort && it.port === port.port && it.protocol !== port.protocol,
      )
      const nodePort = sibling?.nodePort ?? this.#drawPort(port.protocol, drawn)
      drawn.add(portKey({ ...port, nodePort }))
      return { ...port, nodePort }
    })
    if (!errors.empty) throw invalid(call.kind, service.metadata?.name ?? '', errors.list)
    const local =
      spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local' && !spec.healthCheckNodePort
    return withSpec(service, {
      ...(ports.length > 0 ? { ports: allocated } : {}),
      ...(local ? { healthCheckNodePort: this.#drawPort('TCP', drawn) } : {}),
    })
  }

  #checkPort(port: ServicePort, index: number, own: ReadonlySet<string>, errors: FieldErrors): void {
    const { nodePort } = port
    const why =
      nodePort! < PORT_FIRST || nodePort! > PORT_LAST
        ? `provided port is not in the valid range. The range of valid ports is ${PORT_FIRST}-${PORT_LAST}`
        : this.#ports.has(portKey(port)) && !own.has(portKey(port))
          ? 'provided port is already allocated'
          : undefined
    if (why === undefined) return
    errors.at('spec', () =>
      errors.at('ports', () => errors.at(index, () => errors.invalid('nodePort', nodePort, why))),
    )
  }

  #drawPort(protocol: string | undefined, drawn: ReadonlySet<string>): number {
    const first = PORT_FIRST + PORT_STATIC_BAND
    for (;;) {
      const nodePort = first + this.#server.random.below(PORT_LAST - first + 1)
      const key = portKey({ port: 0, protocol, nodePort })
      if (!this.#ports.has(key) && !drawn.has(key)) return nodePort
    }
  }
}

/** Clients that send a service back without what was allocated to it do not mean to give it up. */
function keepAllocated(service: Service, old: Service): Service {
  if (service.spec.type === 'ExternalName' || old.spec.type === 'ExternalName') return service
  const needsPorts = service.spec.type === 'NodePort' || service.spec.type === 'LoadBalancer'
  const hadPorts = old.spec.type === 'NodePort' || old.spec.type === 'LoadBalancer'
  const before = new Map((old.spec.ports ?? []).map((it) => [`${it.protocol}/${it.port}`, it.nodePort]))
  const ports = service.spec.ports?.map((port): ServicePort => {
    const known = before.get(`${port.protocol}/${port.port}`)
    if (needsPorts && hadPorts && !port.nodePort && known) return { ...port, nodePort: known }
    if (!needsPorts && hadPorts && port.nodePort !== undefined && port.nodePort === known) {
      const { nodePort: _, ...rest } = port
      return rest
    }
    return port
  })
  const { clusterIP, clusterIPs } = old.spec
  const outside = needsPorts ? service : without(service, old, ['externalTrafficPolicy'])
  const typed = service.spec.type === 'LoadBalancer' ? outside : without(outside, old, ONLY_BALANCERS)
  return withSpec(typed, {
    ...(service.spec.clusterIP || clusterIP === undefined ? {} : { clusterIP, clusterIPs }),
    ...(ports === undefined ? {} : { ports }),
  })
}

const ONLY_BALANCERS = ['healthCheckNodePort', 'allocateLoadBalancerNodePorts', 'loadBalancerClass'] as const

/** What only services of another type may have goes with the type, unless it was changed on purpose. */
function without(service: Service, old: Service, fields: readonly (keyof Service['spec'])[]): Service {
  const kept: Record<string, unknown> = { ...service.spec }
  for (const field of fields) if (service.spec[field] === old.spec[field]) delete kept[field]
  return { ...service, spec: kept as Service['spec'] }
}

function withoutAllocations(service: Service): Service {
  const { clusterIP: _ip, clusterIPs: _ips, ipFamilies: _f, ipFamilyPolicy: _p, ...spec } = service.spec
  return { ...service, spec }
}

function withSpec(service: Service, change: Partial<Service['spec']>): Service {
  return { ...service, spec: { ...service.spec, ...change } }
}

function portKey({ nodePort, protocol }: ServicePort): string {
  return `${nodePort}/${protocol ?? 'TCP'}`
}

function ipNumber(ip: string): number {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(ip)
  if (parts === null) return -1
  return parts.slice(1).reduce((number, part) => number * 256 + Number(part), 0)
}

function ipText(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.')
}

/**
 * How each proxy mode picks an endpoint. The rule texts and the picks come from the same lists, so that what is
 * printed is what happens.
 */
import type { Random } from '../../kernel/random.ts'
import type { Endpoint, ServicePortEntry } from '../service-table.ts'
import { portKey } from '../service-table.ts'

export type ProxyMode = 'iptables' | 'ipvs' | 'nftables' | 'userspace'
/** IPVS schedulers: round robin, least connections, source hashing, random. */
export type IpvsScheduler = 'rr' | 'lc' | 'sh' | 'wrr'

interface Affinity {
  readonly endpoint: string
  until: number
}

/** State of one node's proxy: the kernel's, so it outlives the process that wrote the rules. */
export class NodeBalancer {
  readonly mode: ProxyMode
  readonly scheduler: IpvsScheduler
  readonly #random: Random
  /** Next endpoint by service port, for round robin. */
  readonly #next = new Map<string, number>()
  /** Client and service port -> endpoint. */
  readonly #affinity = new Map<string, Affinity>()
  /** Open requests by endpoint, for least connections. */
  readonly #active = new Map<string, number>()

  constructor(mode: ProxyMode, scheduler: IpvsScheduler, random: Random) {
    this.mode = mode
    this.scheduler = scheduler
    this.#random = random
  }

  /** Undefined: there is no endpoint, and the connection is refused. */
  pick(
    entry: ServicePortEntry,
    endpoints: readonly Endpoint[],
    clientIp: string,
    now: number,
  ): Endpoint | undefined {
    if (endpoints.length === 0) return undefined
    const key = portKey(entry)
    if (entry.affinitySeconds > 0) {
      const known = this.#affinity.get(`${key} ${clientIp}`)
      const found =
        known === undefined || known.until <= now
          ? undefined
          : endpoints.find((it) => `${it.ip}:${it.port}` === known.endpoint)
      const endpoint = found ?? this.#choose(key, endpoints, clientIp)
      const until = now + entry.affinitySeconds * 1000
      this.#affinity.set(`${key} ${clientIp}`, { endpoint: `${endpoint.ip}:${endpoint.port}`, until })
      return endpoint
    }
    return this.#choose(key, endpoints, clientIp)
  }

  opened(endpoint: Endpoint): void {
    const key = `${endpoint.ip}:${endpoint.port}`
    this.#active.set(key, (this.#active.get(key) ?? 0) + 1)
  }

  closed(endpoint: Endpoint): void {
    const key = `${endpoint.ip}:${endpoint.port}`
    const left = (this.#active.get(key) ?? 1) - 1
    if (left <= 0) this.#active.delete(key)
    else this.#active.set(key, left)
  }

  active(endpoint: Endpoint): number {
    return this.#active.get(`${endpoint.ip}:${endpoint.port}`) ?? 0
  }

  #choose(key: string, endpoints: readonly Endpoint[], clientIp: string): Endpoint {
    switch (this.mode) {
      case 'iptables':
        return this.#chain(endpoints)
      case 'nftables':
        // `numgen random mod n vmap`: one draw.
        return this.#random.pick(endpoints)
      case 'userspace':
        return this.#roundRobin(key, endpoints)
      case 'ipvs':
        return this.#ipvs(key, endpoints, clientIp)
    }
  }

  /** Rule after rule: the first matches with probability 1/n, the second of the rest with 1/(n-1), and so on. */
  #chain(endpoints: readonly Endpoint[]): Endpoint {
    for (let left = endpoints.length; left > 1; left--) {
      if (this.#random.float() < 1 / left) return endpoints[endpoints.length - left]!
    }
    return endpoints.at(-1)!
  }

  #roundRobin(key: string, endpoints: readonly Endpoint[]): Endpoint {
    const at = (this.#next.get(key) ?? 0) % endpoints.length
    this.#next.set(key, at + 1)
    return endpoints[at]!
  }

  #ipvs(key: string, endpoints: readonly Endpoint[], clientIp: string): Endpoint {
    switch (this.scheduler) {
      case 'lc': {
        let best = endpoints[0]!
        for (const it of endpoints) if (this.active(it) < this.active(best)) best = it
        return best
      }
      case 'sh': {
        let hash = 0
        for (const part of clientIp.split('.')) hash = (hash * 31 + Number(part)) >>> 0
        return endpoints[hash % endpoints.length]!
      }
      default:
        return this.#roundRobin(key, endpoints)
    }
  }
}

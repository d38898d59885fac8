/**
 * Leases: a time to live, and the keys that go when it ends (upstream: lease/lessor.go).
 *
 * Everything lives in persistent trees, so that a store with leases clones in O(1) too.
 */
import { KeyTree } from './key-tree.ts'

/** Of a cluster with etcd's default election timeout; shorter ones are raised to it. */
export const LEASE_TTL_SECONDS_MIN = 2
export const LEASE_TTL_SECONDS_MAX = 9_000_000_000

export interface EtcdLease {
  readonly version: 1
  readonly id: bigint
  readonly ttlSeconds: number
  readonly expiresAtMs: number
  /** Attached keys. The tree's own strings are those of the records, so one more costs two words. */
  readonly keys: KeyTree<Mark>
  /** The lessor that may change `keys` in place. */
  readonly owner: object
}

interface Mark {
  readonly version: 1
}

const ATTACHED: Mark = { version: 1 }

export class Lessor {
  #leases = new KeyTree<EtcdLease>()
  /** By instant of expiry, then id. */
  #deadlines = new KeyTree<EtcdLease>()
  #owner: object = {}

  get size(): number {
    return this.#leases.size
  }

  get(id: bigint): EtcdLease | undefined {
    return this.#leases.size === 0 ? undefined : this.#leases.get(leaseKey(id))
  }

  /** Grants, or renews and keeps the attached keys. */
  set(id: bigint, ttlSeconds: number, expiresAtMs: number): void {
    const old = this.get(id)
    if (old !== undefined) this.#deadlines.delete(deadlineKey(old))
    const { keys, owner } = old ?? { keys: new KeyTree<Mark>(), owner: this.#owner }
    this.#put({ version: 1, id, ttlSeconds, expiresAtMs, keys, owner })
  }

  delete(lease: EtcdLease): void {
    this.#leases.delete(leaseKey(lease.id))
    this.#deadlines.delete(deadlineKey(lease))
  }

  /** A lease that does not exist is left alone: a mirror may know only its name. */
  attach(id: bigint, key: string): void {
    this.#own(id)?.keys.set(key, ATTACHED)
  }

  detach(id: bigint, key: string): void {
    this.#own(id)?.keys.delete(key)
  }

  /** Attached keys, in order. */
  keys(id: bigint): string[] {
    const keys: string[] = []
    this.get(id)?.keys.scan('', undefined, (_mark, key) => {
      keys.push(key)
      return true
    })
    return keys
  }

  /** The lease that ends first; of several, the one with the lowest id. */
  next(): EtcdLease | undefined {
    return this.#deadlines.first('')
  }

  /** Every lease, by expiry. */
  all(): EtcdLease[] {
    const leases: EtcdLease[] = []
    this.#deadlines.scan('', undefined, (lease) => {
      leases.push(lease)
      return true
    })
    return leases
  }

  clone(): Lessor {
    const copy = new Lessor()
    copy.#leases = this.#leases.clone()
    copy.#deadlines = this.#deadlines.clone()
    // From now on neither side owns the keys of a lease before it has copied them.
    this.#owner = {}
    return copy
  }

  /** The lease, with keys that this lessor may change. */
  #own(id: bigint): EtcdLease | undefined {
    const lease = this.get(id)
    if (lease === undefined || lease.owner === this.#owner) return lease
    const own: EtcdLease = { ...lease, keys: lease.keys.clone(), owner: this.#owner }
    this.#put(own)
    return own
  }

  #put(lease: EtcdLease): void {
    this.#leases.set(leaseKey(lease.id), lease)
    this.#deadlines.set(deadlineKey(lease), lease)
  }
}

function leaseKey(id: bigint): string {
  if (id !== lastId) {
    lastId = id
    lastKey = BigInt.asUintN(64, id).toString(16).padStart(16, '0')
  }
  return lastKey
}

// What is attached to one lease often comes in a row.
let lastId = -1n
let lastKey = 'ffffffffffffffff'

function deadlineKey(lease: EtcdLease): string {
  return `${Math.ceil(lease.expiresAtMs).toString(16).padStart(14, '0')}/${leaseKey(lease.id)}`
}

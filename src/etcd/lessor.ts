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
  readonly key: string
  readonly version: 1
  readonly id: bigint
  readonly ttlSeconds: number
  readonly expiresAtMs: number
}

interface Mark {
  readonly key: string
  readonly version: 1
}

interface Deadline extends Mark {
  readonly lease: EtcdLease
}

export class Lessor {
  #leases = new KeyTree<EtcdLease>()
  /** By instant of expiry, then id. */
  #deadlines = new KeyTree<Deadline>()
  /** `<lease>/<key>` for every attached key. */
  #attachments = new KeyTree<Mark>()

  get size(): number {
    return this.#leases.size
  }

  get(id: bigint): EtcdLease | undefined {
    return this.#leases.size === 0 ? undefined : this.#leases.get(leaseKey(id))
  }

  /** Grants, or renews in place. */
  set(id: bigint, ttlSeconds: number, expiresAtMs: number): EtcdLease {
    const old = this.get(id)
    if (old !== undefined) this.#deadlines.delete(deadlineKey(old))
    const lease: EtcdLease = { key: leaseKey(id), version: 1, id, ttlSeconds, expiresAtMs }
    this.#leases.set(lease)
    this.#deadlines.set({ key: deadlineKey(lease), version: 1, lease })
    return lease
  }

  /** Forgets a lease, whose keys must have been detached. */
  delete(lease: EtcdLease): void {
    this.#leases.delete(lease.key)
    this.#deadlines.delete(deadlineKey(lease))
  }

  attach(id: bigint, key: string): void {
    this.#attachments.set({ key: attachmentKey(id, key), version: 1 })
  }

  detach(id: bigint, key: string): void {
    this.#attachments.delete(attachmentKey(id, key))
  }

  /** Attached keys, in order. */
  keys(id: bigint): string[] {
    const prefix = attachmentKey(id, '')
    const keys: string[] = []
    // '0' follows '/'.
    this.#attachments.scan(prefix, `${leaseKey(id)}0`, (mark) => {
      keys.push(mark.key.slice(prefix.length))
      return true
    })
    return keys
  }

  /** The lease that ends first; of several, the one with the lowest id. */
  next(): EtcdLease | undefined {
    return this.#deadlines.first('')?.lease
  }

  /** Every lease, by expiry. */
  all(): EtcdLease[] {
    const leases: EtcdLease[] = []
    this.#deadlines.scan('', undefined, (deadline) => {
      leases.push(deadline.lease)
      return true
    })
    return leases
  }

  clone(): Lessor {
    const copy = new Lessor()
    copy.#leases = this.#leases.clone()
    copy.#deadlines = this.#deadlines.clone()
    copy.#attachments = this.#attachments.clone()
    return copy
  }
}

function leaseKey(id: bigint): string {
  return BigInt.asUintN(64, id).toString(16).padStart(16, '0')
}

function attachmentKey(id: bigint, key: string): string {
  return `${leaseKey(id)}/${key}`
}

function deadlineKey(lease: EtcdLease): string {
  return `${Math.ceil(lease.expiresAtMs).toString(16).padStart(14, '0')}/${lease.key}`
}

/**
 * Makes adversarial operations from a seed: few keys that are prefixes of each other, every option of every
 * request, revisions around the compacted and the current one. It learns only what answers tell
 * (`observe`), so that one seed gives one sequence on every store that answers alike.
 */

import type {
  Compare,
  CompareResult,
  DeleteRangeRequest,
  KeyRange,
  PutRequest,
  RangeRequest,
  RequestOp,
  SortOrder,
  SortTarget,
  TxnRequest,
} from '../../../src/etcd/messages.ts'
import { prefixEnd } from '../../../src/etcd/store.ts'
import type { WatchStreamRequest } from '../../../src/etcd/watch-stream.ts'
import { type Random, randomStream } from '../../../src/kernel/random.ts'

export type Op =
  | { readonly kind: 'range'; readonly request: RangeRequest }
  | { readonly kind: 'put'; readonly request: PutRequest<string> }
  | { readonly kind: 'deleteRange'; readonly request: DeleteRangeRequest }
  | { readonly kind: 'txn'; readonly request: TxnRequest<string> }
  | { readonly kind: 'compact'; readonly revision: number }
  | { readonly kind: 'leaseGrant'; readonly id: bigint; readonly ttl: number }
  /** Granted and revoked at once: its id, or its end, is not ours to know. */
  | { readonly kind: 'leaseBrief'; readonly id: bigint; readonly ttl: number }
  | { readonly kind: 'leaseRevoke'; readonly id: bigint }
  | { readonly kind: 'leaseTimeToLive'; readonly id: bigint }
  | { readonly kind: 'leaseKeepAlive'; readonly id: bigint }
  | { readonly kind: 'leaseLeases' }
  /** A short lease is granted, keys are attached, and its end is waited for. */
  | { readonly kind: 'leaseExpire'; readonly id: bigint; readonly keys: readonly string[] }
  | { readonly kind: 'watch'; readonly request: WatchStreamRequest }
  /** Everything that watches owe has arrived and is compared. */
  | { readonly kind: 'barrier' }

/** In bytewise order. */
export const KEYS: readonly string[] = [
  '\x01',
  'A',
  'A/b',
  'a',
  'a\x00',
  'a-b',
  'a.b',
  'a/',
  'a/b',
  'a/b/c',
  'a0',
  'a_b',
  'aa',
  'ab',
  'b',
  'b\xff',
  'b\xff\xff',
  'k1',
  'k10',
  'k2',
  'zz',
  '\xc3\xa9',
  '\xff',
]

const SORT_TARGETS: readonly SortTarget[] = ['KEY', 'VERSION', 'CREATE', 'MOD', 'VALUE']
const SORT_ORDERS: readonly SortOrder[] = ['NONE', 'ASCEND', 'DESCEND']
const LARGE = 'M'.repeat(300_000)
const ALMOST_TOO_LARGE = 'L'.repeat(1_572_664)
const TOO_LARGE = 'X'.repeat(1_573_064)

export const BARRIER_EVERY = 500
const LONG_TTL = 100_000
const WATCHES_MAX = 8
/** Go's sort keeps ties in order only up to so many elements. */
const STABLE_SORT_MAX = 12

export interface GeneratorOptions {
  /** Leases that end by themselves, which costs a real etcd seconds each. Default: 2. */
  readonly expiries?: number
  readonly operations: number
}

export class OpGenerator {
  readonly #random: Random
  readonly #expireAt = new Set<number>()
  #index = 0
  #revision = 1
  #compacted = 0
  #nextLease = 1000n
  readonly #leases: bigint[] = []
  #nextWatch = 100
  #openWatches: number[] = []

  constructor(seed: number, { operations, expiries = 2 }: GeneratorOptions) {
    this.#random = randomStream(seed, 'etcd-operations')
    for (let i = 0; i < expiries; i++) this.#expireAt.add(1 + this.#below(operations))
  }

  /** What the store said about where it stands, after each operation. */
  observe(op: Op, revision: number | undefined): void {
    if (revision === undefined) return
    if (op.kind === 'compact' && op.revision > 0) this.#compacted = op.revision
    if (op.kind !== 'watch' && op.kind !== 'barrier') this.#revision = Math.max(this.#revision, revision)
    if (op.kind === 'leaseGrant') this.#leases.push(op.id)
    if (op.kind === 'leaseRevoke') this.#leases.splice(this.#leases.indexOf(op.id), 1)
  }

  next(): Op {
    const index = ++this.#index
    if (index % BARRIER_EVERY === 0) return { kind: 'barrier' }
    if (this.#expireAt.has(index)) return this.#leaseExpire()
    const at = this.#below(100)
    if (at < 30) return { kind: 'put', request: this.#put() }
    if (at < 55) return { kind: 'txn', request: this.#txn(this.#chance(12) ? 3 : 0) }
    if (at < 75) return { kind: 'range', request: this.#range() }
    if (at < 85) return { kind: 'deleteRange', request: this.#deleteRange() }
    if (at < 88) return { kind: 'compact', revision: this.#compactRevision() }
    if (at < 95) return this.#lease()
    return this.#watch()
  }

  #below(n: number): number {
    return this.#random.below(n)
  }

  /** True `percent` times in a hundred. */
  #chance(percent: number): boolean {
    return this.#below(100) < percent
  }

  #key(): string {
    return this.#chance(1) ? '' : this.#random.pick(KEYS)
  }

  #value(): string {
    const at = this.#below(1000)
    if (at === 0) return ALMOST_TOO_LARGE
    if (at === 1) return TOO_LARGE
    if (at < 8) return LARGE
    if (at < 20) return ''
    return this.#random.pick(['a', 'b', 'c', 'B', 'ab', '\xff', `v${this.#below(30)}`])
  }

  #keyRange(): KeyRange {
    const key = this.#key()
    switch (this.#below(8)) {
      case 0:
      case 1:
        return { key }
      case 2:
        return { key, rangeEnd: prefixEnd(key) ?? '\0' }
      case 3:
        return { key: '\0', rangeEnd: '\0' }
      case 4:
        return { key, rangeEnd: '\0' }
      case 5:
        return { key, rangeEnd: `${key}\0` }
      default:
        return { key, rangeEnd: this.#random.pick(KEYS) }
    }
  }

  /** 0 most of the time; else around what is compacted, current, and yet to come. */
  #readRevision(zeroPercent: number): number {
    if (this.#chance(zeroPercent)) return 0
    switch (this.#below(12)) {
      case 0:
        return this.#revision + 1 + this.#below(3)
      case 1:
        return this.#compacted - this.#below(3)
      case 2:
        return this.#compacted + this.#below(3)
      case 3:
        return -1 - this.#below(2)
      default:
        return Math.max(this.#compacted, this.#revision - this.#below(60))
    }
  }

  #range(): RangeRequest {
    const { key, rangeEnd } = this.#keyRange()
    const request: { -readonly [Field in keyof RangeRequest]: RangeRequest[Field] } = {
      key,
      rangeEnd,
      revision: this.#readRevision(55),
      limit: this.#chance(50) ? 0 : this.#below(9) - 1,
      keysOnly: this.#chance(10),
      countOnly: this.#chance(10),
      sortTarget: 'KEY',
      sortOrder: 'NONE',
    }
    if (this.#chance(15)) Object.assign(request, this.#revisionFilters())
    if (!this.#chance(35)) return request
    const from = this.#below(KEYS.length)
    const target = this.#random.pick(SORT_TARGETS)
    request.sortOrder = this.#random.pick(SORT_ORDERS)
    const windowEnd = KEYS[from + 1 + this.#below(STABLE_SORT_MAX)] ?? '\0'
    const few = KEYS.length - from <= STABLE_SORT_MAX || windowEnd !== '\0'
    if (target === 'KEY' || !few) return request
    request.key = KEYS[from]!
    request.rangeEnd = windowEnd
    request.sortTarget = target
    return request
  }

  #revisionFilters(): Partial<RangeRequest> {
    const near = () => Math.max(0, this.#revision - this.#below(40))
    switch (this.#below(5)) {
      case 0:
        return { minModRevision: near() }
      case 1:
        return { maxModRevision: near() }
      case 2:
        return { minCreateRevision: near() }
      case 3:
        return { maxCreateRevision: near() }
      default:
        return { minModRevision: near(), maxCreateRevision: near() }
    }
  }

  #leaseId(): bigint {
    if (this.#leases.length === 0 || this.#chance(5)) return 99n
    return this.#random.pick(this.#leases)
  }

  #put(key = this.#key()): PutRequest<string> {
    const request: PutRequest<string> = { key, value: this.#value(), prevKv: this.#chance(20) }
    switch (this.#below(20)) {
      case 0:
        return { key, ignoreValue: true, lease: this.#chance(50) ? this.#leaseId() : 0n }
      case 1:
        return { ...request, ignoreValue: true }
      case 2:
        return { ...request, ignoreLease: true }
      case 3:
        return { ...request, ignoreLease: true, lease: this.#leaseId() }
      case 4:
        return { key, ignoreLease: true, ignoreValue: true, prevKv: true }
      case 5:
      case 6:
      case 7:
        return { ...request, lease: this.#leaseId() }
      default:
        return request
    }
  }

  #deleteRange(): DeleteRangeRequest {
    const range = this.#chance(60) ? { key: this.#key() } : this.#keyRange()
    return { ...range, prevKv: this.#chance(30) }
  }

  #compare(): Compare<string> {
    const range = this.#chance(80) ? { key: this.#key() } : this.#keyRange()
    const result = this.#random.pick<CompareResult>(['EQUAL', 'GREATER', 'LESS', 'NOT_EQUAL'])
    const shared = { ...range, result }
    const revision = this.#chance(30) ? 0 : Math.max(0, this.#revision - this.#below(30))
    switch (this.#below(5)) {
      case 0:
        return { ...shared, target: 'VERSION', version: this.#below(4) }
      case 1:
        return { ...shared, target: 'CREATE', createRevision: revision }
      case 2:
        return { ...shared, target: 'MOD', modRevision: revision }
      case 3:
        return { ...shared, target: 'LEASE', lease: this.#chance(50) ? 0n : this.#leaseId() }
      default:
        return { ...shared, target: 'VALUE', value: this.#random.pick(['a', 'b', 'c', '', 'v1']) }
    }
  }

  #txn(depth: number): TxnRequest<string> {
    // Most transactions avoid the refusal of duplicates: there is more behind it.
    const fresh = this.#chance(80) ? new Set<string>() : undefined
    const compare = Array.from({ length: this.#below(3) }, () => this.#compare())
    const success = this.#ops(depth, fresh)
    return { compare, success, failure: this.#ops(depth, fresh === undefined ? undefined : new Set()) }
  }

  #ops(depth: number, used: Set<string> | undefined): RequestOp<string>[] {
    if (this.#below(400) === 0)
      return Array.from({ length: 127 + this.#below(3) }, () => ({ range: { key: 'a' } }))
    return Array.from({ length: this.#below(5) }, () => this.#op(depth, used))
  }

  #op(depth: number, used: Set<string> | undefined): RequestOp<string> {
    if (depth > 0 && this.#chance(40)) {
      const compare = Array.from({ length: this.#below(2) }, () => this.#compare())
      return {
        txn: { compare, success: this.#ops(depth - 1, used), failure: this.#ops(depth - 1, used) },
      }
    }
    const at = this.#below(100)
    if (at < 30) return { range: { ...this.#range(), revision: this.#readRevision(92) } }
    const key = this.#freshKey(used)
    if (key === undefined) return { range: this.#keyRange() }
    if (at < 80) return { put: withoutHugeValue(this.#put(key)) }
    if (used !== undefined) return { deleteRange: { key, prevKv: this.#chance(30) } }
    const request = this.#deleteRange()
    // A put with ignoreValue or ignoreLease after a deletion to the last key makes etcd 3.4 crash.
    return { deleteRange: request.rangeEnd === '\0' ? { key: request.key } : request }
  }

  #freshKey(used: Set<string> | undefined): string | undefined {
    const key = this.#key()
    if (used === undefined) return key
    if (used.has(key)) return undefined
    used.add(key)
    return key
  }

  #compactRevision(): number {
    switch (this.#below(10)) {
      case 0:
        return this.#compacted - this.#below(2)
      case 1:
        return this.#revision + 1 + this.#below(2)
      case 2:
        return this.#revision
      default:
        return Math.max(this.#compacted + 1, this.#revision - this.#below(50))
    }
  }

  #lease(): Op {
    switch (this.#below(10)) {
      case 0:
        return { kind: 'leaseBrief', id: 0n, ttl: LONG_TTL }
      case 1:
        return { kind: 'leaseBrief', id: this.#nextLease++, ttl: this.#below(4) - 1 }
      case 2:
        return { kind: 'leaseGrant', id: this.#leaseId(), ttl: this.#chance(50) ? LONG_TTL : 9_000_000_001 }
      case 3:
      case 4:
        return { kind: 'leaseRevoke', id: this.#leaseId() }
      case 5:
        return { kind: 'leaseTimeToLive', id: this.#leaseId() }
      case 6:
        return { kind: 'leaseKeepAlive', id: this.#leaseId() }
      case 7:
        return { kind: 'leaseLeases' }
      default:
        return {
          kind: 'leaseGrant',
          id: this.#chance(10) ? -this.#nextLease++ : this.#nextLease++,
          ttl: LONG_TTL,
        }
    }
  }

  #leaseExpire(): Op {
    const keys = Array.from({ length: 1 + this.#below(4) }, () => this.#random.pick(KEYS))
    return { kind: 'leaseExpire', id: this.#nextLease++, keys: [...new Set(keys)] }
  }

  /** Before the first compaction, etcd 3.4 takes a negative start for now, or a little later than now. */
  #watchStart(): number {
    const start = this.#readRevision(60)
    return this.#compacted === 0 ? Math.max(0, start) : start
  }

  #watch(): Op {
    const at = this.#below(100)
    if (at < 10) return { kind: 'watch', request: { progress: true } }
    const full = this.#openWatches.length >= WATCHES_MAX
    if (full || at < 40) {
      const pick = this.#below(Math.max(1, this.#openWatches.length))
      const watchId = this.#chance(10) ? 7 : (this.#openWatches[pick] ?? 7)
      this.#openWatches = this.#openWatches.filter((id) => id !== watchId)
      return { kind: 'watch', request: { cancel: { watchId } } }
    }
    const watchId =
      this.#chance(5) && this.#openWatches.length > 0 ? this.#openWatches[0]! : this.#nextWatch++
    if (!this.#openWatches.includes(watchId)) this.#openWatches.push(watchId)
    const create = {
      ...this.#keyRange(),
      watchId,
      startRevision: this.#watchStart(),
      prevKv: this.#chance(40),
      noPut: this.#chance(10),
      noDelete: this.#chance(10),
      fragment: this.#chance(20),
    }
    return { kind: 'watch', request: { create } }
  }
}

/** Two of them are more than gRPC takes, and its refusal depends on who encoded the request. */
function withoutHugeValue(request: PutRequest<string>): PutRequest<string> {
  const huge = request.value !== undefined && request.value.length > LARGE.length
  return huge ? { ...request, value: LARGE } : request
}

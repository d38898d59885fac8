/**
 * etcd's data model in memory: a flat, ordered key space under multi-version concurrency control, with
 * transactions, leases, watches and compaction. Everything is synchronous: a call returns when its effects
 * are in place and every watcher has been told.
 *
 * Two doors lead in. The general one (`range`, `put`, `deleteRange`, `txn`, `lease*`, `watch`) takes etcd's
 * requests, gives etcd's responses, and refuses with etcd's texts. The narrow one (`get`, `create`,
 * `compareAndSwap`, `compareAndDelete`, `list`, `forEach`) is what an API server does all day, without
 * request objects.
 *
 * Values are references that the store never looks into: freeze what you store.
 */
import { EtcdError } from './errors.ts'
import { History } from './history.ts'
import { KeyTree } from './key-tree.ts'
import { type EtcdLease, LEASE_TTL_SECONDS_MAX, LEASE_TTL_SECONDS_MIN, Lessor } from './lessor.ts'
import type {
  DeleteRangeRequest,
  DeleteRangeResponse,
  KeyValue,
  LeaseGrantRequest,
  LeaseGrantResponse,
  LeaseKeepAliveResponse,
  LeaseLeasesResponse,
  LeaseTimeToLiveResponse,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  TxnRequest,
  TxnResponse,
  WatchRequest,
} from './messages.ts'
import { count, range, readRevision, scan, toBounds, type ValueComparer } from './range.ts'
import { KvRecord, NO_LEASE, recordAt } from './record.ts'
import { runTxn } from './txn.ts'
import { checkKey, checkPut, checkRange, checkTxn } from './txn-check.ts'
import { type Watch, WatchHub, type WatchSink } from './watch-hub.ts'
import { WatchStream, type WatchStreamResponse } from './watch-stream.ts'
import { putEntrySize, REQUEST_BYTES_MAX, type SizeOf, txnEntrySize } from './wire-size.ts'

/** Where leases and progress notices get their time from; the kernel's event loop has this shape. */
export interface StoreClock {
  /** Milliseconds; only differences matter. */
  now(): number
  after(delayMs: number, run: () => void): { cancel(): void }
}

export interface StoreOptions<V> {
  /** Without a clock no lease ever expires: fine for history that is only looked at. */
  readonly clock?: StoreClock
  /** Orders values for VALUE compares and sorts. Default: `<`. */
  readonly compareValues?: ValueComparer<V>
  /** Values that count as none for ignoreValue. Default: the empty string. */
  readonly isEmptyValue?: (value: V) => boolean
  /**
   * Bytes of a value on the wire. With it, the general door refuses requests that are too large, and watch
   * streams split responses. Default: sizes do not matter.
   */
  readonly sizeOf?: SizeOf<V>
  /** Picks ids for leases granted without one. Default: counts from a fixed start. */
  readonly nextLeaseId?: () => bigint
  /**
   * Revisions of history to keep. The store compacts itself whenever twice as many have piled up. Default:
   * history grows until `compact` is called.
   */
  readonly retainRevisions?: number
  /** Default: 10 minutes. */
  readonly progressIntervalMs?: number
}

export interface ListOptions {
  /** Default: no limit. */
  readonly limit?: number
  /** The full key to start at. Default: the prefix. */
  readonly startKey?: string
  /** Default: the current revision. */
  readonly revision?: number
}

export interface ListResult<V> {
  /** The revision that was read. */
  readonly revision: number
  readonly kvs: readonly KeyValue<V>[]
  /** True when the limit cut something off. */
  readonly more: boolean
}

/** A write that happened elsewhere, with everything etcd tells about it. */
export type ForeignEvent<V> =
  | { readonly type: 'PUT'; readonly kv: KeyValue<V> }
  | { readonly type: 'DELETE'; readonly kv: { readonly key: string } }

/** Plain data; lease ids are decimal strings, so that JSON can carry it when it can carry the values. */
export interface StoreSnapshot<V> {
  readonly revision: number
  readonly compactRevision: number
  /** State before the oldest event kept, in key order. */
  readonly base: readonly StoredWrite<V>[]
  /** Every write since, in order. */
  readonly events: readonly StoredWrite<V>[]
  readonly leases: readonly {
    readonly id: string
    readonly ttlSeconds: number
    readonly remainingMs: number
  }[]
}

export interface StoredWrite<V> {
  readonly key: string
  /** Left out for a deletion. */
  readonly value?: V
  readonly createRevision: number
  readonly modRevision: number
  /** 0 for a deletion. */
  readonly version: number
  readonly lease?: string
}

const PROGRESS_INTERVAL_MS = 600_000
const FIRST_LEASE_ID = 0x6b756261_00000001n

export class Store<V> {
  readonly #options: StoreOptions<V>
  readonly #compareValues: ValueComparer<V>
  readonly #isEmptyValue: (value: V) => boolean
  #tree = new KeyTree<KvRecord<V>>()
  #history = new History<V>()
  #lessor = new Lessor()
  readonly #watches: WatchHub<V>
  #revision = 1
  #compactRevision = -1
  /** History below it was physically dropped; behind compactRevision only while watchers are being told. */
  #droppedRevision = -1
  /** Records up to this revision may be shared with a clone, so their chains must not be cut in place. */
  #sharedRevision = 0
  #leaseIds = FIRST_LEASE_ID
  #leaseTimer: { cancel(): void } | undefined
  #leaseTimerAtMs = 0
  #progressTimer: { cancel(): void } | undefined

  constructor(options: StoreOptions<V> = {}) {
    this.#options = options
    this.#compareValues = options.compareValues ?? compareByLess
    this.#isEmptyValue = options.isEmptyValue ?? ((value) => value === '')
    this.#watches = new WatchHub<V>(this)
  }

  /** Of the newest write; 1 in an empty store. */
  get revision(): number {
    return this.#revision
  }

  /** The revision that the next mutation will get: an object can carry it before it is stored. */
  get nextRevision(): number {
    return this.#revision + 1
  }

  /** Reads and watches below it are refused; -1 before the first compaction. */
  get compactRevision(): number {
    return this.#compactRevision
  }

  /** Live keys. */
  get size(): number {
    return this.#tree.live
  }

  /** Writes kept since compaction. */
  get historySize(): number {
    return this.#history.end - this.#history.start
  }

  get watchCount(): number {
    return this.#watches.size
  }

  /** For the modules of this folder. */
  get tree(): KeyTree<KvRecord<V>> {
    return this.#tree
  }

  /** For the modules of this folder. */
  get history(): History<V> {
    return this.#history
  }

  // The narrow door.

  /** @param revision default: the current one; may throw Compacted or FutureRevision */
  get(key: string, revision?: number): KeyValue<V> | undefined {
    const head = this.#tree.get(key)
    return recordAt(head, readRevision(revision, this))
  }

  /** Undefined, and nothing happens, when the key exists. */
  create(key: string, value: V, lease = NO_LEASE): KeyValue<V> | undefined {
    checkKey({ key })
    this.#checkLease(lease)
    const head = this.#tree.find(key)
    if (head !== undefined && head.version !== 0) return undefined
    return this.#commitPut(key, value, lease, head)
  }

  /**
   * Writes if the key still is at `modRevision`, 0 for a key that must not exist. Otherwise nothing happens
   * and undefined comes back.
   */
  compareAndSwap(key: string, modRevision: number, value: V, lease = NO_LEASE): KeyValue<V> | undefined {
    checkKey({ key })
    this.#checkLease(lease)
    const head = this.#tree.find(key)
    if (modRevisionOf(head) !== modRevision) return undefined
    return this.#commitPut(key, value, lease, head)
  }

  /** Deletes if the key still is at `modRevision`; returns the revision of the deletion, or undefined. */
  compareAndDelete(key: string, modRevision: number): number | undefined {
    const head = this.#tree.find(key)
    if (head === undefined || head.version === 0 || head.modRevision !== modRevision) return undefined
    const revision = this.#revision + 1
    this.#recordDelete(head, revision)
    this.#commit(revision)
    return revision
  }

  /** The keys that begin with `prefix`, in order. */
  list(prefix: string, options: ListOptions = {}): ListResult<V> {
    const limit = options.limit ?? 0
    const kvs: KeyValue<V>[] = []
    let more = false
    const revision = this.forEach(prefix, options, (kv) => {
      more = limit > 0 && kvs.length === limit
      if (!more) kvs.push(kv)
      return !more
    })
    return { revision, kvs, more }
  }

  /**
   * Visits the keys that begin with `prefix`, in order, until `visit` returns false. `visit` must not write
   * to this store. Returns the revision that was read. `limit` is for `list`.
   */
  forEach(prefix: string, options: ListOptions, visit: (kv: KeyValue<V>) => boolean): number {
    const revision = readRevision(options.revision, this)
    const start = options.startKey !== undefined && options.startKey > prefix ? options.startKey : prefix
    scan(this, start, prefixEnd(prefix), revision, visit)
    return revision
  }

  /**
   * What `forEach` visits, each read when it is asked for, whatever is written meanwhile. Throws Compacted when the revision
   * is forgotten before it has been read.
   */
  records(prefix: string, options: Omit<ListOptions, 'limit'> = {}): Iterable<KeyValue<V>> {
    const revision = readRevision(options.revision, this)
    const start = options.startKey !== undefined && options.startKey > prefix ? options.startKey : prefix
    return this.#recordsAt(revision, this.#tree.clone().items(start, prefixEnd(prefix)))
  }

  *#recordsAt(revision: number, heads: Iterable<KvRecord<V>>): Iterable<KvRecord<V>> {
    for (const head of heads) {
      if (head.modRevision > revision) readRevision(revision, this)
      const record = recordAt(head, revision)
      if (record !== undefined) yield record
    }
  }

  /** Number of keys that begin with `prefix`. */
  count(prefix: string, options: Pick<ListOptions, 'startKey' | 'revision'> = {}): number {
    const revision = readRevision(options.revision, this)
    const start = options.startKey !== undefined && options.startKey > prefix ? options.startKey : prefix
    return count(this, start, prefixEnd(prefix), revision)
  }

  // The general door.

  range(request: RangeRequest): RangeResponse<V> {
    checkRange(request)
    return range(this, request, this.#compareValues)
  }

  put(request: PutRequest<V>): PutResponse<V> {
    checkPut(request, this.#isEmptyValue)
    const { sizeOf } = this.#options
    if (sizeOf !== undefined && putEntrySize(request, sizeOf) > REQUEST_BYTES_MAX) {
      throw new EtcdError('RequestTooLarge')
    }
    this.#checkLease(request.lease ?? NO_LEASE)
    const revision = this.#revision + 1
    const previous = this.applyPut(request, revision)
    this.#commit(revision)
    return { revision, prevKv: request.prevKv ? previous : undefined }
  }

  deleteRange(request: DeleteRangeRequest): DeleteRangeResponse<V> {
    checkKey(request)
    const revision = this.#revision + 1
    const deleted = this.applyDeleteRange(request, revision)
    if (deleted.length > 0) this.#commit(revision)
    return {
      revision: this.#revision,
      deleted: deleted.length,
      prevKvs: request.prevKv ? deleted : [],
    }
  }

  txn(request: TxnRequest<V>): TxnResponse<V> {
    checkTxn(request, this.#isEmptyValue)
    const { sizeOf } = this.#options
    if (sizeOf !== undefined && txnEntrySize(request, sizeOf) > REQUEST_BYTES_MAX) {
      throw new EtcdError('RequestTooLarge')
    }
    const before = this.#history.end
    const response = runTxn(this, request, this.#compareValues)
    if (this.#history.end > before) this.#commit(this.#revision + 1)
    return response
  }

  /**
   * Forgets what was overwritten or deleted before `revision`. Reads and watches at `revision` are still
   * served. Returns the current revision.
   */
  compact(revision: number): { readonly revision: number } {
    if (revision <= this.#compactRevision) throw new EtcdError('Compacted')
    if (revision > this.#revision) throw new EtcdError('FutureRevision')
    this.#compactRevision = revision
    this.#dropHistory()
    return { revision: this.#revision }
  }

  leaseGrant({ ttl, id = 0n }: LeaseGrantRequest): LeaseGrantResponse {
    if (ttl > LEASE_TTL_SECONDS_MAX) throw new EtcdError('LeaseTtlTooLarge')
    const leaseId = id === 0n ? this.#pickLeaseId() : id
    if (this.#lessor.get(leaseId) !== undefined) throw new EtcdError('LeaseExists')
    const ttlSeconds = Math.max(ttl, LEASE_TTL_SECONDS_MIN)
    this.#lessor.set(leaseId, ttlSeconds, this.#now() + ttlSeconds * 1000)
    this.#armLeaseTimer()
    return { revision: this.#revision, id: leaseId, ttl: ttlSeconds }
  }

  /** Deletes the attached keys, in one revision. */
  leaseRevoke(id: bigint): { readonly revision: number } {
    const lease = this.#lessor.get(id)
    if (lease === undefined) throw new EtcdError('LeaseNotFound')
    this.#endLease(lease)
    return { revision: this.#revision }
  }

  leaseKeepAlive(id: bigint): LeaseKeepAliveResponse {
    const lease = this.#lessor.get(id)
    if (lease === undefined) return { revision: this.#revision, id, ttl: 0 }
    this.#lessor.set(id, lease.ttlSeconds, this.#now() + lease.ttlSeconds * 1000)
    this.#armLeaseTimer()
    return { revision: this.#revision, id, ttl: lease.ttlSeconds }
  }

  leaseTimeToLive(id: bigint, options: { readonly keys?: boolean } = {}): LeaseTimeToLiveResponse {
    const lease = this.#lessor.get(id)
    if (lease === undefined) return { revision: this.#revision, id, ttl: -1, grantedTtl: 0, keys: [] }
    return {
      revision: this.#revision,
      id,
      ttl: Math.floor((lease.expiresAtMs - this.#now()) / 1000),
      grantedTtl: lease.ttlSeconds,
      keys: options.keys ? this.#lessor.keys(id) : [],
    }
  }

  /** Those that expire first come first. */
  leaseLeases(): LeaseLeasesResponse {
    return { revision: this.#revision, leases: this.#lessor.all().map((lease) => lease.id) }
  }

  /** Events reach the sink as {@link WatchSink} says, those of the past before this returns. */
  watch(request: WatchRequest, sink: WatchSink<V>): Watch {
    const watch = this.#watches.open(request, sink)
    if (request.progressNotify) this.#armProgressTimer()
    return watch
  }

  /** Many watches over one stream, as etcd's protocol has it. */
  watchStream(send: (response: WatchStreamResponse<V>) => void): WatchStream<V> {
    return new WatchStream(this, send, this.#options.sizeOf)
  }

  // Mirrors, copies and the past.

  /**
   * Takes over what another etcd committed, under its revision, which must be higher than this store's.
   * Leases that this store does not know are only named.
   */
  apply(revision: number, events: readonly ForeignEvent<V>[]): void {
    if (revision <= this.#revision)
      throw new RangeError(`revision ${revision} is not above ${this.#revision}`)
    for (const event of events) {
      const head = this.#tree.find(event.kv.key)
      if (event.type === 'DELETE') {
        if (head !== undefined && head.version !== 0) this.#recordDelete(head, revision)
        continue
      }
      const { key, value, createRevision, version, lease } = event.kv
      this.#record(
        new KvRecord(head?.key ?? key, value, createRevision, revision, version, lease, head),
        head,
      )
    }
    this.#commit(revision)
  }

  /** Moves to a revision at which nothing happened here, as when another etcd says how far it is. */
  advanceTo(revision: number): void {
    if (revision > this.#revision) this.#revision = revision
  }

  /**
   * A store with the same past and its own future, in O(1). It has no watchers, and without a clock of its
   * own its leases stand still.
   */
  clone(options: StoreOptions<V> = { ...this.#options, clock: undefined }): Store<V> {
    const copy = new Store<V>(options)
    copy.#tree = this.#tree.clone()
    copy.#history = this.#history.clone()
    copy.#lessor = this.#lessor.clone()
    copy.#revision = copy.#sharedRevision = this.#sharedRevision = this.#revision
    copy.#compactRevision = this.#compactRevision
    copy.#droppedRevision = this.#droppedRevision
    copy.#leaseIds = this.#leaseIds
    copy.#watches.tell()
    copy.#armLeaseTimer()
    return copy
  }

  snapshot(): StoreSnapshot<V> {
    const oldest = this.#compactRevision
    const now = this.#now()
    const base: StoredWrite<V>[] = []
    scan(this, '', undefined, oldest, (record) => {
      if (record.modRevision < oldest) base.push(toStored(record))
      return true
    })
    const events: StoredWrite<V>[] = []
    for (let i = this.#history.seek(oldest); i < this.#history.end; i++)
      events.push(toStored(this.#history.at(i)))
    const leases = this.#lessor.all().map((lease) => ({
      id: lease.id.toString(),
      ttlSeconds: lease.ttlSeconds,
      remainingMs: lease.expiresAtMs - now,
    }))
    return { revision: this.#revision, compactRevision: oldest, base, events, leases }
  }

  static restore<V>(snapshot: StoreSnapshot<V>, options: StoreOptions<V> = {}): Store<V> {
    const store = new Store<V>(options)
    const now = store.#now()
    for (const { id, ttlSeconds, remainingMs } of snapshot.leases) {
      store.#lessor.set(BigInt(id), ttlSeconds, now + remainingMs)
    }
    for (const write of snapshot.base) store.#restoreRecord(write)
    for (const write of snapshot.events) store.#history.append(store.#restoreRecord(write))
    store.#revision = snapshot.revision
    store.#compactRevision = store.#droppedRevision = snapshot.compactRevision
    store.#watches.tell()
    store.#armLeaseTimer()
    return store
  }

  // Parts of a mutation, shared with txn.ts: nothing is visible to watchers before #commit.

  /** For txn.ts. Returns what was there before. */
  applyPut(request: PutRequest<V>, revision: number): KvRecord<V> | undefined {
    const { key } = request
    const head = this.#tree.find(key)
    const before = head === undefined || head.version === 0 ? undefined : head
    if ((request.ignoreValue || request.ignoreLease) && before === undefined)
      throw new EtcdError('KeyNotFound')
    const value = request.ignoreValue ? before!.value : (request.value as V)
    const lease = request.ignoreLease ? before!.lease : (request.lease ?? NO_LEASE)
    this.#record(KvRecord.put(key, value, revision, lease, head), head)
    return before
  }

  /** For txn.ts. Returns what was there before, in key order. */
  applyDeleteRange(request: DeleteRangeRequest, revision: number): KvRecord<V>[] {
    const { start, end } = toBounds(request)
    const doomed: KvRecord<V>[] = []
    this.#tree.scan(start, end, (head) => {
      if (head.version !== 0) doomed.push(head)
      return true
    })
    for (const head of doomed) {
      this.#tree.find(head.key)
      this.#recordDelete(head, revision)
    }
    return doomed
  }

  /** For txn.ts. */
  hasLease(id: bigint): boolean {
    return this.#lessor.get(id) !== undefined
  }

  #commitPut(key: string, value: V, lease: bigint, head: KvRecord<V> | undefined): KeyValue<V> {
    const record = KvRecord.put(key, value, this.#revision + 1, lease, head)
    this.#record(record, head)
    this.#commit(record.modRevision)
    return record
  }

  /** The tree's last `find` must have been for this key. */
  #recordDelete(head: KvRecord<V>, revision: number): void {
    this.#record(KvRecord.deletion(revision, head), head)
  }

  /** Puts a record before `head`, at the place of the tree's last `find`. */
  #record(record: KvRecord<V>, head: KvRecord<V> | undefined): void {
    this.#tree.setFound(record)
    this.#history.append(record)
    const oldLease = head === undefined ? NO_LEASE : head.lease
    if (oldLease === record.lease) return
    if (oldLease !== NO_LEASE) this.#lessor.detach(oldLease, record.key)
    if (record.lease !== NO_LEASE) this.#lessor.attach(record.lease, record.key)
  }

  #commit(revision: number): void {
    this.#revision = revision
    this.#watches.tell()
    if (this.#droppedRevision < this.#compactRevision) this.#dropHistory()
    const retain = this.#options.retainRevisions
    if (retain !== undefined && revision - Math.max(this.#compactRevision, 1) >= 2 * retain) {
      this.compact(revision - retain)
    }
  }

  #checkLease(id: bigint): void {
    if (id !== NO_LEASE && !this.hasLease(id)) throw new EtcdError('LeaseNotFound')
  }

  /** Cuts what compaction made unreachable. Costs the writes that go, not the keys that stay. */
  #dropHistory(): void {
    // Commits that watchers have yet to hear of still need what they replaced.
    if (this.#watches.busy) return
    const revision = this.#compactRevision
    this.#droppedRevision = revision
    const history = this.#history
    for (let position = history.start; position < history.end; position++) {
      const record = history.at(position)
      if (record.modRevision > revision) break
      if (record.modRevision <= this.#sharedRevision) this.#cutShared(record.key, revision)
      else record.previous = undefined
      if (record.version === 0 && this.#tree.get(record.key)?.modRevision === record.modRevision) {
        this.#tree.delete(record.key)
      }
    }
    history.dropBefore(history.seek(revision))
  }

  /** Cuts the chain of a key whose records a clone may share: those that stay are replaced by copies. */
  #cutShared(key: string, revision: number): void {
    const head = this.#tree.find(key)
    const newer: KvRecord<V>[] = []
    let last = head
    while (last !== undefined && last.modRevision > revision) {
      newer.push(last)
      last = last.previous
    }
    // A deletion of the very revision may have a put of the same one below it.
    if (last?.previous === undefined) return
    let copy = copyRecord(last, undefined)
    this.#replaceInHistory(last, copy)
    for (const record of newer.reverse()) {
      copy = copyRecord(record, copy)
      this.#replaceInHistory(record, copy)
    }
    this.#tree.find(key)
    this.#tree.setFound(copy)
  }

  #replaceInHistory(old: KvRecord<V>, copy: KvRecord<V>): void {
    const history = this.#history
    for (let position = history.seek(old.modRevision); position < history.end; position++) {
      const record = history.at(position)
      if (record.modRevision !== old.modRevision) return
      if (record === old) history.replace(position, copy)
    }
  }

  #restoreRecord(write: StoredWrite<V>): KvRecord<V> {
    const { key, value, createRevision, modRevision, version, lease = '0' } = write
    const head = this.#tree.find(key)
    const record = new KvRecord(
      head?.key ?? key,
      value as V,
      createRevision,
      modRevision,
      version,
      BigInt(lease),
      head,
    )
    this.#tree.setFound(record)
    if (head !== undefined && head.lease !== NO_LEASE) this.#lessor.detach(head.lease, record.key)
    if (record.lease !== NO_LEASE) this.#lessor.attach(record.lease, record.key)
    return record
  }

  #pickLeaseId(): bigint {
    const pick = this.#options.nextLeaseId
    if (pick !== undefined) return pick()
    while (this.hasLease(this.#leaseIds)) this.#leaseIds++
    return this.#leaseIds++
  }

  #endLease(lease: EtcdLease): void {
    const keys = this.#lessor.keys(lease.id)
    const revision = this.#revision + 1
    for (const key of keys) this.#recordDelete(this.#tree.find(key)!, revision)
    this.#lessor.delete(lease)
    if (keys.length > 0) this.#commit(revision)
    this.#armLeaseTimer()
  }

  #now(): number {
    return this.#options.clock?.now() ?? 0
  }

  /** One timer for the lease that ends first. */
  #armLeaseTimer(): void {
    const clock = this.#options.clock
    if (clock === undefined) return
    const next = this.#lessor.next()
    if (this.#leaseTimer !== undefined) {
      if (this.#leaseTimerAtMs === next?.expiresAtMs) return
      this.#leaseTimer.cancel()
      this.#leaseTimer = undefined
    }
    if (next === undefined) return
    this.#leaseTimerAtMs = next.expiresAtMs
    this.#leaseTimer = clock.after(Math.max(0, next.expiresAtMs - clock.now()), () => {
      this.#leaseTimer = undefined
      const due = this.#lessor.next()
      if (due !== undefined && due.expiresAtMs <= clock.now()) this.#endLease(due)
      else this.#armLeaseTimer()
    })
  }

  #armProgressTimer(): void {
    const clock = this.#options.clock
    if (clock === undefined || this.#progressTimer !== undefined) return
    this.#progressTimer = clock.after(this.#options.progressIntervalMs ?? PROGRESS_INTERVAL_MS, () => {
      this.#progressTimer = undefined
      this.#watches.tick()
      if (this.#watches.wantsProgress) this.#armProgressTimer()
    })
  }
}

/** The first key after all that begin with `prefix`; undefined when there is none. */
export function prefixEnd(prefix: string): string | undefined {
  for (let i = prefix.length - 1; i >= 0; i--) {
    const unit = prefix.charCodeAt(i)
    if (unit < 0xff) return prefix.slice(0, i) + String.fromCharCode(unit + 1)
  }
  return undefined
}

function modRevisionOf<V>(head: KvRecord<V> | undefined): number {
  return head === undefined || head.version === 0 ? 0 : head.modRevision
}

function compareByLess<V>(a: V, b: V): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function copyRecord<V>(record: KvRecord<V>, previous: KvRecord<V> | undefined): KvRecord<V> {
  const { key, value, createRevision, modRevision, version, lease } = record
  return new KvRecord(key, value, createRevision, modRevision, version, lease, previous)
}

function toStored<V>(record: KvRecord<V>): StoredWrite<V> {
  const { key, value, createRevision, modRevision, version, lease } = record
  if (version === 0) return { key, createRevision, modRevision, version }
  if (lease === NO_LEASE) return { key, value, createRevision, modRevision, version }
  return { key, value, createRevision, modRevision, version, lease: lease.toString() }
}

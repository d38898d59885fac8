/**
 * Lets a store in memory follow an etcd elsewhere, which decides about every write. Reads and watches are answered
 * by the copy; a write travels to the etcd as a transaction that compares revisions, and is done once the copy has
 * heard of it, so that whoever wrote reads what was written.
 *
 *   put ----> etcd: compare and swap ----> revision ----> wait until the copy is there ----> done
 *             etcd: watch of everything ----> apply ----^
 */
import type { KeyValue, KvEvent } from './messages.ts'
import { type ForeignEvent, Store, type StoredWrite, type StoreOptions } from './store.ts'

/** The etcd could not be asked. `outcome` says whether a write may have happened all the same. */
export class EtcdUnavailableError extends Error {
  override readonly name = 'EtcdUnavailableError'
  readonly outcome: 'not applied' | 'unknown'

  constructor(message: string, outcome: 'not applied' | 'unknown', cause?: unknown) {
    super(message, { cause })
    this.outcome = outcome
  }
}

export interface TxnOutcome {
  /** False when the key was not at the revision that was expected. */
  readonly succeeded: boolean
  /** Of the write, or else the current one. */
  readonly revision: number
}

export interface EtcdWatchSink {
  /** In order, all of a revision in one call. */
  events(events: readonly KvEvent<string>[]): void
  /** The stream is open. */
  opened(): void
  /** The stream is over. `compacted`: what would come next is no longer known. */
  ended(reason: 'disconnected' | 'compacted', message: string): void
}

/** A connection to an etcd; values are text. Methods reject with {@link EtcdUnavailableError}, within seconds. */
export interface EtcdConnection {
  /** The current revision, read linearizably. */
  revision(): Promise<number>
  /** @param modRevision 0: the key must not exist; `lease` 0n: none */
  put(key: string, value: string, modRevision: number, lease: bigint): Promise<TxnOutcome>
  delete(key: string, modRevision: number): Promise<TxnOutcome>
  grantLease(ttlSeconds: number): Promise<bigint>
  /** Everything at one revision, which it resolves to. */
  load(visit: (kv: KeyValue<string>) => void): Promise<number>
  /** Every event from `revision` on. */
  watch(revision: number, sink: EtcdWatchSink): { stop(): void }
  /** Lets the etcd forget what was overwritten before `revision`, unless another API server has just done so. */
  compact(revision: number): Promise<void>
  /** Real time. */
  after(ms: number, run: () => void): { cancel(): void }
  close(): void
}

/** Turns values into text and back. What `decode` returns is stored as it is: freeze it there. */
export interface RevisionedCodec<V> {
  encode(value: V): string
  decode(text: string, modRevision: number): V
}

/** What one revision did. */
interface Batch {
  readonly revision: number
  readonly events: KvEvent<string>[]
}

interface Loaded<V> {
  readonly revision: number
  readonly base: StoredWrite<V>[]
}

interface Waiter {
  readonly revision: number
  readonly timer: { cancel(): void }
  resolve(): void
}

export interface Follower {
  /** Runs `body` as something that comes from outside. */
  enter(body: () => void): void
  /** The copy had to skip revisions: nothing older than its present one can be told any more. */
  skipped(): void
}

/** Objects with a time to live share one lease per so many seconds, as in upstream's lease manager ... */
const LEASE_REUSE_SECONDS_MAX = 60
/** ... or per this share of their time, when that is less. */
const LEASE_REUSE_SHARE = 0.05
/** How long the copy may lag behind a revision that a request needs. */
const LAG_MS_MAX = 4_000
const RECONNECT_MS = [0, 100, 250, 500, 1_000, 2_000] as const
/** upstream: storagebackend, --etcd-compaction-interval */
const COMPACTION_INTERVAL_MS = 300_000

export class Mirror<V> {
  /** Where the etcd was when the copy was made. */
  readonly startRevision: number
  readonly #connection: EtcdConnection
  readonly #codec: RevisionedCodec<V>
  readonly #prefix: string
  #base: StoredWrite<V>[]
  #store!: Store<V>
  #follower!: Follower
  #stream: { stop(): void } | undefined
  #reconnect: { cancel(): void } | undefined
  #compaction: { cancel(): void } | undefined
  #compactTo = 0
  #failures = 0
  #closed = false
  #trouble: string | undefined
  readonly #arrived: Batch[] = []
  /** Keys with a write of ours under way: its answer goes before its event, which may overtake it. */
  readonly #underWay = new Map<string, number>()
  #waiters: Waiter[] = []
  #barrier: Promise<void> | undefined
  #nextBarrier: Promise<void> | undefined
  readonly #leases = new Map<number, { readonly lease: Promise<bigint>; fresh: boolean }>()

  private constructor(
    connection: EtcdConnection,
    codec: RevisionedCodec<V>,
    prefix: string,
    { revision, base }: Loaded<V>,
  ) {
    this.#connection = connection
    this.#codec = codec
    this.#prefix = prefix
    this.startRevision = revision
    this.#base = base
  }

  /**
   * Copies everything that the etcd holds.
   * @param prefix  of the keys to copy; others only count as revisions
   */
  static async open<V>(
    connection: EtcdConnection,
    codec: RevisionedCodec<V>,
    prefix: string,
  ): Promise<Mirror<V>> {
    return new Mirror(connection, codec, prefix, await load(connection, codec, prefix))
  }

  /** Why requests fail at present; undefined while the etcd answers. */
  get trouble(): string | undefined {
    return this.#trouble
  }

  /** The copy. Its leases are the etcd's: none ends here. To be called once, before {@link follow}. */
  openStore(options: StoreOptions<V>): Store<V> {
    const revision = this.startRevision
    this.#store = Store.restore(
      { revision, compactRevision: revision, base: this.#base, events: [], leases: [] },
      { ...options, clock: undefined },
    )
    this.#base = []
    return this.#store
  }

  /** Keeps the copy up to date from now on. */
  follow(follower: Follower): void {
    this.#follower = follower
    this.#connect()
    this.#compactTo = this.#store.revision
    this.#compactLater()
  }

  close(): void {
    this.#closed = true
    this.#stream?.stop()
    this.#reconnect?.cancel()
    this.#compaction?.cancel()
    for (const { timer } of this.#waiters) timer.cancel()
    this.#waiters = []
    this.#connection.close()
  }

  /** Resolves when the copy holds all that was committed before the call. */
  barrier(): Promise<void> {
    // One under way may have been answered already: later callers share the next.
    this.#nextBarrier ??= (this.#barrier ?? Promise.resolve()).then(
      () => this.#startBarrier(),
      () => this.#startBarrier(),
    )
    return this.#nextBarrier
  }

  /**
   * Writes if the key still is at `modRevision` (0: must not exist).
   * @param committed  told the revision before the copy, and so any watcher, hears of it
   * @returns what is stored, or undefined when the key has moved on; by then the copy knows how
   */
  async put(
    key: string,
    value: V,
    modRevision: number,
    ttlSeconds: number | undefined,
    committed: (revision: number) => void,
  ): Promise<V | undefined> {
    const lease = ttlSeconds === undefined ? 0n : await this.#leaseFor(ttlSeconds)
    const text = this.#codec.encode(value)
    const outcome = await this.#write(key, committed, () =>
      this.#connection.put(key, text, modRevision, lease),
    )
    return outcome.succeeded ? this.#store.get(key, outcome.revision)?.value : undefined
  }

  /** Deletes if the key still is at `modRevision`; the revision of the deletion, or undefined. */
  async delete(
    key: string,
    modRevision: number,
    committed: (revision: number) => void,
  ): Promise<number | undefined> {
    const outcome = await this.#write(key, committed, () => this.#connection.delete(key, modRevision))
    return outcome.succeeded ? outcome.revision : undefined
  }

  async #write(
    key: string,
    committed: (revision: number) => void,
    send: () => Promise<TxnOutcome>,
  ): Promise<TxnOutcome> {
    this.#underWay.set(key, (this.#underWay.get(key) ?? 0) + 1)
    let outcome: TxnOutcome
    try {
      outcome = await send()
      if (outcome.succeeded) committed(outcome.revision)
    } finally {
      const left = this.#underWay.get(key)! - 1
      if (left === 0) this.#underWay.delete(key)
      else this.#underWay.set(key, left)
      this.#drain()
    }
    await this.#reached(outcome.revision)
    return outcome
  }

  #startBarrier(): Promise<void> {
    const barrier = this.#connection.revision().then((revision) => this.#reached(revision))
    this.#barrier = barrier
    this.#nextBarrier = undefined
    return barrier
  }

  #reached(revision: number): Promise<void> {
    if (this.#store.revision >= revision) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const timer = this.#connection.after(LAG_MS_MAX, () => {
        this.#waiters = this.#waiters.filter((it) => it.timer !== timer)
        const why = `etcd is at revision ${revision}, and its events have come up to ${this.#store.revision} only`
        reject(new EtcdUnavailableError(this.#trouble ?? why, 'unknown'))
      })
      this.#waiters.push({ revision, timer, resolve })
    })
  }

  #leaseFor(ttlSeconds: number): Promise<bigint> {
    const known = this.#leases.get(ttlSeconds)
    if (known?.fresh) return known.lease
    const reused = leaseReuseSeconds(ttlSeconds)
    const lease = this.#connection.grantLease(ttlSeconds + reused)
    const entry = { lease, fresh: true }
    const stale = () => {
      entry.fresh = false
    }
    lease.then(() => this.#connection.after(reused * 1000, stale), stale)
    this.#leases.set(ttlSeconds, entry)
    return lease
  }

  // -- following ------------------------------------------------------------------------------------------

  #connect(): void {
    this.#stream = this.#connection.watch(this.#store.revision + 1, {
      opened: () => {
        this.#failures = 0
        this.#trouble = undefined
      },
      events: (events) => {
        for (const event of events) this.#arrive(event)
        this.#drain()
      },
      ended: (reason, message) => this.#ended(reason, message),
    })
  }

  #ended(reason: 'disconnected' | 'compacted', message: string): void {
    if (this.#closed) return
    this.#stream = undefined
    // What has arrived and waits will be told again.
    this.#arrived.length = 0
    this.#trouble = message
    const delay = RECONNECT_MS[Math.min(this.#failures++, RECONNECT_MS.length - 1)]!
    this.#reconnect = this.#connection.after(delay, () => {
      if (reason === 'disconnected') this.#connect()
      else void this.#reload()
    })
  }

  #arrive(event: KvEvent<string>): void {
    const { modRevision } = event.kv
    const last = this.#arrived.at(-1)
    if (last?.revision === modRevision) last.events.push(event)
    else this.#arrived.push({ revision: modRevision, events: [event] })
  }

  #drain(): void {
    while (this.#arrived.length > 0) {
      const { revision, events } = this.#arrived[0]!
      if (events.some(({ kv }) => this.#underWay.has(kv.key))) return
      this.#arrived.shift()
      if (revision > this.#store.revision) this.#apply(revision, events)
    }
  }

  #apply(revision: number, events: readonly KvEvent<string>[]): void {
    const ours = events
      .filter(({ kv }) => kv.key.startsWith(this.#prefix))
      .map((it) => this.#decode(it, revision))
    this.#follower.enter(() => {
      if (ours.length > 0) this.#store.apply(revision, ours)
      else this.#store.advanceTo(revision)
    })
    this.#wake(revision)
  }

  #wake(revision: number): void {
    const reached = this.#waiters.filter((it) => it.revision <= revision)
    if (reached.length === 0) return
    this.#waiters = this.#waiters.filter((it) => it.revision > revision)
    for (const { timer, resolve } of reached) {
      timer.cancel()
      resolve()
    }
  }

  #decode(event: KvEvent<string>, revision: number): ForeignEvent<V> {
    if (event.type === 'DELETE') return event
    return { type: 'PUT', kv: { ...event.kv, value: this.#codec.decode(event.kv.value, revision) } }
  }

  /** The etcd has forgotten what we missed: takes over its present state as one step. */
  async #reload(): Promise<void> {
    const loaded = await load(this.#connection, this.#codec, this.#prefix).catch((error: Error) => {
      this.#ended('compacted', error.message)
      return undefined
    })
    if (loaded === undefined || this.#closed) return
    const { base, revision } = loaded
    const events: ForeignEvent<V>[] = []
    const present = new Set(base.map((it) => it.key))
    this.#store.forEach(this.#prefix, {}, ({ key }) => {
      if (!present.has(key)) events.push({ type: 'DELETE', kv: { key } })
      return true
    })
    for (const { key, value, createRevision, modRevision, version, lease = '0' } of base) {
      if (this.#store.get(key)?.modRevision === modRevision) continue
      const kv = { key, value: value as V, createRevision, modRevision, version, lease: BigInt(lease) }
      events.push({ type: 'PUT', kv })
    }
    this.#follower.skipped()
    this.#follower.enter(() => {
      if (events.length > 0) this.#store.apply(revision, events)
      else this.#store.advanceTo(revision)
      if (revision > this.#store.compactRevision) this.#store.compact(revision)
    })
    this.#wake(revision)
    this.#connect()
  }

  /** What was current one interval ago is the oldest that etcd keeps (upstream: storage/etcd3/compact.go). */
  #compactLater(): void {
    this.#compaction = this.#connection.after(COMPACTION_INTERVAL_MS, () => {
      const revision = this.#compactTo
      this.#compactTo = this.#store.revision
      void this.#connection.compact(revision).catch(() => undefined)
      this.#compactLater()
    })
  }
}

async function load<V>(
  connection: EtcdConnection,
  codec: RevisionedCodec<V>,
  prefix: string,
): Promise<Loaded<V>> {
  const base: StoredWrite<V>[] = []
  const revision = await connection.load(({ lease, value, ...kv }) => {
    if (!kv.key.startsWith(prefix)) return
    base.push({
      ...kv,
      value: codec.decode(value, kv.modRevision),
      ...(lease === 0n ? {} : { lease: lease.toString() }),
    })
  })
  return { revision, base }
}

/** How long a lease of so many seconds is given to further objects; it lives so much longer than they ask for. */
export function leaseReuseSeconds(ttlSeconds: number): number {
  return Math.min(LEASE_REUSE_SECONDS_MAX, Math.floor(ttlSeconds * LEASE_REUSE_SHARE))
}

/**
 * Tells watchers about commits (upstream: mvcc/watchable_store.go).
 *
 * Delivery is synchronous: a commit returns after every watcher has seen it. A watcher that writes from its
 * sink does not break the order of the others: its commit waits until the one being told has been told.
 *
 * A watcher is a cursor, not a buffer. One that starts in the past, or was paused, reads the history from
 * its cursor on in batches; if compaction overtakes the cursor, the watch ends and says so.
 */
import type { History } from './history.ts'
import type { KeyValue, KvEvent, WatchClosed, WatchRequest, WatchResponse } from './messages.ts'
import { type KvRecord, recordAt } from './record.ts'
import { WatchRouter } from './watch-router.ts'

/** Revisions in one response of a watcher that catches up. */
export const CATCH_UP_REVISIONS = 1000

export interface WatchSink<V> {
  /**
   * Called first, before events of the past: the watch is in place. From here the sink may already pause
   * or cancel it.
   */
  opened?(watch: Watch, revision: number): void
  /**
   * All events of one commit that the watcher asked for, in the order of the operations; while catching up,
   * of up to 1,000 revisions, and never part of one. Responses are shared between watchers: do not change them.
   */
  events(response: WatchResponse<V>): void
  /** The watch ended on its own. Not called after `cancel`. */
  closed?(why: WatchClosed): void
}

export interface Watch {
  /** False once cancelled or closed. */
  readonly active: boolean
  /** Ends the watch at once, also from within its own sink. */
  cancel(): void
  /** Holds events back at no cost in memory; they are read from the history on `resume`. */
  pause(): void
  resume(): void
  /** Sends a progress notice now, unless the watcher is paused or behind. */
  progress(): void
}

/** What the hub must know of its store. */
export interface WatchSource<V> {
  readonly revision: number
  readonly compactRevision: number
  readonly history: History<V>
}

class Watcher<V> implements Watch {
  readonly start: string
  /** Exclusive; undefined: to the last key. */
  readonly end: string | undefined
  readonly request: WatchRequest
  readonly sink: WatchSink<V>
  readonly hub: WatchHub<V>
  /** Nothing below this revision is to be delivered (any more). */
  nextRevision: number
  active = true
  paused = false
  catchingUp = false
  /** Since the last tick of progress notices. */
  heardSomething = false

  constructor(
    hub: WatchHub<V>,
    request: WatchRequest,
    sink: WatchSink<V>,
    start: string,
    end: string | undefined,
    nextRevision: number,
  ) {
    this.hub = hub
    this.request = request
    this.sink = sink
    this.start = start
    this.end = end
    this.nextRevision = nextRevision
  }

  cancel(): void {
    this.hub.remove(this)
  }

  pause(): void {
    if (this.paused || !this.active) return
    this.paused = true
    if (!this.catchingUp) this.nextRevision = Math.max(this.nextRevision, this.hub.nextRevision)
  }

  resume(): void {
    if (!this.paused) return
    this.paused = false
    this.hub.catchUp(this)
  }

  progress(): void {
    this.hub.tellProgress(this)
  }

  covers(key: string): boolean {
    return key >= this.start && (this.end === undefined || key < this.end)
  }

  wants(record: KvRecord<V>): boolean {
    return record.version === 0 ? this.request.noDelete !== true : this.request.noPut !== true
  }
}

export class WatchHub<V> {
  readonly #source: WatchSource<V>
  readonly #router = new WatchRouter<Watcher<V>>()
  readonly #watchers = new Set<Watcher<V>>()
  #told: number
  /** Revision being told right now; 0 when none is. */
  #telling = 0
  /** What sinks threw: the others are told first, then the writer hears of it. */
  readonly #failures: unknown[] = []

  constructor(source: WatchSource<V>) {
    this.#source = source
    this.#told = source.history.end
  }

  get size(): number {
    return this.#watchers.size
  }

  /** True while commits wait to be told: their history must not be cut. */
  get busy(): boolean {
    return this.#telling !== 0
  }

  /** The lowest revision that a watcher level with the store may not have seen. */
  get nextRevision(): number {
    return this.#telling === 0 ? this.#source.revision + 1 : this.#telling
  }

  open(request: WatchRequest, sink: WatchSink<V>): Watch {
    const { key, rangeEnd = '', startRevision = 0 } = request
    const { revision, compactRevision } = this.#source
    // As in etcd, a negative start is below any compaction; before the first one it means now.
    const now = startRevision === 0 || (startRevision < 0 && compactRevision < 0)
    const watcher = new Watcher(
      this,
      request,
      sink,
      key,
      rangeEnd === '' ? `${key}\0` : rangeEnd === '\0' ? undefined : rangeEnd,
      now ? revision + 1 : startRevision,
    )
    this.#watchers.add(watcher)
    this.#router.add(watcher.start, watcher.end, watcher)
    watcher.catchingUp = true
    sink.opened?.(watcher, revision)
    watcher.catchingUp = false
    this.catchUp(watcher)
    return watcher
  }

  remove(watcher: Watcher<V>): void {
    if (!watcher.active) return
    watcher.active = false
    this.#watchers.delete(watcher)
    this.#router.remove(watcher.start, watcher.end, watcher)
  }

  /** Tells everybody what the history has gained. Called after every commit. */
  tell(): void {
    const { history } = this.#source
    if (this.#watchers.size === 0) {
      if (this.#telling === 0) this.#told = history.end
      return
    }
    if (this.#telling !== 0) return
    try {
      while (this.#told < history.end) {
        const from = this.#told
        const first = history.at(from)
        this.#telling = first.modRevision
        let to = from + 1
        while (to < history.end && history.at(to).modRevision === first.modRevision) to++
        this.#told = to
        if (to === from + 1) this.#tellOne(first)
        else this.#tellMany(from, to)
      }
    } finally {
      this.#telling = 0
    }
    if (this.#failures.length > 0) throw this.#failures.splice(0)[0]
  }

  #tellOne(record: KvRecord<V>): void {
    const revision = record.modRevision
    const watchers = this.#router.at(record.key)
    let plain: WatchResponse<V> | undefined
    let withPrevious: WatchResponse<V> | undefined
    // The length is read once: whoever opens a watch from a sink has its own idea of where to start.
    for (let i = 0, count = watchers.length; i < count; i++) {
      const watcher = watchers[i]!
      if (!ready(watcher, revision)) continue
      watcher.nextRevision = revision + 1
      if (!watcher.wants(record)) continue
      if (watcher.request.prevKv) {
        withPrevious ??= {
          revision,
          events: [toEvent(record, previousOf(record, this.#source.compactRevision))],
        }
        this.#send(watcher, withPrevious)
      } else {
        plain ??= { revision, events: [toEvent(record)] }
        this.#send(watcher, plain)
      }
    }
  }

  #tellMany(from: number, to: number): void {
    const { history, compactRevision } = this.#source
    const revision = history.at(from).modRevision
    const batches = new Map<Watcher<V>, KvEvent<V>[]>()
    for (let position = from; position < to; position++) {
      const record = history.at(position)
      let plain: KvEvent<V> | undefined
      let withPrevious: KvEvent<V> | undefined
      for (const watcher of this.#router.at(record.key)) {
        if (!ready(watcher, revision) || !watcher.wants(record)) continue
        const event = watcher.request.prevKv
          ? (withPrevious ??= toEvent(record, previousOf(record, compactRevision)))
          : (plain ??= toEvent(record))
        const batch = batches.get(watcher)
        if (batch === undefined) batches.set(watcher, [event])
        else batch.push(event)
      }
    }
    for (const [watcher, events] of batches) {
      // An earlier sink may have cancelled or paused this one, or made it read ahead.
      if (!ready(watcher, revision)) continue
      watcher.nextRevision = revision + 1
      this.#send(watcher, { revision, events })
    }
  }

  #send(watcher: Watcher<V>, response: WatchResponse<V>): void {
    watcher.heardSomething = true
    try {
      watcher.sink.events(response)
    } catch (error) {
      if (this.#telling === 0) throw error
      this.#failures.push(error)
    }
  }

  /** Delivers what a watcher has missed, until it is level with the store, paused or gone. */
  catchUp(watcher: Watcher<V>): void {
    if (watcher.catchingUp) return
    watcher.catchingUp = true
    try {
      this.#deliverMissed(watcher)
    } finally {
      watcher.catchingUp = false
    }
  }

  #deliverMissed(watcher: Watcher<V>): void {
    while (watcher.active && !watcher.paused && watcher.nextRevision <= this.#source.revision) {
      const { compactRevision, revision } = this.#source
      if (watcher.nextRevision < compactRevision) {
        this.remove(watcher)
        watcher.sink.closed?.({ compactRevision })
        break
      }
      const events = this.#readBatch(watcher)
      if (events.length > 0) this.#send(watcher, { revision, events })
    }
  }

  /** The next events for a watcher, of so many revisions at most; moves its cursor behind what was read. */
  #readBatch(watcher: Watcher<V>): KvEvent<V>[] {
    const { history, revision, compactRevision } = this.#source
    const events: KvEvent<V>[] = []
    let revisions = 0
    let last = 0
    for (let position = history.seek(watcher.nextRevision); position < history.end; position++) {
      const record = history.at(position)
      if (!watcher.covers(record.key) || !watcher.wants(record)) continue
      if (record.modRevision !== last) {
        if (revisions === CATCH_UP_REVISIONS) {
          watcher.nextRevision = record.modRevision
          return events
        }
        revisions++
        last = record.modRevision
      }
      events.push(
        watcher.request.prevKv ? toEvent(record, previousOf(record, compactRevision)) : toEvent(record),
      )
    }
    watcher.nextRevision = revision + 1
    return events
  }

  tellProgress(watcher: Watcher<V>): void {
    if (!watcher.active || watcher.paused || watcher.catchingUp) return
    // While a commit is being told, this watcher may not have seen it yet.
    const told = this.#telling === 0 ? this.#source.revision : this.#telling - 1
    const seen = Math.min(watcher.nextRevision - 1, this.#source.revision)
    watcher.sink.events({ revision: Math.max(told, seen), events: [] })
  }

  get wantsProgress(): boolean {
    for (const watcher of this.#watchers) if (watcher.request.progressNotify) return true
    return false
  }

  /** Tells those who asked for it and heard nothing since the last call where they stand. */
  tick(): void {
    for (const watcher of [...this.#watchers]) {
      if (!watcher.request.progressNotify) continue
      if (!watcher.heardSomething) this.tellProgress(watcher)
      watcher.heardSomething = false
    }
  }
}

/** Whether a watcher takes part in telling a revision: the others read it from the history, or have. */
function ready<V>(watcher: Watcher<V>, revision: number): boolean {
  return watcher.active && !watcher.paused && !watcher.catchingUp && watcher.nextRevision <= revision
}

function toEvent<V>(record: KvRecord<V>, prevKv?: KeyValue<V>): KvEvent<V> {
  if (record.version !== 0) return { type: 'PUT', kv: record, prevKv }
  return { type: 'DELETE', kv: { key: record.key, modRevision: record.modRevision }, prevKv }
}

/** What the key held before this revision, as far as compaction has left it. */
function previousOf<V>(record: KvRecord<V>, compactRevision: number): KeyValue<V> | undefined {
  const revision = record.modRevision - 1
  return revision < compactRevision ? undefined : recordAt(record.previous, revision)
}

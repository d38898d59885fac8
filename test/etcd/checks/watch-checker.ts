/**
 * The promises of a watch, checked against the true log: ordered, unique, reliable, atomic, resumable,
 * bookmarkable, and never before its start; prevKv, creation flags and filters right.
 */
import type { KeyValue, KvEvent, WatchRequest, WatchResponse } from '../../../src/etcd/messages.ts'
import { type Store, Store as StoreClass } from '../../../src/etcd/store.ts'
import type { Watch } from '../../../src/etcd/watch-hub.ts'
import { type Random, randomStream } from '../../../src/kernel/random.ts'
import { KEYS, OpGenerator } from '../oracle/generator.ts'
import { OurSide } from '../oracle/ours.ts'
import { Breach } from './invariants.ts'

interface LogEntry {
  readonly revision: number
  readonly key: string
  /** Undefined for a deletion. */
  readonly kv: KeyValue<string> | undefined
  /** What the key held one revision earlier. */
  readonly before: KeyValue<string> | undefined
}

interface Delivery {
  readonly response: WatchResponse<string>
  readonly compactRevision: number
}

/** Everything one watch did. */
export interface StreamRecord {
  readonly request: WatchRequest
  readonly openedAt: number
  readonly deliveries: Delivery[]
  /** How far the log was when the watch was last level with the store. */
  levelAt: number
  closed: number | undefined
}

/** Collects the true log from full reads; the order inside a revision from what the history says. */
class TrueLog {
  readonly entries: LogEntry[] = []
  readonly #store: Store<string>
  #state = new Map<string, KeyValue<string>>()
  #position: number

  constructor(store: Store<string>) {
    this.#store = store
    this.#position = store.history.end
  }

  /** Must be called before history is compacted away, that is after every commit. */
  follow(): void {
    const { history } = this.#store
    const start = Math.max(this.#position, history.start)
    if (start !== this.#position) throw new Breach('the checker missed a commit')
    let revision = 0
    let before = this.#state
    for (; this.#position < history.end; this.#position++) {
      const record = history.at(this.#position)
      if (record.modRevision !== revision) {
        revision = record.modRevision
        before = new Map(this.#state)
      }
      const kv = record.version === 0 ? undefined : record
      this.entries.push({ revision, key: record.key, kv, before: before.get(record.key) })
      if (kv === undefined) this.#state.delete(record.key)
      else this.#state.set(record.key, kv)
    }
  }

  /** The log's fold is what the store holds. */
  checkFold(): void {
    const held: string[] = []
    this.#store.forEach('', {}, (kv) => {
      held.push(`${kv.key}@${kv.modRevision}`)
      return true
    })
    const folded = [...this.#state.values()].map((kv) => `${kv.key}@${kv.modRevision}`).sort()
    if (held.sort().join() !== folded.join()) throw new Breach('state is not the fold of the log')
  }
}

/** The first revision that a watch is told: of one that starts below 0 where nothing was compacted, as etcd has it, the next. */
function startOf({ request, openedAt }: StreamRecord): number {
  const { startRevision = 0 } = request
  return startRevision > 0 ? startRevision : openedAt + 1
}

/** Names every promise that a stream broke. */
export function breaches(stream: StreamRecord, log: readonly LogEntry[]): string[] {
  const found: string[] = []
  const { request, deliveries } = stream
  const start = startOf(stream)
  const expected = log.filter((entry) => entry.revision >= start && covers(request, entry))
  let next = 0
  let lastRevision = 0
  let bookmark = 0
  for (const { response, compactRevision } of deliveries) {
    if (response.events.length === 0) {
      if (response.revision < bookmark) found.push(`bookmarkable: ${response.revision} after ${bookmark}`)
      if (response.revision < lastRevision)
        found.push(`bookmarkable: ${response.revision} after event ${lastRevision}`)
      bookmark = response.revision
      continue
    }
    const first = response.events[0]!.kv.modRevision
    if (first === lastRevision) found.push(`atomic: revision ${first} came in two responses`)
    for (const event of response.events) {
      const { modRevision, key } = event.kv
      if (modRevision < start) found.push(`starts at ${start}, told ${modRevision}`)
      if (modRevision < lastRevision) found.push(`ordered: ${modRevision} after ${lastRevision}`)
      if (modRevision <= bookmark) found.push(`bookmarkable: ${modRevision} after progress ${bookmark}`)
      if (response.revision < modRevision)
        found.push(`header ${response.revision} below its event ${modRevision}`)
      const entry = expected[next++]
      if (entry === undefined || entry.revision !== modRevision || entry.key !== key) {
        found.push(`reliable: told ${key}@${modRevision}, the log has ${entry?.key}@${entry?.revision}`)
        return found
      }
      found.push(...eventBreaches(event, entry, request, compactRevision))
      lastRevision = modRevision
    }
    const rest = expected[next]
    if (rest !== undefined && rest.revision === lastRevision)
      found.push(`atomic: revision ${lastRevision} was cut`)
  }
  const missed = expected[next]
  if (missed !== undefined && missed.revision <= stream.levelAt) {
    found.push(`reliable: ${missed.key}@${missed.revision} was never told`)
  }
  return found
}

function eventBreaches(
  event: KvEvent<string>,
  entry: LogEntry,
  request: WatchRequest,
  compactRevision: number,
): string[] {
  const found: string[] = []
  const at = `${entry.key}@${entry.revision}`
  if ((event.type === 'PUT') !== (entry.kv !== undefined)) found.push(`type of ${at}`)
  if (event.type === 'PUT' && entry.kv !== undefined) {
    if (event.kv.value !== entry.kv.value || event.kv.version !== entry.kv.version)
      found.push(`content of ${at}`)
    const created = event.kv.createRevision === event.kv.modRevision
    if (created !== (entry.before === undefined)) found.push(`isCreate of ${at}`)
  }
  const want = request.prevKv ? entry.before : undefined
  const told = event.prevKv
  // Compaction may have taken it, even between two watchers of one commit.
  const compacted = told === undefined && entry.revision - 1 < compactRevision
  if (!compacted && (told?.modRevision !== want?.modRevision || told?.value !== want?.value)) {
    found.push(`prevKv of ${at}: ${told?.modRevision}, should be ${want?.modRevision}`)
  }
  return found
}

function covers(request: WatchRequest, entry: LogEntry): boolean {
  if (entry.kv === undefined ? request.noDelete : request.noPut) return false
  const { key, rangeEnd = '' } = request
  if (rangeEnd === '') return entry.key === key
  return entry.key >= key && (rangeEnd === '\0' || entry.key < rangeEnd)
}

interface OpenStream {
  readonly record: StreamRecord
  watch: Watch
  paused: boolean
}

/**
 * Opens, pauses, resumes, cancels and overtakes watches along a generated history. Returns how many streams
 * were checked; throws a {@link Breach} that names seed and stream.
 */
export function checkWatches(seed: number, operations: number): number {
  const generator = new OpGenerator(seed, { operations })
  const random = randomStream(seed, 'watches')
  const ours = new OurSide()
  const store = ours.store as Store<string>
  const log = new TrueLog(store)
  const open: OpenStream[] = []
  const done: StreamRecord[] = []

  // The first to be told, so that the log is complete before any other sink may compact.
  store.watch({ key: '\0', rangeEnd: '\0' }, { events: () => log.follow() })
  for (let index = 0; index < operations; index++) {
    const op = generator.next()
    if (op.kind !== 'watch' && op.kind !== 'barrier') generator.observe(op, ours.run(op).revision)
    log.follow()
    if (random.below(3) === 0) open.push(openStream(store, random))
    act(store, open, random)
    log.follow()
    for (const it of open) if (!it.paused && it.watch.active) it.record.levelAt = store.revision
    for (let i = open.length - 1; i >= 0; i--) {
      const it = open[i]!
      if (it.watch.active) continue
      done.push(it.record)
      open.splice(i, 1)
    }
    if (open.length > 40) open[random.below(open.length)]!.watch.cancel()
  }
  for (const it of open) if (it.paused) it.watch.resume()
  for (const it of open) if (it.watch.active) it.record.levelAt = store.revision
  log.checkFold()

  const streams = [...done, ...open.map((it) => it.record)]
  for (const stream of streams) {
    const found = breaches(stream, log.entries)
    if (found.length > 0) {
      throw new Breach(
        `seed ${seed}, watch ${JSON.stringify(stream.request)} opened at ${stream.openedAt}: ${found.slice(0, 3).join('; ')}`,
      )
    }
  }
  checkResume(store, log.entries, random)
  return streams.length
}

function openStream(store: Store<string>, random: Random): OpenStream {
  const key = random.pick(KEYS)
  const rangeEnd = random.pick([undefined, '\0', random.pick(KEYS), `${key}\xff`])
  const past = Math.max(1, store.compactRevision) + random.below(40) - 2
  const request: WatchRequest = {
    key,
    rangeEnd,
    startRevision: random.pick([0, 0, past, store.revision, store.revision + 1 + random.below(5)]),
    prevKv: random.below(2) === 0,
    noPut: random.below(8) === 0,
    noDelete: random.below(8) === 0,
  }
  const record: StreamRecord = {
    request,
    openedAt: store.revision,
    deliveries: [],
    levelAt: 0,
    closed: undefined,
  }
  /** Some watchers stop, pause or write from inside their own sink. */
  const mischief = random.below(12)
  let handle: Watch | undefined
  const stream: OpenStream = { record, paused: false, watch: undefined as unknown as Watch }
  stream.watch = store.watch(request, {
    opened: (watch) => {
      handle = watch
    },
    events: (response) => {
      if (!stream.paused)
        record.levelAt = Math.max(record.levelAt, response.events.at(-1)?.kv.modRevision ?? 0)
      record.deliveries.push({ response, compactRevision: store.compactRevision })
      if (response.events.length === 0) return
      if (mischief === 0 && record.deliveries.length === 3) handle?.cancel()
      if (mischief === 1 && record.deliveries.length === 2) {
        handle?.pause()
        stream.paused = true
      }
      if (mischief === 2 && record.deliveries.length < 4) store.put({ key: 'zz', value: 'from a sink' })
      if (mischief === 3) handle?.progress()
      if (mischief === 4 && record.deliveries.length === 2 && store.revision > store.compactRevision)
        store.compact(store.revision)
    },
    closed: ({ compactRevision }) => {
      record.closed = compactRevision
      const cursor = request.startRevision || record.openedAt + 1
      if (cursor >= compactRevision && record.deliveries.length === 0 && !stream.paused) {
        throw new Breach(`closed at ${compactRevision} though it starts at ${cursor}`)
      }
    },
  })
  const below = (request.startRevision ?? 0) !== 0 && request.startRevision! < store.compactRevision
  if (
    below &&
    record.openedAt === store.revision &&
    record.deliveries.length === 0 &&
    record.closed === undefined
  ) {
    throw new Breach(
      `start ${request.startRevision} is below compaction ${store.compactRevision} and was accepted`,
    )
  }
  return stream
}

function act(store: Store<string>, open: OpenStream[], random: Random): void {
  if (open.length === 0) return
  const it = random.pick(open)
  switch (random.below(10)) {
    case 0:
      it.watch.cancel()
      return
    case 1:
    case 2:
      it.paused = true
      it.watch.pause()
      return
    case 3:
    case 4:
      it.paused = false
      it.watch.resume()
      return
    case 5:
      it.watch.progress()
      return
    case 6:
      if (random.below(4) === 0 && store.revision > store.compactRevision) store.compact(store.revision)
      return
    default:
      return
  }
}

/** From behind any event, the next one told is the log's next, unless it was compacted away. */
function checkResume(store: Store<string>, log: readonly LogEntry[], random: Random): void {
  for (let i = 0; i < 20 && log.length > 1; i++) {
    const entry = log[random.below(log.length)]!
    const startRevision = entry.revision + 1
    let first: number | undefined
    let closed: number | undefined
    const watch = store.watch(
      { key: '\0', rangeEnd: '\0', startRevision },
      {
        events: ({ events }) => {
          first ??= events[0]?.kv.modRevision
        },
        closed: (why) => {
          closed = why.compactRevision
        },
      },
    )
    watch.cancel()
    const want = log.find((it) => it.revision >= startRevision)?.revision
    if (startRevision < store.compactRevision ? closed !== store.compactRevision : first !== want) {
      throw new Breach(
        `resumable: from ${startRevision} came ${first}, closed ${closed}, the log has ${want}`,
      )
    }
  }
  // A store restored from plain data resumes like the one it came from.
  const copy = StoreClass.restore(store.snapshot())
  if (copy.revision !== store.revision) throw new Breach('a restored store is at another revision')
}

/**
 * The network between processes and the API server, in process: every message is an event of the loop, later by a
 * latency. One {@link Link} per process, at which faults are injected: partitions, lost answers, held or cut
 * watches. A link outlives the crashes of its process.
 *
 *   process -> request -> [out leg] -> ApiHandler -> [way back] -> done
 *                         outbound()                 inbound()            fault hooks
 */

import type { Status } from '../api/meta/status.ts'
import type {
  ApiHandler,
  ApiRequest,
  ApiResponse,
  Transport,
  WatchEvent,
  WatchHandle,
  WatchSink,
} from '../api/request.ts'
import type { EventLoop, Timer } from '../kernel/event-loop.ts'
import { type Random, randomStream } from '../kernel/random.ts'

/** One-way latency of the next message of a link, ms, >= 0. */
export type LatencyModel = () => number

/** About half a millisecond each way, uniformly between 0.2 and 0.8 ms. */
export function lanLatency(random: Random): LatencyModel {
  return () => 0.2 + 0.6 * random.float()
}

/**
 * What happens to a message: a response takes the place of the server's, a number keeps the message for so many ms
 * longer, a function gets what lets it go on and may call that whenever it likes, `lost` ends it silently,
 * undefined lets it pass.
 */
export type MessageFault = ApiResponse | number | ((proceed: () => void) => void) | 'lost' | undefined

/** Asked at every message of a link. */
export interface LinkFaults {
  /** Before a request leaves: a response given here means that the server never saw it. */
  outbound?(request: ApiRequest): MessageFault
  /** The server has answered: a response given here means that the true answer is lost. */
  inbound?(request: ApiRequest, response: ApiResponse): MessageFault
  /** A watch event sets out for the process; a hook may hold its resource from here on. */
  event?(resource: string, event: WatchEvent): void
}

/** client-go's HTTP/2 health check: 30 s of silence, then 15 s for a ping (k8s.io/apimachinery util/net/http.go). */
const CONNECTION_LOST_MS = 45_000

export interface NetworkOptions {
  readonly loop: EventLoop
  readonly api: ApiHandler
  /** Per link; absent: no latency, yet every message is still an event of its own. */
  readonly latency?: (link: string) => LatencyModel
}

/** All links of a cluster, by the name of the process. */
export class Network {
  readonly #options: NetworkOptions
  readonly #links = new Map<string, Link>()

  constructor(options: NetworkOptions) {
    this.#options = options
  }

  link(name: string): Link {
    let link = this.#links.get(name)
    if (link === undefined) {
      const { loop, api, latency } = this.#options
      link = new Link(name, loop, api, latency?.(name))
      this.#links.set(name, link)
    }
    return link
  }

  links(): Iterable<Link> {
    return this.#links.values()
  }
}

/** A network whose links have seeded LAN latencies. */
export function lanNetwork(loop: EventLoop, api: ApiHandler, seed: number): Network {
  return new Network({ loop, api, latency: (link) => lanLatency(randomStream(seed, `network/${link}`)) })
}

export class Link implements Transport {
  readonly name: string
  /** The server that answers; a fault may point a process at one that lags. Open watches stay where they are. */
  api: ApiHandler
  faults: LinkFaults | undefined
  readonly #loop: EventLoop
  readonly #latency: LatencyModel | undefined
  readonly #streams = new Set<Stream>()
  readonly #held = new Set<string>()
  readonly #labels: { readonly request: string; readonly answer: string; readonly watch: string }
  /** Streams with bookmarks under way. */
  #marked: Stream[] = []
  #partitioned = false
  #partitions = 0
  #refusing = false

  constructor(name: string, loop: EventLoop, api: ApiHandler, latency?: LatencyModel) {
    this.name = name
    this.api = api
    this.#loop = loop
    this.#latency = latency
    this.#labels = {
      request: `${name}: request under way`,
      answer: `${name}: answer under way`,
      watch: `${name}: watch events under way`,
    }
  }

  request(request: ApiRequest, done?: (response: ApiResponse) => void): void {
    const fault = this.faults?.outbound?.(request)
    if (fault === undefined) this.#send(request, done, 0)
    else if (typeof fault === 'number') this.#send(request, done, fault)
    else if (typeof fault === 'function') fault(() => this.#send(request, done, 0))
    else if (fault !== 'lost') this.#later(this.#delay(), () => done?.(fault), this.#labels.answer)
  }

  watch(request: ApiRequest, sink: WatchSink): WatchHandle {
    const stream = new Stream(this, this.#loop, request, sink, this.#labels.watch)
    this.#streams.add(stream)
    this.#later(this.#delay(), () => stream.open(), this.#labels.request)
    return stream
  }

  // -- faults -------------------------------------------------------------------------------------------

  get partitioned(): boolean {
    return this.#partitioned
  }

  /**
   * Nothing passes any more, in either direction. Requests fail after 45 s without anyone knowing whether they were
   * applied; watches are kept for as long and then end.
   */
  partition(): void {
    if (this.#partitioned) return
    this.#partitioned = true
    const streams = [...this.#streams]
    const partition = ++this.#partitions
    const lose = () => {
      if (!this.#partitioned || this.#partitions !== partition) return
      for (const stream of streams) stream.cut()
    }
    this.#later(CONNECTION_LOST_MS, lose, `${this.name}: connection breaks`, true)
  }

  heal(): void {
    if (!this.#partitioned) return
    this.#partitioned = false
    for (const stream of this.#streams) stream.flow()
  }

  /** The server refuses connections: requests fail at once, watches end. Until `accept`. */
  refuse(): void {
    this.#refusing = true
    this.dropWatches()
  }

  accept(): void {
    this.#refusing = false
  }

  /** Holds back the watch events of a resource (`pods`), or of all: this process's view of it lags from now on. */
  hold(resource = ALL): void {
    this.#held.add(resource)
  }

  /** Lets the held events through, in order. */
  release(resource = ALL): void {
    this.#held.delete(resource)
    if (resource === ALL) this.#held.clear()
    for (const stream of this.#streams) stream.flow()
  }

  isHeld(resource: string): boolean {
    return this.#partitioned || (this.#held.size > 0 && (this.#held.has(resource) || this.#held.has(ALL)))
  }

  /** Ends watches; their informers resume from the last revision that they saw. What was under way is lost. */
  dropWatches(resource?: string): void {
    for (const stream of this.#matching(resource)) stream.cut()
  }

  /** Ends watches with 410: their informers list again and never see the states in between. */
  expireWatches(resource?: string): void {
    for (const stream of this.#matching(resource)) stream.cut(EXPIRED)
  }

  /** Resources with events held back or under way, and how many. */
  backlog(): ReadonlyMap<string, number> {
    const backlog = new Map<string, number>()
    for (const { resource, backlog: count } of this.#streams) {
      if (count > 0) backlog.set(resource, (backlog.get(resource) ?? 0) + count)
    }
    return backlog
  }

  // -- for streams --------------------------------------------------------------------------------------

  /** The latency of the next message. */
  latencyMs(): number {
    return this.#delay()
  }

  /** Bookmarks are no news that anybody waits for: those of all streams come in one event. */
  deliverBookmark(stream: Stream): void {
    if (this.#marked.push(stream) > 1) return
    const deliver = () => {
      const streams = this.#marked
      this.#marked = []
      for (const it of streams) it.deliverBookmarks()
    }
    this.#later(this.#delay(), deliver, this.#labels.watch)
  }

  get refusing(): boolean {
    return this.#refusing
  }

  forget(stream: Stream): void {
    this.#streams.delete(stream)
  }

  #matching(resource: string | undefined): Stream[] {
    return [...this.#streams].filter((stream) => resource === undefined || stream.resource === resource)
  }

  #send(request: ApiRequest, done: ((response: ApiResponse) => void) | undefined, extraMs: number): void {
    this.#later(this.#delay() + extraMs, () => this.#arrive(request, done), this.#labels.request)
  }

  #arrive(request: ApiRequest, done: ((response: ApiResponse) => void) | undefined): void {
    if (this.#refusing) {
      done?.(REFUSED)
      return
    }
    if (this.#partitioned) {
      if (done !== undefined) this.#lose(done)
      return
    }
    const response = this.api.handle(request)
    if (response instanceof Promise)
      void response.then((it) => this.#loop.inject(() => this.#answer(request, it, done)))
    else this.#answer(request, response, done)
  }

  #answer(
    request: ApiRequest,
    answer: ApiResponse,
    done: ((response: ApiResponse) => void) | undefined,
  ): void {
    const fault = this.faults?.inbound?.(request, answer)
    if (fault === 'lost' || done === undefined) return
    const response = typeof fault === 'object' ? fault : answer
    if (typeof fault === 'function') {
      fault(() => this.#later(this.#delay(), () => done(response), this.#labels.answer))
      return
    }
    const delay = this.#delay() + (typeof fault === 'number' ? fault : 0)
    if (delay === 0) done(response)
    else
      this.#later(delay, () => (this.#partitioned ? this.#lose(done) : done(response)), this.#labels.answer)
  }

  #lose(done: (response: ApiResponse) => void): void {
    this.#later(CONNECTION_LOST_MS, () => done(CONNECTION_LOST), this.#labels.answer, true)
  }

  #delay(): number {
    return this.#latency === undefined ? 0 : this.#latency()
  }

  #later(delayMs: number, run: () => void, label: string, background?: boolean): void {
    this.#loop.after(delayMs, run, { label, background })
  }
}

/** One watch on its way to a process: what waits is delivered as one batch, in one event of the loop. */
class Stream implements WatchSink, WatchHandle {
  readonly resource: string
  readonly #link: Link
  readonly #loop: EventLoop
  readonly #request: ApiRequest
  readonly #sink: WatchSink
  readonly #label: string
  #waiting: WatchEvent[] = []
  #delivery: Timer | undefined
  #deliveryInBackground = false
  #lastDue = 0
  #remote: WatchHandle | undefined
  #ended: { readonly error: Status | undefined } | undefined
  #stopped = false

  constructor(link: Link, loop: EventLoop, request: ApiRequest, sink: WatchSink, label: string) {
    this.resource = request.resource
    this.#link = link
    this.#loop = loop
    this.#request = request
    this.#sink = sink
    this.#label = label
  }

  get backlog(): number {
    return this.#waiting.length
  }

  /** The request reaches the server. */
  open(): void {
    if (this.#stopped || this.#ended !== undefined) return
    if (this.#link.refusing) {
      this.cut(REFUSED_STATUS)
      return
    }
    if (this.#link.partitioned) {
      this.#loop.after(CONNECTION_LOST_MS, () => this.cut(), { background: true })
      return
    }
    const remote = this.#link.api.watch(this.#request, this)
    if (this.#stopped) remote.stop()
    else this.#remote = remote
  }

  events(batch: readonly WatchEvent[]): void {
    if (this.#stopped || this.#ended !== undefined) return
    const { faults } = this.#link
    for (const event of batch) {
      faults?.event?.(this.resource, event)
      this.#waiting.push(event)
    }
    if (batch.length === 1 && batch[0]!.type === 'BOOKMARK') this.#link.deliverBookmark(this)
    else this.flow()
  }

  /** Those that do not go with a delivery of their own. */
  deliverBookmarks(): void {
    if (this.#delivery === undefined) this.#deliver()
  }

  end(error?: Status): void {
    if (this.#stopped || this.#ended !== undefined) return
    this.#ended = { error }
    this.flow()
  }

  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#delivery?.cancel()
    this.#remote?.stop()
    this.#link.forget(this)
  }

  /** The connection breaks: what is under way is lost and the process hears the end. */
  cut(error?: Status): void {
    if (this.#stopped) return
    this.#waiting = []
    this.#remote?.stop()
    this.#ended = { error }
    this.#delivery?.cancel()
    this.#delivery = undefined
    this.#schedule(this.#loop.now)
  }

  /** Schedules a delivery of what waits, unless it is held or one is due already. */
  flow(): void {
    if (this.#stopped || (this.#waiting.length === 0 && this.#ended === undefined)) return
    if (this.#link.isHeld(this.resource)) return
    const background = this.#loop.context.background
    // Foreground news must not wait for `advance` behind a delivery that settle ignores.
    if (this.#delivery !== undefined && (background || !this.#deliveryInBackground)) return
    this.#delivery?.cancel()
    this.#deliveryInBackground = background
    this.#schedule(Math.max(this.#lastDue, this.#loop.now + this.#link.latencyMs()))
  }

  #schedule(due: number): void {
    this.#lastDue = due
    this.#delivery = this.#loop.at(due, () => this.#deliver(), { label: this.#label })
  }

  #deliver(): void {
    this.#delivery = undefined
    if (this.#stopped) return
    if (this.#waiting.length > 0 && !this.#link.isHeld(this.resource)) {
      const batch = this.#waiting
      this.#waiting = []
      this.#sink.events(batch)
    }
    if (this.#ended === undefined || this.#waiting.length > 0 || this.#stopped) return
    this.stop()
    this.#sink.end(this.#ended.error)
  }
}

const ALL = '*'

function failure(code: number, reason: string, message: string): Status {
  return Object.freeze({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    code,
    reason,
    message,
  })
}

const EXPIRED = failure(410, 'Expired', 'The resourceVersion for the provided watch is too old.')
const REFUSED_STATUS = failure(0, '', 'dial tcp 127.0.0.1:6443: connect: connection refused')
const REFUSED: ApiResponse = { ok: false, code: 0, status: REFUSED_STATUS }
/** What client-go says when its connection died with requests under way. */
export const CONNECTION_LOST: ApiResponse = {
  ok: false,
  code: 0,
  status: failure(0, '', 'http2: client connection lost'),
}

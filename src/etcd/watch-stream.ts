/**
 * etcd's Watch call: many watches over one stream, told apart by ids (upstream:
 * etcdserver/api/v3rpc/watch.go). For whoever speaks etcd's protocol; inside the process `Store.watch` is
 * the shorter way.
 */
import type { KvEvent, WatchRequest, WatchResponse } from './messages.ts'
import type { Watch, WatchSink } from './watch-hub.ts'
import { emptyResponseSize, eventSize, RESPONSE_BYTES_MAX, type SizeOf } from './wire-size.ts'

export type WatchStreamRequest =
  | {
      readonly create: WatchRequest & {
        /** 0 or left out: the stream picks one. */
        readonly watchId?: number
        /** Split responses that would be too big for gRPC. */
        readonly fragment?: boolean
      }
    }
  | { readonly cancel: { readonly watchId: number } }
  | { readonly progress: true }

export interface WatchStreamResponse<V> {
  /** 0 when compaction ended the watch. */
  readonly revision: number
  /** -1: a refused creation, or a progress notice for the whole stream. */
  readonly watchId: number
  readonly created: boolean
  readonly canceled: boolean
  /** Set when compaction ended the watch. */
  readonly compactRevision: number
  readonly cancelReason: string
  /** More of the same response follows. */
  readonly fragment: boolean
  readonly events: readonly KvEvent<V>[]
}

/** What a stream needs of its store. */
export interface Watchable<V> {
  readonly revision: number
  watch(request: WatchRequest, sink: WatchSink<V>): Watch
}

const NOBODY = -1

export class WatchStream<V> {
  readonly #store: Watchable<V>
  readonly #send: (response: WatchStreamResponse<V>) => void
  readonly #sizeOf: SizeOf<V> | undefined
  readonly #watches = new Map<number, Watch>()
  #nextId = 0

  constructor(
    store: Watchable<V>,
    send: (response: WatchStreamResponse<V>) => void,
    sizeOf: SizeOf<V> | undefined,
  ) {
    this.#store = store
    this.#send = send
    this.#sizeOf = sizeOf
  }

  request(request: WatchStreamRequest): void {
    if ('create' in request) {
      this.#create(request.create)
    } else if ('cancel' in request) {
      this.#cancel(request.cancel.watchId)
    } else {
      this.#send(response({ revision: this.#store.revision, watchId: NOBODY }))
    }
  }

  /** Ends every watch without a word. */
  close(): void {
    for (const watch of this.#watches.values()) watch.cancel()
    this.#watches.clear()
  }

  #create(request: Extract<WatchStreamRequest, { create: object }>['create']): void {
    const { rangeEnd = '', watchId = 0 } = request
    const key = request.key === '' ? '\0' : request.key
    if (rangeEnd !== '' && rangeEnd !== '\0' && rangeEnd <= key) {
      this.#refuse('mvcc: watcher range is empty')
      return
    }
    if (watchId !== 0 && this.#watches.has(watchId)) {
      this.#refuse('mvcc: duplicate watch ID provided on the WatchStream')
      return
    }
    const id = watchId === 0 ? this.#pickId() : watchId
    this.#store.watch(
      { ...request, key },
      {
        opened: (watch, revision) => {
          this.#watches.set(id, watch)
          this.#send(response({ revision, watchId: id, created: true }))
        },
        events: (batch) => this.#sendEvents(id, batch, request.fragment === true),
        closed: ({ compactRevision }) => {
          // The id stays taken until the client cancels it, and that is answered once more.
          this.#send(response({ revision: 0, watchId: id, canceled: true, compactRevision }))
        },
      },
    )
  }

  #refuse(cancelReason: string): void {
    const { revision } = this.#store
    this.#send(response({ revision, watchId: NOBODY, created: true, canceled: true, cancelReason }))
  }

  #pickId(): number {
    while (this.#watches.has(this.#nextId)) this.#nextId++
    return this.#nextId++
  }

  /** Cancelling what is not there is not answered. */
  #cancel(watchId: number): void {
    const watch = this.#watches.get(watchId)
    if (watch === undefined) return
    watch.cancel()
    this.#watches.delete(watchId)
    this.#send(response({ revision: this.#store.revision, watchId, canceled: true }))
  }

  #sendEvents(watchId: number, { revision, events }: WatchResponse<V>, fragment: boolean): void {
    const sizeOf = this.#sizeOf
    const parts =
      fragment && sizeOf !== undefined
        ? split(events, emptyResponseSize(watchId, false), emptyResponseSize(watchId, true), sizeOf)
        : [events]
    parts.forEach((part, index) => {
      this.#send(response({ revision, watchId, events: part, fragment: index < parts.length - 1 }))
    })
  }
}

function response<V>(set: Partial<WatchStreamResponse<V>>): WatchStreamResponse<V> {
  return {
    revision: 0,
    watchId: 0,
    created: false,
    canceled: false,
    compactRevision: 0,
    cancelReason: '',
    fragment: false,
    events: [],
    ...set,
  }
}

/** Cuts events so that each part stays below the limit, if it is more than one event. */
function split<V>(
  events: readonly KvEvent<V>[],
  wholeBase: number,
  partBase: number,
  sizeOf: SizeOf<V>,
): KvEvent<V>[][] {
  const sizes = events.map((event) => eventSize(event, sizeOf))
  const whole = sizes.reduce((sum, size) => sum + size, wholeBase)
  if (whole < RESPONSE_BYTES_MAX || events.length < 2) return [[...events]]
  const parts: KvEvent<V>[][] = []
  let part: KvEvent<V>[] = []
  let size = partBase
  events.forEach((event, index) => {
    if (part.length > 0 && size + sizes[index]! >= RESPONSE_BYTES_MAX) {
      parts.push(part)
      part = []
      size = partBase
    }
    part.push(event)
    size += sizes[index]!
  })
  parts.push(part)
  return parts
}

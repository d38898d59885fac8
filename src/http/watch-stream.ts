/** Writes a watch as one JSON document a line, and cuts clients that do not keep up. */
import type { ServerResponse } from 'node:http'
import type { Status } from '../api/meta/status.ts'
import type { WatchEvent, WatchSink } from '../api/request.ts'
import { freshLine, type View, watchLine } from './encode.ts'
import { COMMON_HEADERS, LOOKED_AT, sendStatus } from './respond.ts'
import { inTurn, turnIsOver, type Work } from './turns.ts'

/** Events that may wait for a client, besides those that it asked to hear again; one that is further behind lists again. */
const BEHIND_MAX = 1000
/** Bytes that may wait in a socket before the next events are encoded. */
const UNSENT_MAX = 256 * 1024
/** Bytes of one write. */
const PIECE = 64 * 1024
/** How long a client that was cut may take to read what it was sent. */
const LINGER_MS = 10_000

const LAST_CHUNK = Buffer.from('0\r\n\r\n')

/**
 * What waits for a client are references to events that all watchers share. They are encoded when the client's turn comes,
 * as many as there are by then. Nothing is sent before the first event or `begin`, so that a refusal can still be an
 * ordinary answer.
 */
export class WatchStream implements WatchSink, Work {
  readonly #response: ServerResponse
  readonly #view: () => View
  /** Called when the client is cut off: nothing more will be sent. */
  onCut: () => void = () => undefined
  /** What was there at the beginning, as far as it is not sent. */
  #initial: Iterator<WatchEvent | undefined> | undefined
  #waiting: WatchEvent[] = []
  #sent = 0
  /** Of the past events it began with, those still waiting. */
  #past = 0
  #first = true
  #started = false
  #scheduled = false
  /** It is told when what was sent has gone. */
  #isFull = false
  #end: { readonly error: Status | undefined } | undefined
  ended = false

  constructor(response: ServerResponse, view: () => View) {
    this.#response = response
    this.#view = view
    response.on('drain', () => this.#schedule())
  }

  /** Sends the headers at once: clients wait for them. */
  begin(): void {
    if (this.#started) return
    this.#started = true
    this.#response.writeHead(200, {
      'Content-Type': 'application/json',
      'Transfer-Encoding': 'chunked',
      ...COMMON_HEADERS,
    })
    this.#response.flushHeaders()
    // Chunks are framed here, once for all watchers that get the same.
    this.#response.chunkedEncoding = false
  }

  initial(events: Iterable<WatchEvent | undefined>) {
    this.begin()
    this.#initial = events[Symbol.iterator]()
    this.#schedule()
  }

  events(batch: readonly WatchEvent[]) {
    if (this.ended) return
    if (!this.#started) this.#past += batch.length
    this.begin()
    if (this.#waiting.length === 0) this.#waiting = batch.length === 1 ? [batch[0]!] : [...batch]
    else for (const event of batch) this.#waiting.push(event)
    if (this.#waiting.length - this.#sent - this.#past > BEHIND_MAX) return this.#cut()
    this.#schedule()
  }

  end(error?: Status) {
    if (this.ended || this.#end !== undefined) return
    if (error !== undefined && !this.#started) return this.#refuse(error)
    this.begin()
    this.#end = { error }
    this.#schedule()
  }

  step(): boolean {
    this.#scheduled = false
    if (this.ended) return false
    const { writableLength } = this.#response
    if (writableLength < UNSENT_MAX) {
      if (this.#hasMore) this.#write()
      else if (this.#end !== undefined) return this.#finish(this.#end.error)
    }
    const more = this.#hasMore || this.#end !== undefined
    this.#scheduled = more && this.#response.writableLength < UNSENT_MAX
    return this.#scheduled
  }

  failed() {
    this.#cut()
  }

  #schedule(): void {
    if (this.#scheduled || this.ended) return
    if (!this.#hasMore && this.#end === undefined) return
    this.#scheduled = true
    inTurn(this)
  }

  get #hasMore(): boolean {
    return this.#initial !== undefined || this.#sent < this.#waiting.length
  }

  #write(): void {
    const lines = this.#initial === undefined ? this.#liveLines() : this.#initialLines(this.#initial)
    if (lines.length === 0) return
    const { socket } = this.#response
    // A response would add a turn of its own to each of what may be ten thousand writes.
    if (socket === null) this.#response.write(chunkOf(lines))
    else if (!socket.write(chunkOf(lines)) && !this.#isFull) {
      this.#isFull = true
      socket.once('drain', () => {
        this.#isFull = false
        this.#schedule()
      })
    }
  }

  #initialLines(events: Iterator<WatchEvent | undefined>): string[] {
    const view = this.#view()
    const lines: string[] = []
    let size = 0
    for (let looked = 0; looked === 0 || (size < PIECE && looked < LOOKED_AT && !turnIsOver()); looked++) {
      const { done, value } = events.next()
      if (done) {
        this.#initial = undefined
        break
      }
      if (value === undefined) continue
      const line = freshLine(value, view, this.#first)
      this.#first = false
      size += line.length
      lines.push(line)
    }
    return lines
  }

  #liveLines(): string[] {
    const view = this.#view()
    const lines: string[] = []
    let size = 0
    do {
      const line = watchLine(this.#waiting[this.#sent++]!, view, this.#first)
      this.#first = false
      size += line.length
      lines.push(line)
    } while (this.#sent < this.#waiting.length && size < PIECE && !turnIsOver())
    this.#past = Math.max(0, this.#past - lines.length)
    if (this.#sent === this.#waiting.length) {
      this.#waiting = []
      this.#sent = 0
    }
    return lines
  }

  #finish(error: Status | undefined): false {
    this.ended = true
    if (error !== undefined) this.#response.write(chunkOf([errorLine(error)]))
    this.#response.end(LAST_CHUNK)
    return false
  }

  #refuse(status: Status) {
    this.ended = true
    // Informers of every client understand an expired revision best as the first event of the stream.
    if (status.code !== 410) return sendStatus(this.#response, status)
    this.#response.writeHead(200, { 'Content-Type': 'application/json', ...COMMON_HEADERS })
    this.#response.end(errorLine(status))
  }

  /** Closed cleanly, so that what was sent is whole and the client resumes from its last resourceVersion. */
  #cut(): void {
    this.ended = true
    this.#initial = undefined
    this.#waiting = []
    this.#sent = 0
    this.#response.end(LAST_CHUNK)
    const { socket } = this.#response
    socket?.setTimeout(LINGER_MS, () => socket.destroy())
    socket?.destroySoon()
    this.onCut()
  }
}

function errorLine(status: Status): string {
  return `${JSON.stringify({ type: 'ERROR', object: status })}\n`
}

/** Watchers of the same things mostly get the same lines, one after the other. */
let last: { readonly lines: readonly string[]; readonly chunk: Buffer } | undefined

function chunkOf(lines: readonly string[]): Buffer {
  if (last !== undefined && isSame(last.lines, lines)) return last.chunk
  const text = lines.length === 1 ? lines[0]! : lines.join('')
  const chunk = Buffer.from(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`)
  last = { lines, chunk }
  return chunk
}

/** Lines are shared, so that equal ones are mostly one and the same string, which compares at once. */
function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, i) => line === b[i])
}

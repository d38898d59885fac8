/** Writes a watch as one JSON document a line, and cuts clients that do not keep up. */
import type { ServerResponse } from 'node:http'
import type { Status } from '../api/meta/status.ts'
import type { WatchEvent, WatchSink } from '../api/request.ts'
import { type View, watchLine } from './encode.ts'

/** Bytes that may wait in a socket; a client that is further behind lists again. */
const BEHIND_MAX = 8 * 1024 * 1024
/** Events that may wait, whatever their size. */
const EVENTS_MAX = 1000

/**
 * Lines of one turn of the host's loop go out in one write. Nothing is sent before the first event or `begin`,
 * so that a refusal can still be an ordinary answer.
 */
export class WatchStream implements WatchSink {
  readonly #response: ServerResponse
  readonly #view: () => View
  #pending: Buffer[] = []
  #waiting = 0
  #first = true
  #started = false
  ended = false

  constructor(response: ServerResponse, view: () => View) {
    this.#response = response
    this.#view = view
  }

  /** Sends the headers at once: clients wait for them. */
  begin(): void {
    if (this.#started) return
    this.#started = true
    this.#response.writeHead(200, {
      'Content-Type': 'application/json',
      'Cache-Control': 'no-cache, private',
    })
    this.#response.flushHeaders()
  }

  events(batch: readonly WatchEvent[]) {
    if (this.ended) return
    this.begin()
    if (this.#response.writableLength > BEHIND_MAX || this.#waiting > EVENTS_MAX) return this.#cut()
    const view = this.#view()
    for (const event of batch) {
      this.#pending.push(watchLine(event, view, this.#first))
      this.#first = false
    }
    if (this.#pending.length === batch.length) process.nextTick(() => this.#flush())
  }

  end(error?: Status) {
    if (this.ended) return
    if (error !== undefined) {
      if (!this.#started) return this.#refuse(error)
      this.#pending.push(Buffer.from(`${JSON.stringify({ type: 'ERROR', object: error })}\n`))
    }
    this.begin()
    this.#flush()
    this.ended = true
    this.#response.end()
  }

  #refuse(status: Status) {
    this.ended = true
    // Informers of every client understand an expired revision best as the first event of the stream.
    if (status.code === 410) {
      this.begin()
      this.#response.end(`${JSON.stringify({ type: 'ERROR', object: status })}\n`)
      return
    }
    this.#response.writeHead(status.code ?? 500, { 'Content-Type': 'application/json' })
    this.#response.end(JSON.stringify(status))
  }

  #flush(): void {
    if (this.#pending.length === 0 || this.ended) return
    const lines = this.#pending
    this.#pending = []
    this.#waiting += lines.length
    const chunk = lines.length === 1 ? lines[0]! : Buffer.concat(lines)
    this.#response.write(chunk, () => {
      this.#waiting -= lines.length
    })
  }

  /** Closed cleanly, so that what was sent is whole and the client resumes from its last resourceVersion. */
  #cut(): void {
    this.ended = true
    this.#pending = []
    this.#response.end()
    this.#response.socket?.destroySoon()
  }
}

/** A byte pipe between processes, or between a process and a client's stream. */
import type { EventLoop, Suspension } from '../../kernel/event-loop.ts'
import { decodeText, encodeText } from '../file-tree.ts'

/**
 * One reader at a time. Writes never block; a pipe with a `sink` hands chunks on at once, others keep them until
 * they are read.
 */
export class Pipe {
  readonly #loop: EventLoop
  #sink: ((chunk: Uint8Array) => void) | undefined
  #chunks: Uint8Array[] = []
  #ended = false
  #stopped = false
  readonly #beyond: Pipe | undefined
  #waiting: Suspension<void> | undefined
  #onEnd: (() => void) | undefined

  constructor(loop: EventLoop, sink?: (chunk: Uint8Array) => void, beyond?: Pipe) {
    this.#loop = loop
    this.#sink = sink
    this.#beyond = beyond
  }

  /** A writer's own end of another pipe: ending it leaves the other open. */
  static into(loop: EventLoop, to: Pipe): Pipe {
    return new Pipe(loop, (chunk) => to.write(chunk), to)
  }

  /** `null` device for reading: ended from the start. */
  static empty(loop: EventLoop): Pipe {
    const pipe = new Pipe(loop)
    pipe.end()
    return pipe
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Nobody reads any more: a writer gets SIGPIPE. */
  get stopped(): boolean {
    return this.#stopped || this.#beyond?.stopped === true
  }

  /** The reader is gone: what is written from now on is lost. */
  stop(): void {
    this.#stopped = true
    this.#chunks = []
  }

  write(data: string | Uint8Array): void {
    if (this.#ended || this.#stopped) return
    const chunk = typeof data === 'string' ? encodeText(data) : data
    if (chunk.length === 0) return
    if (this.#sink !== undefined) {
      this.#sink(chunk)
      return
    }
    this.#chunks.push(chunk)
    this.#wake()
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#onEnd?.()
    this.#wake()
  }

  onEnd(run: () => void): void {
    if (this.#ended) run()
    else this.#onEnd = run
  }

  /** The next chunk; undefined at the end. */
  async read(): Promise<Uint8Array | undefined> {
    while (this.#chunks.length === 0) {
      if (this.#ended) return undefined
      this.#waiting = this.#loop.suspend<void>()
      await this.#waiting.promise
    }
    return this.#chunks.shift()
  }

  async readAll(): Promise<Uint8Array> {
    const parts: Uint8Array[] = []
    for (let chunk = await this.read(); chunk !== undefined; chunk = await this.read()) parts.push(chunk)
    return concatBytes(parts)
  }

  async readText(): Promise<string> {
    return decodeText(await this.readAll())
  }

  /** Without its newline; undefined at the end. The rest of the chunk stays in the pipe. */
  async readLine(): Promise<string | undefined> {
    const { line, complete } = await this.readLineOrRest()
    return line === '' && !complete ? undefined : line
  }

  /** `complete` is false when the input ended before a newline. */
  async readLineOrRest(): Promise<{ readonly line: string; readonly complete: boolean }> {
    const parts: Uint8Array[] = []
    for (;;) {
      const chunk = await this.read()
      if (chunk === undefined) return { line: decodeText(concatBytes(parts)), complete: false }
      const at = chunk.indexOf(10)
      if (at < 0) {
        parts.push(chunk)
        continue
      }
      parts.push(chunk.subarray(0, at))
      if (at + 1 < chunk.length) this.#chunks.unshift(chunk.subarray(at + 1))
      return { line: decodeText(concatBytes(parts)), complete: true }
    }
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.resume()
  }
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!
  let length = 0
  for (const part of parts) length += part.length
  const all = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

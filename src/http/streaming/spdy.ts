/**
 * The server's side of SPDY/3.1, as much of it as exec, attach and port-forward of older clients use: streams, data,
 * pings and resets over any byte pipe. No flow control, as in upstream's own library (moby/spdystream).
 */
import { constants, inflateSync } from 'node:zlib'
import { SPDY_DICTIONARY } from './spdy-dictionary.ts'

const VERSION = 3
const FRAME = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
} as const
const FLAG_FIN = 1
const CANCEL = 5
/** Upstream's streams carry copies of terminals and files; nobody sends frames this long. */
const MAX_FRAME = 16 * 1024 * 1024
const MAX_STREAMS = 1024

export interface SpdyStream {
  readonly id: number
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>
  onData: ((chunk: Buffer) => void) | undefined
  /** The other side will send no more. */
  onEnd: (() => void) | undefined
  onReset: (() => void) | undefined
  write(chunk: Uint8Array): void
  end(): void
  reset(): void
}

export interface SpdyHandlers {
  /** Called for each stream that the client opens, before its data. */
  stream(stream: SpdyStream): void
  /** The connection is over, for whatever reason. */
  closed(): void
}

/** What begins a zlib stream that uses the dictionary. */
const ZLIB_START = Buffer.from('78bbe3c6a7c2', 'hex')
/**
 * No headers (a count of zero) as an uncompressed block, which fits anywhere in a zlib stream, and the empty block of
 * a flush: without it Go's decompressor waits for more.
 */
const NO_HEADERS = Buffer.from('000400fbff00000000000000ffff', 'hex')
/** All header blocks of one connection together, compressed. */
const MAX_HEADERS = 256 * 1024

class Stream implements SpdyStream {
  readonly id: number
  readonly headers: ReadonlyMap<string, string>
  readonly #connection: SpdyConnection
  onData: ((chunk: Buffer) => void) | undefined
  onEnd: (() => void) | undefined
  onReset: (() => void) | undefined
  #ended = false

  constructor(id: number, headers: ReadonlyMap<string, string>, connection: SpdyConnection) {
    this.id = id
    this.headers = headers
    this.#connection = connection
  }

  write(chunk: Uint8Array): void {
    if (!this.#ended && chunk.length > 0) this.#connection.sendData(this.id, chunk, 0)
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#connection.sendData(this.id, new Uint8Array(), FLAG_FIN)
  }

  reset(): void {
    if (this.#ended) return
    this.#ended = true
    this.#connection.sendReset(this.id)
  }
}

export class SpdyConnection {
  readonly #send: (bytes: Buffer) => void
  readonly #handlers: SpdyHandlers
  /** Header blocks received so far: they are one zlib stream, and node has no decompressor that can be asked to wait. */
  #blocks: Buffer = Buffer.alloc(0)
  #inflatedLength = 0
  #replied = false
  readonly #streams = new Map<number, Stream>()
  #pending: Buffer = Buffer.alloc(0)
  #closed = false

  constructor(send: (bytes: Buffer) => void, handlers: SpdyHandlers) {
    this.#send = send
    this.#handlers = handlers
  }

  /** Bytes from the client, cut anywhere. Anything malformed ends the connection. */
  receive(chunk: Buffer) {
    if (this.#closed) return
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk])
    try {
      while (!this.#closed && this.#pending.length >= 8) {
        const length = this.#pending.readUIntBE(5, 3)
        if (length > MAX_FRAME) return this.close()
        if (this.#pending.length < 8 + length) return
        const frame = this.#pending.subarray(0, 8 + length)
        this.#pending = this.#pending.subarray(8 + length)
        this.#frame(frame)
      }
    } catch {
      this.close()
    }
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const stream of this.#streams.values()) stream.onReset?.()
    this.#streams.clear()
    this.#handlers.closed()
  }

  sendData(id: number, chunk: Uint8Array, flags: number): void {
    if (this.#closed) return
    const header = Buffer.alloc(8)
    header.writeUInt32BE(id & 0x7fffffff, 0)
    header.writeUInt8(flags, 4)
    header.writeUIntBE(chunk.length, 5, 3)
    this.#send(Buffer.concat([header, chunk]))
  }

  sendReset(id: number): void {
    const body = Buffer.alloc(8)
    body.writeUInt32BE(id, 0)
    body.writeUInt32BE(CANCEL, 4)
    this.#control(FRAME.rstStream, 0, body)
    this.#streams.delete(id)
  }

  #frame(frame: Buffer) {
    const flags = frame.readUInt8(4)
    const body = frame.subarray(8)
    if ((frame.readUInt8(0) & 0x80) === 0) {
      const stream = this.#streams.get(frame.readUInt32BE(0) & 0x7fffffff)
      if (body.length > 0) stream?.onData?.(body)
      if (flags & FLAG_FIN) stream?.onEnd?.()
      return
    }
    if ((frame.readUInt16BE(0) & 0x7fff) !== VERSION) return this.close()
    switch (frame.readUInt16BE(2)) {
      case FRAME.synStream:
        return this.#opened(body, flags)
      case FRAME.rstStream: {
        const id = body.readUInt32BE(0) & 0x7fffffff
        const stream = this.#streams.get(id)
        this.#streams.delete(id)
        stream?.onReset?.()
        return
      }
      case FRAME.ping:
        // Ours would be even; only the client's are answered.
        if (body.readUInt32BE(0) % 2 === 1) this.#control(FRAME.ping, 0, body)
        return
      case FRAME.headers:
        // Nothing that is said later matters, yet the decompressor has to see it.
        this.#inflated(body.subarray(4))
        return
      case FRAME.goAway:
        return this.close()
    }
  }

  #opened(body: Buffer, flags: number) {
    const id = body.readUInt32BE(0) & 0x7fffffff
    const headers = parseHeaders(this.#inflated(body.subarray(10)))
    if (this.#streams.size >= MAX_STREAMS) return this.close()
    const stream = new Stream(id, headers, this)
    this.#streams.set(id, stream)
    const reply = Buffer.alloc(4)
    reply.writeUInt32BE(id, 0)
    const parts = this.#replied ? [reply, NO_HEADERS] : [reply, ZLIB_START, NO_HEADERS]
    this.#replied = true
    this.#control(FRAME.synReply, 0, Buffer.concat(parts))
    this.#handlers.stream(stream)
    if (flags & FLAG_FIN) stream.onEnd?.()
  }

  #inflated(block: Buffer): Buffer {
    this.#blocks = Buffer.concat([this.#blocks, block])
    if (this.#blocks.length > MAX_HEADERS) throw new RangeError('too many headers')
    const all = inflateSync(this.#blocks, {
      dictionary: SPDY_DICTIONARY,
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: 4 * MAX_HEADERS,
    })
    const fresh = all.subarray(this.#inflatedLength)
    this.#inflatedLength = all.length
    return fresh
  }

  #control(type: number, flags: number, body: Buffer): void {
    if (this.#closed) return
    const header = Buffer.alloc(8)
    header.writeUInt16BE(0x8000 | VERSION, 0)
    header.writeUInt16BE(type, 2)
    header.writeUInt8(flags, 4)
    header.writeUIntBE(body.length, 5, 3)
    this.#send(Buffer.concat([header, body]))
  }
}

function parseHeaders(block: Buffer): Map<string, string> {
  const headers = new Map<string, string>()
  let position = 4
  const text = () => {
    const length = block.readUInt32BE(position)
    const end = position + 4 + length
    const value = block.toString('utf8', position + 4, end)
    position = end
    return value
  }
  for (let count = block.readUInt32BE(0); count > 0; count--) headers.set(text().toLowerCase(), text())
  return headers
}

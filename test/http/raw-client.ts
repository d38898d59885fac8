/** HTTP/1.1 over one plain socket, with as little as possible of its own: what is measured is the other side. */
import { connect, type Socket } from 'node:net'

export interface RawAnswer {
  readonly code: number
  readonly head: string
  readonly body: Buffer
}

export class RawClient {
  readonly socket: Socket
  #parts: Buffer[] = []
  #resolve: ((answer: RawAnswer) => void) | undefined
  #reject: ((error: Error) => void) | undefined

  private constructor(socket: Socket) {
    this.socket = socket
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      const received = String(Buffer.concat(this.#parts)).slice(0, 200)
      this.#reject?.(new Error(`the connection was closed after ${JSON.stringify(received)}`))
    })
  }

  static open(port: number): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('error', reject)
      socket.once('connect', () => resolve(new RawClient(socket)))
    })
  }

  /** One request at a time; the answer must come whole or in chunks. */
  send(bytes: string | Buffer): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
      this.socket.write(bytes)
    })
  }

  close(): void {
    this.socket.destroy()
  }

  #receive(chunk: Buffer): void {
    this.#parts.push(chunk)
    const all = this.#parts.length === 1 ? chunk : Buffer.concat(this.#parts)
    this.#parts = [all]
    const headEnd = all.indexOf('\r\n\r\n')
    if (headEnd < 0) return
    const head = all.toString('latin1', 0, headEnd)
    const length = /^content-length: (\d+)/im.exec(head)
    let body: Buffer
    if (length === null) {
      if (!all.subarray(-5).equals(LAST_CHUNK)) return
      body = all.subarray(headEnd + 4)
    } else {
      if (all.length < headEnd + 4 + Number(length[1])) return
      body = all.subarray(headEnd + 4)
    }
    this.#parts = []
    this.#resolve?.({ code: Number(head.slice(9, 12)), head, body })
  }
}

const LAST_CHUNK = Buffer.from('0\r\n\r\n')

export function get(path: string, headers = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`
}

export function post(path: string, body: string, type = 'application/json', method = 'POST'): string {
  return `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

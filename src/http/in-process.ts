/**
 * HTTP without sockets: an agent for `node:http` whose connections end at an API server of this very process. Whoever
 * takes an agent (node-fetch, ws, `@kubernetes/client-node`) talks to the cluster through it, byte for byte as over a
 * network, in virtual time: what travels is moved by microtasks and ticks alone, which the loop lets finish before its
 * next event.
 */
import { Agent, type ClientRequestArgs, createServer, type IncomingMessage } from 'node:http'
import { Duplex } from 'node:stream'
import type { ApiHandler, UserInfo } from '../api/request.ts'
import type { ApiServer } from '../apiserver/server.ts'
import type { EventLoop } from '../kernel/event-loop.ts'
import { HttpFront } from './front.ts'
import { handleUpgrade } from './streaming/upgrade.ts'
import type { StreamsOf } from './streams.ts'

/** Nobody can reach it by a socket; clients only want to name something. */
export const IN_PROCESS_URL = 'http://kubarium.in-process'

export interface InProcessOptions {
  readonly server: ApiServer
  readonly loop: EventLoop
  readonly streamsOf: StreamsOf
  /** Who asks: there are no credentials to show. */
  readonly user: UserInfo
  /** The way to the server, with its latency and its faults. */
  readonly handler: ApiHandler
}

/** Connections of the agent are made on demand and closed after one request. */
export function inProcessAgent({ server, loop, streamsOf, user, handler }: InProcessOptions): Agent {
  const address = new URL(IN_PROCESS_URL).host
  const authenticator = { authenticate: () => user }
  const front = new HttpFront({ server, loop, authenticator, address, streamsOf, handler })
  const http = createServer((request, response) => void front.handle(request, response))
  http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
    handleUpgrade(front.options, request, socket, head),
  )
  return new InProcessAgent(
    (socket) => http.emit('connection', socket),
    () => loop.yieldToHost(),
  )
}

class InProcessAgent extends Agent {
  readonly #connect: (socket: Duplex) => void
  readonly #moves: () => void

  constructor(connect: (socket: Duplex) => void, moves: () => void) {
    super({ keepAlive: false })
    this.#connect = connect
    this.#moves = moves
  }

  override createConnection(_options: ClientRequestArgs): Duplex {
    const near = new End(this.#moves)
    const far = new End(this.#moves)
    near.peer = far
    far.peer = near
    this.#moves()
    this.#connect(far)
    return near
  }
}

/** One end of a connection; what is written here is read there. Takes the calls that clients make on sockets. */
class End extends Duplex {
  peer!: End
  readonly setKeepAlive = () => this
  readonly setNoDelay = () => this
  readonly setTimeout = () => this
  /** Called whenever something is on its way: bytes travel by ticks of the host, and time must not move meanwhile. */
  readonly #moves: () => void
  #resume: (() => void) | undefined

  constructor(moves: () => void) {
    super()
    this.#moves = moves
  }

  /** What a response writes is kept for a tick. */
  override cork(): void {
    this.#moves()
    super.cork()
  }

  override _read(): void {
    const resume = this.peer.#resume
    this.peer.#resume = undefined
    resume?.()
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#moves()
    if (this.peer.destroyed) done()
    else if (this.peer.push(chunk)) done()
    else this.#resume = done
  }

  override _final(done: () => void): void {
    this.#moves()
    if (!this.peer.destroyed) this.peer.push(null)
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#moves()
    done(error)
    const { peer } = this
    if (!peer.destroyed) process.nextTick(() => peer.destroy())
  }

  destroySoon(): void {
    if (this.writable) this.end()
    if (this.writableFinished) this.destroy()
    else this.once('finish', () => this.destroy())
  }
}

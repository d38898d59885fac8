/** Connections that stop being HTTP: exec, attach and port-forward over WebSocket or SPDY. */
import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { ApiError, badRequest, internalError, methodNotServed, notServed } from '../../api/errors.ts'
import type { Status } from '../../api/meta/status.ts'
import type { ExecSession } from '../../api/streams.ts'
import type { FrontOptions } from '../front.ts'
import { impersonated } from '../impersonate.ts'
import { flag } from '../query.ts'
import { parseTarget, type ResourceRoute } from '../route.ts'
import { type Connect, portForwardOverSpdy, preparePortForward } from './port-forward.ts'
import { type CommandRequest, parseSize, prepareCommand } from './remote-command.ts'
import { SpdyConnection, type SpdyStream } from './spdy.ts'

const TUNNEL = 'SPDY/3.1+portforward.k8s.io'
/** Best first; in v5 a client can close one channel, in v4 it learns the exit code. */
const COMMAND_PROTOCOLS = [
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
  'v3.channel.k8s.io',
  'v2.channel.k8s.io',
  'channel.k8s.io',
]
const SPDY_PROTOCOLS = ['v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io']
const MAX_MESSAGE = 4 * 1024 * 1024
/** Ours to write; what a slow client has not taken beyond that ends the connection. */
const BEHIND_MAX = 16 * 1024 * 1024

const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE, perMessageDeflate: false })

/** The upgrade listener of a node:http server; never throws. With a `refusal`, that is the answer. */
export function handleUpgrade(
  options: FrontOptions,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  refusal?: ApiError,
): void {
  socket.on('error', () => socket.destroy())
  try {
    if (refusal !== undefined) throw refusal
    const admitted = upgrade(options, request, socket, head)
    admitted?.catch((error: unknown) => refuseWith(socket, error))
  } catch (error) {
    refuseWith(socket, error)
  }
}

function refuseWith(socket: Duplex, error: unknown): void {
  refuse(
    socket,
    error instanceof ApiError ? error.status : internalError('the server failed to serve the request').status,
  )
}

/** A promise where somebody outside the process has a say. */
function upgrade(
  options: FrontOptions,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> | undefined {
  const { route, query } = parseTarget(request.url ?? '/')
  const authenticated = options.authenticator.authenticate(request)
  const user = impersonated(options.server, authenticated, request)
  if (route.type !== 'resource' || route.resource !== 'pods') throw notServed()
  if (request.method !== 'GET' && request.method !== 'POST') throw methodNotServed()
  const verb = request.method === 'GET' ? 'get' : 'create'
  const { server, loop } = options
  const { namespace, name, subresource = '' } = route
  if (!Object.hasOwn(OPTIONS, subresource)) throw notServed()
  const admitted = loop.enter(() =>
    server.connect(
      { verb, group: '', version: 'v1', resource: 'pods', subresource, namespace, name, user },
      { apiVersion: 'v1', kind: OPTIONS[subresource]!, ...connectOptions(query) },
    ),
  )
  const proceed = () => join(options, route, request, query, socket, head)
  if (admitted instanceof Promise) return admitted.then(() => loop.enter(proceed))
  proceed()
  return undefined
}

/** By subresource: the kind of what its query says. */
const OPTIONS: Readonly<Record<string, string>> = {
  attach: 'PodAttachOptions',
  exec: 'PodExecOptions',
  portforward: 'PodPortForwardOptions',
}

/** What policies and webhooks see of a connection (upstream: core/v1 PodExecOptions and its like). */
function connectOptions(query: URLSearchParams): object {
  const container = query.get('container')
  const [command, ports] = [query.getAll('command'), query.getAll('ports').map(Number)]
  const channels = ['stdin', 'stdout', 'stderr', 'tty'].filter((it) => flag(query, it))
  return {
    ...Object.fromEntries(channels.map((it) => [it, true])),
    ...(container === null ? {} : { container }),
    ...(command.length > 0 ? { command } : {}),
    ...(ports.length > 0 ? { ports } : {}),
  }
}

function join(
  options: FrontOptions,
  route: ResourceRoute,
  request: IncomingMessage,
  query: URLSearchParams,
  socket: Duplex,
  head: Buffer,
) {
  const protocol = (request.headers.upgrade ?? '').toLowerCase()
  const wire = new Wire(request, socket, head)
  if (route.subresource === 'portforward') {
    const connect = preparePortForward(options, route)
    if (protocol === 'spdy/3.1') return wire.spdyPortForward(connect)
    if (protocol === 'websocket') return wire.webSocketPortForward(connect, query)
  } else {
    const prepared = prepareCommand(options, route, query)
    if (protocol === 'spdy/3.1') {
      // What the kubelet answers is passed on as it is: text.
      if (prepared.obstacle !== undefined)
        return answer(socket, 500, 'text/plain; charset=utf-8', prepared.obstacle)
      return wire.spdyCommand(prepared)
    }
    if (protocol === 'websocket') return wire.webSocketCommand(prepared, options.hesitate ?? ((run) => run()))
  }
  throw badRequest(`unable to upgrade: unknown protocol ${JSON.stringify(request.headers.upgrade)}`)
}

type Prepared = ReturnType<typeof prepareCommand>

/** One connection on its way from HTTP to something else. */
class Wire {
  readonly #request: IncomingMessage
  readonly #socket: Duplex
  readonly #head: Buffer

  constructor(request: IncomingMessage, socket: Duplex, head: Buffer) {
    this.#request = request
    this.#socket = socket
    this.#head = head
  }

  // -- SPDY ---------------------------------------------------------------------------------------------

  spdyPortForward(connect: Connect): void {
    this.#acceptSpdy(['portforward.k8s.io'])
    const connection = portForwardOverSpdy(
      connect,
      (bytes) => this.#write(bytes),
      () => this.#socket.destroy(),
    )
    this.#pump(connection)
  }

  spdyCommand({ request, start }: Prepared): void {
    const protocol = this.#acceptSpdy(SPDY_PROTOCOLS)
    const streams = new Map<string, SpdyStream>()
    const wanted = wantedStreams(request)
    const connection = new SpdyConnection((bytes) => this.#write(bytes), {
      stream: (stream) => {
        streams.set(stream.headers.get('streamtype') ?? '', stream)
        if (wanted.every((type) => streams.has(type))) this.#runOverSpdy(request, start, streams, protocol)
      },
      closed: () => this.#socket.destroy(),
    })
    this.#pump(connection)
  }

  #runOverSpdy(
    request: CommandRequest,
    start: Prepared['start'],
    streams: Map<string, SpdyStream>,
    protocol: string,
  ): void {
    const { stdin, stdout, stderr, error, resize } = Object.fromEntries(streams) as Record<
      string,
      SpdyStream | undefined
    >
    const session = start({
      stdout: (chunk) => stdout?.write(chunk),
      stderr: (chunk) => stderr?.write(chunk),
      status(status) {
        // Before v4 only failures were told, as text.
        if (protocol === 'v4.channel.k8s.io') error?.write(Buffer.from(JSON.stringify(status)))
        else if (status.status !== 'Success') error?.write(Buffer.from(status.message ?? ''))
        for (const stream of [stdout, stderr, error, stdin]) stream?.end()
      },
    })
    if (stdin !== undefined && request.stdin) {
      stdin.onData = (chunk) => session.stdin(chunk)
      stdin.onEnd = () => session.endStdin()
    }
    if (resize !== undefined) {
      resize.onData = (chunk) => {
        const size = parseSize(chunk)
        if (size !== undefined) session.resize(size.columns, size.rows)
      }
    }
    if (error !== undefined) error.onReset = () => session.close()
  }

  /** Answers with the first protocol that both sides speak. */
  #acceptSpdy(protocols: readonly string[]): string {
    const offered = listOf(this.#request.headers['x-stream-protocol-version'])
    const chosen = offered.length === 0 ? protocols.at(-1)! : offered.find((it) => protocols.includes(it))
    if (chosen === undefined) {
      throw badRequest(
        `unable to upgrade: unable to negotiate protocol: client supports ${JSON.stringify(offered)}`,
      )
    }
    this.#socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${chosen}\r\n\r\n`,
    )
    return chosen
  }

  #pump(connection: SpdyConnection): void {
    if (this.#head.length > 0) connection.receive(this.#head)
    this.#socket.on('data', (chunk: Buffer) => connection.receive(chunk))
    this.#socket.on('close', () => connection.close())
    this.#socket.on('end', () => connection.close())
  }

  #write(bytes: Buffer): void {
    if (this.#socket.destroyed) return
    if (this.#socket.writableLength > BEHIND_MAX) this.#socket.destroy()
    else this.#socket.write(bytes)
  }

  // -- WebSocket ----------------------------------------------------------------------------------------

  webSocketCommand({ start }: Prepared, hesitate: NonNullable<FrontOptions['hesitate']>): void {
    this.#acceptWebSocket(COMMAND_PROTOCOLS, (socket, protocol) => {
      const say = sayer(socket)
      let session: ExecSession | undefined
      const early: Buffer[] = []
      const hear = (data: Buffer) => {
        if (session === undefined) early.push(data)
        else toSession(session, data)
      }
      socket.on('message', hear)
      socket.on('close', () => session?.close())
      hesitate(() => {
        if (socket.readyState !== socket.OPEN) return
        session = start({
          stdout: (chunk) => say(1, chunk),
          stderr: (chunk) => say(2, chunk),
          status(status) {
            if (protocol.startsWith('v4') || protocol.startsWith('v5'))
              say(3, Buffer.from(JSON.stringify(status)))
            else if (status.status !== 'Success') say(3, Buffer.from(status.message ?? ''))
            socket.close(1000)
          },
        })
        for (const data of early) toSession(session, data)
      })
    })
  }

  webSocketPortForward(connect: Connect, query: URLSearchParams): void {
    this.#acceptWebSocket([TUNNEL, 'v4.channel.k8s.io', 'portforward.k8s.io'], (socket, protocol) => {
      if (protocol !== TUNNEL) return channels(socket, connect, portsOf(query))
      const connection = portForwardOverSpdy(connect, sender(socket), () => socket.close())
      socket.on('message', (data: Buffer) => connection.receive(data))
      socket.on('close', () => connection.close())
    })
  }

  /** `ws` refuses protocol names with a slash, so the header is kept from it and answered here. */
  #acceptWebSocket(
    protocols: readonly string[],
    accepted: (socket: WebSocket, protocol: string) => void,
  ): void {
    const offered = listOf(this.#request.headers['sec-websocket-protocol'])
    const chosen = protocols.find((it) => offered.includes(it))
    if (chosen === undefined && offered.length > 0) {
      throw badRequest(`unable to upgrade: none of the protocols ${JSON.stringify(offered)} is supported`)
    }
    delete this.#request.headers['sec-websocket-protocol']
    const answer = (headers: string[], about: IncomingMessage) => {
      if (about === this.#request && chosen !== undefined) headers.push(`Sec-WebSocket-Protocol: ${chosen}`)
    }
    sockets.on('headers', answer)
    sockets.handleUpgrade(this.#request, this.#socket, this.#head, (socket) => {
      sockets.off('headers', answer)
      socket.on('error', () => socket.terminate())
      accepted(socket, chosen ?? 'channel.k8s.io')
    })
    sockets.off('headers', answer)
  }
}

/** A message of the client: its first byte says which stream it belongs to. */
function toSession(session: ExecSession, data: Buffer): void {
  const channel = data[0]
  const rest = data.subarray(1)
  if (channel === 0) session.stdin(rest)
  else if (channel === 4) {
    const size = parseSize(rest)
    if (size !== undefined) session.resize(size.columns, size.rows)
  } else if (channel === 255 && rest[0] === 0) session.endStdin()
}

/** Channel 2i carries data of port i, 2i+1 its errors; each begins with the port as two bytes. */
function channels(socket: WebSocket, connect: Connect, ports: readonly number[]) {
  const say = sayer(socket)
  const connections = ports.map((port, i) => {
    const bytes = Buffer.alloc(2)
    bytes.writeUInt16LE(port)
    say(2 * i, bytes)
    say(2 * i + 1, bytes)
    return connect(port, {
      data: (chunk) => say(2 * i, chunk),
      end(error) {
        if (error !== undefined) say(2 * i + 1, Buffer.from(error))
        socket.close(1000)
      },
    })
  })
  socket.on('message', (data: Buffer) => {
    if (data.length > 1 && data[0]! % 2 === 0) connections[data[0]! / 2]?.write(data.subarray(1))
  })
  socket.on('close', () => {
    for (const connection of connections) connection?.end()
  })
}

function portsOf(query: URLSearchParams): number[] {
  const ports = query
    .getAll('ports')
    .flatMap((it) => it.split(','))
    .map(Number)
  if (ports.length === 0 || ports.some((it) => !(it >= 1 && it <= 65_535))) {
    throw badRequest('query parameter "ports" must name ports between 1 and 65535')
  }
  return ports
}

function wantedStreams({ stdin, stdout, stderr, tty }: CommandRequest): string[] {
  return [
    'error',
    ...(stdin ? ['stdin'] : []),
    ...(stdout ? ['stdout'] : []),
    ...(stderr ? ['stderr'] : []),
    ...(tty ? ['resize'] : []),
  ]
}

function sayer(socket: WebSocket): (channel: number, chunk: Uint8Array) => void {
  const send = sender(socket)
  return (channel, chunk) => send(Buffer.concat([Buffer.of(channel), chunk]))
}

function sender(socket: WebSocket): (bytes: Buffer) => void {
  return (bytes) => {
    if (socket.readyState !== socket.OPEN) return
    if (socket.bufferedAmount > BEHIND_MAX) socket.terminate()
    else socket.send(bytes, { binary: true })
  }
}

function listOf(value: string | string[] | undefined): string[] {
  if (value === undefined) return []
  return (Array.isArray(value) ? value : value.split(',')).map((it) => it.trim()).filter((it) => it !== '')
}

function refuse(socket: Duplex, status: Status) {
  answer(socket, status.code ?? 500, 'application/json', JSON.stringify(status))
}

function answer(socket: Duplex, code: number, type: string, body: string) {
  socket.end(
    `HTTP/1.1 ${code} ${STATUS_CODES[code] ?? 'Error'}\r\nContent-Type: ${type}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}

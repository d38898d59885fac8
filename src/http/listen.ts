/** Sockets: a TLS (or, when asked, plain) server on the loopback interface, with bounds on who may hold how much. */
import { createServer as createHttp, type Server } from 'node:http'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { KeyPairPem } from './pki.ts'

const LOOPBACK = '127.0.0.1'
/** Every client is on this machine and has the same address, so that there is no sense in a bound for each address. */
const MAX_SOCKETS = 11_000

/** Connections that wait to be accepted: beyond Node's 511 the kernel lets them try again seconds later. */
const BACKLOG = 4096

const LIMITS = {
  /** All headers must be there after 10 s, and the body after 30 s; looked at every second. */
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 60_000,
  maxHeaderSize: 16 * 1024,
  /** Contradicting lengths and line folding are refused, never guessed at. */
  insecureHTTPParser: false,
} as const

export interface Listening {
  readonly server: Server
  readonly url: string
  readonly address: string
  close(): Promise<void>
}

export interface ListenOptions {
  /** 0: any free port. */
  readonly port: number
  /** Absent: plain HTTP. */
  readonly tls?: KeyPairPem & { readonly ca: string }
}

/** Binds 127.0.0.1; rejects when the port is taken. */
export function listen(options: ListenOptions, bind: (server: Server) => void): Promise<Listening> {
  const { tls, port } = options
  const server = tls
    ? (createHttps({
        ...LIMITS,
        cert: tls.cert,
        key: tls.key,
        ca: tls.ca,
        requestCert: true,
        rejectUnauthorized: false,
        minVersion: 'TLSv1.2',
        handshakeTimeout: LIMITS.headersTimeout,
        ALPNProtocols: ['http/1.1'],
      }) as unknown as Server)
    : createHttp(LIMITS)
  const sockets = boundSockets(server)
  bind(server)
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host: LOOPBACK, backlog: BACKLOG }, () => {
      server.removeListener('error', reject)
      const address = `${LOOPBACK}:${(server.address() as AddressInfo).port}`
      resolve({
        server,
        address,
        url: `${tls ? 'https' : 'http'}://${address}`,
        close: () =>
          new Promise((done) => {
            server.close(() => done())
            for (const socket of sockets) socket.destroy()
          }),
      })
    })
  })
}

function boundSockets(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    if (sockets.size >= MAX_SOCKETS) {
      socket.destroy()
      return
    }
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.once('close', () => sockets.delete(socket))
  })
  return sockets
}

/** Names under which a browser or client may ask for us; anything else smells of DNS rebinding. */
export function isOwnHost(host: string | undefined): boolean {
  if (host === undefined) return true
  const name = host.replace(/:\d+$/, '').toLowerCase()
  return (
    name === LOOPBACK ||
    name === 'localhost' ||
    name === '[::1]' ||
    name === 'kubernetes' ||
    name.startsWith('kubernetes.')
  )
}

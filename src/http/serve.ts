/** Puts an API server behind a socket: certificates, front, and a kubeconfig for who wants in. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { CertificateAuthority as ClusterAuthority } from '../api/certificates/certificate.ts'
import { type ApiError, forbidden } from '../api/errors.ts'
import type { UserInfo } from '../api/request.ts'
import { parseTime } from '../api/time.ts'
import type { ApiServer } from '../apiserver/server.ts'
import { parseDuration } from '../kernel/duration.ts'
import type { EventLoop } from '../kernel/event-loop.ts'
import { realAfter, realNow, WallPacer } from '../kernel/wall-clock.ts'
import { Authenticator } from './authenticate.ts'
import { type ControlledNode, control } from './control.ts'
import { HttpFront } from './front.ts'
import { isOwnHost, type Listening, listen } from './listen.ts'
import { CertificateAuthority, type KeyPairPem } from './pki.ts'
import { handleUpgrade } from './streaming/upgrade.ts'
import type { StreamsOf } from './streams.ts'
import { tokenSigner } from './token-signer.ts'

/** Real time between the request for a command and its start. */
const COMMAND_START_MS = 10

export interface ServeOptions {
  readonly server: ApiServer
  readonly loop: EventLoop
  readonly streamsOf: StreamsOf
  /** 0: any free port. */
  readonly port: number
  /** Plain HTTP on which everybody is `admin`: for curl, on this machine only. */
  readonly insecure?: boolean
  readonly admin: UserInfo
  readonly tokens?: ReadonlyMap<string, UserInfo>
  /** Nodes that `kubarium ctl fault` may break, and whose tools may be run. */
  node?(name: string): ControlledNode | undefined
  /** Virtual seconds per real second; Infinity: as fast as the CPU goes. */
  readonly speed: number
}

export interface Served {
  readonly url: string
  /** PEM; undefined without TLS. */
  readonly ca: string | undefined
  /** YAML that lets kubectl in as `admin`. */
  readonly kubeconfig: string
  /** Signs certificates that this server lets in; undefined without TLS. */
  readonly authority: ClusterAuthority | undefined
  readonly front: HttpFront
  readonly pacer: WallPacer
  /** Stops listening; time stands still again. */
  close(): Promise<void>
}

/** Real time, ms since the epoch: certificates know nothing of virtual time. */
export function wallClock(): number {
  return performance.timeOrigin + realNow()
}

/** A time (RFC 3339), or how long before `nowMs`: `30d`; ms since the epoch, undefined when it is neither. */
export function epochOf(text: string, nowMs: number): number | undefined {
  const ago = parseDuration(text)
  if (ago !== undefined) return nowMs - ago
  const time = parseTime(text)
  return Number.isNaN(time) ? undefined : time
}

export async function serve(options: ServeOptions): Promise<Served> {
  const { server, loop, streamsOf, port, insecure, admin } = options
  const nowMs = wallClock()
  server.tokens.signer = tokenSigner()
  const authenticator = new Authenticator({
    tokens: options.tokens ?? new Map(),
    verifyToken: (token) => server.tokens.verify(token, loop.now),
    insecureUser: insecure ? admin : undefined,
  })
  const pacer = new WallPacer(() => loop.now, options.speed)
  const front = new HttpFront({
    server,
    loop,
    authenticator,
    address: `127.0.0.1:${port}`,
    streamsOf,
    hesitate: (run) => void realAfter(COMMAND_START_MS, run),
    control: (request) => control({ loop, pacer, node: (name) => options.node?.(name) }, request),
  })
  const bind = (it: Server) => bindFront(it, front)
  if (insecure) {
    const listening = await listen({ port }, bind)
    return finish(loop, pacer, listening, front, undefined, undefined, undefined)
  }
  const authority = await CertificateAuthority.create('kubarium', nowMs)
  const names = ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc']
  const tls = await authority.server(names, ['127.0.0.1', '10.96.0.1'], nowMs)
  const client = await authority.client(
    admin.name,
    admin.groups.filter((it) => it !== 'system:authenticated'),
    nowMs,
  )
  const listening = await listen({ port, tls: { ...tls, ca: authority.pem } }, bind)
  return finish(loop, pacer, listening, front, authority.pem, client, await authority.signer(wallClock))
}

function bindFront(server: Server, front: HttpFront): void {
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const stranger = strangerBehind(request)
    if (stranger === undefined) front.handle(request, response)
    else front.fail(response, stranger)
  })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    handleUpgrade(front.options, request, socket, head, strangerBehind(request))
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const status = CLIENT_ERRORS[error.code ?? ''] ?? '400 Bad Request'
    if (socket.writable) socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`)
    else socket.destroy()
  })
}

const CLIENT_ERRORS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

/** A web page of somebody else, in a browser on this machine: no other client sends an Origin that is not our own. */
function strangerBehind({ headers: { host, origin } }: IncomingMessage): ApiError | undefined {
  if (!isOwnHost(host)) return forbidden(undefined, '', `unknown host ${JSON.stringify(host)}`)
  if (origin === undefined || isOwnHost(/^https?:\/\/([^/]+)$/.exec(origin)?.[1] ?? '')) return undefined
  return forbidden(undefined, '', `unknown origin ${JSON.stringify(origin)}`)
}

function finish(
  loop: EventLoop,
  pacer: WallPacer,
  listening: Listening,
  front: HttpFront,
  ca: string | undefined,
  client: KeyPairPem | undefined,
  authority: ClusterAuthority | undefined,
): Served {
  const { url } = listening
  pacer.rebase()
  loop.follow(pacer)
  const close = () => {
    loop.follow(undefined)
    return listening.close()
  }
  return { url, ca, front, pacer, authority, kubeconfig: kubeconfig(url, ca, client), close }
}

function kubeconfig(url: string, ca: string | undefined, client: KeyPairPem | undefined): string {
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  const authority = ca === undefined ? '' : `\n    certificate-authority-data: ${base64(ca)}`
  const user =
    client === undefined
      ? ' {}'
      : `\n    client-certificate-data: ${base64(client.cert)}\n    client-key-data: ${base64(client.key)}`
  return `apiVersion: v1
kind: Config
clusters:
- name: kubarium
  cluster:
    server: ${url}${authority}
users:
- name: kubarium-admin
  user:${user}
contexts:
- name: kubarium
  context:
    cluster: kubarium
    user: kubarium-admin
current-context: kubarium
`
}

/**
 * `.../pods/[scheme:]name[:port]/proxy/path`, and the same of services: HTTP with what runs in a pod, through the API
 * server (upstream: registry/core/pod/strategy.go and registry/core/service/storage, ResourceLocation). Connections
 * are those of port-forward.
 */
import { Agent, type ClientRequestArgs, request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { Duplex } from 'node:stream'
import type { Endpoints } from '../api/core/endpoints.ts'
import type { Pod } from '../api/core/pod.ts'
import type { Service } from '../api/core/service.ts'
import { badRequest, notFound, serviceUnavailable } from '../api/errors.ts'
import { type Connection, isRefusal } from '../api/streams.ts'
import type { Exchange, FrontOptions } from './front.ts'
import type { ResourceRoute } from './route.ts'
import { podTarget } from './streams.ts'

const VERBS: Readonly<Record<string, 'get' | 'create' | 'update' | 'patch' | 'delete'>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
}
/** What concerns one connection is not passed on, nor are the credentials for the API server. */
const NOT_PASSED_ON = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'host',
  'authorization',
])

/** What policies and webhooks see of such a request, by resource. */
const KINDS: Readonly<Record<string, string>> = {
  pods: 'PodProxyOptions',
  services: 'ServiceProxyOptions',
  nodes: 'NodeProxyOptions',
}

/** Authorization and admission of a proxied request; then what it asks for. A promise where others have a say. */
export function admitProxy(
  { server, loop }: FrontOptions,
  { request, user }: Exchange,
  { namespace, name, resource, subresource, rest = '' }: ResourceRoute,
  proceed: () => undefined,
): Promise<void> | undefined {
  const verb = VERBS[request.method ?? 'GET'] ?? 'get'
  const admitted = loop.enter(() =>
    server.connect(
      { verb, group: '', version: 'v1', resource, subresource, namespace, name, user },
      { apiVersion: 'v1', kind: KINDS[resource]!, ...(rest !== '' && { path: rest }) },
    ),
  )
  return admitted instanceof Promise ? admitted.then(proceed) : proceed()
}

export function serveProxy(
  options: FrontOptions,
  exchange: Exchange,
  route: ResourceRoute,
): Promise<void> | undefined {
  return admitProxy(options, exchange, route, () => passOn(options, exchange, route))
}

function passOn(options: FrontOptions, exchange: Exchange, route: ResourceRoute): undefined {
  const { server, loop } = options
  const { request, response } = exchange
  const { namespace = '', name: id = '', resource } = route
  const method = request.method ?? 'GET'
  const path = pathBehindProxy(request.url ?? '')
  if (path === '' && method === 'GET') {
    response.writeHead(301, { Location: `${request.url}/` })
    response.end()
    return
  }
  const { name, port } = resource === 'services' ? podOf(options, namespace, id) : partsOf(id)
  const { pod, streams } = podTarget(server, options.streamsOf, namespace, name)
  const target = port === '' ? firstPort(pod) : portNumber(pod, port)
  const agent = new PodAgent((pipe) => {
    const sink = {
      data: (chunk: Uint8Array) => void pipe.push(chunk),
      end: (error?: string) => void (error === undefined ? pipe.push(null) : pipe.destroy(new Error(error))),
    }
    const connection = loop.enter(() => streams.portForward({ namespace, pod: name }, target, sink))
    if (!isRefusal(connection)) return connection
    throw serviceUnavailable(`error trying to reach service: ${connection.message}`)
  }, loop)
  const out = httpRequest(
    {
      agent,
      method,
      path: path || '/',
      headers: { ...passedOn(request.headers), host: `${name}:${target}` },
    },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, passedOn(answer.headers))
      answer.pipe(response)
    },
  )
  out.on('error', (error) => {
    if (response.headersSent) return response.destroy()
    const { status } = serviceUnavailable(`error trying to reach service: ${error.message}`)
    response.writeHead(503, { 'Content-Type': 'application/json' })
    response.end(JSON.stringify(status))
  })
  response.on('close', () => out.destroy())
  request.pipe(out)
}

/** As sent: what is behind `/api/v1/namespaces/x/pods/y/proxy`, its query included. */
function pathBehindProxy(url: string): string {
  return /^\/(?:[^/?]+\/){6}proxy(.*)$/s.exec(url)?.[1] ?? ''
}

/** `https:web:443`, `web:http`, `web`. */
function partsOf(id: string): { readonly name: string; readonly port: string } {
  const parts = id.split(':')
  if (parts.length > 3) throw badRequest(`invalid pod request ${JSON.stringify(id)}`)
  if (parts.length === 3) return { name: parts[1]!, port: parts[2]! }
  return { name: parts[0]!, port: parts[1] ?? '' }
}

/** The first endpoint of a service that is ready: its pod, and the port there. */
function podOf({ server }: FrontOptions, namespace: string, id: string) {
  const { name, port } = partsOf(id)
  const service = server.find('', 'services', namespace, name) as Service | undefined
  if (service === undefined) throw notFound({ group: '', resource: 'services' }, name)
  const ports = service.spec.ports ?? []
  const wanted = /^\d+$/.test(port)
    ? ports.find((it) => it.port === Number(port))
    : ports.find((it) => port === '' || it.name === port)
  if (wanted === undefined) {
    throw serviceUnavailable(`no service port ${port} found for service ${JSON.stringify(name)}`)
  }
  const endpoints = server.find('', 'endpoints', namespace, name) as Endpoints | undefined
  for (const subset of endpoints?.subsets ?? []) {
    const at = subset.ports?.find((it) => (it.name ?? '') === (wanted.name ?? ''))
    const pod = subset.addresses?.find((it) => it.targetRef?.kind === 'Pod')?.targetRef?.name
    if (at !== undefined && pod !== undefined) return { name: pod, port: String(at.port) }
  }
  throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(name)}`)
}

function firstPort(pod: Pod): number {
  return pod.spec.containers.flatMap((it) => it.ports ?? [])[0]?.containerPort ?? 80
}

function portNumber(pod: Pod, port: string): number {
  const named = pod.spec.containers.flatMap((it) => it.ports ?? []).find((it) => it.name === port)
  const number = named?.containerPort ?? Number(port)
  if (!(number >= 1 && number <= 65_535)) throw badRequest(`invalid port ${JSON.stringify(port)}`)
  return number
}

function passedOn(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !NOT_PASSED_ON.has(name)))
}

/** One connection, to a port of a pod. */
class PodAgent extends Agent {
  readonly #connect: (pipe: Duplex) => Connection
  readonly #loop: FrontOptions['loop']

  constructor(connect: (pipe: Duplex) => Connection, loop: FrontOptions['loop']) {
    super({ keepAlive: false })
    this.#connect = connect
    this.#loop = loop
  }

  override createConnection(_options: ClientRequestArgs): Duplex {
    const loop = this.#loop
    const pipe = new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, done) {
        loop.enter(() => connection.write(chunk))
        done()
      },
      // Servers answer whole requests; half a connection would end theirs before.
      final: (done) => done(),
      destroy(error, done) {
        loop.enter(() => connection.end())
        done(error)
      },
    })
    const connection = this.#connect(pipe)
    return pipe
  }
}

/**
 * The HTTP front of the API server: turns requests into the plain objects that processes send by reference, and
 * answers into bytes. Holds no API semantics of its own.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { decodeValue } from '../api/decode.ts'
import {
  ApiError,
  badRequest,
  forbidden,
  internalError,
  invalid,
  methodNotServed,
  notServed,
  tooManyRequests,
  unsupportedMediaType,
  unsupportedPatchType,
} from '../api/errors.ts'
import { FieldErrors } from '../api/field-errors.ts'
import type { KindDefinition, KubeObject } from '../api/kind.ts'
import { type DeleteOptions, deleteOptions } from '../api/meta/delete-options.ts'
import type {
  ApiHandler,
  ApiRequest,
  ApiResponse,
  PatchType,
  RequestOptions,
  UserInfo,
  Verb,
} from '../api/request.ts'
import type { MemberTexts } from '../api/untrusted-json.ts'
import { PATCH_TYPES } from '../apiserver/patch.ts'
import type { ApiServer } from '../apiserver/server.ts'
import type { IncludeObject } from '../apiserver/table.ts'
import type { EventLoop } from '../kernel/event-loop.ts'
import type { Authenticator } from './authenticate.ts'
import { ACCEPTED, mediaType, parseBody, withBody } from './body.ts'
import type { ControlAnswer, ControlRequest } from './control.ts'
import { encode, encodeList, encodeObject, type List, shape, toJson, type View } from './encode.ts'
import { impersonated } from './impersonate.ts'
import { serveLog } from './log.ts'
import { negotiate, type Representation } from './negotiate.ts'
import { serveNodeProxy } from './node-proxy.ts'
import { pages } from './pages.ts'
import { serveProxy } from './proxy.ts'
import { checkDeleteOptions, checkWriteOptions, flag, requestOptions } from './query.ts'
import { collect, ITEMS_AT_ONCE, sendJson, sendPieces, sendStatus } from './respond.ts'
import { type PathRoute, parseTarget, type ResourceRoute } from './route.ts'
import type { StreamsOf } from './streams.ts'
import { WatchStream } from './watch-stream.ts'

/** Upstream: --max-requests-inflight and --max-mutating-requests-inflight. */
const READS_IN_FLIGHT = 400
const WRITES_IN_FLIGHT = 200
/** Watches without a timeout end between these, so that not all end together (upstream: --min-request-timeout). */
const WATCH_SECONDS = 1800
/** What has HTTP servers behind it. */
const PROXIED = new Set(['pods', 'services'])

export interface FrontOptions {
  readonly server: ApiServer
  readonly loop: EventLoop
  readonly authenticator: Pick<Authenticator, 'authenticate'>
  /** Answers requests for resources; default: `server`, as inputs of the simulation. */
  readonly handler?: ApiHandler
  /** `127.0.0.1:6443`. */
  readonly address: string
  readonly streamsOf: StreamsOf
  /**
   * Waits for as long as a real kubelet takes to start a command, before a container says anything over a WebSocket:
   * kubectl 1.30 to 1.32 lose what comes before they have made its streams. Absent: no wait.
   */
  hesitate?(run: () => void): void
  /** Serves the control endpoint; absent: there is none. */
  control?(request: ControlRequest): Promise<ControlAnswer>
}

/** One request with what has been found out about it. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly user: UserInfo
  readonly query: URLSearchParams
}

export class HttpFront {
  readonly options: FrontOptions
  readonly #handler: ApiHandler
  #reads = 0
  #writes = 0
  #served = 0
  #watches = 0
  #watchSeed = 0

  constructor(options: FrontOptions) {
    this.options = options
    const { server, loop } = options
    this.#handler = options.handler ?? {
      handle: (request) => loop.enter(() => server.handle(request)),
      watch: (request, sink) => loop.enter(() => server.watch(request, sink)),
    }
  }

  get counters(): { readonly served: number; readonly watches: number; readonly inFlight: number } {
    return { served: this.#served, watches: this.#watches, inFlight: this.#reads + this.#writes }
  }

  /** The listener of a node:http server; never throws. */
  handle(request: IncomingMessage, response: ServerResponse): void {
    this.#served++
    try {
      this.#handle(request, response)?.catch((error) => this.fail(response, error))
    } catch (error) {
      this.fail(response, error)
    }
  }

  /** Answers with a Status; what is no refusal of the API is an internal error, told without its stack. */
  fail(response: ServerResponse, error: unknown): void {
    const status =
      error instanceof ApiError
        ? error.status
        : internalError('the server failed to serve the request').status
    sendStatus(response, status)
  }

  /** Undefined: answered already, as nearly everything is that has no body. */
  #handle(request: IncomingMessage, response: ServerResponse): Promise<void> | undefined {
    const { route, query } = parseTarget(request.url ?? '/')
    const authenticated = this.options.authenticator.authenticate(request)
    const user = impersonated(this.options.server, authenticated, request)
    const exchange: Exchange = { request, response, user, query }
    if (route.type === 'path') return this.#page(exchange, route)
    const { deprecated } =
      this.options.server.scheme.byResource(route.group, route.resource, route.version) ?? {}
    if (deprecated !== undefined) warn(response, deprecated)
    const reading = request.method === 'GET'
    if (reading && route.name === undefined && flag(query, 'watch')) return this.#watch(exchange, route)
    if (reading ? this.#reads >= READS_IN_FLIGHT : this.#writes >= WRITES_IN_FLIGHT) {
      throw tooManyRequests(
        'The server has received too many requests and has asked us to try again later.',
        1,
      )
    }
    const pending = this.#resource(exchange, route)
    if (pending === undefined) return undefined
    if (reading) this.#reads++
    else this.#writes++
    return pending.finally(() => {
      if (reading) this.#reads--
      else this.#writes--
    })
  }

  #resource(exchange: Exchange, route: ResourceRoute): Promise<void> | undefined {
    const { request } = exchange
    if (route.resource === 'pods' && route.subresource === 'log')
      return serveLog(this.options, exchange, route)
    if (route.group === '' && route.subresource === 'proxy' && PROXIED.has(route.resource))
      return serveProxy(this.options, exchange, route)
    if (route.group === '' && route.subresource === 'proxy' && route.resource === 'nodes')
      return serveNodeProxy(this.options, exchange, route)
    const representation = negotiate(request.headers.accept)
    const verb = verbOf(request.method ?? '', route)
    if (verb === 'get' || verb === 'list') {
      const options = requestOptions(exchange.query)
      return this.#answer(
        exchange,
        representation,
        this.#request(exchange, route, verb, options, verb === 'list' ? SEARCHED : NOTHING_MORE),
      )
    }
    // Reading a body costs more than a refusal: strangers do not get that far.
    this.options.server.authorize(this.#request(exchange, route, verb, {}))
    return withBody(request, (bytes) => {
      const asked = this.#requestWith(bytes, exchange, route, verb)
      return this.#answer(exchange, representation, asked.request, asked.texts)
    })
  }

  #answer(
    exchange: Exchange,
    representation: Representation,
    request: ApiRequest,
    texts?: MemberTexts,
  ): Promise<void> | undefined {
    const answer = this.#handler.handle(request)
    const send = (it: ApiResponse) => this.#send(exchange, it, representation, request, texts)
    return answer instanceof Promise ? answer.then(send) : send(answer)
  }

  /** The same plain object that a process sends. */
  #request(
    { request, user }: Exchange,
    { group, version, resource, namespace, name, subresource }: ResourceRoute,
    verb: Verb,
    options: RequestOptions,
    { body, patchType, duplicateFields, oneByOne }: Partial<ApiRequest> = NOTHING_MORE,
  ): ApiRequest {
    const about = { group, version, resource, namespace, name, subresource }
    const userAgent = agentOf(request)
    return { verb, ...about, user, options, userAgent, body, patchType, duplicateFields, oneByOne }
  }

  #requestWith(
    bytes: Buffer,
    exchange: Exchange,
    route: ResourceRoute,
    verb: Verb,
  ): { readonly request: ApiRequest; readonly texts?: MemberTexts } {
    const { request, query } = exchange
    const type = mediaType(request)
    const asked = requestOptions(query)
    const options: RequestOptions =
      asked.fieldManager === undefined ? { ...asked, fieldManager: agentOf(request) } : asked
    if (verb === 'delete' || verb === 'deletecollection') {
      const given = bytes.length === 0 ? undefined : parseBody(type, bytes).value
      if (given === undefined) checkDeleteOptions(query.getAll('dryRun'))
      return { request: this.#request(exchange, route, verb, { ...options, ...deleteOptionsOf(given) }) }
    }
    const patchType = verb === 'patch' ? (type as PatchType) : undefined
    const isPatch = PATCH_TYPES.includes(type as PatchType)
    if (isPatch !== (verb === 'patch'))
      throw isPatch ? unsupportedMediaType(ACCEPTED) : unsupportedPatchType()
    checkWriteOptions(verb, query, patchType)
    if (bytes.length === 0) throw badRequest('the body of the request is empty')
    const { value: body, duplicates, texts } = parseBody(type, bytes)
    const duplicateFields = duplicates.length === 0 ? undefined : duplicates
    const more = { body, patchType, duplicateFields }
    return {
      request: this.#request(exchange, route, verb, options, more),
      texts: verb === 'patch' ? undefined : texts,
    }
  }

  #send(
    { response, query }: Exchange,
    answer: ApiResponse,
    representation: Representation,
    request: ApiRequest,
    texts: MemberTexts | undefined,
  ): Promise<void> | undefined {
    if (!answer.ok && answer.code === 0)
      response.destroy() // The connection broke.
    else if (!answer.ok) sendStatus(response, answer.status)
    if (!answer.ok) return undefined
    for (const warning of answer.warnings ?? []) warn(response, warning)
    const { scheme } = this.options.server
    // Of a subresource: `autoscaling/v1` Scale for `deployments/scale`.
    const kind =
      scheme.of(answer.body as KubeObject) ??
      scheme.byResource(request.group, request.resource, request.version)
    if (kind === undefined) {
      // What an aggregated server answers goes through as it is.
      sendJson(response, answer.code, encode(answer.body))
      return undefined
    }
    const view: View = { representation, kind, include: includeOf(query), nowMs: this.options.loop.now }
    if (request.verb === 'list' || request.verb === 'deletecollection') {
      const list = answer.body as List | SearchedList
      if (isFound(list)) return sendList(response, answer.code, list, view)
      return collect(list.items).then((items) => sendList(response, answer.code, { ...list, items }, view))
    }
    sendJson(response, answer.code, encodeObject(shape(answer.body as KubeObject, view), texts))
    return undefined
  }

  #watch(exchange: Exchange, route: ResourceRoute): undefined {
    const { request, response, query, user } = exchange
    const representation = negotiate(request.headers.accept)
    const { server, loop } = this.options
    const { group, version, resource, namespace } = route
    const kind = server.scheme.byResource(group, resource, version)
    if (kind === undefined) throw notServed()
    const asked = requestOptions(query)
    const timeoutSeconds = asked.timeoutSeconds || WATCH_SECONDS + ((this.#watchSeed++ * 37) % WATCH_SECONDS)
    const include = includeOf(query)
    const stream = new WatchStream(response, () => ({ representation, kind, include, nowMs: loop.now }))
    this.#watches++
    const handle = this.#handler.watch(
      {
        verb: 'watch',
        group,
        version,
        resource,
        namespace,
        options: { ...asked, timeoutSeconds },
        user,
        userAgent: agentOf(request),
      },
      stream,
    )
    const stop = () => loop.enter(() => handle.stop())
    stream.onCut = stop
    if (!stream.ended) stream.begin()
    response.on('close', () => {
      this.#watches--
      stream.ended = true
      stop()
    })
  }

  #page(exchange: Exchange, route: PathRoute): Promise<void> | undefined {
    const { request, user } = exchange
    const verb = (request.method ?? 'GET').toLowerCase()
    const verdict = this.options.server.allows(user, { verb, path: route.path })
    if (!verdict.allowed) {
      throw forbidden(undefined, '', `User "${user.name}" cannot ${verb} path "${route.path}"`)
    }
    if (route.path === '/kubarium/v1/control') return this.#control(exchange)
    if (request.method !== 'GET' && request.method !== 'HEAD') throw methodNotServed()
    pages(this, exchange, route)
    return undefined
  }

  async #control({ request, response }: Exchange): Promise<void> {
    const { control } = this.options
    if (control === undefined) throw notServed()
    if (request.method !== 'POST') throw methodNotServed()
    const answer = await withBody(request, (bytes) => {
      const { value } = parseBody('application/json', bytes)
      return control((value ?? {}) as ControlRequest)
    })
    sendJson(response, 200, encode(answer))
  }
}

const NOTHING_MORE: Partial<ApiRequest> = {}
const SEARCHED: Partial<ApiRequest> = { oneByOne: true }

/** Its items are looked for when they are asked for. */
interface SearchedList extends Omit<List, 'items'> {
  readonly items: Iterable<KubeObject | undefined>
}

function isFound(list: List | SearchedList): list is List {
  return Array.isArray(list.items)
}

function sendList(response: ServerResponse, code: number, list: List, view: View): Promise<void> | undefined {
  const pieces = encodeList(list, view, isCustom(view.kind))
  if (list.items.length > ITEMS_AT_ONCE) return sendPieces(response, pieces)
  sendJson(response, code, toJson([...pieces].join('')))
  return undefined
}

function warn(response: ServerResponse, warning: string): void {
  response.appendHeader('Warning', `299 - ${JSON.stringify(warning)}`)
}

function verbOf(method: string, { name, subresource }: ResourceRoute): Verb {
  switch (method) {
    case 'GET':
      return name === undefined ? 'list' : 'get'
    case 'POST':
      if (name !== undefined && subresource === undefined) throw methodNotServed()
      return 'create'
    case 'PUT':
      if (name === undefined) throw methodNotServed()
      return 'update'
    case 'PATCH':
      if (name === undefined) throw methodNotServed()
      return 'patch'
    case 'DELETE':
      return name === undefined ? 'deletecollection' : 'delete'
    default:
      throw methodNotServed()
  }
}

function deleteOptionsOf(value: unknown): RequestOptions {
  if (value === undefined || value === null) return {}
  const given: DeleteOptions = decodeValue(deleteOptions, value)
  const { gracePeriodSeconds, preconditions, propagationPolicy, orphanDependents, dryRun } = given
  if (dryRun !== undefined) checkDeleteOptions(dryRun)
  if (orphanDependents !== undefined && propagationPolicy !== undefined) {
    const errors = new FieldErrors()
    const why = 'orphanDependents and deletionPropagation cannot be both set'
    errors.invalid('propagationPolicy', propagationPolicy, why)
    throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors.list)
  }
  const policy =
    propagationPolicy ??
    (orphanDependents === undefined ? undefined : orphanDependents ? 'Orphan' : 'Background')
  return {
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(preconditions === undefined ? {} : { preconditions }),
    ...(policy === undefined ? {} : { propagationPolicy: policy as RequestOptions['propagationPolicy'] }),
    ...(dryRun?.includes('All') ? { dryRun: true } : {}),
  }
}

/** `kubectl` of `kubectl/v1.33.0 (linux/amd64) ...`: journal's actor and default field manager. */
function agentOf({ headers: { 'user-agent': header = '' } }: IncomingMessage): string {
  if (header !== lastHeader) {
    lastHeader = header
    lastAgent = header.split('/')[0]!.trim().slice(0, 128) || 'unknown'
  }
  return lastAgent
}

/** Who asks once mostly asks again. */
let lastHeader = ''
let lastAgent = 'unknown'

function includeOf(query: URLSearchParams): IncludeObject {
  const value = query.get('includeObject')
  return value === 'None' || value === 'Object' ? value : 'Metadata'
}

function isCustom(kind: KindDefinition): boolean {
  return kind.group.includes('.') && !kind.group.endsWith('.k8s.io')
}

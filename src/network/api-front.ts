/**
 * The API server as containers reach it: HTTP requests become API requests, bearer tokens become users. The whole
 * HTTP front of a served cluster lives elsewhere; this one is for traffic that never leaves the simulation.
 */
import type { ApiHandler, ApiRequest, ApiResponse, UserInfo, Verb } from '../api/request.ts'
import type { HttpRequest, HttpResponse, Listener } from '../api/sockets.ts'

export interface ApiFrontOptions {
  readonly api: ApiHandler
  /** The user of a token; undefined: 401. */
  authenticate(token: string): UserInfo | undefined
  readonly port: number
  /** Pages that are no resources, such as `/version` and `/apis`; `forbidden`: not for this user. */
  page?(path: string, user: UserInfo): object | 'forbidden' | undefined
}

const ANONYMOUS: UserInfo = { name: 'system:anonymous', groups: ['system:unauthenticated'] }
const JSON_TYPE = { 'content-type': 'application/json' }
const VERBS: Readonly<Record<string, Verb>> = {
  GET: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
}

export function apiFront(options: ApiFrontOptions): Listener {
  return {
    port: options.port,
    protocol: 'TCP',
    steady: false,
    http: (request, _peer, done) => {
      const user = userOf(options, request)
      if (user === undefined) {
        done(failure(401, 'Unauthorized', 'Unauthorized'))
        return
      }
      const asked = apiRequest(request, user)
      if (asked === undefined) {
        done(pageAnswer(options, request, user))
        return
      }
      const answer = options.api.handle(asked)
      const reply = (response: ApiResponse) => done(httpResponse(response))
      if (answer instanceof Promise) void answer.then(reply)
      else reply(answer)
    },
  }
}

function pageAnswer({ page }: ApiFrontOptions, request: HttpRequest, user: UserInfo): HttpResponse {
  const path = request.path.split('?')[0]!
  const found = request.method === 'GET' ? page?.(path, user) : undefined
  if (found === undefined) return failure(404, 'NotFound', 'the server could not find the requested resource')
  if (found === 'forbidden') {
    return failure(403, 'Forbidden', `forbidden: User "${user.name}" cannot get path "${path}"`)
  }
  if (/^\/(?:healthz|livez|readyz)$/.test(path)) {
    return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: 'ok' }
  }
  return { status: 200, headers: JSON_TYPE, body: `${JSON.stringify(found, undefined, 2)}\n` }
}

function userOf({ authenticate }: ApiFrontOptions, request: HttpRequest): UserInfo | undefined {
  const header = request.headers['authorization']
  if (header === undefined) return ANONYMOUS
  const token = /^Bearer\s+(\S+)\s*$/i.exec(header)?.[1]
  return token === undefined ? undefined : authenticate(token)
}

/** `/api/v1/namespaces/ns/pods/name/sub` and `/apis/group/version/...`. */
export function apiRequest(request: HttpRequest, user: UserInfo): ApiRequest | undefined {
  const [path, query = ''] = request.path.split('?') as [string, string?]
  const parts = path
    .split('/')
    .filter((it) => it !== '')
    .map(decodeURIComponent)
  let group = ''
  let version: string | undefined
  if (parts[0] === 'api') version = parts[1]
  else if (parts[0] === 'apis') {
    group = parts[1] ?? ''
    version = parts[2]
  }
  const rest = parts.slice(group === '' ? 2 : 3)
  const verb = Object.hasOwn(VERBS, request.method) ? VERBS[request.method]! : undefined
  if (version === undefined || rest.length === 0 || verb === undefined) return undefined
  let namespace: string | undefined
  if (rest[0] === 'namespaces' && rest.length > 2 && !['status', 'finalize'].includes(rest[2]!)) {
    namespace = rest[1]
    rest.splice(0, 2)
  }
  const [resource, name, subresource] = rest
  const parameters = new Map(
    query
      .split('&')
      .filter((it) => it !== '')
      .map((it) => {
        const [key = '', value = ''] = it.split('=')
        return [key, decodeURIComponent(value.replaceAll('+', ' '))] as const
      }),
  )
  const limit = parameters.get('limit')
  return {
    verb: name !== undefined ? verb : verb === 'get' ? 'list' : verb === 'delete' ? 'deletecollection' : verb,
    group,
    version,
    resource: resource!,
    subresource,
    namespace,
    name,
    options: {
      labelSelector: parameters.get('labelSelector'),
      fieldSelector: parameters.get('fieldSelector'),
      resourceVersion: parameters.get('resourceVersion'),
      continue: parameters.get('continue'),
      limit: limit === undefined ? undefined : Number(limit),
      fieldManager: parameters.get('fieldManager'),
      dryRun: parameters.get('dryRun') === 'All' ? true : undefined,
    },
    body: bodyOf(request),
    patchType:
      verb === 'patch'
        ? (request.headers['content-type']?.split(';')[0] as ApiRequest['patchType'])
        : undefined,
    user,
    userAgent: request.headers['user-agent'],
  }
}

function bodyOf(request: HttpRequest): unknown {
  const text = typeof request.body === 'string' ? request.body : new TextDecoder().decode(request.body)
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function httpResponse(response: ApiResponse): HttpResponse {
  const body = response.ok ? response.body : response.status
  return { status: response.code, headers: JSON_TYPE, body: `${JSON.stringify(body)}\n` }
}

function failure(code: number, reason: string, message: string): HttpResponse {
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code }
  return { status: code, headers: JSON_TYPE, body: `${JSON.stringify(status)}\n` }
}

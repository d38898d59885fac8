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
      const path = request.path.split('?')[0]!
      if (path === '/healthz' || path === '/livez' || path === '/readyz') {
        done({ status: 200, headers: { 'content-type': 'text/plain' }, body: 'ok' })
        return
      }
      const asked = apiRequest(request, user)
      if (asked === undefined) {
        const text =
          user.name === ANONYMOUS.name || path === '/'
            ? `forbidden: User "${user.name}" cannot get path "${path}"`
            : 'the server could not find the requested resource'
        done(
          failure(
            text.startsWith('forbidden') ? 403 : 404,
            text.startsWith('forbidden') ? 'Forbidden' : 'NotFound',
            text,
          ),
        )
        return
      }
      const answer = options.api.handle(asked)
      const reply = (response: ApiResponse) => done(httpResponse(response))
      if (answer instanceof Promise) void answer.then(reply)
      else reply(answer)
    },
  }
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

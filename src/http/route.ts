/** From a URL to what it asks for: a resource request, a discovery document, or one of the server's own pages. */
import { badRequest, notServed } from '../api/errors.ts'

/** Where a resource request points; the verb comes from the method and the query. */
export interface ResourceRoute {
  readonly type: 'resource'
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly namespace?: string
  readonly name?: string
  readonly subresource?: string
  /** What follows the subresource: paths behind `proxy`. */
  readonly rest?: string
}

/** Anything else, by its path: `/healthz`, `/apis/apps/v1`, `/openapi/v3`. */
export interface PathRoute {
  readonly type: 'path'
  readonly path: string
  readonly segments: readonly string[]
}

export type Route = ResourceRoute | PathRoute

const MAX_URL = 64 * 1024

/** @param target  the request target as it stands in the request line; throws ApiError for a malformed one */
export function parseTarget(target: string): { readonly route: Route; readonly query: URLSearchParams } {
  if (target.length > MAX_URL) throw badRequest('the request URI is too long')
  const mark = target.indexOf('?')
  if (mark < 0) return { route: routeOf(target), query: NO_QUERY }
  return { route: routeOf(target.slice(0, mark)), query: new URLSearchParams(target.slice(mark + 1)) }
}

const NO_QUERY = new URLSearchParams()
const routes = new Map<string, Route>()
const ROUTES_MAX = 1024
/** Longer paths are not worth keeping. */
const KEPT_PATH_MAX = 256

/** Clients ask for the same paths again and again. */
function routeOf(path: string): Route {
  const known = routes.get(path)
  if (known !== undefined) return known
  const route = parsePath(path)
  if (path.length > KEPT_PATH_MAX) return route
  if (routes.size >= ROUTES_MAX) routes.clear()
  routes.set(path, route)
  return route
}

function parsePath(path: string): Route {
  if (!path.startsWith('/')) throw badRequest('the request URI is not a path')
  const raw = path.split('/').slice(1)
  if (raw.at(-1) === '') raw.pop()
  const segments = raw.map(segment)
  const [root, first, second, ...rest] = segments
  if (root === 'api' && first !== undefined && segments.length > 2) {
    return resourceRoute('', first, segments.slice(2))
  }
  if (root === 'apis' && first !== undefined && second !== undefined && rest.length > 0) {
    return resourceRoute(first, second, rest)
  }
  return { type: 'path', path: `/${segments.join('/')}`, segments }
}

/** Decoded once: what still looks encoded afterwards, or like a path, is no name. */
function segment(text: string): string {
  if (text === '') throw notServed()
  let decoded = text
  if (text.includes('%')) {
    try {
      decoded = decodeURIComponent(text)
    } catch {
      throw badRequest(`invalid URL escape in ${JSON.stringify(text)}`)
    }
  }
  if (decoded === '.' || decoded === '..' || /[/%\0]/.test(decoded)) {
    throw badRequest(`invalid path segment ${JSON.stringify(decoded)}`)
  }
  return decoded
}

function resourceRoute(group: string, version: string, parts: readonly string[]): ResourceRoute {
  const base = { type: 'resource' as const, group, version }
  // `namespaces/x` and its own subresources are about the namespace, anything longer is about what is in it.
  const own = parts.length === 3 && (parts[2] === 'status' || parts[2] === 'finalize')
  if (parts[0] === 'namespaces' && parts.length > 2 && !own) {
    const [, namespace, resource, name, subresource, ...rest] = parts
    return { ...base, resource: resource!, namespace, name, subresource, rest: joined(rest) }
  }
  const [resource, name, subresource, ...rest] = parts
  return { ...base, resource: resource!, name, subresource, rest: joined(rest) }
}

function joined(rest: readonly string[]): string | undefined {
  return rest.length === 0 ? undefined : rest.join('/')
}

/** Everything that is no resource: discovery, OpenAPI, version, health and metrics. */
import type { ServerResponse } from 'node:http'
import { notServed } from '../api/errors.ts'
import { VERSION_INFO } from '../apiserver/discovery.ts'
import { encode } from './encode.ts'
import type { Exchange, HttpFront } from './front.ts'
import { negotiate } from './negotiate.ts'
import { openApiPage } from './openapi.ts'
import { COMMON_HEADERS, sendJson } from './respond.ts'
import type { PathRoute } from './route.ts'

const CHECKS = ['ping', 'log', 'etcd', 'poststarthook/rbac/bootstrap-roles', 'poststarthook/start-informers']

export function pages(front: HttpFront, exchange: Exchange, route: PathRoute) {
  const { response, query } = exchange
  const { discovery } = front.options.server
  const [first, second, third] = route.segments
  switch (first) {
    case undefined:
      return json(response, discovery.rootPaths())
    case 'version':
      return json(response, VERSION_INFO)
    case 'healthz':
    case 'livez':
    case 'readyz':
      return health(response, first, query.has('verbose'), front.options.server.storage.trouble)
    case 'metrics':
      return text(response, metrics(front))
    case 'api':
      if (second !== undefined) return found(response, discovery.resources('', second))
      return groups(front, exchange, true)
    case 'apis':
      if (second === undefined) return groups(front, exchange, false)
      return found(
        response,
        third === undefined ? discovery.group(second) : discovery.resources(second, third),
      )
    case 'openapi':
      return openApiPage(front, exchange, route)
    default:
      throw notServed()
  }
}

function groups(front: HttpFront, { request, response }: Exchange, core: boolean) {
  const { discovery } = front.options.server
  const { as } = negotiate(request.headers.accept)
  if (as !== 'APIGroupDiscoveryList') {
    return json(response, core ? discovery.coreVersions(front.options.address) : discovery.groupList())
  }
  const body = encode(discovery.aggregated(core))
  response.writeHead(200, {
    'Content-Type': 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
    'Content-Length': body.length,
    Vary: 'Accept',
    ...COMMON_HEADERS,
  })
  response.end(body, 'latin1')
}

/** `trouble`: what is wrong with etcd. */
function health(response: ServerResponse, page: string, verbose: boolean, trouble: string | undefined) {
  if (trouble === undefined && !verbose) return text(response, 'ok')
  const failed = (check: string) => trouble !== undefined && check === 'etcd'
  const line = (check: string) => (failed(check) ? `[-]${check} failed: ${trouble}\n` : `[+]${check} ok\n`)
  const verdict = trouble === undefined ? 'passed' : 'failed'
  text(response, `${CHECKS.map(line).join('')}${page} check ${verdict}\n`, trouble === undefined ? 200 : 500)
}

function metrics(front: HttpFront): string {
  const { served, watches, inFlight } = front.counters
  const { loop, server } = front.options
  const lines = [
    ['apiserver_request_total', 'counter', 'Requests answered or refused so far.', served],
    [
      'apiserver_current_inflight_requests',
      'gauge',
      'Requests being served right now, watches excepted.',
      inFlight,
    ],
    ['apiserver_longrunning_requests', 'gauge', 'Watches that are open.', watches],
    [
      'etcd_debugging_mvcc_current_revision',
      'gauge',
      'Revision of the last commit.',
      server.storage.revision,
    ],
    ['kubarium_virtual_time_seconds', 'gauge', 'Virtual time, seconds since the epoch.', loop.now / 1000],
    ['kubarium_events_total', 'counter', 'Events of the loop that have run.', loop.steps],
    ['process_resident_memory_bytes', 'gauge', 'Resident memory.', process.memoryUsage.rss()],
  ] as const
  return lines
    .map(([name, type, help, value]) => `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name} ${value}\n`)
    .join('')
}

function found(response: ServerResponse, document: object | undefined) {
  if (document === undefined) throw notServed()
  json(response, document)
}

function json(response: ServerResponse, body: object) {
  sendJson(response, 200, encode(body))
}

function text(response: ServerResponse, body: string, code = 200) {
  response.writeHead(code, { 'Content-Type': 'text/plain; charset=utf-8', ...COMMON_HEADERS })
  response.end(body)
}

/**
 * `/api/v1/nodes/[scheme:]name[:port]/proxy/path`: what a kubelet says of itself, for those who may ask it (upstream:
 * kubelet/server/server.go, registry/core/node/rest/proxy.go). Only what is read; commands go through pods.
 */
import type { Pod } from '../api/core/pod.ts'
import { methodNotServed, notFound, notServed, serviceUnavailable } from '../api/errors.ts'
import { objectKey } from '../api/kind.ts'
import type { NodeStreams } from '../api/streams.ts'
import { formatTime } from '../api/time.ts'
import type { ApiServer } from '../apiserver/server.ts'
import { encode } from './encode.ts'
import type { Exchange, FrontOptions } from './front.ts'
import { admitProxy } from './proxy.ts'
import { sendJson } from './respond.ts'
import type { ResourceRoute } from './route.ts'

type Page = (node: string, streams: NodeStreams, server: ApiServer) => object | string

/** By path; an object is JSON, a text is plain. */
const PAGES: Readonly<Record<string, Page>> = {
  healthz: () => 'ok',
  pods: (node, _, server) => ({
    kind: 'PodList',
    apiVersion: 'v1',
    metadata: {},
    items: podsOf(server, node),
  }),
  'stats/summary': summary,
  'metrics/resource': resourceMetrics,
}

export function serveNodeProxy(
  options: FrontOptions,
  exchange: Exchange,
  route: ResourceRoute,
): Promise<void> | undefined {
  const { method } = exchange.request
  if (method !== 'GET' && method !== 'HEAD') throw methodNotServed()
  return admitProxy(options, exchange, route, () => answer(options, exchange, route))
}

function answer(options: FrontOptions, { response }: Exchange, route: ResourceRoute): undefined {
  const { server, loop } = options
  const { name: id = '', rest = '' } = route
  const parts = id.split(':')
  const name = (parts.length === 3 ? parts[1] : parts[0]) ?? ''
  const page = loop.enter(() => {
    if (server.find('', 'nodes', undefined, name) === undefined)
      throw notFound({ group: '', resource: 'nodes' }, name)
    const streams = options.streamsOf(name)
    if (streams === undefined) {
      throw serviceUnavailable(
        `error trying to reach service: dial tcp: lookup ${name}: connect: connection refused`,
      )
    }
    if (!Object.hasOwn(PAGES, rest)) throw notServed()
    return PAGES[rest]!(name, streams, server)
  })
  if (typeof page === 'object') {
    sendJson(response, 200, encode(page))
    return
  }
  response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8' })
  response.end(page)
}

function podsOf(server: ApiServer, node: string): readonly Pod[] {
  return (server.each('', 'pods') as readonly Pod[]).filter((it) => it.spec.nodeName === node)
}

/** Upstream: kubelet/apis/stats/v1alpha1. */
function summary(node: string, streams: NodeStreams, server: ApiServer): object {
  const time = formatTime(server.loop.now)
  const amounts = ({ cpuMillis, memoryBytes }: { cpuMillis: number; memoryBytes: number }) => ({
    cpu: { time, usageNanoCores: cpuMillis * 1_000_000 },
    memory: { time, usageBytes: memoryBytes, workingSetBytes: memoryBytes },
  })
  const usage = streams.usage()
  const uids = new Map(podsOf(server, node).map((it) => [objectKey(it.metadata!), it.metadata!.uid]))
  return {
    node: { nodeName: node, ...amounts(total(usage.flatMap((it) => it.containers))) },
    pods: usage.map(({ namespace, name, containers }) => ({
      podRef: { name, namespace, uid: uids.get(objectKey({ namespace, name })) ?? '' },
      containers: containers.map((it) => ({ name: it.name, ...amounts(it) })),
      ...amounts(total(containers)),
    })),
  }
}

function total(of: readonly { readonly cpuMillis: number; readonly memoryBytes: number }[]) {
  const sum = (field: 'cpuMillis' | 'memoryBytes') => of.reduce((all, it) => all + it[field], 0)
  return { cpuMillis: sum('cpuMillis'), memoryBytes: sum('memoryBytes') }
}

/** What metrics-server scrapes; counters that only a real kernel has are left out. */
function resourceMetrics(_node: string, streams: NodeStreams): string {
  const name = 'container_memory_working_set_bytes'
  const lines = [`# HELP ${name} Current working set of the container in bytes`, `# TYPE ${name} gauge`]
  for (const { namespace, name: pod, containers } of streams.usage()) {
    for (const it of containers) {
      lines.push(`${name}{container="${it.name}",namespace="${namespace}",pod="${pod}"} ${it.memoryBytes}`)
    }
  }
  return `${lines.join('\n')}\n`
}

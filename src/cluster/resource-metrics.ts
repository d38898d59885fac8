/** Serves metrics.k8s.io from what the kubelets measure, as the add-on metrics-server does on a real cluster. */
import { Node } from '../api/core/node.ts'
import { Pod } from '../api/core/pod.ts'
import { notFound } from '../api/errors.ts'
import { deepFreeze } from '../api/freeze.ts'
import { apiVersionOf, type KindDefinition, type KubeObject, objectKey } from '../api/kind.ts'
import { NodeMetrics } from '../api/metrics/node-metrics.ts'
import { PodMetrics } from '../api/metrics/pod-metrics.ts'
import { usageOf } from '../api/metrics/resource-usage.ts'
import type { ContainerUsage, NodeStreams } from '../api/streams.ts'
import { formatTime } from '../api/time.ts'
import type { ApiServer } from '../apiserver/server.ts'

/** metrics-server's --metric-resolution. */
const RESOLUTION_MS = 15_000
const WINDOW = '15s'

/** A node as far as its kubelet answers; one that is down has no streams. */
export interface MeteredNode {
  readonly name: string
  readonly machine: { readonly streams: NodeStreams | undefined }
}

/** What all kubelets said at one moment. */
interface Scrape {
  readonly at: number
  readonly timestamp: string
  /** By `namespace/name`. */
  readonly pods: ReadonlyMap<string, readonly ContainerUsage[]>
  /** Sums over the pods of each node that answered. */
  readonly nodes: ReadonlyMap<string, { readonly cpuMillis: number; readonly memoryBytes: number }>
}

export function serveResourceMetrics(server: ApiServer, nodes: () => Iterable<MeteredNode>): void {
  let last: Scrape | undefined
  // Made when somebody asks, so that a cluster in which nobody does pays nothing, and shared by all who ask within
  // one period.
  const scrape = () => {
    const { now } = server.loop
    if (last === undefined || now - last.at >= RESOLUTION_MS) last = scrapeAll(nodes(), now)
    return last
  }

  const ofPod = (pod: KubeObject): KubeObject | undefined => {
    const { timestamp, pods } = scrape()
    const containers = pods.get(objectKey(pod.metadata ?? {}))
    return containers && metrics(PodMetrics, pod, timestamp, { containers: containers.map(containerMetrics) })
  }
  server.registerComputed(PodMetrics as KindDefinition, {
    get(namespace, name) {
      const pod = server.find('', 'pods', namespace, name)
      if (pod === undefined) throw notFound(Pod, name)
      return found(ofPod(pod), 'podmetrics', `${namespace}/${name}`)
    },
    list: (namespace) => server.each('', 'pods', namespace).flatMap((pod) => ofPod(pod) ?? []),
  })

  const ofNode = (node: KubeObject): KubeObject | undefined => {
    const { timestamp, nodes } = scrape()
    const sum = nodes.get(node.metadata?.name ?? '')
    return sum && metrics(NodeMetrics, node, timestamp, { usage: usageOf(sum.cpuMillis, sum.memoryBytes) })
  }
  server.registerComputed(NodeMetrics as KindDefinition, {
    get(_, name) {
      const node = server.find('', 'nodes', undefined, name)
      if (node === undefined) throw notFound(Node, name)
      return found(ofNode(node), 'nodemetrics', name)
    },
    list: () => server.each('', 'nodes').flatMap((node) => ofNode(node) ?? []),
  })
}

function scrapeAll(nodes: Iterable<MeteredNode>, at: number): Scrape {
  const pods = new Map<string, readonly ContainerUsage[]>()
  const sums = new Map<string, { cpuMillis: number; memoryBytes: number }>()
  for (const { name, machine } of nodes) {
    if (machine.streams === undefined) continue
    const sum = { cpuMillis: 0, memoryBytes: 0 }
    for (const pod of machine.streams.usage()) {
      pods.set(objectKey(pod), pod.containers)
      for (const { cpuMillis, memoryBytes } of pod.containers) {
        sum.cpuMillis += cpuMillis
        sum.memoryBytes += memoryBytes
      }
    }
    sums.set(name, sum)
  }
  return { at, timestamp: formatTime(at), pods, nodes: sums }
}

/** Named and labelled like what it measures; it came to be when it was measured. */
function metrics(
  kind: { readonly group: string; readonly version: string; readonly kind: string },
  { metadata: { name, namespace, labels } = {} }: KubeObject,
  timestamp: string,
  measured: object,
): KubeObject {
  return deepFreeze({
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      creationTimestamp: timestamp,
      ...(labels !== undefined && { labels }),
    },
    timestamp,
    window: WINDOW,
    ...measured,
  })
}

function containerMetrics({ name, cpuMillis, memoryBytes }: ContainerUsage): object {
  return { name, usage: usageOf(cpuMillis, memoryBytes) }
}

/** metrics-server names these resources by their kinds. */
function found(object: KubeObject | undefined, resource: string, name: string): KubeObject {
  if (object === undefined) throw notFound({ group: PodMetrics.group, resource }, name)
  return object
}

/** What a whole cluster costs: a pod's life from create to ready, and a cluster that does nothing. */
import { Pod } from '../src/api/core/pod.ts'
import type { Cluster, ClusterOptions, NodeSpec } from '../src/cluster/cluster.ts'
import { createCluster } from '../src/cluster/create-cluster.ts'
import { seconds } from './baseline.ts'

export interface PodLife {
  /** Processor time from apply to settled, per pod. */
  readonly microsecondsPerPod: number
  /** At the end of that, with every revision since. */
  readonly heapBytesPerPod: number
  /** A quarter of an hour later: history has been compacted; Events are still there, unless they are bounded or off. */
  readonly heapBytesLater: number
  readonly events: number
}

const REPLICAS = 100
/** From here on history is compacted as often as it grows: a multiple of the five minutes between two compactions. */
const UNTIL_COMPACTED = '15m'

/** What becomes of the Events: kept an hour, as by default; kept less long than history is; never written. */
export const EVENTS = {
  kept: {},
  bounded: { eventTTL: '2m' },
  off: { events: false },
} satisfies Record<string, ClusterOptions>

/** `pods` (a multiple of 100) on `nodes` that are ready, by Deployments of 100, with the journal off. */
export async function podLife(
  nodes: number,
  pods: number,
  events: keyof typeof EVENTS = 'kept',
): Promise<PodLife> {
  const cluster = await createCluster({ nodes: roomy(nodes, pods), journal: 'off', ...EVENTS[events] })
  await cluster.settle()
  // Of the nodes' heartbeats history always holds some minutes: they are no pod's.
  if (heap() > 0) await cluster.advance(UNTIL_COMPACTED)
  const heapBefore = heap()
  const [from, stepsBefore] = [process.cpuUsage(), cluster.loop.steps]
  await cluster.apply(Array.from({ length: pods / REPLICAS }, (_, i) => deployment(`web-${i}`)))
  await cluster.settle()
  const used = seconds(process.cpuUsage(from))
  const steps = cluster.loop.steps - stepsBefore
  expectReady(cluster, pods)
  const heapAtEnd = heap()
  if (heapAtEnd > 0) await cluster.advance(UNTIL_COMPACTED)
  const result = {
    microsecondsPerPod: (used * 1e6) / pods,
    heapBytesPerPod: (heapAtEnd - heapBefore) / pods,
    heapBytesLater: (heap() - heapBefore) / pods,
    events: steps,
  }
  await cluster.dispose()
  return result
}

/**
 * Virtual seconds per second of processor time of a cluster in which nothing changes: `pods` (a multiple of 100), each
 * with a readiness and a liveness probe every ten seconds.
 */
export async function idleSpeed(nodes: number, hours: number, pods = 0): Promise<number> {
  const cluster = await createCluster({ nodes: roomy(nodes, pods), journal: 'off' })
  await cluster.apply(Array.from({ length: pods / REPLICAS }, (_, i) => deployment(`web-${i}`, PROBES)))
  await cluster.settle()
  expectReady(cluster, pods)
  await cluster.advance(UNTIL_COMPACTED)
  const from = process.cpuUsage()
  await cluster.advance(`${hours}h`)
  const used = seconds(process.cpuUsage(from))
  await cluster.dispose()
  return (hours * 3600) / used
}

const PROBES = {
  readinessProbe: { httpGet: { path: '/', port: 80 } },
  livenessProbe: { tcpSocket: { port: 80 } },
}

/** Nodes on which one and a half times as many pods have room. */
function roomy(nodes: number, pods: number): NodeSpec[] {
  const room = Math.ceil((pods / nodes) * 1.5) + 10
  return Array.from({ length: nodes }, () => ({ cpu: '512', memory: '4096Gi', pods: room }))
}

function expectReady(cluster: Cluster, pods: number): void {
  const ready = cluster.peek().list<Pod>(Pod).filter(isReady).length
  if (ready !== pods) throw new Error(`${ready} of ${pods} pods are ready`)
}

/** 0 per pod unless node runs with --expose-gc: without a collection, the figure would mean nothing. */
function heap(): number {
  if (globalThis.gc === undefined) return 0
  globalThis.gc()
  return process.memoryUsage().heapUsed
}

function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.some((it) => it.type === 'Ready' && it.status === 'True') ?? false
}

function deployment(name: string, probes = {}) {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas: REPLICAS,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          containers: [
            {
              name: 'web',
              image: 'nginx:1.27',
              resources: { requests: { cpu: '100m', memory: '64Mi' } },
              ...probes,
            },
          ],
        },
      },
    },
  }
}

/**
 * Upstream scheduler_perf's workloads under their own names (test/integration/scheduler_perf), for the scheduler alone on
 * one core. Upstream's thresholds for 5,000 nodes: 680 pods/s basic, 160 to 460 spread, 35 to 140 affinity.
 */
import type { Pod } from '../src/api/core/pod.ts'
import type { PodSpec } from '../src/api/core/pod-spec.ts'
import { SchedulerAlone } from './scheduler-alone.ts'

type Labels = Readonly<Record<string, string>>

interface Workload {
  readonly name: string
  readonly nodes: number
  readonly zones?: readonly string[]
  /** Pods that stand before the clock starts. */
  readonly initial: number
  readonly measured: number
  readonly initialPod?: PodTemplate
  readonly measuredPod: PodTemplate
  /** Pods that can never be placed and wait all the time. */
  readonly hopeless?: number
  /** Pods/s that the project promises at 5,000 nodes. */
  readonly atLeast?: number
}

interface PodTemplate {
  readonly namespace?: string
  readonly labels?: Labels
  readonly spec: PodSpec
  /** Pods that share nothing: each has requests of its own. */
  readonly isUnique?: boolean
}

const ZONES = ['moon-1', 'moon-2', 'moon-3']
const HOSTNAME = 'kubernetes.io/hostname'
const ZONE = 'topology.kubernetes.io/zone'

function template(
  parts: Partial<PodSpec> & { requests?: Labels } = {},
  labels?: Labels,
  namespace?: string,
): PodTemplate {
  const { requests = { cpu: '100m', memory: '500Mi' }, ...spec } = parts
  const containers = [{ name: 'pause', image: 'registry.k8s.io/pause:3.10', resources: { requests } }]
  return { namespace, labels, spec: { schedulerName: 'default-scheduler', containers, ...spec } }
}

const BASIC = template()
const green = { color: 'green' }
const blue = { color: 'blue' }

const SPREAD = template(
  {
    topologySpreadConstraints: [
      {
        maxSkew: 5,
        topologyKey: ZONE,
        whenUnsatisfiable: 'DoNotSchedule',
        labelSelector: { matchLabels: blue },
      },
      {
        maxSkew: 5,
        topologyKey: HOSTNAME,
        whenUnsatisfiable: 'DoNotSchedule',
        labelSelector: { matchLabels: blue },
      },
    ],
  },
  blue,
)

const ANTI_AFFINITY = (namespace: string) =>
  template(
    {
      affinity: {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            {
              topologyKey: HOSTNAME,
              labelSelector: { matchLabels: green },
              namespaces: ['sched-0', 'sched-1'],
            },
          ],
        },
      },
    },
    green,
    namespace,
  )

const AFFINITY = (namespace: string) =>
  template(
    {
      affinity: {
        podAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { topologyKey: ZONE, labelSelector: { matchLabels: blue }, namespaces: ['sched-0', 'sched-1'] },
          ],
        },
      },
    },
    blue,
    namespace,
  )

const LOW = template({
  requests: { cpu: '900m', memory: '500Mi' },
  priority: 0,
  terminationGracePeriodSeconds: 0,
})
const HIGH = template({ requests: { cpu: '3000m', memory: '500Mi' }, priority: 10 })
const HOPELESS = template({ requests: { cpu: '9', memory: '500Mi' } })

export const WORKLOADS: readonly Workload[] = [
  { name: 'SchedulingBasic/500Nodes', nodes: 500, initial: 500, measured: 10_000, measuredPod: BASIC },
  {
    name: 'SchedulingBasic/5000Nodes_10000Pods',
    nodes: 5000,
    initial: 1000,
    measured: 10_000,
    measuredPod: BASIC,
    atLeast: 7000,
  },
  {
    name: 'SchedulingBasic/500Nodes, no two pods alike',
    nodes: 500,
    initial: 500,
    measured: 5000,
    measuredPod: { ...BASIC, isUnique: true },
  },
  {
    name: 'SchedulingBasic/5000Nodes, no two pods alike',
    nodes: 5000,
    initial: 1000,
    measured: 5000,
    measuredPod: { ...BASIC, isUnique: true },
  },
  {
    name: 'TopologySpreading/500Nodes',
    nodes: 500,
    zones: ZONES,
    initial: 1000,
    measured: 5000,
    measuredPod: SPREAD,
  },
  {
    name: 'TopologySpreading/5000Nodes_10000Pods',
    nodes: 5000,
    zones: ZONES,
    initial: 5000,
    measured: 10_000,
    measuredPod: SPREAD,
    atLeast: 3000,
  },
  {
    name: 'SchedulingPodAntiAffinity/500Nodes',
    nodes: 500,
    initial: 100,
    measured: 300,
    initialPod: ANTI_AFFINITY('sched-0'),
    measuredPod: ANTI_AFFINITY('sched-1'),
  },
  {
    name: 'SchedulingPodAntiAffinity/5000Nodes_3000Pods',
    nodes: 5000,
    initial: 1000,
    measured: 3000,
    initialPod: ANTI_AFFINITY('sched-0'),
    measuredPod: ANTI_AFFINITY('sched-1'),
    atLeast: 2000,
  },
  {
    name: 'SchedulingPodAffinity/500Nodes',
    nodes: 500,
    zones: ZONES,
    initial: 500,
    measured: 5000,
    initialPod: AFFINITY('sched-0'),
    measuredPod: AFFINITY('sched-1'),
  },
  {
    name: 'SchedulingPodAffinity/5000Nodes_10000Pods',
    nodes: 5000,
    zones: ZONES,
    initial: 5000,
    measured: 10_000,
    initialPod: AFFINITY('sched-0'),
    measuredPod: AFFINITY('sched-1'),
    atLeast: 1000,
  },
  {
    name: 'PreemptionAsync/500Nodes',
    nodes: 500,
    initial: 2000,
    measured: 500,
    initialPod: LOW,
    measuredPod: HIGH,
  },
  {
    name: 'PreemptionAsync/5000Nodes',
    nodes: 5000,
    initial: 20_000,
    measured: 5000,
    initialPod: LOW,
    measuredPod: HIGH,
    atLeast: 600,
  },
  {
    name: 'Unschedulable/5000Nodes_10000Pods',
    nodes: 5000,
    initial: 0,
    hopeless: 10_000,
    measured: 10_000,
    measuredPod: BASIC,
    atLeast: 5000,
  },
]

export interface Measurement {
  /** Per second of processor time, garbage collection included, so that a busy machine does not count. */
  readonly podsPerSecond: number
  readonly bound: number
}

export async function measure(workload: Workload): Promise<Measurement> {
  const alone = new SchedulerAlone()
  for (const name of ['default', 'sched-0', 'sched-1']) alone.add('Namespace', { metadata: { name } })
  for (let i = 0; i < workload.nodes; i++) {
    const zone = workload.zones?.[i % workload.zones.length]
    const labels = { [HOSTNAME]: `node-${i}`, ...(zone && { [ZONE]: zone }) }
    const status = { allocatable: { cpu: '4', memory: '32Gi', pods: '110' } }
    alone.add('Node', { metadata: { name: `node-${i}`, labels }, spec: {}, status } as never)
  }
  create(alone, 'hopeless', HOPELESS, workload.hopeless ?? 0)
  await alone.settle()
  create(alone, 'initial', workload.initialPod ?? BASIC, workload.initial)
  await alone.settle()
  const before = alone.bound
  create(alone, 'measured', workload.measuredPod, workload.measured)
  const start = process.cpuUsage()
  await alone.settle()
  const { user, system } = process.cpuUsage(start)
  const seconds = (user + system) / 1e6
  const bound = alone.bound - before
  return { podsPerSecond: bound / seconds, bound }
}

function create(alone: SchedulerAlone, name: string, it: PodTemplate, count: number): void {
  const { namespace = 'default', labels } = it
  for (let i = 0; i < count; i++) {
    const spec = it.isUnique
      ? template({ requests: { cpu: `${50 + (i % 100)}m`, memory: `${300 * 1024 + i}Ki` } }).spec
      : it.spec
    const pod: Pod = { metadata: { name: `${name}-${i}`, namespace, labels }, spec }
    alone.add('Pod', pod)
  }
}

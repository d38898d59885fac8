/** What the controllers of kube-controller-manager cost: a mixed workload until it is settled, and a day of CronJobs. */
import { Job } from '../src/api/batch/job.ts'
import { Pod } from '../src/api/core/pod.ts'
import type { KubeObject } from '../src/api/kind.ts'
import { createCluster } from '../src/cluster/create-cluster.ts'
import { seconds } from './baseline.ts'

/** How many of each; every one of a kind is of the same size. */
export interface Mixture {
  readonly nodes: number
  readonly pods: number
  readonly deployments: number
  readonly statefulSets: number
  /** One pod on every node. */
  readonly daemonSets: number
  readonly jobs: number
}

export const PROMISED: Mixture = {
  nodes: 1000,
  pods: 30_000,
  deployments: 300,
  statefulSets: 50,
  daemonSets: 10,
  jobs: 200,
}
/** A tenth of everything: what grows faster than the cluster shows as a difference between the two. */
export const TENTH: Mixture = {
  nodes: 100,
  pods: 3000,
  deployments: 30,
  statefulSets: 5,
  daemonSets: 10,
  jobs: 20,
}

const STATEFUL_REPLICAS = 20
const JOB_PODS = 20

export interface MixedCost {
  readonly microsecondsPerPod: number
  readonly eventsPerPod: number
}

/** Processor time from the first object to the settled state: everything runs, and every Job is complete. */
export async function mixedWorkload(mixture: Mixture): Promise<MixedCost> {
  const { nodes, pods, deployments, statefulSets, daemonSets, jobs } = mixture
  const others = statefulSets * STATEFUL_REPLICAS + daemonSets * nodes + jobs * JOB_PODS
  const replicas = Math.floor((pods - others) / deployments)
  const total = others + deployments * replicas
  const room = Math.ceil((pods / nodes) * 1.5) + 10
  const specs = Array.from({ length: nodes }, () => ({ cpu: '512', memory: '4096Gi', pods: room }))
  const cluster = await createCluster({
    nodes: specs,
    journal: 'off',
    images: [{ image: 'work', runsFor: '5s' }],
  })
  const objects: KubeObject[] = []
  for (let i = 0; i < deployments; i++) objects.push(owner('Deployment', `web-${i}`, { replicas }))
  for (let i = 0; i < statefulSets; i++) {
    const spec = { replicas: STATEFUL_REPLICAS, serviceName: 'db', podManagementPolicy: 'Parallel' }
    objects.push(owner('StatefulSet', `db-${i}`, spec))
  }
  for (let i = 0; i < daemonSets; i++) objects.push(owner('DaemonSet', `agent-${i}`, {}))
  for (let i = 0; i < jobs; i++) objects.push(job(`work-${i}`))
  const [from, steps] = [process.cpuUsage(), cluster.loop.steps]
  await cluster.apply(objects)
  await cluster.settle()
  const used = seconds(process.cpuUsage(from))
  const eventsPerPod = (cluster.loop.steps - steps) / total
  const ended = cluster.peek().list<Job>(Job).filter(isComplete).length
  const running = cluster.peek().list<Pod>(Pod).filter(isReady).length
  if (ended !== jobs || running !== total - jobs * JOB_PODS)
    throw new Error(`${running} pods are ready, ${ended} Jobs complete`)
  await cluster.dispose()
  return { microsecondsPerPod: (used * 1e6) / total, eventsPerPod }
}

export interface CronDay {
  readonly seconds: number
  readonly started: number
  /** Jobs that are left in the end: the limits of history keep them few. */
  readonly left: number
}

/** So many CronJobs, one run every five minutes, for so many virtual hours. */
export async function cronDay(cronJobs: number, hours: number): Promise<CronDay> {
  const cluster = await createCluster({
    nodes: 20,
    journal: 'off',
    images: [{ image: 'work', runsFor: '5s' }],
  })
  const template = podTemplate({ app: 'tick' }, 'work')
  await cluster.apply(
    Array.from({ length: cronJobs }, (_, i) => ({
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: `tick-${i}` },
      spec: {
        schedule: '*/5 * * * *',
        jobTemplate: {
          spec: { template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } } },
        },
      },
    })),
  )
  const from = process.cpuUsage()
  await cluster.advance(`${hours}h`)
  const used = seconds(process.cpuUsage(from))
  const left = cluster.peek().list<Job>(Job)
  const late = left.filter((it) => !isComplete(it)).length
  // The run of this very moment may still be under way; any other must be done.
  if (late > cronJobs) throw new Error(`${late} Jobs are not complete`)
  await cluster.dispose()
  return { seconds: used, started: cronJobs * hours * 12, left: left.length }
}

function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.some((it) => it.type === 'Ready' && it.status === 'True') ?? false
}

function isComplete(it: Job): boolean {
  return it.status?.conditions?.some((cond) => cond.type === 'Complete' && cond.status === 'True') ?? false
}

function podTemplate(labels: Readonly<Record<string, string>>, image: string) {
  return {
    metadata: { labels },
    spec: {
      containers: [{ name: 'main', image, resources: { requests: { cpu: '100m', memory: '64Mi' } } }],
    },
  }
}

function owner(kind: string, name: string, spec: object): KubeObject {
  const labels = { app: name }
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name },
    spec: { ...spec, selector: { matchLabels: labels }, template: podTemplate(labels, 'nginx:1.27') },
  } as KubeObject
}

function job(name: string): KubeObject {
  const template = podTemplate({ app: name }, 'work')
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name },
    spec: {
      completions: JOB_PODS,
      parallelism: JOB_PODS,
      template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } },
    },
  } as KubeObject
}

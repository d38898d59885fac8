/**
 * A workload with something to do for every controller, in four acts, and its end as text. It plays in a fixed time
 * whatever goes wrong meanwhile.
 */
import { DaemonSet } from '../../src/api/apps/daemon-set.ts'
import { Deployment } from '../../src/api/apps/deployment.ts'
import { ReplicaSet } from '../../src/api/apps/replica-set.ts'
import { StatefulSet } from '../../src/api/apps/stateful-set.ts'
import { HorizontalPodAutoscaler } from '../../src/api/autoscaling/horizontal-pod-autoscaler.ts'
import { CronJob } from '../../src/api/batch/cron-job.ts'
import { Job } from '../../src/api/batch/job.ts'
import { ConfigMap } from '../../src/api/core/config-map.ts'
import { Endpoints } from '../../src/api/core/endpoints.ts'
import { Namespace } from '../../src/api/core/namespace.ts'
import { Node } from '../../src/api/core/node.ts'
import { PersistentVolume } from '../../src/api/core/persistent-volume.ts'
import { PersistentVolumeClaim } from '../../src/api/core/persistent-volume-claim.ts'
import { Pod } from '../../src/api/core/pod.ts'
import { ReplicationController } from '../../src/api/core/replication-controller.ts'
import { ResourceQuota } from '../../src/api/core/resource-quota.ts'
import { Secret } from '../../src/api/core/secret.ts'
import { Service } from '../../src/api/core/service.ts'
import { ServiceAccount } from '../../src/api/core/service-account.ts'
import { ApiError } from '../../src/api/errors.ts'
import type { KubeObject, Stored } from '../../src/api/kind.ts'
import { PodDisruptionBudget } from '../../src/api/policy/pod-disruption-budget.ts'
import { ClusterRole } from '../../src/api/rbac/cluster-role.ts'
import { StorageClass } from '../../src/api/storage/storage-class.ts'
import { VolumeAttachment } from '../../src/api/storage/volume-attachment.ts'
import { ClusterMetrics } from '../../src/cluster/custom-metrics.ts'
import { finalStateOf } from '../../src/testing/explore/final-state.ts'
import { template, type World } from './world.ts'

export const ACTS: readonly ((world: World) => Promise<void>)[] = [create, change, remove, recover]

/** After how many seconds each act is over, and for how long something may go wrong in it. */
export interface Pace {
  readonly seconds: readonly number[]
  readonly risky: number
}

/** Time enough for the pods of the silent node to be given up, and in the end for quotas to be counted anew. */
export const FULL: Pace = { seconds: [65, 65, 400, 340], risky: 30 }
export const BRIEF: Pace = { seconds: [45, 45, 90, 320], risky: 12 }

const meta = (name: string, namespace = 'default') => ({ name, namespace })
const labels = (app: string) => ({ app })

function owner(app: string, image?: string) {
  return { selector: { matchLabels: labels(app) }, template: template(labels(app), image) }
}

/** On a node that stays: how many pods of a Job fail must not depend on where they happened to be. */
function jobSpec(app: string, image: string) {
  const base = template(labels(app), image)
  return { template: { ...base, spec: { ...base.spec, nodeName: 'node-1', restartPolicy: 'Never' } } }
}

const claimSpec = (storage = '1Gi') => ({
  accessModes: ['ReadWriteOnce'],
  storageClassName: 'fast',
  resources: { requests: { storage } },
})

async function create(world: World): Promise<void> {
  await createVolumes(world)
  await createNamespaces(world)
  await createSets(world)
  await createJobs(world)
  await createServices(world)
}

async function createVolumes(world: World): Promise<void> {
  await world.create(StorageClass, {
    metadata: { name: 'fast' },
    provisioner: 'fake.csi.kubarium.dev',
    allowVolumeExpansion: true,
  })
  await world.create(PersistentVolume, {
    metadata: { name: 'by-hand' },
    spec: { capacity: { storage: '5Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/data' } },
  })
  await world.create(PersistentVolumeClaim, {
    metadata: meta('by-hand'),
    spec: { ...claimSpec(), storageClassName: '' },
  })
  await world.create(PersistentVolumeClaim, { metadata: meta('grows'), spec: claimSpec() })
  const { spec } = template(labels('scratch'))
  const ephemeral = { volumeClaimTemplate: { spec: claimSpec() } }
  await world.create(Pod, {
    metadata: meta('scratch'),
    spec: { ...spec, volumes: [{ name: 'tmp', ephemeral }] },
  })
}

async function createNamespaces(world: World): Promise<void> {
  await world.create(Namespace, { metadata: { name: 'shop' }, spec: {} })
  await world.create(Namespace, { metadata: { name: 'temp' }, spec: {} })
  await world.create(ResourceQuota, {
    metadata: meta('few', 'shop'),
    spec: { hard: { pods: '2', 'count/configmaps': '3' } },
  })
  // Without a token: the account may not be there yet.
  const { selector, template: plain } = owner('crowd')
  await world.create(ReplicaSet, {
    metadata: meta('crowd', 'shop'),
    spec: {
      replicas: 3,
      selector,
      template: { ...plain, spec: { ...plain.spec, automountServiceAccountToken: false } },
    },
  })
  await world.create(Deployment, { metadata: meta('web', 'temp'), spec: { replicas: 2, ...owner('web') } })
  await world.create(ConfigMap, { metadata: meta('settings', 'temp'), data: { a: '1' } })
  await world.create(ServiceAccount, { metadata: meta('robot') })
  for (const account of ['robot', 'default']) {
    await world.create(Secret, {
      metadata: {
        ...meta(`token-of-${account}`),
        annotations: { 'kubernetes.io/service-account.name': account },
      },
      type: 'kubernetes.io/service-account-token',
    })
  }
  const aggregate = { 'example.com/aggregate': 'true' }
  await world.create(ClusterRole, {
    metadata: { name: 'all' },
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: aggregate }] },
  })
  await world.create(ClusterRole, {
    metadata: { name: 'part', labels: aggregate },
    rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
  })
}

async function createSets(world: World): Promise<void> {
  await world.create(Deployment, { metadata: meta('web'), spec: { replicas: 4, ...owner('web') } })
  await world.create(PodDisruptionBudget, {
    metadata: meta('web'),
    spec: { maxUnavailable: 1, selector: { matchLabels: labels('web') } },
  })
  // Without a metric an autoscaler that dies between its two writes never says what it wanted, as upstream's.
  new ClusterMetrics(world.harness.server, [{ name: 'load', value: 30 }])
  await world.create(Deployment, { metadata: meta('auto'), spec: { replicas: 1, ...owner('auto') } })
  await world.create(HorizontalPodAutoscaler, {
    metadata: meta('auto'),
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'auto' },
      minReplicas: 3,
      maxReplicas: 5,
      metrics: [
        {
          type: 'External',
          external: { metric: { name: 'load' }, target: { type: 'Value', value: '30' } },
        },
      ],
    },
  })
  await world.create(Pod, { metadata: { ...meta('stray'), labels: labels('old') }, spec: template({}).spec })
  await world.create(ReplicaSet, { metadata: meta('old'), spec: { replicas: 2, ...owner('old') } })
  const { template: rcTemplate } = owner('rc')
  await world.create(ReplicationController, {
    metadata: meta('rc'),
    spec: { replicas: 2, selector: labels('rc'), template: rcTemplate },
  })
  const volumeClaimTemplates = [{ metadata: { name: 'data' }, spec: claimSpec() }]
  await world.create(StatefulSet, {
    metadata: meta('db'),
    spec: { replicas: 2, serviceName: 'db', ...owner('db'), volumeClaimTemplates },
  })
  await world.create(StatefulSet, {
    metadata: meta('par'),
    spec: {
      replicas: 2,
      serviceName: 'par',
      podManagementPolicy: 'Parallel',
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Delete' },
      ...owner('par'),
      volumeClaimTemplates,
    },
  })
  await world.create(DaemonSet, { metadata: meta('agent'), spec: owner('agent') })
}

async function createJobs(world: World): Promise<void> {
  const job = (name: string, spec: object, image = 'exit-0') =>
    world.create(Job, { metadata: meta(name), spec: { ...jobSpec(name, image), ...spec } })
  await job('batch', { completions: 5, parallelism: 2 })
  await job('indexed', { completions: 3, parallelism: 3, completionMode: 'Indexed' })
  await job('fails', { backoffLimit: 1 }, 'exit-1')
  await job('passing', { ttlSecondsAfterFinished: 20 })
  await job('later', { suspend: true, parallelism: 2, completions: 2 })
  await world.create(CronJob, {
    metadata: meta('tick'),
    spec: {
      schedule: '*/2 * * * *',
      successfulJobsHistoryLimit: 2,
      jobTemplate: { spec: jobSpec('tick', 'exit-0') },
    },
  })
}

async function createServices(world: World): Promise<void> {
  const ports = [{ port: 80 }]
  await world.create(Service, { metadata: meta('web'), spec: { selector: labels('web'), ports } })
  await world.create(Service, { metadata: meta('by-hand'), spec: { ports } })
  await world.create(Endpoints, {
    metadata: meta('by-hand'),
    subsets: [{ addresses: [{ ip: '192.0.2.1' }], ports: [{ port: 80 }] }],
  })
}

/** New templates and sizes; a node falls silent. */
async function change(world: World): Promise<void> {
  const resize =
    (replicas: number, image?: string) =>
    <T extends KubeObject & { readonly spec: object }>(it: T): T => ({
      ...it,
      spec: {
        ...it.spec,
        replicas,
        ...(image && { template: template({ app: it.metadata!.name! }, image) }),
      },
    })
  await world.update(Deployment, 'web', resize(5, 'ok:2'))
  await world.update(StatefulSet, 'db', resize(3, 'ok:2'))
  await world.update(ReplicationController, 'rc', resize(3))
  await world.update(DaemonSet, 'agent', (it) => ({
    ...it,
    spec: { ...it.spec, template: template(labels('agent'), 'ok:2') },
  }))
  await world.update(Job, 'later', (it) => ({ ...it, spec: { ...it.spec, suspend: false } }))
  await world.update(
    ResourceQuota,
    'few',
    (it) => ({ ...it, spec: { hard: { ...it.spec.hard, pods: '9' } } }),
    'shop',
  )
  await world.update(PersistentVolumeClaim, 'grows', (it) => ({
    ...it,
    spec: { ...it.spec, ...claimSpec('2Gi') },
  }))
  await evictOne(world, 'web')
  world.machines.dead.add('node-3')
}

/** Whatever the budget says: what counts is that it is asked, and that the pod comes back. */
async function evictOne(world: World, app: string): Promise<void> {
  const pod = (await world.pods()).find((it) => it.metadata.labels?.app === app)
  if (pod === undefined) return
  const { namespace, name } = pod.metadata
  const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { namespace, name } }
  try {
    await world.client((it) => it.subresource('create', Pod, { namespace, name }, 'eviction', body))
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
  }
}

/** Deletions of every sort; a node leaves for good. */
async function remove(world: World): Promise<void> {
  await world.delete(ReplicaSet, 'old', { propagationPolicy: 'Foreground' })
  await world.delete(Deployment, 'auto', { propagationPolicy: 'Orphan' })
  await world.delete(Namespace, 'temp')
  await world.delete(ServiceAccount, 'robot')
  await world.delete(PersistentVolumeClaim, 'by-hand')
  await world.delete(Pod, 'scratch')
  await world.update(StatefulSet, 'par', (it) => ({ ...it, spec: { ...it.spec, replicas: 1 } }))
  world.machines.dead.add('node-4')
  await world.delete(Node, 'node-4')
}

/** The silent node is back, and a new one. */
async function recover(world: World): Promise<void> {
  await world.revive('node-3')
  await world.addNode('node-5')
}

/** What a user would call the state: no random names, places, times or versions, nobody's Events and heartbeats. */
export async function describe(world: World): Promise<string> {
  await checkAttachments(world)
  const lines: string[] = []
  const shown = world.harness.objects().filter((it) => it.kind !== 'Event' && it.kind !== 'Lease')
  for (const [name, value] of finalStateOf(shown.map(withSortedConditions), {})) {
    const times = typeof value === 'number' ? value : 1
    const text = withoutChance(typeof value === 'number' ? name : `${name} ${JSON.stringify(value)}`)
    for (let i = 0; i < times; i++) lines.push(text)
  }
  return lines.sort().join('\n')
}

/** Their order tells what happened last, which is not the same on every way to the same end. */
function withSortedConditions(object: Stored<KubeObject>): Stored<KubeObject> {
  const { status } = object as { status?: { conditions?: readonly { readonly type: string }[] } }
  if (status?.conditions === undefined) return object
  const conditions = status.conditions
    // Upstream too: a Job that ends before it is seen again still says that it was suspended.
    .filter((it) => it.type !== 'Suspended')
    .sort((a, b) => (a.type < b.type ? -1 : 1))
  return { ...object, status: { ...status, conditions } } as Stored<KubeObject>
}

/** Where a pod ended up is chance, and so is what follows from it. */
function withoutChance(text: string): string {
  return text
    .replace(/pvc-[0-9a-f]{8}-[0-9a-f-]{27}/g, 'pvc-*')
    .replace(/csi-[0-9a-f]{64}/g, 'csi-*')
    .replace(/"(nodeName|podIP|ip|clusterIP|resourceVersion)":"[^"]*"/g, '"$1":"*"')
    .replace(/"(clusterIPs|addresses)":\["[^\]]*\]/g, '"$1":["*"]')
    .replace(/,"volumesAttached":\[[^\]]*\]/g, '')
    .replace(/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access-*')
    .replace(/10\.244\.\d+\.0\/24/g, 'range')
    .replace(/,"lastScaleTime":"<time>"/g, '')
    .replace(/"token":"[^"]*"/g, '"token":"*"')
}

/** What nodes are told is attached is what is attached. */
async function checkAttachments(world: World): Promise<void> {
  const attached = (await world.list(VolumeAttachment)).map(({ spec }) => spec.nodeName)
  const told = (await world.list(Node)).flatMap((it: Stored<Node>) =>
    (it.status?.volumesAttached ?? []).map(() => it.metadata.name),
  )
  if (attached.sort().join() !== told.sort().join())
    throw new Error(`attached to ${attached}, but nodes were told ${told}`)
}

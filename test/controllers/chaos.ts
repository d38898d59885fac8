/**
 * A mixed workload under faults: random latency, and controller managers that crash between any two of their
 * writes, which ends their watches too. Whatever happens on the way, the end is that of a run without faults.
 */

import { DaemonSet } from '../../src/api/apps/daemon-set.ts'
import { Deployment } from '../../src/api/apps/deployment.ts'
import { ReplicaSet } from '../../src/api/apps/replica-set.ts'
import { StatefulSet } from '../../src/api/apps/stateful-set.ts'
import { CronJob } from '../../src/api/batch/cron-job.ts'
import { Job } from '../../src/api/batch/job.ts'
import { PersistentVolumeClaim } from '../../src/api/core/persistent-volume-claim.ts'
import { Pod } from '../../src/api/core/pod.ts'
import { Service } from '../../src/api/core/service.ts'
import { EndpointSlice } from '../../src/api/discovery/endpoint-slice.ts'
import { PodDisruptionBudget } from '../../src/api/policy/pod-disruption-budget.ts'
import { StorageClass } from '../../src/api/storage/storage-class.ts'
import { controllerOf } from '../../src/controllers/shared/owner-refs.ts'
import { randomStream } from '../../src/kernel/random.ts'
import { template, World } from './world.ts'

/** Runs the workload; `seed` undefined: without faults. Returns what it ends in, as text. */
export async function runWorkload(seed: number | undefined): Promise<string> {
  const random = randomStream(seed ?? 0, 'chaos')
  const latency = seed === undefined ? undefined : () => random.float() * 40
  const world = await World.create({ nodes: 4, latency })
  await createAll(world)
  await disturb(world, seed, random)
  await world.update(Deployment, 'web', (it) => ({
    ...it,
    spec: { ...it.spec, replicas: 5, template: template({ app: 'web' }, 'ok:2') },
  }))
  await disturb(world, seed, random)
  await world.update(StatefulSet, 'db', (it) => ({ ...it, spec: { ...it.spec, replicas: 3 } }))
  await world.delete(ReplicaSet, 'old', { propagationPolicy: 'Foreground' })
  await disturb(world, seed, random)
  await world.advance(400)
  await world.settle()
  return describe(world)
}

/** Crashes and restarts at random moments; 30 s in which anything may be cut in half. */
async function disturb(
  world: World,
  seed: number | undefined,
  random: ReturnType<typeof randomStream>,
): Promise<void> {
  if (seed === undefined) return world.advance(30)
  for (let i = 0; i < 6; i++) {
    await world.advance(random.float() * 5)
    world.manager.crash()
    await world.advance(random.float() * 2)
    world.manager.restart()
  }
}

async function createAll(world: World): Promise<void> {
  const meta = (name: string) => ({ name, namespace: 'default' })
  const labels = (app: string) => ({ app })
  await world.create(StorageClass, { metadata: { name: 'fast' }, provisioner: 'fake.csi.kubarium.dev' })
  await world.create(Service, {
    metadata: meta('web'),
    spec: { selector: labels('web'), ports: [{ port: 80 }] },
  })
  await world.create(Deployment, {
    metadata: meta('web'),
    spec: { replicas: 4, selector: { matchLabels: labels('web') }, template: template(labels('web')) },
  })
  await world.create(PodDisruptionBudget, {
    metadata: meta('web'),
    spec: { maxUnavailable: 1, selector: { matchLabels: labels('web') } },
  })
  await world.create(ReplicaSet, {
    metadata: meta('old'),
    spec: { replicas: 2, selector: { matchLabels: labels('old') }, template: template(labels('old')) },
  })
  await world.create(StatefulSet, {
    metadata: meta('db'),
    spec: {
      replicas: 2,
      serviceName: 'db',
      selector: { matchLabels: labels('db') },
      template: template(labels('db')),
      volumeClaimTemplates: [
        {
          metadata: { name: 'data' },
          spec: {
            accessModes: ['ReadWriteOnce'],
            storageClassName: 'fast',
            resources: { requests: { storage: '1Gi' } },
          },
        },
      ],
    },
  })
  await world.create(DaemonSet, {
    metadata: meta('agent'),
    spec: { selector: { matchLabels: labels('agent') }, template: template(labels('agent')) },
  })
  const job = (app: string) => {
    const base = template(labels(app), 'exit-0')
    return { template: { ...base, spec: { ...base.spec, restartPolicy: 'Never' } } }
  }
  await world.create(Job, {
    metadata: meta('batch'),
    spec: { ...job('batch'), completions: 5, parallelism: 2 },
  })
  await world.create(Job, {
    metadata: meta('indexed'),
    spec: { ...job('indexed'), completions: 4, parallelism: 4, completionMode: 'Indexed' },
  })
  await world.create(CronJob, {
    metadata: meta('tick'),
    spec: { schedule: '*/5 * * * *', jobTemplate: { spec: job('tick') } },
  })
}

/** What a user would call the state: no random names, no times, no versions. */
async function describe(world: World): Promise<string> {
  const lines: string[] = []
  for (const { metadata, spec, status } of await world.list(Deployment)) {
    const { replicas, updatedReplicas, readyReplicas, availableReplicas } = status ?? {}
    const conditions = (status?.conditions ?? []).map((it) => `${it.type}=${it.status} ${it.reason}`).sort()
    lines.push(
      `Deployment ${metadata.name} ${spec.replicas} ${[replicas, updatedReplicas, readyReplicas, availableReplicas]} ${conditions}`,
    )
  }
  for (const { metadata, spec, status } of await world.list(ReplicaSet)) {
    lines.push(`ReplicaSet ${metadata.name} ${spec.replicas} ${status?.availableReplicas ?? 0}`)
  }
  for (const { metadata, status } of await world.list(StatefulSet)) {
    lines.push(
      `StatefulSet ${metadata.name} ${[status?.replicas, status?.availableReplicas, status?.updatedReplicas]} ${status?.currentRevision === status?.updateRevision}`,
    )
  }
  for (const { metadata, status } of await world.list(DaemonSet)) {
    lines.push(
      `DaemonSet ${metadata.name} ${[status?.desiredNumberScheduled, status?.numberAvailable, status?.updatedNumberScheduled]}`,
    )
  }
  for (const { metadata, status } of await world.list(Job)) {
    const conditions = (status?.conditions ?? []).map((it) => `${it.type}=${it.status}`)
    lines.push(
      `Job ${metadata.name} ${status?.succeeded} ${status?.failed ?? 0} ${status?.completedIndexes ?? ''} ${conditions}`,
    )
  }
  for (const { metadata, status } of await world.list(PersistentVolumeClaim))
    lines.push(`Claim ${metadata.name} ${status?.phase}`)
  for (const { metadata, endpoints } of await world.list(EndpointSlice, 'default')) {
    if (metadata.labels?.['kubernetes.io/service-name'] !== 'web') continue
    lines.push(`Endpoints web ${endpoints.filter((it) => it.conditions?.ready).length}`)
  }
  for (const { metadata, status } of await world.list(PodDisruptionBudget)) {
    lines.push(`Budget ${metadata.name} ${status?.disruptionsAllowed} of ${status?.currentHealthy}`)
  }
  const pods = new Map<string, number>()
  for (const pod of await world.list(Pod, 'default')) {
    const owner = controllerOf(pod)
    const finalizers = pod.metadata.finalizers ?? []
    const line = `Pods of ${owner?.kind} ${owner?.name} ${pod.spec.containers[0]?.image} ${pod.status?.phase} ${finalizers}`
    pods.set(line, (pods.get(line) ?? 0) + 1)
  }
  for (const [line, count] of pods) lines.push(`${line} x${count}`)
  return lines.sort().join('\n')
}

import { expect, test } from 'vitest'
import { Deployment } from '../../src/api/apps/deployment.ts'
import { ReplicaSet } from '../../src/api/apps/replica-set.ts'
import { Event } from '../../src/api/core/event.ts'
import { Namespace } from '../../src/api/core/namespace.ts'
import { Pod } from '../../src/api/core/pod.ts'
import { template, World } from './world.ts'

function deployment(name: string, replicas: number, image = 'ok', more: object = {}): Deployment {
  const labels = { app: name }
  return {
    metadata: { name, namespace: 'default' },
    spec: { replicas, selector: { matchLabels: labels }, template: template(labels, image), ...more },
  }
}

test('a Deployment becomes available, tells so, and then nobody writes any more', async () => {
  const world = await World.create()
  await world.create(Deployment, deployment('web', 3))
  await world.settle()
  const { metadata, status } = await world.get(Deployment, 'web')
  expect(status).toMatchObject({ replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 })
  expect(status?.conditions?.map((it) => `${it.type} ${it.status} ${it.reason}`)).toEqual([
    'Available True MinimumReplicasAvailable',
    'Progressing True NewReplicaSetAvailable',
  ])
  expect(metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('1')
  const events = (await world.list(Event)).filter((it) => it.involvedObject.kind !== 'Node')
  expect(events.map((it) => `${it.involvedObject.kind} ${it.reason} x${it.count}`).sort()).toEqual([
    'Deployment ScalingReplicaSet x1',
    'ReplicaSet SuccessfulCreate x1',
    'ReplicaSet SuccessfulCreate x1',
    'ReplicaSet SuccessfulCreate x1',
  ])
  const writes = () => world.harness.journal.entries().filter((it) => it.type === 'commit').length
  const before = writes()
  await world.advance(3600)
  expect(writes()).toBe(before)
})

test('a rollout replaces the pods, a bad image stalls it, a rollback saves it', async () => {
  const world = await World.create()
  await world.create(Deployment, deployment('web', 4, 'ok', { progressDeadlineSeconds: 60 }))
  await world.settle()
  const first = (await world.get(Deployment, 'web')).spec.template
  const roll = (image: string) =>
    world.update(Deployment, 'web', (it) => ({
      ...it,
      spec: { ...it.spec, template: template({ app: 'web' }, image) },
    }))

  await roll('ok:2')
  await world.settle()
  expect((await world.pods()).map((it) => it.spec.containers[0]?.image)).toEqual(Array(4).fill('ok:2'))

  await roll('never')
  await world.settle()
  await world.advance(120)
  const stalled = await world.get(Deployment, 'web')
  expect(stalled.status?.conditions?.find((it) => it.type === 'Progressing')?.reason).toBe(
    'ProgressDeadlineExceeded',
  )
  expect(stalled.status?.availableReplicas).toBe(3)

  await world.update(Deployment, 'web', (it) => ({ ...it, spec: { ...it.spec, template: first } }))
  await world.settle()
  const saved = await world.get(Deployment, 'web')
  expect(saved.status?.availableReplicas).toBe(4)
  expect(saved.metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('4')
  expect((await world.list(ReplicaSet)).filter((it) => it.spec.replicas! > 0)).toHaveLength(1)
})

test('Recreate lets all old pods go first', async () => {
  const world = await World.create()
  await world.create(Deployment, deployment('web', 3, 'ok', { strategy: { type: 'Recreate' } }))
  await world.settle()
  await world.update(Deployment, 'web', (it) => ({
    ...it,
    spec: { ...it.spec, template: template({ app: 'web' }, 'ok:2') },
  }))
  const seen = new Set<string>()
  for (let i = 0; i < 40; i++) {
    await world.advance(0.25)
    seen.add([...new Set((await world.pods()).map((it) => it.spec.containers[0]?.image))].sort().join())
  }
  expect(seen).not.toContain('ok,ok:2')
  expect((await world.get(Deployment, 'web')).status?.availableReplicas).toBe(3)
})

test('a deleted pod is replaced, a stray one adopted, a relabelled one released', async () => {
  const world = await World.create()
  const labels = { app: 'web' }
  await world.create(Pod, {
    metadata: { name: 'stray', namespace: 'default', labels },
    spec: template(labels).spec,
  })
  await world.create(ReplicaSet, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { replicas: 2, selector: { matchLabels: labels }, template: template(labels) },
  })
  await world.settle()
  const names = (await world.pods()).map((it) => it.metadata.name)
  expect(names).toHaveLength(2)
  expect(names).toContain('stray')

  await world.delete(Pod, 'stray')
  await world.settle()
  const [one] = await world.pods()
  expect(await world.pods()).toHaveLength(2)

  await world.update(Pod, one!.metadata.name, (it) => ({
    ...it,
    metadata: { ...it.metadata, labels: { app: 'other' } },
  }))
  await world.settle()
  expect(await world.pods()).toHaveLength(3)
  expect((await world.get(Pod, one!.metadata.name)).metadata.ownerReferences ?? []).toEqual([])
})

test.each([
  ['Background', []],
  ['Foreground', []],
  ['Orphan', ['orphaned', 'orphaned']],
] as const)('deleting a Deployment with %s', async (propagationPolicy, pods) => {
  const world = await World.create()
  await world.create(Deployment, deployment('web', 2))
  await world.settle()
  await world.delete(Deployment, 'web', { propagationPolicy })
  await world.settle()
  expect(await world.list(Deployment)).toEqual([])
  const sets = await world.list(ReplicaSet)
  expect(sets.map((it) => it.metadata.ownerReferences ?? [])).toEqual(pods.length > 0 ? [[]] : [])
  expect(await world.pods()).toHaveLength(pods.length)
})

test('a deleted Namespace takes its content along', async () => {
  const world = await World.create()
  await world.create(Namespace, { metadata: { name: 'shop' }, spec: {} })
  const web = deployment('web', 2)
  await world.create(Deployment, { ...web, metadata: { name: 'web', namespace: 'shop' } })
  await world.settle()
  expect(await world.list(Pod, 'shop')).toHaveLength(2)
  await world.delete(Namespace, 'shop')
  await world.settle()
  expect(await world.list(Pod, 'shop')).toEqual([])
  expect((await world.list(Namespace)).map((it) => it.metadata.name)).not.toContain('shop')
})

test('a silent node is noticed after 50 s, tainted, and its pods are replaced after 5 minutes', async () => {
  const world = await World.create()
  await world.create(Deployment, deployment('web', 3))
  await world.settle()
  world.machines.dead.add('node-1')
  await world.advance(66)
  const on = async () => (await world.pods()).filter((it) => it.spec.nodeName === 'node-1')
  const [doomed] = await on()
  expect(doomed?.status?.conditions?.find((it) => it.type === 'Ready')?.status).toBe('False')
  await world.advance(310)
  expect((await on()).map((it) => it.metadata.deletionTimestamp !== undefined)).toEqual([true])
  expect((await on())[0]?.status?.conditions?.find((it) => it.type === 'DisruptionTarget')?.reason).toBe(
    'DeletionByTaintManager',
  )
  expect((await world.get(Deployment, 'web')).status?.availableReplicas).toBe(3)
})

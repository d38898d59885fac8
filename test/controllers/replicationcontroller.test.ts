import { expect, test } from 'vitest'
import { ReplicationController } from '../../src/api/core/replication-controller.ts'
import { template, World } from './world.ts'

/** One version of the application: the label tells the two controllers apart, as kubectl rolling-update did. */
function version(name: string, replicas: number) {
  const labels = { app: 'web', version: name }
  return {
    metadata: { name: `web-${name}`, namespace: 'default' },
    spec: { replicas, selector: labels, template: template(labels) },
  }
}

test('a rolling update by hand, as in the old days: one up, one down, until the old one is empty', async () => {
  const world = await World.create()
  await world.create(ReplicationController, version('v1', 3))
  await world.create(ReplicationController, version('v2', 0))
  await world.settle()
  const counts = async () => {
    const versions = (await world.pods()).map((it) => it.metadata.labels?.version)
    return ['v1', 'v2'].map((name) => versions.filter((it) => it === name).length)
  }
  expect(await counts()).toEqual([3, 0])
  for (let i = 1; i <= 3; i++) {
    await resize(world, 'web-v2', i)
    await world.settle()
    expect(await counts()).toEqual([4 - i, i])
    await resize(world, 'web-v1', 3 - i)
    await world.settle()
    expect(await counts()).toEqual([3 - i, i])
  }
  await world.delete(ReplicationController, 'web-v1', { propagationPolicy: 'Background' })
  await world.settle()
  const [left] = await world.list(ReplicationController, 'default')
  expect(left?.status).toMatchObject({ replicas: 3, readyReplicas: 3, availableReplicas: 3 })
  expect((await world.pods()).every((it) => it.metadata.ownerReferences?.[0]?.kind === left?.kind)).toBe(true)
})

function resize(world: World, name: string, replicas: number) {
  return world.update(ReplicationController, name, (it) => ({ ...it, spec: { ...it.spec, replicas } }))
}

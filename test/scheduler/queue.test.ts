/** Waiting pods wake up for what can help them, and for nothing else. */
import { expect, test } from 'vitest'
import { Node } from '../../src/api/core/node.ts'
import { Pod } from '../../src/api/core/pod.ts'
import { node, pod, type World, world } from './harness.ts'

/** How often the scheduler has tried the pod. */
function attempts(w: World, name: string): number {
  return w.journal.entries().filter((it) => it.type === 'schedule' && it.object === `Pod default/${name}`)
    .length
}

test('a pod that lacks cpu wakes up when a pod goes, not when a node gets a label', async () => {
  const w = await world()
  await w.create(Node, node('node-1', { cpu: '2' }))
  await w.create(Pod, pod('first', { requests: { cpu: '2' } }))
  await w.settle()
  await w.create(Pod, pod('second', { requests: { cpu: '1' } }))
  await w.settle()
  expect(attempts(w, 'second')).toBe(1)

  await w.client.update(Node, await w.client.get(Node, { name: 'node-1' }), (draft) => {
    draft.metadata!.labels = { ...draft.metadata!.labels, colour: 'red' }
  })
  await w.settle()
  expect(attempts(w, 'second')).toBe(1)

  await w.client.delete(Pod, { namespace: 'default', name: 'first' }, { gracePeriodSeconds: 0 })
  await w.settle()
  expect((await w.pod('second')).spec.nodeName).toBe('node-1')
})

test('a pod that wants a label wakes up when a node gets it', async () => {
  const w = await world()
  await w.create(Node, node('node-1'))
  await w.create(Pod, pod('web', { nodeSelector: { disk: 'ssd' } }))
  await w.settle()
  await w.create(Node, node('other'))
  await w.settle()
  expect(attempts(w, 'web')).toBe(1)
  await w.client.update(Node, await w.client.get(Node, { name: 'node-1' }), (draft) => {
    draft.metadata!.labels = { ...draft.metadata!.labels, disk: 'ssd' }
  })
  await w.settle()
  expect((await w.pod('web')).spec.nodeName).toBe('node-1')
})

test('a cordoned node that is opened again takes the pod', async () => {
  const w = await world()
  await w.create(Node, node('node-1', { spec: { unschedulable: true } }))
  await w.create(Pod, pod('web'))
  await w.settle()
  await w.client.update(Node, await w.client.get(Node, { name: 'node-1' }), (draft) => {
    draft.spec.unschedulable = undefined
  })
  await w.settle()
  expect((await w.pod('web')).spec.nodeName).toBe('node-1')
})

test('a pod that needs company wakes up when a matching pod is placed', async () => {
  const w = await world()
  const near = {
    podAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'db' } } },
      ],
    },
  }
  await w.create(Node, node('node-1'), node('node-2'))
  await w.create(Pod, pod('web', { affinity: near }))
  await w.settle()
  await w.create(Pod, pod('cache', { labels: { app: 'cache' } }))
  await w.settle()
  expect(attempts(w, 'web')).toBe(1)
  await w.create(Pod, pod('db', { labels: { app: 'db' } }))
  await w.settle()
  expect((await w.pod('web')).spec.nodeName).toBe((await w.pod('db')).spec.nodeName)
})

test('a pod that waits for ever is looked at again after five minutes', async () => {
  const w = await world()
  await w.create(Node, node('node-1', { cpu: '1' }))
  await w.create(Pod, pod('web', { requests: { cpu: '2' } }))
  await w.settle()
  await w.loop.advance(4 * 60_000)
  expect(attempts(w, 'web')).toBe(1)
  await w.loop.advance(2 * 60_000)
  expect(attempts(w, 'web')).toBe(2)
})

/** The scheduler as its users see it: pods get nodes, or say why not. */
import { expect, test } from 'vitest'
import { Node } from '../../src/api/core/node.ts'
import { Pod } from '../../src/api/core/pod.ts'
import { node, pod, world } from './harness.ts'

test('a pod gets a node, an event and a condition', async () => {
  const w = await world()
  await w.create(Node, node('node-1'))
  await w.create(Pod, pod('web', { requests: { cpu: '100m' } }))
  await w.settle()
  const web = await w.pod('web')
  expect(web.spec.nodeName).toBe('node-1')
  expect(web.status?.conditions).toMatchObject([{ type: 'PodScheduled', status: 'True' }])
  expect(await w.events('web')).toEqual(['Scheduled: Successfully assigned default/web to node-1'])
})

test('pods fill the emptiest nodes first', async () => {
  const w = await world()
  await w.create(Node, node('node-1'), node('node-2'), node('node-3'))
  for (let i = 0; i < 6; i++) await w.create(Pod, pod(`web-${i}`, { requests: { cpu: '1', memory: '1Gi' } }))
  await w.settle()
  const counts = new Map<string, number>()
  for (const name of Object.values(await w.placements())) counts.set(name, (counts.get(name) ?? 0) + 1)
  expect([...counts.values()]).toEqual([2, 2, 2])
})

test('a pod that fits nowhere says why, and is placed when a node comes that it fits', async () => {
  const w = await world()
  await w.create(
    Node,
    node('small', { cpu: '1' }),
    node('cordoned', { spec: { unschedulable: true } }),
    node('tainted', { spec: { taints: [{ key: 'dedicated', value: 'gpu', effect: 'NoSchedule' }] } }),
  )
  await w.create(Pod, pod('web', { requests: { cpu: '2' } }))
  await w.settle()
  const message =
    '0/3 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint {dedicated: gpu}, 1 node(s) were unschedulable. ' +
    'preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.'
  expect(await w.events('web')).toEqual([`FailedScheduling: ${message}`])
  expect((await w.pod('web')).status?.conditions).toMatchObject([
    { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message },
  ])

  await w.create(Node, node('too-small', { cpu: '1' }))
  await w.settle()
  expect(await w.events('web')).toHaveLength(1) // Not even tried again.

  await w.create(Node, node('big'))
  await w.settle()
  expect((await w.pod('web')).spec.nodeName).toBe('big')
})

test('without nodes a pod waits for the first', async () => {
  const w = await world()
  await w.create(Pod, pod('web'))
  await w.settle()
  expect(await w.events('web')).toEqual(['FailedScheduling: no nodes available to schedule pods'])
  await w.create(Node, node('node-1'))
  await w.settle()
  expect((await w.pod('web')).spec.nodeName).toBe('node-1')
})

test('a gated pod is not looked at until its gates are gone', async () => {
  const w = await world()
  await w.create(Node, node('node-1'))
  await w.create(Pod, pod('web', { schedulingGates: [{ name: 'quota' }] }))
  await w.settle()
  expect((await w.pod('web')).spec.nodeName).toBeUndefined()
  expect(await w.events('web')).toEqual([])
  await w.client.update(Pod, await w.pod('web'), (draft) => {
    draft.spec.schedulingGates = []
  })
  await w.settle()
  expect((await w.pod('web')).spec.nodeName).toBe('node-1')
})

test('a pod for another scheduler is left alone', async () => {
  const w = await world()
  await w.create(Node, node('node-1'))
  await w.create(Pod, pod('web', { schedulerName: 'theirs' }))
  await w.settle()
  expect((await w.pod('web')).spec.nodeName).toBeUndefined()
  expect(await w.events('web')).toEqual([])
})

test('higher priority goes first', async () => {
  const w = await world()
  await w.create(Pod, pod('low', { priority: 1, requests: { cpu: '3' } }))
  await w.create(Pod, pod('high', { priority: 2, requests: { cpu: '3' } }))
  await w.settle()
  await w.create(Node, node('node-1'))
  await w.settle()
  expect(await w.placements()).toEqual({ high: 'node-1', low: '' })
})

test('preemption evicts the lesser pod and takes its place', async () => {
  const w = await world()
  await w.create(Node, node('node-1'))
  await w.create(Pod, pod('low', { priority: 1, requests: { cpu: '3' }, terminationGracePeriodSeconds: 0 }))
  await w.settle()
  await w.create(Pod, pod('high', { priority: 10, requests: { cpu: '3' } }))
  await w.settle()
  expect(await w.placements()).toEqual({ high: 'node-1' })
  const high = await w.pod('high')
  expect(await w.events('low')).toEqual([
    'Scheduled: Successfully assigned default/low to node-1',
    `Preempted: Preempted by pod ${high.metadata.uid} on node node-1`,
  ])
  expect(await w.events('high')).toEqual([
    'FailedScheduling: 0/1 nodes are available: 1 Insufficient cpu.',
    'Scheduled: Successfully assigned default/high to node-1',
  ])
})

test('a crash of the scheduler loses nothing', async () => {
  const w = await world()
  await w.create(Pod, pod('web'))
  await w.settle()
  w.process.crash()
  await w.create(Node, node('node-1'))
  await w.settle()
  expect((await w.pod('web')).spec.nodeName).toBeUndefined()
  w.process.restart()
  await w.settle()
  expect((await w.pod('web')).spec.nodeName).toBe('node-1')
})

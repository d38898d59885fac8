/** Explanations add up to the decisions they explain. */
import { expect, test } from 'vitest'
import { Node } from '../../src/api/core/node.ts'
import { Pod } from '../../src/api/core/pod.ts'
import { type Explanation, simulatorAnnotations } from '../../src/scheduler/explain.ts'
import type { ScheduleDetail } from '../../src/scheduler/scheduling-cycle.ts'
import { node, pod, type World, world } from './harness.ts'

function explanationsOf(w: World, name: string): Explanation[] {
  return w.journal
    .entries()
    .filter((it) => it.type === 'schedule' && it.object === `Pod default/${name}`)
    .flatMap((it) => (it.detail as ScheduleDetail).kept?.explanation ?? [])
}

test('points add up, the best are named, the chosen is one of them', async () => {
  const w = await world()
  await w.create(
    Node,
    node('small', { cpu: '2' }),
    node('big', { cpu: '8', zone: 'a' }),
    node('twin', { cpu: '8', zone: 'b' }),
    node('tainted', { spec: { taints: [{ key: 'gpu', effect: 'NoSchedule' }] } }),
  )
  await w.create(Pod, pod('web', { requests: { cpu: '1', memory: '1Gi' } }))
  await w.settle()
  const [it] = explanationsOf(w, 'web')
  expect(it!.chosen).toBe((await w.pod('web')).spec.nodeName)
  expect(it!.best).toContain(it!.chosen)
  const passed = it!.nodes.filter((one) => one.verdict === 'passed')
  expect(passed).toHaveLength(3)
  const highest = Math.max(...passed.map((one) => one.total!))
  for (const { node: name, points, total } of passed) {
    expect(total).toBe(points!.reduce((sum, one) => sum + one.weighted, 0))
    points!.forEach((one, i) => {
      expect(one.weighted).toBe(one.normalized * it!.scores[i]!.weight)
    })
    expect(it!.best.includes(name)).toBe(total === highest)
  }
  expect(it!.nodes.find((one) => one.node === 'tainted')).toMatchObject({
    verdict: 'rejected',
    plugin: 'TaintToleration',
    reasons: ['node(s) had untolerated taint {gpu: }'],
  })
  expect(
    JSON.parse(simulatorAnnotations(it!)['kube-scheduler-simulator.sigs.k8s.io/filter-result']!),
  ).toMatchObject({
    tainted: { TaintToleration: 'node(s) had untolerated taint {gpu: }' },
    big: { '*': 'passed' },
  })
})

test('a Pending pod: who rejected each node', async () => {
  const w = await world()
  await w.create(Node, node('small', { cpu: '1' }), node('cordoned', { spec: { unschedulable: true } }))
  await w.create(Pod, pod('web', { requests: { cpu: '2' } }))
  await w.settle()
  const [it] = explanationsOf(w, 'web')
  expect(it!.nodes).toEqual([
    { node: 'small', verdict: 'rejected', plugin: 'NodeResourcesFit', reasons: ['Insufficient cpu'] },
    {
      node: 'cordoned',
      verdict: 'rejected',
      plugin: 'NodeUnschedulable',
      reasons: ['node(s) were unschedulable'],
    },
  ])
  expect(it!.message).toMatch(
    /^0\/2 nodes are available: 1 Insufficient cpu, 1 node\(s\) were unschedulable\./,
  )
})

test('only the last so many are kept, and none of large clusters', async () => {
  const few = await world({ explain: { decisions: 2 } })
  await few.create(Node, node('node-1'))
  for (const name of ['a', 'b', 'c']) await few.create(Pod, pod(name))
  await few.settle()
  expect(['a', 'b', 'c'].map((name) => explanationsOf(few, name).length)).toEqual([0, 1, 1])

  const large = await world({ explain: { nodes: 1 } })
  await large.create(Node, node('node-1'), node('node-2'))
  await large.create(Pod, pod('a'))
  await large.settle()
  expect(explanationsOf(large, 'a')).toEqual([])
})

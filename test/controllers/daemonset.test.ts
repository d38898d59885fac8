import { describe, expect, test } from 'vitest'
import { ControllerRevision } from '../../src/api/apps/controller-revision.ts'
import { DaemonSet } from '../../src/api/apps/daemon-set.ts'
import { Event } from '../../src/api/core/event.ts'
import { Node, type Taint } from '../../src/api/core/node.ts'
import type { Pod } from '../../src/api/core/pod.ts'
import type { Toleration } from '../../src/api/core/pod-spec.ts'
import type { Stored } from '../../src/api/kind.ts'
import { daemonTolerations, placementOn } from '../../src/controllers/daemonset/nodes.ts'
import { groupByNode, limitsFor, placesOf, planUpdate } from '../../src/controllers/daemonset/plan.ts'
import { REVISION_HASH } from '../../src/controllers/shared/controller-history.ts'
import { FailureBackoff } from '../../src/controllers/shared/failure-backoff.ts'
import { vectors } from './vectors.ts'
import { template, World } from './world.ts'

const NOW = Date.UTC(2026, 0, 1)
const meta = (name: string) => ({
  name,
  namespace: 'default',
  uid: name,
  resourceVersion: '1',
  creationTimestamp: '',
})

function daemonSet(more: object = {}, podSpec: object = {}): Stored<DaemonSet> {
  const base = template({ app: 'agent' })
  return {
    metadata: meta('agent'),
    spec: {
      selector: { matchLabels: { app: 'agent' } },
      template: { ...base, spec: { ...base.spec, ...podSpec } },
      ...more,
    },
  }
}

for (const group of ['updatedDesiredNodeCounts', 'updatedDesiredNodeCountsMore']) {
  vectors('daemonset', group, ({ input, expect: want }) => {
    const limits = limitsFor(
      input.desiredNumberScheduled,
      input.maxSurge ?? undefined,
      input.maxUnavailable ?? undefined,
    )
    expect({ maxSurge: limits.surge, maxUnavailable: limits.unavailable }).toEqual(want)
  })
}

vectors('daemonset', 'NodeShouldRunDaemonPod', ({ input, expect: want }) => {
  const set = daemonSet(
    {},
    { tolerations: input.podTolerations as Toleration[], hostNetwork: input.hostNetwork, ...input.podSpec },
  )
  const labels = { type: 'production' }
  const node: Stored<Node> = { metadata: { ...meta('n'), labels }, spec: { taints: input.taints as Taint[] } }
  const { run, stay } = placementOn(set, node, daemonTolerations(set.spec.template.spec))
  expect({ shouldRun: run, shouldContinueRunning: stay }).toEqual(want)
})

vectors('daemonset', 'failedPodsBackoff', ({ input, expect: want }) => {
  const backoff = new FailureBackoff(1000, 900_000)
  for (let i = 0; i < input.failure; i++) backoff.failed('node', NOW)
  expect(backoff.leftMs('node', NOW)).toBe(want.delaySeconds * 1000)
})

vectors('daemonset', 'rollingUpdateNoSurge', ({ input, expect: want }) => {
  const set = daemonSet({
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: input.maxUnavailable } },
  })
  const nodes = input.nodes.map(
    (_: string, i: number): Stored<Node> => ({ metadata: meta(`n${i}`), spec: {} }),
  )
  const pods = input.nodes.map(
    (state: string, i: number): Stored<Pod> => ({
      metadata: { ...meta(`p${i}`), labels: { [REVISION_HASH]: state.startsWith('old') ? 'old' : 'new' } },
      spec: { containers: [], nodeName: `n${i}` },
      status: {
        phase: 'Running',
        conditions: [{ type: 'Ready', status: state.endsWith(' available') ? 'True' : 'False' }],
      },
    }),
  )
  const changes = planUpdate({
    set,
    places: placesOf(set, nodes),
    podsByNode: groupByNode(pods),
    hash: 'new',
    now: NOW,
  })
  expect(changes.delete).toHaveLength(want.deleteCount)
})

describe('through the API', () => {
  const create = async (world: World, more: object = {}, podSpec: object = {}) => {
    const { metadata, spec } = daemonSet(more, podSpec)
    await world.create(DaemonSet, { metadata: { name: metadata.name, namespace: 'default' }, spec })
    await world.settle()
  }
  const nodesOf = async (world: World) => (await world.pods()).map((it) => it.spec.nodeName).sort()

  test('the number of templates so far is an annotation of the set and a label of its pods', async () => {
    const world = await World.create({ nodes: 1 })
    await create(world, { updateStrategy: { type: 'RollingUpdate' } })
    const numbers = async () => {
      const { metadata } = await world.get(DaemonSet, 'agent')
      const [pod] = await world.pods()
      return [
        metadata.annotations?.['deprecated.daemonset.template.generation'],
        pod?.metadata.labels?.['pod-template-generation'],
      ]
    }
    expect(await numbers()).toEqual(['1', '1'])
    await world.update(DaemonSet, 'agent', (it) => ({ ...it, spec: { ...it.spec, minReadySeconds: 1 } }))
    await world.settle()
    expect(await numbers()).toEqual(['1', '1'])
    await world.update(DaemonSet, 'agent', (it) => ({
      ...it,
      metadata: { ...it.metadata, annotations: {} },
      spec: { ...it.spec, template: template({ app: 'agent' }, 'ok:2') },
    }))
    await world.advance(30)
    expect(await numbers()).toEqual(['2', '2'])
  })

  test('one pod on each node; nodes that join get one, nodes that are tainted lose it', async () => {
    const world = await World.create({ nodes: 2 })
    await create(world)
    expect(await nodesOf(world)).toEqual(['node-1', 'node-2'])
    expect((await world.get(DaemonSet, 'agent')).status).toMatchObject({
      desiredNumberScheduled: 2,
      currentNumberScheduled: 2,
      numberReady: 2,
      numberAvailable: 2,
      updatedNumberScheduled: 2,
    })
    await world.addNode('node-3')
    await world.settle()
    expect(await nodesOf(world)).toEqual(['node-1', 'node-2', 'node-3'])
    const taint = { key: 'special', effect: 'NoExecute' }
    await world.update(Node, 'node-1', (it) => ({
      ...it,
      spec: { ...it.spec, taints: [...(it.spec.taints ?? []), taint] },
    }))
    await world.settle()
    expect(await nodesOf(world)).toEqual(['node-2', 'node-3'])
    await world.update(Node, 'node-2', (it) => ({ ...it, spec: { ...it.spec, unschedulable: true } }))
    await world.settle()
    expect(await nodesOf(world)).toEqual(['node-2', 'node-3'])
  })

  test('follows labels of nodes', async () => {
    const world = await World.create({ nodes: 2 })
    await create(world, {}, { nodeSelector: { disk: 'ssd' } })
    expect(await nodesOf(world)).toEqual([])
    await world.update(Node, 'node-2', (it) => ({
      ...it,
      metadata: { ...it.metadata, labels: { ...it.metadata.labels, disk: 'ssd' } },
    }))
    await world.settle()
    expect(await nodesOf(world)).toEqual(['node-2'])
  })

  test.each([
    { maxUnavailable: 1, maxSurge: 0 },
    { maxUnavailable: 0, maxSurge: 1 },
  ])('an update with %o replaces all, and history remembers', async (rollingUpdate) => {
    const world = await World.create({ nodes: 3 })
    await create(world, { updateStrategy: { type: 'RollingUpdate', rollingUpdate } })
    await world.update(DaemonSet, 'agent', (it) => ({
      ...it,
      spec: { ...it.spec, template: template({ app: 'agent' }, 'ok:2') },
    }))
    await world.settle()
    expect((await world.pods()).map((it) => it.spec.containers[0]?.image)).toEqual(['ok:2', 'ok:2', 'ok:2'])
    expect((await world.list(ControllerRevision)).map((it) => it.revision)).toEqual(
      expect.arrayContaining([1, 2]),
    )
    expect((await world.get(DaemonSet, 'agent')).status?.numberAvailable).toBe(3)
  })

  test('a failed pod is killed and replaced, later and later', async () => {
    const world = await World.create({ nodes: 1 })
    const { spec } = daemonSet()
    await world.create(DaemonSet, {
      metadata: { name: 'agent', namespace: 'default' },
      spec: { ...spec, template: template({ app: 'agent' }, 'exit-1') },
    })
    await world.advance(60)
    const killed = (await world.list(Event)).filter((it) => it.reason === 'FailedDaemonPod')
    const count = killed.reduce((sum, it) => sum + (it.count ?? 1), 0)
    expect(count).toBeGreaterThanOrEqual(4)
    expect(count).toBeLessThanOrEqual(8)
  })
})

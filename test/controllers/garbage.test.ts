import { expect, test } from 'vitest'
import { ConfigMap } from '../../src/api/core/config-map.ts'
import type { Node } from '../../src/api/core/node.ts'
import type { Pod } from '../../src/api/core/pod.ts'
import type { KubeObject, Stored } from '../../src/api/kind.ts'
import { formatTime } from '../../src/api/time.ts'
import { decide } from '../../src/controllers/garbage-collector/decide.ts'
import { blockingDependents, OwnerGraph } from '../../src/controllers/garbage-collector/graph.ts'
import {
  isOutOfService,
  isUnscheduledTerminating,
  NODE_GONE,
  surplusTerminated,
} from '../../src/controllers/pod-gc/choose.ts'
import { disruptionTarget } from '../../src/controllers/shared/disruption-target.ts'
import { OUT_OF_SERVICE } from '../../src/controllers/shared/taints.ts'
import { USER } from '../client/harness.ts'
import { vectors } from './vectors.ts'
import { World } from './world.ts'

const NOW = Date.UTC(2026, 0, 1)

const meta = (name: string, more: object = {}) => ({
  name,
  namespace: 'default',
  uid: name,
  resourceVersion: '1',
  creationTimestamp: formatTime(NOW),
  ...more,
})

function pod(
  name: string,
  more: { phase?: string; reason?: string; nodeName?: string; meta?: object },
): Stored<Pod> {
  return {
    metadata: meta(name, more.meta),
    spec: { containers: [], nodeName: more.nodeName },
    status: { phase: more.phase, reason: more.reason },
  }
}

vectors('gc_ttl_podgc', 'podGC', ({ input, expect: want }) => {
  if (input.pods !== undefined) {
    const pods = input.pods.map(([name, phase, age]: [string, string, number]) => {
      const [, plain, reason] = /^(\w+)(?:\(reason=(\w+)\))?$/.exec(phase)!
      return pod(name, { phase: plain, reason, meta: { creationTimestamp: formatTime(NOW - age * 1000) } })
    })
    const terminated = pods.filter(
      (it: Pod) => it.status?.phase === 'Succeeded' || it.status?.phase === 'Failed',
    )
    expect(surplusTerminated(terminated, input.threshold).map((it) => it.metadata.name)).toEqual(want.deleted)
  } else if (input.nodeMissingSeconds !== undefined) {
    const { lastTransitionTime, ...condition } = disruptionTarget(NODE_GONE, NOW)
    expect(condition).toEqual(want.condition)
    expect(lastTransitionTime).toBe(formatTime(NOW))
  } else {
    const deletionTimestamp = formatTime(NOW)
    if (input.nodeName === '') {
      expect(isUnscheduledTerminating(pod('p', { meta: { deletionTimestamp } }))).toBe(want.forceDeleted)
      expect(isUnscheduledTerminating(pod('p', {}))).toBe(false)
      return
    }
    const node: Node = {
      spec: { taints: [{ key: OUT_OF_SERVICE, effect: 'NoExecute' }] },
      status: { conditions: [{ type: 'Ready', status: input.nodeReady ? 'True' : 'Unknown' }] },
    }
    const terminating = pod('p', { nodeName: 'n', meta: { deletionTimestamp } })
    expect(isOutOfService(terminating, node)).toBe(want.forceDeleted)
    expect(isOutOfService(pod('p', { nodeName: 'n' }), node)).toBe(false)
    expect(isOutOfService(terminating, { spec: {}, status: node.status })).toBe(false)
  }
})

vectors('gc_ttl_podgc', 'attemptToDeleteItem', ({ input, expect: want }) => {
  if (input.isDeletingDependents) {
    const graph = new OwnerGraph()
    const owner = { ...meta('owner'), deletionTimestamp: formatTime(NOW), finalizers: ['foregroundDeletion'] }
    put(graph, { metadata: owner })
    for (let i = 0; i < input.nonBlockingDependents; i++) put(graph, dependent(`d${i}`, 'owner', false))
    expect(blockingDependents(graph.get('owner')!)).toHaveLength(input.blockingDependents)
    return
  }
  const states = {
    solid: 'solid',
    absent: 'absent',
    uidMismatch: 'absent',
    waitingForDependents: 'waiting',
  } as const
  const decision = decide({
    owners: input.owners.map((it: keyof typeof states, i: number) => ({
      reference: { apiVersion: 'v1', kind: 'ConfigMap', name: it, uid: String(i) },
      state: states[it],
    })),
    finalizers: [],
    dependents: input.dependents ?? 0,
    dependentWaits: input.dependentIsDeletingDependents === true,
  })
  if (want.propagation !== undefined) {
    const unblock = want.action.startsWith('first set blockOwnerDeletion=false')
    expect(decision).toEqual({ action: 'delete', propagation: want.propagation, unblock })
  } else {
    expect(decision).toEqual({ action: 'unlink', uids: ['1'] })
  }
})

function put(graph: OwnerGraph, object: Stored<KubeObject>, old?: Stored<KubeObject>) {
  const { name, namespace = '', uid } = object.metadata
  return graph.put({ apiVersion: 'v1', kind: 'ConfigMap', namespace, name, uid }, object, old)
}

function dependent(
  name: string,
  owner: string,
  blockOwnerDeletion = true,
  more: object = {},
): Stored<KubeObject> {
  return {
    metadata: meta(name, {
      ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: owner, uid: owner, blockOwnerDeletion }],
      ...more,
    }),
  }
}

test('an owner that was never seen is looked for, and its absence frees its dependents', () => {
  const graph = new OwnerGraph()
  expect(put(graph, dependent('child', 'ghost')).check).toEqual(['ghost'])
  expect(graph.get('ghost')?.virtual).toBe(true)
  expect(graph.removeAbsent(graph.get('ghost')!.identity).check).toEqual(['child'])
  expect(graph.get('ghost')).toBeUndefined()
})

test('a new dependent of a known owner is nothing to look at', () => {
  const graph = new OwnerGraph()
  put(graph, { metadata: meta('owner') })
  expect(put(graph, dependent('child', 'owner'))).toEqual({ check: [], orphan: [], misplaced: [] })
})

test('the end of an owner has its dependents looked at', () => {
  const graph = new OwnerGraph()
  put(graph, { metadata: meta('owner') })
  put(graph, dependent('a', 'owner'))
  put(graph, dependent('b', 'owner'))
  expect(graph.remove('owner').check).toEqual(['a', 'b'])
})

test('a foreground deletion looks at all dependents and then at the owner, and again when one is gone', () => {
  const graph = new OwnerGraph()
  const owner = { metadata: meta('owner') }
  put(graph, owner)
  put(graph, dependent('child', 'owner'))
  const deleting = {
    metadata: { ...owner.metadata, deletionTimestamp: formatTime(NOW), finalizers: ['foregroundDeletion'] },
  }
  expect(put(graph, deleting, owner).check).toEqual(['child', 'owner'])
  expect(graph.remove('child').check).toEqual(['owner'])
  expect(blockingDependents(graph.get('owner')!)).toEqual([])
})

test('an orphaning deletion starts once', () => {
  const graph = new OwnerGraph()
  const owner = { metadata: meta('owner') }
  put(graph, owner)
  const deleting = {
    metadata: { ...owner.metadata, deletionTimestamp: formatTime(NOW), finalizers: ['orphan'] },
  }
  expect(put(graph, deleting, owner).orphan).toEqual(['owner'])
  const touched = { metadata: { ...deleting.metadata, finalizers: ['orphan', 'x'] } }
  expect(put(graph, touched, deleting).orphan).toEqual([])
})

test('letting go of an owner that it blocked has the owner looked at', () => {
  const graph = new OwnerGraph()
  put(graph, { metadata: meta('owner') })
  const before = dependent('child', 'owner')
  put(graph, before)
  expect(put(graph, dependent('child', 'owner', false), before).check).toEqual(['owner'])
  expect(put(graph, { metadata: meta('child') }, dependent('child', 'owner', true)).check).toEqual([])
  expect(graph.get('owner')?.dependents.size).toBe(0)
})

test('an owner of another namespace is reported, and its dependent is looked at', () => {
  const graph = new OwnerGraph()
  put(graph, { metadata: meta('owner', { namespace: 'elsewhere' }) })
  const { check, misplaced } = put(graph, dependent('child', 'owner'))
  expect(check).toEqual(['child'])
  expect(misplaced.map((it) => it.name)).toEqual(['owner'])
})

test('what is released at the last moment stays', async () => {
  const world = await World.create({ nodes: 0 })
  const link = world.harness.network.link('kube-controller-manager')
  const path = { group: '', version: 'v1', resource: 'configmaps', namespace: 'default', name: 'kept' }
  let deletes = 0
  link.faults = {
    outbound(request) {
      if (request.verb !== 'delete' || request.resource !== 'configmaps') return undefined
      // Its owner has been looked for and not found; now somebody takes the reference away.
      if (deletes++ === 0)
        world.harness.server.handle({
          ...path,
          verb: 'patch',
          body: { metadata: { ownerReferences: null } },
          patchType: 'application/merge-patch+json',
          user: USER,
        })
      return undefined
    },
  }
  const ownerReferences = [{ apiVersion: 'v1', kind: 'Secret', name: 'gone', uid: 'gone' }]
  await world.create(ConfigMap, { metadata: { name: 'kept', namespace: 'default', ownerReferences } })
  await world.settle()
  expect(deletes).toBe(1)
  expect((await world.get(ConfigMap, 'kept')).metadata.ownerReferences).toBeUndefined()
})

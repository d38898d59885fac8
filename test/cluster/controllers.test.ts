/** Controller managers and controllers from outside: who leads, which run, and what may be done to one of them. */
import { expect, test } from 'vitest'
import { Deployment } from '../../src/api/apps/deployment.ts'
import { ReplicaSet } from '../../src/api/apps/replica-set.ts'
import type { Job } from '../../src/api/batch/job.ts'
import { Lease } from '../../src/api/coordination/lease.ts'
import { Event } from '../../src/api/core/event.ts'
import { Pod } from '../../src/api/core/pod.ts'
import type { Cluster } from '../../src/cluster/cluster.ts'
import { createCluster } from '../../src/cluster/create-cluster.ts'
import { InputError } from '../../src/cluster/input-error.ts'
import { defineController } from '../../src/controllers/runtime/controller.ts'
import { loadScenario } from '../../src/scenario/load.ts'
import { runScenario } from '../../src/scenario/run.ts'

function deployment(name: string, replicas = 1) {
  const labels = { app: name }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'nginx' }] } },
    },
  }
}

const count = (cluster: Cluster, kind: typeof Pod | typeof ReplicaSet | typeof Job) =>
  cluster.peek().list(kind, 'default').length

const leader = (cluster: Cluster, name = 'kube-controller-manager') =>
  cluster.peek().get<Lease>(Lease, { namespace: 'kube-system', name })?.spec

test('of two control planes one leads; when it dies the other takes over within the lease time', async () => {
  await using cluster = await createCluster({ controlPlanes: 2, nodes: 1, authorization: 'RBAC' })
  const [first, second] = ranked(cluster)
  expect(leader(cluster, 'kube-scheduler')?.holderIdentity).toMatch(/^kube-scheduler(-2)?_1$/)
  await cluster.apply(deployment('before'))
  await cluster.settle()
  expect(count(cluster, Pod)).toBe(1)

  cluster.process(first).crash()
  await cluster.apply(deployment('after'))
  // A lease of 15 s, seen at most one retry (4.4 s) late; the next retry comes within as long again.
  await cluster.advance('10s')
  expect(count(cluster, ReplicaSet)).toBe(1)
  await cluster.advance('15s')
  expect(leader(cluster)).toMatchObject({ holderIdentity: `${second}_1`, leaseTransitions: 1 })
  await cluster.advance('5s')
  expect(count(cluster, Pod)).toBe(2)
  const told = cluster
    .peek()
    .list<Event>(Event, 'kube-system')
    .filter((it) => it.reason === 'LeaderElection' && it.involvedObject.name === 'kube-controller-manager')
  expect(told.map((it) => it.message).sort()).toEqual(
    [`${first}_1 became leader`, `${second}_1 became leader`].sort(),
  )

  // The former one comes back as a mere candidate.
  cluster.process(first).restart()
  await cluster.advance('1m')
  expect(leader(cluster)).toMatchObject({ holderIdentity: `${second}_1`, leaseTransitions: 1 })
})

/** The controller manager that leads, and the other one. */
function ranked(cluster: Cluster): [string, string] {
  const names = ['kube-controller-manager', 'kube-controller-manager-2'] as const
  return leader(cluster)?.holderIdentity === `${names[0]}_1` ? [names[0], names[1]] : [names[1], names[0]]
}

test('a leader that froze finds its lead lost, exits and starts again as a candidate', async () => {
  await using cluster = await createCluster({ controlPlanes: 2, nodes: 0 })
  const [first, second] = ranked(cluster)
  cluster.process(first).pause()
  await cluster.advance('40s')
  expect(leader(cluster)?.holderIdentity).toBe(`${second}_1`)
  cluster.process(first).resume()
  await cluster.advance('5s')
  expect(cluster.process(first).state).toBe('crashed')
  await cluster.advance('20s')
  expect(cluster.process(first).state).toBe('running')
  await cluster.apply(deployment('web'))
  await cluster.settle()
  expect(count(cluster, ReplicaSet)).toBe(1)
})

test('one control plane leads without a Lease; a number that is none is refused', async () => {
  await using cluster = await createCluster({ nodes: 0 })
  expect(leader(cluster)).toBeUndefined()
  await expect(createCluster({ controlPlanes: 0 })).rejects.toThrow(InputError)
})

test.each([
  { controllers: '*,-deployment', sets: 0 },
  { controllers: '*,-deployment-controller', sets: 0 },
  { controllers: 'deployment', sets: 1 },
  { controllers: '*', sets: 1 },
  { controllers: false as const, sets: 0 },
])('--controllers=$controllers: a Deployment makes $sets ReplicaSets', async ({ controllers, sets }) => {
  await using cluster = await createCluster({ controllers, nodes: 0 })
  await cluster.apply(deployment('web'))
  await cluster.settle()
  expect(count(cluster, ReplicaSet)).toBe(sets)
})

test('an unknown name is refused, and the next one known is named', async () => {
  await expect(createCluster({ controllers: '*,-deploymant' })).rejects.toThrow(
    'controllers: "-deploymant" is not in the list of known controllers',
  )
})

test('a paused controller does nothing, then one reconcile a step, then all that is left', async () => {
  await using cluster = await createCluster({ nodes: 0 })
  const controller = cluster.controller('deployment')
  expect(controller).toMatchObject({ name: 'deployment-controller', processes: ['kube-controller-manager'] })
  controller.pause()
  expect(controller.paused).toBe(true)
  await cluster.apply(['a', 'b', 'c'].map((it) => deployment(it)))
  await cluster.settle()
  expect(count(cluster, ReplicaSet)).toBe(0)
  controller.step()
  await cluster.settle()
  expect(count(cluster, ReplicaSet)).toBe(1)
  controller.resume()
  await cluster.settle()
  expect(count(cluster, ReplicaSet)).toBe(3)
})

test('controllers that are no reconcile of one kind can be held too: the garbage collector', async () => {
  await using cluster = await createCluster({ nodes: 0 })
  await cluster.apply(deployment('web'))
  await cluster.settle()
  cluster.controller('garbagecollector').pause()
  await cluster.client.delete(Deployment, { namespace: 'default', name: 'web' })
  await cluster.advance('1m')
  expect(count(cluster, ReplicaSet)).toBe(1)
  cluster.controller('garbagecollector').resume()
  await cluster.settle()
  expect(count(cluster, ReplicaSet)).toBe(0)
})

test('a slow controller starts each reconcile so much later', async () => {
  await using cluster = await createCluster({ nodes: 0 })
  cluster.controller('deployment').slowDown('30s')
  await cluster.apply(deployment('web'))
  await cluster.advance('29s')
  expect(count(cluster, ReplicaSet)).toBe(0)
  await cluster.advance('2s')
  expect(count(cluster, ReplicaSet)).toBe(1)
  cluster.controller('deployment').slowDown(0)
  await cluster.apply(deployment('next'))
  await cluster.advance('1s')
  expect(count(cluster, ReplicaSet)).toBe(2)
})

test('a controller restarted in the middle of its work finishes it, once', async () => {
  await using cluster = await createCluster({ nodes: 2 })
  await cluster.apply({ ...deployment('web', 20), kind: 'ReplicaSet' })
  for (let i = 0; i < 5; i++) {
    await cluster.advance('2ms')
    cluster.controller('replicaset').restart()
  }
  await cluster.settle()
  expect(count(cluster, Pod)).toBe(20)
})

test('a restart leaves no second controller behind: what it told is told once', async () => {
  await using cluster = await createCluster({ nodes: 1 })
  for (let i = 0; i < 3; i++) cluster.controller('nodelifecycle').restart()
  await cluster.addNode({ name: 'new' })
  await cluster.advance('10s')
  const told = cluster
    .peek()
    .list<Event>(Event)
    .filter((it) => it.reason === 'RegisteredNode' && it.involvedObject.name === 'new')
  expect(told.map((it) => it.count ?? 1)).toEqual([1])
})

test("a user's controller takes the place of a built-in one, and is held like it", async () => {
  await using cluster = await createCluster({ nodes: 0 })
  const seen: string[] = []
  const mine = defineController<Deployment>({
    name: 'my-deployments',
    for: Deployment,
    reconcile: async ({ key }) => void seen.push(key),
  })
  cluster.controller('deployment').replace(mine)
  await cluster.apply(deployment('web'))
  await cluster.settle()
  expect(seen).toEqual(['default/web'])
  expect(count(cluster, ReplicaSet)).toBe(0)
  cluster.controller('deployment').pause()
  await cluster.apply(deployment('next'))
  await cluster.settle()
  expect(seen).toEqual(['default/web'])
  expect(() => cluster.controller('deploymint')).toThrow(/did you mean deployment\?/)
})

test('a scenario holds controllers by faults', async () => {
  const text = `apiVersion: kubarium.dev/v1alpha1
kind: Scenario
metadata: { name: held }
spec:
  cluster: { nodes: 1, controlPlanes: 2 }
  steps:
    - fault: { pause: deployment }
    - apply: { resource: ${JSON.stringify(deployment('web'))} }
    - advance: 10s
    - error: { resource: { apiVersion: apps/v1, kind: ReplicaSet } }
    - fault: { step: { controller: deployment-controller } }
    - assert: { resource: { apiVersion: apps/v1, kind: ReplicaSet } }
    - fault: { resume: deployment }
    - fault: { slow: { controller: replicaset, by: 20s } }
    - scale: { ref: deployment/web, replicas: 2 }
    - advance: 5s
    - error: { resource: { apiVersion: apps/v1, kind: ReplicaSet, status: { replicas: 2 } } }
    - fault: { restart: job }
    - rollout: { status: deployment/web }
    - fault: { slow: { controller: replicaSett, by: 1s } }
      expectError: did you mean replicaset?
`
  const scenario = await loadScenario(text, 'held.yaml', async () => {
    throw new Error('no files')
  })
  const result = await runScenario(scenario, { createCluster })
  expect(result.steps.filter((it) => it.verdict !== 'held')).toEqual([])
  expect(result.held).toBe(true)
})

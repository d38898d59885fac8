/** What the explorer lets happen on nodes. */
import { expect, test } from 'vitest'
import { Pod } from '../../src/api/core/pod.ts'
import { defineController } from '../../src/controllers/runtime/controller.ts'
import { compileSpec } from '../../src/testing/explore/compiled-spec.ts'
import { handsFor } from '../../src/testing/explore/hands.ts'
import type { Plan } from '../../src/testing/explore/plan.ts'
import { runReference } from '../../src/testing/explore/reference.ts'
import { search } from '../../src/testing/explore/search.ts'
import { simulate } from '../../src/testing/explore/simulation.ts'
import { type SimSpec, simulation, type Untyped } from '../../src/testing/explore/spec.ts'
import { instantKubelet } from '../../src/testing/instant-kubelet.ts'
import { boundPod, node, object } from './self-objects.ts'

/** Copies whether the pod is ready into a label, and with `once` never looks again. */
const labeller = (once: boolean) =>
  defineController({
    name: 'labeller',
    for: Pod,
    reconcile: async ({ object: pod, client }) => {
      if (pod === undefined) return
      const ready = String(pod.status?.conditions?.some((it) => it.type === 'Ready' && it.status === 'True'))
      const labels = pod.metadata.labels ?? {}
      if (labels['ready'] === ready || (once && labels['ready'] === 'false')) return
      await client.patch(
        Pod,
        { namespace: pod.metadata.namespace, name: pod.metadata.name },
        { metadata: { labels: { ready } } },
      )
    },
  })

const story = (once: boolean): SimSpec =>
  simulation({
    given: [node('node-1')],
    controllers: [labeller(once)],
    beside: [instantKubelet],
    scenario: async ({ user, settle, waitFor, truth }) => {
      await user.create(boundPod('a', 'node-1', {}))
      await waitFor(() => truth.get('Pod', 'a')?.metadata.labels?.['ready'] === 'true')
      await settle()
      await user.create(object('v1', 'ConfigMap', 'one'))
      await settle()
      await user.create(object('v1', 'ConfigMap', 'two'))
      await settle()
    },
  })

const hands = handsFor(['labeller-controller'])
const conditionOf = (it: Untyped | undefined, type = 'Ready') =>
  it?.['status']?.conditions?.find((condition: { type: string }) => condition.type === type)?.status

async function run(choice: Plan[number]) {
  const result = await simulate(compileSpec(story(false)), { plan: [choice] })
  expect(result.hit).toEqual([choice.at])
  expect(result.violation).toBeUndefined()
  const last = (kind: string) => result.objects.find((it) => it.kind === kind) as Untyped | undefined
  const states = (kind: string) =>
    result.history.filter((it) => it.target.startsWith(kind)).map((it) => conditionOf(it.object))
  return { ...result, last, states }
}

test('a pod is not ready for a while', async () => {
  const { last, states } = await run(hands.podNotReady('a', 2))
  expect(states('Pod/')).toContain('False')
  expect(conditionOf(last('Pod'))).toBe('True')
})

test('a pod is evicted', async () => {
  const { last } = await run(hands.podFails('a', 2))
  expect(last('Pod')).toMatchObject({ status: { phase: 'Failed', reason: 'Evicted' } })
})

test('a node is silent for a while', async () => {
  const { last, states } = await run(hands.nodeSilent('node-1', 1))
  expect(states('Node/')).toContain('Unknown')
  expect(conditionOf(last('Node'))).toBe('True')
})

test('kubelets act late', async () => {
  const { history } = await run(hands.lateStatus(1))
  const running = history.findIndex((it) => it.object?.['status']?.phase === 'Running')
  expect(running).toBeGreaterThan(0)
  expect(history.slice(0, running).map((it) => it.actor)).not.toContain('beside')
})

test('evictions are only tried where they are asked for', async () => {
  const all = compileSpec(story(false))
  expect(all.tries('kubelet: Pod/a before step 2 #1', 'not-ready')).toBe(true)
  expect(all.tries('kubelet: Pod/a before step 2 #1', 'pod-fails')).toBe(false)
  const asked = compileSpec({ ...story(false), faults: ['pod-fails'] })
  const { run: reference } = await runReference(asked)
  const tried = reference.sites.filter(({ at, faults }) => faults.some((it) => asked.tries(at, it)))
  expect(tried.length).toBeGreaterThan(0)
})

test('a controller that takes a pod out of service for ever is found by one that is not ready for a while', async () => {
  expect((await search(story(false))).failure).toBeUndefined()
  const { failure } = await search(story(true))
  expect(failure?.plan).toMatchObject([{ fault: 'not-ready' }])
})

import { expect, test } from 'vitest'
import { Deployment } from '../../src/api/apps/deployment.ts'
import { HorizontalPodAutoscaler } from '../../src/api/autoscaling/horizontal-pod-autoscaler.ts'
import { Event } from '../../src/api/core/event.ts'
import { Pod } from '../../src/api/core/pod.ts'
import { ResourceQuota } from '../../src/api/core/resource-quota.ts'
import { Secret } from '../../src/api/core/secret.ts'
import type { PodMetrics } from '../../src/api/metrics/pod-metrics.ts'
import { PodDisruptionBudget } from '../../src/api/policy/pod-disruption-budget.ts'
import { formatTime } from '../../src/api/time.ts'
import { budgetOf, disruptionsAllowed } from '../../src/controllers/disruption/budget.ts'
import { meter, resourceReadings } from '../../src/controllers/horizontal-pod-autoscaler/metrics.ts'
import {
  averageReplicas,
  type MeteredPod,
  perPodReplicas,
  resourceReplicas,
  valueReplicas,
} from '../../src/controllers/horizontal-pod-autoscaler/replicas.ts'
import {
  downLimit,
  limitWithBehavior,
  limitWithoutBehavior,
  stabilize,
  stabilizeWithBehavior,
  upLimit,
} from '../../src/controllers/horizontal-pod-autoscaler/rules.ts'
import { vectors } from './vectors.ts'
import { template, World } from './world.ts'

const NOW = Date.UTC(2026, 0, 1)

for (const group of ['pdbStatus', 'pdbStatusMore']) {
  vectors('pdb_eviction', group, ({ input, expect: want }) => {
    const budget = budgetOf(input, input.matchingPods, input.sumOfControllerScale)
    const allowed = disruptionsAllowed(budget, input.readyPods)
    expect({ disruptionsAllowed: allowed, currentHealthy: input.readyPods, ...budget }).toEqual(want)
  })
}

vectors('hpa', 'GetResourceReplicas', ({ input, expect: want }) => {
  const pods: MeteredPod[] = input.pods
    .filter((it: { state: string }) => it.state !== 'ignored')
    .map((it: { name: string; request: number; usage: number | null; state: 'ready' | 'unready' }) => ({
      name: it.name,
      state: it.state,
      requestMilli: it.request,
      usageMilli: it.usage ?? undefined,
    }))
  const proposal = resourceReplicas(pods, input.currentReplicas, input.targetUtilization, input.tolerance)
  expect({ replicas: proposal.replicas, utilization: proposal.usage }).toEqual(want)
})

for (const group of ['metricReplicas', 'scaleFromZero']) {
  vectors('hpa', group, ({ input, expect: want }) => {
    const { currentReplicas: current, targetMilli: target, levelsMilli: levels, readyPods, kind } = input
    const pods = levels.map(
      (usageMilli: number, i: number): MeteredPod => ({
        name: `p${i}`,
        state: 'ready',
        requestMilli: 0,
        usageMilli,
      }),
    )
    const value = levels.reduce((sum: number, it: number) => sum + it, 0)
    const proposal =
      kind === 'pods'
        ? averageReplicas(pods, current, target, 0.1)
        : kind === 'perPod'
          ? perPodReplicas(value, target, current, 0.1)
          : valueReplicas(value, target, current, readyPods, 0.1)
    expect({ replicas: proposal.replicas, usageMilli: proposal.usage }).toEqual(want)
  })
}

vectors('hpa', 'groupPods', ({ input, expect: want }) => {
  const { phase, startedSecondsAgo, ready, readySinceSeconds, metricAgeSeconds, windowSeconds } = input
  const ago = (seconds: number) => formatTime(NOW - seconds * 1000)
  const pod: Pod = {
    metadata: { name: 'p' },
    spec: { containers: [] },
    status: {
      phase,
      ...(startedSecondsAgo !== null && { startTime: ago(startedSecondsAgo) }),
      conditions:
        ready === null ? [] : [{ type: 'Ready', status: ready, lastTransitionTime: ago(readySinceSeconds) }],
    },
  }
  const measured: PodMetrics = {
    metadata: { name: 'p' },
    timestamp: ago(metricAgeSeconds),
    window: `${windowSeconds}s`,
    containers: [{ name: 'c', usage: { cpu: '1m' } }],
  }
  const readings = resourceReadings(metricAgeSeconds === null ? [] : [measured], 'cpu')
  expect(meter([pod], readings, 'cpu', NOW)[0]?.state).toBe(want.state)
})

const range = (input: Record<string, number>) => ({
  current: input.currentReplicas!,
  desired: input.desiredReplicas!,
  min: input.minReplicas!,
  max: input.maxReplicas!,
})

vectors('hpa', 'convertDesiredReplicasWithRules', ({ input, expect: want }) => {
  expect(limitWithoutBehavior(range(input))).toEqual(want)
})

vectors('hpa', 'convertDesiredReplicasWithBehaviorRate', ({ input, expect: want }) => {
  const events = (list: { change: number; ageSeconds: number }[]) =>
    list.map(({ change, ageSeconds }) => ({ change, atMs: NOW - ageSeconds * 1000 }))
  const history = { up: events(input.scaleUpEvents), down: events(input.scaleDownEvents) }
  expect(limitWithBehavior(range(input), { up: input.scaleUp, down: input.scaleDown }, history, NOW)).toEqual(
    want,
  )
})

vectors('hpa', 'scaleLimits', ({ input, expect: want }) => {
  const policies = input.policies.map(([type, value, periodSeconds]: [string, number, number]) => ({
    type,
    value,
    periodSeconds,
  }))
  const limitOf = input.direction === 'down' ? downLimit : upLimit
  const limit = limitOf(
    input.currentReplicas,
    { selectPolicy: input.selectPolicy, policies },
    { up: [], down: [] },
    NOW,
  )
  expect(limit).toBe(want.limit)
})

vectors('hpa', 'stabilizeRecommendation', ({ input, expect: want }) => {
  const recommendations = input.recommendations.map((it: { replicas: number; ageSeconds: number }) => ({
    replicas: it.replicas,
    atMs: NOW - it.ageSeconds * 1000,
  }))
  const { replicas, recommendations: after } = stabilize(
    recommendations,
    input.desired,
    input.windowSeconds * 1000,
    NOW,
  )
  expect({ stabilized: replicas, logLength: after.length }).toEqual(want)
})

vectors('hpa', 'stabilizeRecommendationWithBehaviors', ({ input, expect: want }) => {
  const recommendations = input.recommendations.map((it: { replicas: number; ageSeconds: number }) => ({
    replicas: it.replicas,
    atMs: NOW - it.ageSeconds * 1000,
  }))
  const windows = { upMs: input.upWindowSeconds * 1000, downMs: input.downWindowSeconds * 1000 }
  const sizes = { current: input.currentReplicas, desired: input.desiredReplicas, min: 0, max: 1000 }
  const stabilized = stabilizeWithBehavior(recommendations, sizes, windows, NOW)
  expect({
    stabilized: stabilized.replicas,
    recommendations: stabilized.recommendations.map((it) => it.replicas),
  }).toEqual(want)
})

test('a budget follows the pods, and evictions spend it', async () => {
  const world = await World.create()
  const labels = { app: 'web' }
  await world.create(PodDisruptionBudget, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { maxUnavailable: 1, selector: { matchLabels: labels } },
  })
  await world.create(Deployment, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { replicas: 3, selector: { matchLabels: labels }, template: template(labels) },
  })
  await world.settle()
  const budget = async () => (await world.get(PodDisruptionBudget, 'web')).status
  expect(await budget()).toMatchObject({
    disruptionsAllowed: 1,
    currentHealthy: 3,
    desiredHealthy: 2,
    expectedPods: 3,
  })
  expect((await budget())?.conditions?.[0]).toMatchObject({
    type: 'DisruptionAllowed',
    status: 'True',
    reason: 'SufficientPods',
  })

  const [one, two] = await world.pods()
  const evict = (name: string) =>
    world.client((it) =>
      it.subresource('create', Pod, { namespace: 'default', name }, 'eviction', {
        metadata: { name, namespace: 'default' },
      }),
    )
  await evict(one!.metadata.name)
  await expect(evict(two!.metadata.name)).rejects.toThrow(
    "Cannot evict pod as it would violate the pod's disruption budget.",
  )
  await world.settle()
  expect((await budget())?.disruptionsAllowed).toBe(1)
  // Neither a size that changes nor a budget that was spent meanwhile is worth a word.
  const told = (await world.list(Event)).filter((it) => it.involvedObject.kind === 'PodDisruptionBudget')
  expect(told.map((it) => `${it.reason} ${it.count}`)).toEqual(['NoPods 2'])
})

test('a budget says that it cannot count pods that nobody manages', async () => {
  const world = await World.create()
  const labels = { app: 'bare' }
  await world.create(PodDisruptionBudget, {
    metadata: { name: 'bare', namespace: 'default' },
    spec: { maxUnavailable: 1, selector: { matchLabels: labels } },
  })
  await world.create(Pod, {
    metadata: { name: 'bare', namespace: 'default', labels },
    spec: template(labels).spec,
  })
  await world.settle()
  const events = (await world.list(Event)).map((it) => `${it.reason}: ${it.message}`)
  expect(events).toContain('NoPods: No matching pods found')
  expect(events).toContain(
    'UnmanagedPods: Pods selected by this PodDisruptionBudget (selector: &LabelSelector{MatchLabels:map[string]string{app: bare,},MatchExpressions:[]LabelSelectorRequirement{},}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.',
  )
})

test('an autoscaler says why it cannot scale, and keeps within its bounds', async () => {
  const world = await World.create()
  const labels = { app: 'web' }
  await world.create(Deployment, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { replicas: 7, selector: { matchLabels: labels }, template: template(labels) },
  })
  await world.create(HorizontalPodAutoscaler, {
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      minReplicas: 1,
      maxReplicas: 4,
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } },
        },
      ],
    },
  })
  await world.advance(40)
  expect((await world.get(Deployment, 'web')).spec.replicas).toBe(4)
  const { status } = await world.get(HorizontalPodAutoscaler, 'web')
  expect(status).toMatchObject({ currentReplicas: 4, desiredReplicas: 4 })
  expect(status?.conditions?.find((it) => it.type === 'ScalingActive')).toMatchObject({
    status: 'False',
    reason: 'FailedGetResourceMetric',
  })
  const events = (await world.list(Event)).filter(
    (it) => it.involvedObject.kind === 'HorizontalPodAutoscaler',
  )
  expect(events.map((it) => it.message)).toContain(
    'New size: 4; reason: Current number of replicas above Spec.MaxReplicas',
  )
})

test('a quota shows what is used', async () => {
  const world = await World.create()
  await world.create(ResourceQuota, {
    metadata: { name: 'all', namespace: 'default' },
    spec: {
      hard: { pods: '10', 'requests.cpu': '4', 'count/deployments.apps': '3', 'services.nodeports': '1' },
    },
  })
  const labels = { app: 'web' }
  const base = template(labels)
  const containers = [{ ...base.spec.containers[0]!, resources: { requests: { cpu: '250m' } } }]
  await world.create(Deployment, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { replicas: 2, selector: { matchLabels: labels }, template: { ...base, spec: { containers } } },
  })
  await world.settle()
  expect((await world.get(ResourceQuota, 'all')).status?.used).toEqual({
    pods: '2',
    'requests.cpu': '500m',
    'count/deployments.apps': '1',
    'services.nodeports': '0',
  })
})

vectors('pdb_eviction', 'pdbErrors', async ({ input, expect: want }) => {
  const world = await World.create()
  const labels = { app: 'odd' }
  const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'odd', uid: 'odd', controller: true }
  await world.create(PodDisruptionBudget, {
    metadata: { name: 'odd', namespace: 'default' },
    spec: { minAvailable: input.minAvailable, selector: { matchLabels: labels } },
  })
  const ownerReferences = input.pods[0] === 'unsupported controller' ? [owner] : []
  const metadata = { name: 'odd', namespace: 'default', labels, ownerReferences }
  await world.create(Pod, { metadata, spec: template(labels).spec })
  await world.advance(0.1)
  const { status } = await world.get(PodDisruptionBudget, 'odd')
  expect(status?.disruptionsAllowed).toBe(want.disruptionsAllowed)
  if (want.condition !== undefined) expect(status?.conditions?.[0]).toMatchObject(want.condition)
  const [type, reason] = want.event
  expect((await world.list(Event)).some((it) => it.type === type && it.reason === reason)).toBe(true)
})

test('a quota on the number of objects is given back as they go, and right after a restart', async () => {
  const world = await World.create()
  await world.create(ResourceQuota, {
    metadata: { name: 'few', namespace: 'default' },
    spec: { hard: { 'count/secrets': '9', secrets: '9', 'count/deployments.apps': '9' } },
  })
  for (const name of ['a', 'b']) await world.create(Secret, { metadata: { name, namespace: 'default' } })
  await world.settle()
  const used = async () => (await world.get(ResourceQuota, 'few')).status?.used
  expect(await used()).toEqual({ 'count/secrets': '2', secrets: '2', 'count/deployments.apps': '0' })
  await world.delete(Secret, 'a')
  await world.settle()
  expect(await used()).toMatchObject({ 'count/secrets': '1', secrets: '1' })
  world.manager.restart()
  await world.settle()
  expect(await used()).toMatchObject({ 'count/secrets': '1', secrets: '1' })
})

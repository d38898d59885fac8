import { describe, expect, test } from 'vitest'
import type { Deployment, DeploymentStatus } from '../../src/api/apps/deployment.ts'
import type { ReplicaSet } from '../../src/api/apps/replica-set.ts'
import type { Stored } from '../../src/api/kind.ts'
import { formatTime } from '../../src/api/time.ts'
import {
  annotationsOfNew,
  lastRevision,
  REVISION,
  REVISION_HISTORY,
} from '../../src/controllers/deployment/annotations.ts'
import { maxUnavailableOf, resolveFenceposts } from '../../src/controllers/deployment/fenceposts.ts'
import { replicaSetsToDelete } from '../../src/controllers/deployment/history.ts'
import { planScale } from '../../src/controllers/deployment/proportional.ts'
import { byAge, specReplicas } from '../../src/controllers/deployment/replica-sets.ts'
import {
  newReplicaSetSize,
  nextNewSize,
  planOldReplicaSets,
  removeAvailable,
  removeUnhealthy,
  withSize,
} from '../../src/controllers/deployment/rolling.ts'
import {
  condition,
  isComplete,
  isProgressing,
  isTimedOut,
  recheckAfterMs,
  rolloutStatus,
  withCondition,
} from '../../src/controllers/deployment/status.ts'
import { vectors } from './vectors.ts'

const NOW = Date.UTC(2026, 0, 1)

type IntOrString = number | string | null

interface DeploymentCase {
  readonly replicas: number
  readonly maxSurge?: IntOrString
  readonly maxUnavailable?: IntOrString
  readonly strategy?: string
  readonly status?: DeploymentStatus
}

function deployment(it: DeploymentCase): Stored<Deployment> {
  return {
    metadata: {
      name: 'foo',
      namespace: 'default',
      uid: 'd',
      resourceVersion: '1',
      creationTimestamp: formatTime(NOW),
    },
    spec: {
      replicas: it.replicas,
      selector: { matchLabels: { app: 'foo' } },
      template: { spec: { containers: [] } },
      strategy: {
        type: it.strategy ?? 'RollingUpdate',
        rollingUpdate: { maxSurge: it.maxSurge ?? undefined, maxUnavailable: it.maxUnavailable ?? undefined },
      },
    },
    status: it.status,
  }
}

interface ReplicaSetCase {
  readonly name: string
  readonly specReplicas: number
  readonly statusReplicas?: number
  readonly available?: number
  readonly ageRank?: number
  readonly annotations?: Readonly<Record<string, string>>
  readonly revision?: string
  readonly deletionTimestamp?: boolean
}

function replicaSet(it: ReplicaSetCase): Stored<ReplicaSet> {
  return {
    metadata: {
      name: it.name,
      namespace: 'default',
      uid: it.name,
      resourceVersion: '1',
      creationTimestamp: formatTime(NOW + (it.ageRank ?? 0) * 1000),
      annotations: { ...it.annotations, ...(it.revision !== undefined && { [REVISION]: it.revision }) },
      ...(it.deletionTimestamp && { deletionTimestamp: formatTime(NOW) }),
    },
    spec: { replicas: it.specReplicas, selector: { matchLabels: { app: 'foo' } } },
    status: { replicas: it.statusReplicas ?? it.specReplicas, availableReplicas: it.available },
  }
}

for (const group of ['ResolveFenceposts', 'ResolveFencepostsMore']) {
  vectors('deployment_fenceposts', group, ({ input, expect: want }) => {
    const resolve = () =>
      resolveFenceposts(input.maxSurge ?? undefined, input.maxUnavailable ?? undefined, input.desired)
    if (want.error) expect(resolve).toThrow('IntOrString')
    else expect(resolve()).toEqual({ surge: want.maxSurge, unavailable: want.maxUnavailable })
  })
}

vectors('deployment_fenceposts', 'MaxUnavailable', ({ input, expect: want }) => {
  expect(maxUnavailableOf(deployment(input))).toBe(want.maxUnavailable)
})

vectors('deployment_fenceposts', 'NewRSNewReplicas', ({ input, expect: want }) => {
  const d = deployment({ ...input, replicas: input.deploymentReplicas })
  const others = replicaSet({
    name: 'old',
    specReplicas: input.allReplicaSetSpecReplicasTotal - input.newRSReplicas,
  })
  const newOne = replicaSet({ name: 'new', specReplicas: input.newRSReplicas })
  expect(newReplicaSetSize(d, [others, newOne], input.newRSReplicas)).toBe(want.newRSReplicas)
})

vectors('deployment_rolling_steps', 'reconcileNewReplicaSet', ({ input, expect: want }) => {
  const d = deployment({ ...input, replicas: input.deploymentReplicas })
  const old = replicaSet({ name: 'old', specReplicas: input.oldReplicas })
  const newOne = replicaSet({ name: 'new', specReplicas: input.newReplicas })
  const size = nextNewSize(d, [old, newOne], newOne)
  expect({ scaled: size !== input.newReplicas, newReplicas: size }).toEqual(want)
})

vectors('deployment_rolling_steps', 'reconcileOldReplicaSets', ({ input, expect: want }) => {
  const d = deployment({ ...input, replicas: input.deploymentReplicas })
  const old = replicaSet({ name: 'old', specReplicas: input.oldReplicas, available: input.oldAvailable })
  const newOne = replicaSet({ name: 'new', specReplicas: input.newReplicas, available: input.newAvailable })
  const steps = planOldReplicaSets(d, [old], newOne)
  expect({ scaled: steps.length > 0, oldReplicas: steps.at(-1)?.replicas ?? input.oldReplicas }).toEqual(want)
})

vectors('deployment_rolling_steps', 'cleanupUnhealthyReplicas', ({ input, expect: want }) => {
  const old = replicaSet({ name: 'old', specReplicas: input.oldReplicas, available: input.availableReplicas })
  const steps = removeUnhealthy([old], input.maxCleanupCount)
  expect(input.oldReplicas - (steps[0]?.replicas ?? input.oldReplicas)).toBe(want.cleaned)
})

vectors('deployment_rolling_steps', 'scaleDownOldReplicaSetsForRollingUpdate', ({ input, expect: want }) => {
  const d = deployment({ ...input, replicas: input.deploymentReplicas })
  const old = replicaSet({ name: 'old', specReplicas: input.oldReplicas })
  const steps = removeAvailable(
    [old],
    input.availableReplicas - (input.deploymentReplicas - maxUnavailableOf(d)),
  )
  expect({ scaled: steps.length > 0, oldReplicas: steps[0]?.replicas ?? input.oldReplicas }).toEqual(want)
})

vectors('deployment_rolling_steps', 'rolloutSequence', ({ input, expect: want }) => {
  const d = deployment(input)
  let old = replicaSet({ name: 'old', specReplicas: input.oldReplicas, available: input.oldReplicas })
  const created = newReplicaSetSize(d, [old], 0)
  let newOne = replicaSet({ name: 'new', specReplicas: created, ageRank: 1, available: 0 })
  const seen: { old: number; new: number }[] = []
  // The sync that creates the new one goes on to the old ones, since nothing was scaled.
  for (const first = newOne; ; ) {
    const size = newOne === first ? specReplicas(newOne) : nextNewSize(d, [old, newOne], newOne)
    if (size !== specReplicas(newOne)) newOne = withSize(newOne, size)
    else {
      const steps = planOldReplicaSets(d, [old], newOne)
      if (steps.length === 0 && seen.length > 0) break
      if (steps.length > 0) old = withSize(old, steps.at(-1)!.replicas)
    }
    seen.push({ old: specReplicas(old), new: specReplicas(newOne) })
    const settle = (it: Stored<ReplicaSet>) => ({
      ...it,
      status: { replicas: specReplicas(it), availableReplicas: specReplicas(it) },
    })
    old = settle(old)
    newOne = settle(newOne)
  }
  expect(seen).toEqual(want.steps.map((it: { old: number; new: number }) => ({ old: it.old, new: it.new })))
})

vectors('deployment_proportional_scaling', 'scale', ({ input, expect: want }) => {
  const newOne = input.newRS === null ? undefined : replicaSet(input.newRS)
  const old = input.oldRSs.map(replicaSet)
  const all: Stored<ReplicaSet>[] = newOne === undefined ? old : [newOne, ...old]
  const sizes = Object.fromEntries(all.map((it) => [it.metadata.name, specReplicas(it)]))
  for (const step of planScale(deployment(input.deployment), newOne, old)) {
    sizes[step.replicaSet.metadata.name] = step.replicas
  }
  expect(sizes).toEqual(want.specReplicas)
})

vectors('deployment_progress', 'DeploymentComplete', ({ input, expect: want }) => {
  expect(isComplete(deployment(input), input.status)).toBe(want.complete)
})

vectors('deployment_progress', 'DeploymentProgressing', ({ input, expect: want }) => {
  expect(isProgressing(input.oldStatus, input.newStatus)).toBe(want.progressing)
})

for (const group of ['DeploymentTimedOut', 'DeploymentTimedOutMore']) {
  vectors('deployment_progress', group, ({ input, expect: want }) => {
    const base = deployment({ replicas: 1 })
    const d = {
      ...base,
      spec: { ...base.spec, progressDeadlineSeconds: input.progressDeadlineSeconds ?? undefined },
    }
    const since = NOW - input.secondsSinceLastUpdate * 1000
    const status = { conditions: [condition('Progressing', 'True', input.reason, '', since)] }
    expect(isTimedOut(d, status, NOW)).toBe(want.timedOut)
  })
}

vectors('deployment_progress', 'cleanupDeployment', ({ input, expect: want }) => {
  const old = input.oldRSs.map(replicaSet)
  const gone = replicaSetsToDelete(old, input.revisionHistoryLimit).map((it) => it.metadata.name)
  if (want.deletions !== undefined) expect(gone).toHaveLength(want.deletions)
  else expect(gone).toEqual(want.deleted)
})

describe('revisions', () => {
  test('a rollback takes a new number and keeps the old one as history', () => {
    const d = deployment({ replicas: 1 })
    const back = replicaSet({
      name: 'foo-1',
      specReplicas: 0,
      revision: '1',
      annotations: { [REVISION_HISTORY]: '1,3' },
    })
    expect(annotationsOfNew(d, back, 5)).toEqual({ [REVISION]: '5', [REVISION_HISTORY]: '1,3,1' })
  })

  test('history drops its oldest entries beyond 2000 characters', () => {
    const long = Array.from({ length: 400 }, (_, i) => String(1000 + i)).join(',')
    const back = replicaSet({
      name: 'foo-1',
      specReplicas: 0,
      revision: '9999',
      annotations: { [REVISION_HISTORY]: long },
    })
    const history = annotationsOfNew(deployment({ replicas: 1 }), back, 10000)[REVISION_HISTORY]!
    expect(history.length).toBeLessThanOrEqual(2000)
    expect(history.endsWith(',1399,9999')).toBe(true)
    expect(history.startsWith('1001,')).toBe(true)
  })

  test('a current revision changes nothing, and a strange one is left alone', () => {
    const current = replicaSet({ name: 'foo-1', specReplicas: 0, revision: '7' })
    expect(annotationsOfNew(deployment({ replicas: 1 }), current, 5)).toBe(current.metadata.annotations)
    const strange = replicaSet({ name: 'foo-1', specReplicas: 0, revision: 'seven' })
    expect(annotationsOfNew(deployment({ replicas: 1 }), strange, 5)).toBe(strange.metadata.annotations)
  })

  test('the last revision is the second highest', () => {
    const of = (revision: string) => replicaSet({ name: revision, specReplicas: 0, revision })
    expect(lastRevision(['3', '1', '2'].map(of))).toBe(2)
    expect(lastRevision([of('4')])).toBe(0)
  })

  test('ReplicaSets of one second are ordered by name', () => {
    const names = ['b', 'a'].map((name) => replicaSet({ name, specReplicas: 0 })).sort(byAge)
    expect(names.map((it) => it.metadata.name)).toEqual(['a', 'b'])
  })
})

describe('conditions', () => {
  const withDeadline = (status: DeploymentStatus): Stored<Deployment> => {
    const base = deployment({ replicas: 1, maxUnavailable: 0, maxSurge: 1, status })
    return { ...base, spec: { ...base.spec, progressDeadlineSeconds: 600 } }
  }

  test('a condition with the same status and reason is not rewritten', () => {
    const first = { conditions: [condition('Available', 'True', 'MinimumReplicasAvailable', 'x', NOW)] }
    const again = condition('Available', 'True', 'MinimumReplicasAvailable', 'y', NOW + 5000)
    expect(withCondition(first, again)).toBe(first)
  })

  test('another reason moves it to the end and keeps the time of the transition', () => {
    const status = {
      conditions: [
        condition('Progressing', 'True', 'A', '', NOW),
        condition('Available', 'True', 'B', '', NOW),
      ],
    }
    const next = withCondition(status, condition('Progressing', 'True', 'C', '', NOW + 5000))
    expect(next.conditions?.map((it) => it.type)).toEqual(['Available', 'Progressing'])
    expect(next.conditions?.[1]?.lastTransitionTime).toBe(formatTime(NOW))
    expect(next.conditions?.[1]?.lastUpdateTime).toBe(formatTime(NOW + 5000))
  })

  test('a rollout that gets nowhere times out and says so of its ReplicaSet', () => {
    const since = condition('Progressing', 'True', 'ReplicaSetUpdated', '', NOW - 601_000)
    const d = withDeadline({ replicas: 1, updatedReplicas: 1, unavailableReplicas: 1, conditions: [since] })
    const newOne = replicaSet({ name: 'foo-2', specReplicas: 1 })
    const status = rolloutStatus(d, [newOne], newOne, NOW)
    expect(status.conditions?.at(-1)).toMatchObject({
      type: 'Progressing',
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      message: 'ReplicaSet "foo-2" has timed out progressing.',
    })
  })

  test('looks again one second after the deadline', () => {
    const since = condition('Progressing', 'True', 'ReplicaSetUpdated', '', NOW - 100_000)
    const d = withDeadline({ replicas: 1, updatedReplicas: 1, conditions: [since] })
    expect(recheckAfterMs(d, d.status!, NOW)).toBe(501_000)
  })

  test('unavailable pods are counted against what the ReplicaSets want, surge included', () => {
    const d = deployment({ replicas: 2 })
    const sets = [
      replicaSet({ name: 'a', specReplicas: 2, available: 1 }),
      replicaSet({ name: 'b', specReplicas: 1, available: 0 }),
    ]
    expect(rolloutStatus(d, sets, sets[1], NOW).unavailableReplicas).toBe(2)
  })
})

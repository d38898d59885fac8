import { describe, expect, test } from 'vitest'
import { Job, type JobStatus } from '../../src/api/batch/job.ts'
import { Event } from '../../src/api/core/event.ts'
import { Pod } from '../../src/api/core/pod.ts'
import type { Stored } from '../../src/api/kind.ts'
import { formatTime } from '../../src/api/time.ts'
import { recordAfter, remainingForIndexMs, remainingMs } from '../../src/controllers/job/backoff.ts'
import {
  BACKOFF_LIMIT_EXCEEDED,
  COMPLETIONS_REACHED,
  DEADLINE_EXCEEDED,
  type Ending,
  FAILED_INDEXES,
  finalCondition,
  isPastBackoffLimit,
  MAX_FAILED_INDEXES_EXCEEDED,
  wantedPods,
} from '../../src/controllers/job/decide.ts'
import { matchFailurePolicy } from '../../src/controllers/job/failure-policy.ts'
import { Indexes } from '../../src/controllers/job/indexes.ts'
import {
  COMPLETION_INDEX,
  FAILURE_COUNT,
  finishTime,
  IGNORED_FAILURE_COUNT,
  indexOf,
  isIndexFailed,
  type JobPod,
  podsToRemove,
  TRACKING,
} from '../../src/controllers/job/pods.ts'
import { matchSuccessPolicy } from '../../src/controllers/job/success-policy.ts'
import { failedIndexes, keptPerIndex, succeededIndexes } from '../../src/controllers/job/tracking.ts'
import { needsCleanup, timeLeftMs } from '../../src/controllers/ttl-after-finished/controller.ts'
import { vectors } from './vectors.ts'
import { template, World } from './world.ts'

const T = Date.UTC(2026, 0, 1)

function job(spec: object = {}, status: JobStatus = {}): Stored<Job> {
  return {
    metadata: {
      name: 'j',
      namespace: 'default',
      uid: 'j',
      resourceVersion: '1',
      creationTimestamp: formatTime(T),
    },
    spec: { template: template({ job: 'j' }), completionMode: 'NonIndexed', ...spec },
    status,
  }
}

interface PodCase {
  readonly index?: number | string | null
  readonly phase?: string
  readonly uid?: string
  readonly failureCount?: number
  readonly ignoredFailureCount?: number
  readonly finalizer?: boolean
  readonly status?: object
  readonly meta?: object
}

function pod(it: PodCase): JobPod {
  const annotations = {
    ...(it.index !== undefined && it.index !== null && { [COMPLETION_INDEX]: String(it.index) }),
    ...(it.failureCount !== undefined && { [FAILURE_COUNT]: String(it.failureCount) }),
    ...(it.ignoredFailureCount !== undefined && { [IGNORED_FAILURE_COUNT]: String(it.ignoredFailureCount) }),
  }
  return {
    metadata: {
      name: it.uid ?? 'p',
      namespace: 'default',
      uid: it.uid ?? 'p',
      resourceVersion: '1',
      creationTimestamp: formatTime(T),
      annotations,
      ...(it.finalizer !== false && { finalizers: [TRACKING] }),
      ...it.meta,
    },
    spec: { containers: [] },
    status: { phase: it.phase ?? 'Failed', ...it.status },
  }
}

for (const group of ['getRemainingTime', 'getRemainingTimeDefaults']) {
  vectors('job_backoff', group, ({ input, expect: want }) => {
    const record = {
      failures: input.failuresAfterLastSuccess,
      lastFailureMs:
        input.failuresAfterLastSuccess > 0 ? T - input.secondsSinceLastFailure * 1000 : undefined,
    }
    expect(remainingMs(record, T, input.baseSeconds * 1000, input.maxSeconds * 1000) / 1000).toBe(
      want.remainingSeconds,
    )
  })
}

vectors('job_backoff', 'getRemainingTimePerIndex', ({ input, expect: want }) => {
  const failed = pod({
    failureCount: input.indexFailureCount,
    ignoredFailureCount: input.indexIgnoredFailureCount,
  })
  expect(remainingForIndexMs(failed, T, input.baseSeconds * 1000, input.maxSeconds * 1000) / 1000).toBe(
    want.remainingSeconds,
  )
})

vectors('job_backoff', 'newBackoffRecord', ({ input, expect: want }) => {
  const stored = { failures: input.storedFailures, lastFailureMs: undefined }
  const record = recordAfter(stored, input.newSucceededFinishMs, input.newFailedFinishMs)
  expect(record.failures).toBe(want.failuresAfterLastSuccess)
  expect(record.lastFailureMs ?? null).toBe(want.lastFailureMs)
})

vectors('job_backoff', 'getFinishedTime', ({ input, expect: want }) => {
  const at = (seconds: number) => formatTime(T + seconds * 1000)
  const statuses = (name: string, list: (number | string)[] = []) =>
    list.map((it, i) => ({
      name: `${name}-${i}`,
      state:
        it === 'running'
          ? { running: {} }
          : { terminated: typeof it === 'number' ? { finishedAt: at(it) } : { exitCode: 1 } },
    }))
  const containerStatuses = statuses('c', input.containers)
  const sidecars = statuses('sidecar', input.sidecars)
  const initContainerStatuses = [...statuses('init', input.initContainers), ...sidecars]
  const { readyCondition, deletionTimestamp, deletionGracePeriodSeconds, creationTimestamp } = input
  const conditions = readyCondition && [
    {
      type: 'Ready',
      status: readyCondition.status,
      lastTransitionTime: at(readyCondition.lastTransitionTime),
    },
  ]
  const finished = finishTime({
    ...pod({
      status: { containerStatuses, initContainerStatuses, conditions },
      meta: {
        ...(deletionTimestamp !== undefined && {
          deletionTimestamp: at(deletionTimestamp),
          deletionGracePeriodSeconds,
        }),
        ...(creationTimestamp !== undefined && { creationTimestamp: at(creationTimestamp) }),
      },
    }),
    spec: {
      containers: [],
      initContainers: sidecars.map(({ name }) => ({ name, image: 'x', restartPolicy: 'Always' })),
    },
  })
  expect((finished - T) / 1000).toBe(want.finishTime)
})

vectors('job_decisions', 'matchPodFailurePolicy', ({ input, expect: want }) => {
  const statuses = (list: { name: string; exitCode: number }[] | undefined) =>
    list?.map(({ name, exitCode }) => ({ name, state: { terminated: { exitCode } } }))
  const { containers, initContainers, conditions, namespace, name } = input.pod
  const failed = pod({
    meta: { namespace, name },
    status: {
      conditions,
      containerStatuses: statuses(containers),
      initContainerStatuses: statuses(initContainers),
    },
  })
  const verdict = matchFailurePolicy(input.rules === null ? undefined : { rules: input.rules }, failed)
  expect({
    failJobMessage: verdict.failJobMessage ?? null,
    counted: verdict.counted,
    action: verdict.action ?? null,
  }).toEqual(want)
})

vectors('job_decisions', 'wantedPods', ({ input, expect: want }) => {
  const j = job({
    completions: input.completions ?? undefined,
    parallelism: input.parallelism,
    podReplacementPolicy: input.podReplacementPolicyFailed ? 'Failed' : 'TerminatingOrFailed',
  })
  const { remove, create } = wantedPods(j, { ...input, failed: 0 })
  expect({ delete: remove, create }).toEqual(want)
})

vectors('job_decisions', 'backoffLimit', ({ input, expect: want }) => {
  const base = template({})
  const j = job({
    backoffLimit: input.backoffLimit,
    template: { ...base, spec: { ...base.spec, restartPolicy: input.restartPolicy } },
  })
  expect(isPastBackoffLimit(j, input.failed, input.restartsOfPendingOrRunningPods ?? 0)).toBe(
    want.backoffLimitExceeded,
  )
})

vectors('job_decisions', 'terminalConditions', ({ input, expect: want }) => {
  const endings: Record<string, Ending> = {
    'succeeded >= completions and active == 0': COMPLETIONS_REACHED,
    'rule 0 matched': {
      type: 'SuccessCriteriaMet',
      reason: 'SuccessPolicy',
      message: matchSuccessPolicy({ rules: [{ succeededCount: 1 }] }, 1, Indexes.of([0]))!,
    },
    'failed > backoffLimit': BACKOFF_LIMIT_EXCEEDED,
    'activeDeadlineSeconds passed': DEADLINE_EXCEEDED,
    'failed indexes > maxFailedIndexes': MAX_FAILED_INDEXES_EXCEEDED,
    'failed>0 and failed+succeeded>=completions': FAILED_INDEXES,
  }
  const ending = endings[input.event]!
  const { type, reason, message } = finalCondition(ending, T)
  expect([ending, { type, reason, message }]).toEqual(want.sequence)
})

vectors('job_indexed', 'calculateSucceededIndexes', ({ input, expect: want }) => {
  const j = job(
    { completionMode: 'Indexed', completions: input.completions },
    { completedIndexes: input.prevCompletedIndexes },
  )
  const { before, all } = succeededIndexes(j, input.pods.map(pod))
  expect(before.intervals).toEqual(want.statusIntervals)
  expect(all.intervals).toEqual(want.intervals)
  expect(all.toString()).toBe(want.completedIndexes)
  expect(all.total).toBe(want.succeeded)
})

vectors('job_indexed', 'intervalString', ({ input, expect: want }) => {
  expect(Indexes.of(input.indexes).toString()).toBe(want.string)
})

vectors('job_indexed', 'calculateFailedIndexes', ({ input, expect: want }) => {
  const j = job(
    {
      completionMode: 'Indexed',
      completions: input.completions,
      backoffLimitPerIndex: input.backoffLimitPerIndex,
    },
    { failedIndexes: input.failedIndexes ?? undefined },
  )
  expect(failedIndexes(j, input.failedPods.map(pod)).intervals).toEqual(want.failed)
  if (want.failed.length > 0) return
  // The same pod within reach does count.
  const near = { ...input.failedPods[0], index: 0, finalizer: true }
  expect(failedIndexes(j, [pod(near)]).intervals).toEqual([[0, 0]])
})

vectors('job_indexed', 'isIndexFailed', ({ input, expect: want }) => {
  const { failIndexMatches, ignoreMatches } = input
  const action = failIndexMatches ? 'FailIndex' : ignoreMatches ? 'Ignore' : undefined
  const rules = action === undefined ? [] : [{ action, onExitCodes: { operator: 'In', values: [3] } }]
  const failed = pod({
    failureCount: input.failureCount,
    status: { containerStatuses: [{ name: 'c', state: { terminated: { exitCode: 3 } } }] },
  })
  expect(
    isIndexFailed(
      job({ backoffLimitPerIndex: input.backoffLimitPerIndex, podFailurePolicy: { rules } }),
      failed,
    ),
  ).toBe(want.indexFailed)
  // Without the rule the limit alone decides.
  const byLimit = Math.max(0, input.failureCount) >= input.backoffLimitPerIndex
  expect(isIndexFailed(job({ backoffLimitPerIndex: input.backoffLimitPerIndex }), failed)).toBe(byLimit)
})

vectors('job_indexed', 'firstPendingIndexes', ({ input, expect: want }) => {
  expect(Indexes.of(input.taken).firstMissing(input.count, input.completions)).toEqual(want.indexes)
})

vectors('job_indexed', 'duplicatedIndexes', ({ input, expect: want }) => {
  const j = job({ completionMode: 'Indexed', completions: input.completions })
  const removed = podsToRemove(j, input.pods.map(pod), 0)
  const told = removed.map(
    (it) => `${it.metadata.annotations?.[COMPLETION_INDEX] ?? '-'}:${it.status?.phase}`,
  )
  expect(told.sort()).toEqual(want.removed)
})

vectors('job_indexed', 'getPodsWithDelayedDeletionPerIndex', ({ input, expect: want }) => {
  const j = job({
    completionMode: 'Indexed',
    completions: input.completions,
    backoffLimitPerIndex: input.backoffLimitPerIndex,
  })
  const pods: JobPod[] = input.pods.map(pod)
  const active = new Set(pods.filter((it) => it.status?.phase === 'Running').map(indexOf))
  const done = { succeeded: succeededIndexes(j, pods).all, failed: failedIndexes(j, pods), active }
  const kept = keptPerIndex(j, pods, done, new Set(input.expectedFinalizerRemovals))
  expect([...kept.values()].map((it) => it.metadata.uid)).toEqual(want.keptUids)
})

vectors('job_indexed', 'matchSuccessPolicy', ({ input, expect: want }) => {
  const policy = input.rules === null ? undefined : { rules: input.rules }
  const succeeded = Indexes.of(
    input.succeededIntervals.flatMap(([a, b]: [number, number]) =>
      Array.from({ length: b - a + 1 }, (_, i) => a + i),
    ),
  )
  const message = matchSuccessPolicy(policy, input.completions, succeeded)
  expect({ met: message !== undefined, message: message ?? '' }).toEqual(want)
})

vectors('gc_ttl_podgc', 'timeLeft', ({ input, expect: want }) => {
  const condition = {
    type: input.condition,
    status: 'True',
    lastTransitionTime: formatTime(T - input.finishedAgo * 1000),
  }
  const conditions = input.condition === null ? [] : [condition]
  const j = job({ ttlSecondsAfterFinished: input.ttl ?? undefined }, { conditions })
  expect(needsCleanup(j)).toBe(want.error === undefined)
  if (want.error) return
  expect(timeLeftMs(j, T) / 1000).toBe(want.timeLeft)
})

describe('through the API', () => {
  const create = (world: World, image: string, spec: object = {}, podSpec: object = {}) => {
    const base = template({ job: 'j' }, image)
    return world.create(Job, {
      metadata: { name: 'j', namespace: 'default' },
      spec: { template: { ...base, spec: { ...base.spec, restartPolicy: 'Never', ...podSpec } }, ...spec },
    })
  }
  const conditions = async (world: World) =>
    (await world.get(Job, 'j')).status?.conditions?.map((it) => `${it.type} ${it.status} ${it.reason}`)
  const reasons = async (world: World) =>
    (await world.list(Event)).filter((it) => it.involvedObject.kind === 'Job').map((it) => it.reason)

  test('runs to completion, counts each pod once, and lets its pods go', async () => {
    const world = await World.create()
    await create(world, 'exit-0', { completions: 3, parallelism: 2 })
    await world.settle()
    const { status } = await world.get(Job, 'j')
    expect(status).toMatchObject({ succeeded: 3, ready: 0, terminating: 0 })
    expect(status?.active ?? 0).toBe(0)
    expect(status?.completionTime).toBeDefined()
    expect(status?.uncountedTerminatedPods).toEqual({})
    expect(await conditions(world)).toEqual([
      'SuccessCriteriaMet True CompletionsReached',
      'Complete True CompletionsReached',
    ])
    expect((await world.pods()).map((it) => it.metadata.finalizers ?? [])).toEqual([[], [], []])
    expect(await reasons(world)).toEqual([
      'SuccessfulCreate',
      'SuccessfulCreate',
      'SuccessfulCreate',
      'Completed',
    ])
  })

  test('a failing pod is replaced later and later, until the limit', async () => {
    const world = await World.create()
    await create(world, 'exit-1', { backoffLimit: 2 })
    await world.advance(15)
    expect(await world.pods()).toHaveLength(2)
    await world.advance(120)
    expect(await world.pods()).toHaveLength(3)
    expect((await world.get(Job, 'j')).status?.failed).toBe(3)
    expect(await conditions(world)).toEqual([
      'FailureTarget True BackoffLimitExceeded',
      'Failed True BackoffLimitExceeded',
    ])
    expect(await reasons(world)).toContain('BackoffLimitExceeded')
  })

  test('Indexed pods know their index, and status lists those that are done', async () => {
    const world = await World.create()
    await create(world, 'exit-0', { completionMode: 'Indexed', completions: 3, parallelism: 3 })
    await world.settle()
    expect((await world.get(Job, 'j')).status).toMatchObject({ completedIndexes: '0-2', succeeded: 3 })
    const pods = await world.pods()
    expect(pods.map((it) => it.spec.hostname).sort()).toEqual(['j-0', 'j-1', 'j-2'])
    expect(pods[0]?.metadata.name).toMatch(/^j-\d-/)
    expect(pods[0]?.spec.containers[0]?.env?.[0]?.name).toBe('JOB_COMPLETION_INDEX')
  })

  test('a limit per index fails indexes one by one', async () => {
    const world = await World.create()
    await create(world, 'exit-1', {
      completionMode: 'Indexed',
      completions: 2,
      parallelism: 2,
      backoffLimitPerIndex: 1,
    })
    await world.advance(120)
    const { status } = await world.get(Job, 'j')
    expect(status).toMatchObject({ failedIndexes: '0,1', failed: 4 })
    expect(await conditions(world)).toEqual(['FailureTarget True FailedIndexes', 'Failed True FailedIndexes'])
  })

  test('suspending deletes the pods without counting them, resuming starts again', async () => {
    const world = await World.create()
    await create(world, 'ok', { completions: 2, parallelism: 2 })
    await world.settle()
    await world.update(Job, 'j', (it) => ({ ...it, spec: { ...it.spec, suspend: true } }))
    await world.settle()
    expect(await world.pods()).toEqual([])
    expect((await world.get(Job, 'j')).status?.failed ?? 0).toBe(0)
    expect(await conditions(world)).toEqual(['Suspended True JobSuspended'])
    await world.update(Job, 'j', (it) => ({ ...it, spec: { ...it.spec, suspend: false } }))
    await world.settle()
    expect(await world.pods()).toHaveLength(2)
    expect(await conditions(world)).toEqual(['Suspended False JobResumed'])
    expect(await reasons(world)).toEqual(expect.arrayContaining(['Suspended', 'Resumed']))
  })

  test('a deadline ends it, and its pods', async () => {
    const world = await World.create()
    await create(world, 'ok', { activeDeadlineSeconds: 30 })
    await world.advance(40)
    await world.settle()
    expect(await conditions(world)).toEqual([
      'FailureTarget True DeadlineExceeded',
      'Failed True DeadlineExceeded',
    ])
    expect((await world.pods()).filter((it) => it.metadata.deletionTimestamp === undefined)).toEqual([])
  })

  test('a deleted Job takes its pods along', async () => {
    const world = await World.create()
    await create(world, 'ok', { completions: 2, parallelism: 2 })
    await world.settle()
    await world.delete(Job, 'j', { propagationPolicy: 'Background' })
    await world.settle()
    expect(await world.list(Pod, 'default')).toEqual([])
  })

  test('a finished Job goes after its time to live', async () => {
    const world = await World.create()
    await create(world, 'exit-0', { ttlSecondsAfterFinished: 60 })
    await world.advance(30)
    expect(await world.list(Job)).toHaveLength(1)
    await world.advance(60)
    expect(await world.list(Job)).toEqual([])
    expect(await world.pods()).toEqual([])
  })

  test.each([2, 3, 4])(
    'no pod is started twice while the cache of Jobs lags from second %i on',
    async (seconds) => {
      const world = await World.create()
      const link = world.harness.network.link('kube-controller-manager')
      await create(world, 'exit-0', { completions: 5, parallelism: 2 })
      await world.advance(seconds)
      link.hold('jobs')
      await world.advance(60)
      link.release('jobs')
      await world.settle()
      expect((await world.get(Job, 'j')).status?.succeeded).toBe(5)
      expect(await world.pods()).toHaveLength(5)
    },
  )
})

import { expect } from 'vitest'
import type { Pod } from '../../src/api/core/pod.ts'
import type { Stored } from '../../src/api/kind.ts'
import { formatTime } from '../../src/api/time.ts'
import {
  ageBucket,
  compareActivePods,
  compareRankedPods,
  POD_DELETION_COST,
  podsToDelete,
  ranksOf,
} from '../../src/controllers/shared/pod-ranking.ts'
import { slowStart } from '../../src/controllers/shared/slow-start.ts'
import { vectors } from './vectors.ts'

const NOW = Date.UTC(2026, 0, 1)

interface PodCase {
  readonly name: string
  readonly nodeName?: string
  readonly phase?: string
  readonly ready?: boolean
  readonly restarts?: number
  readonly readyAgeSeconds?: number | null
  readonly ageSeconds?: number | null
  readonly deletionCost?: number | null
  readonly uid?: string
  readonly deletionTimestamp?: boolean
}

function at(ageSeconds: number | null | undefined): string | undefined {
  return ageSeconds === null || ageSeconds === undefined ? undefined : formatTime(NOW - ageSeconds * 1000)
}

function pod(it: PodCase): Stored<Pod> {
  return {
    metadata: {
      name: it.name,
      uid: it.uid ?? '',
      resourceVersion: '1',
      creationTimestamp: at(it.ageSeconds) as string,
      ...(it.deletionTimestamp && { deletionTimestamp: formatTime(NOW) }),
      ...(typeof it.deletionCost === 'number' && {
        annotations: { [POD_DELETION_COST]: String(it.deletionCost) },
      }),
    },
    spec: { nodeName: it.nodeName, containers: [] },
    status: {
      phase: it.phase ?? 'Running',
      conditions: it.ready
        ? [{ type: 'Ready', status: 'True', lastTransitionTime: at(it.readyAgeSeconds) }]
        : [],
      containerStatuses: [
        { name: 'c', ready: false, image: '', imageID: '', restartCount: it.restarts ?? 0 },
        { name: 'd', ready: false, image: '', imageID: '', restartCount: 0 },
      ],
    },
  }
}

for (const group of [
  'ActivePodsWithRanks.less',
  'ActivePodsWithRanks.equal',
  'ActivePodsWithRanks.buckets',
]) {
  vectors('pod_deletion_ranking', group, ({ input, expect: want }) => {
    const a = pod(input.a)
    const b = pod(input.b)
    expect(compareRankedPods(a, input.rankA, b, input.rankB, NOW) < 0).toBe(want.aLessB)
    expect(compareRankedPods(b, input.rankB, a, input.rankA, NOW) < 0).toBe(want.bLessA)
    if (want.log2nsA === undefined) return
    expect(ageBucket(NOW - input.a.readyAgeSeconds * 1000, NOW)).toBe(want.log2nsA)
    expect(ageBucket(NOW - input.b.readyAgeSeconds * 1000, NOW)).toBe(want.log2nsB)
  })
}

vectors('pod_deletion_ranking', 'ActivePods', ({ input, expect: want }) => {
  const shuffled = [...input.pods].reverse().map(pod)
  expect(shuffled.sort(compareActivePods).map((it) => it.metadata.name)).toEqual(want.order)
})

vectors('pod_deletion_ranking', 'getPodsRankedByRelatedPodsOnSameNode', ({ input, expect: want }) => {
  if (want.ranks !== undefined) {
    const related = input.relatedPods.map((it: PodCase) => pod({ ...it, name: 'r' }))
    expect(ranksOf(input.podsToRank.map(pod), related)).toEqual(want.ranks)
  } else {
    const pods = input.filteredPods.map((name: string) => pod({ name }))
    expect(podsToDelete(pods, pods, input.diff, NOW).map((it) => it.metadata?.name)).toEqual(want.deleted)
  }
})

vectors('pod_deletion_ranking', 'slowStartBatch', async ({ input, expect: want }) => {
  let calls = 0
  const result = await slowStart(input.count, async () => {
    if (++calls === input.firstFailingCall) throw new Error('quota')
  })
  expect({ successes: result.successes, skipped: input.count - result.successes }).toEqual({
    successes: want.successes,
    skipped: want.skipped,
  })
  expect(calls).toBe(want.batches.reduce((sum: number, it: number) => sum + it, 0))
})

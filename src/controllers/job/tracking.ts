/**
 * Counts finished pods exactly once, whatever crashes: first their uids are written down as uncounted, then their
 * finalizers go, then the counters rise. Indexed successes need no uids: the index says it all.
 */
import type { Job, JobStatus } from '../../api/batch/job.ts'
import { matchFailurePolicy } from './failure-policy.ts'
import { Indexes } from './indexes.ts'
import {
  absoluteFailureCount,
  finishTime,
  hasValidIndex,
  indexOf,
  isFailed,
  isIndexed,
  isIndexFailed,
  isSucceeded,
  isTracked,
  type JobPod,
} from './pods.ts'

/** Finished pods that are counted in one sync. */
const UNCOUNTED_MAX = 500

export interface Uncounted {
  readonly succeeded: ReadonlySet<string>
  readonly failed: ReadonlySet<string>
}

export function uncountedOf(job: Job): Uncounted {
  const { succeeded = [], failed = [] } = job.status?.uncountedTerminatedPods ?? {}
  return { succeeded: new Set(succeeded), failed: new Set(failed) }
}

/** Pods that finished and that no status mentions yet. */
export function newlyFinished(
  job: Job,
  pods: readonly JobPod[],
  uncounted: Uncounted,
  removed: ReadonlySet<string>,
): { readonly succeeded: readonly JobPod[]; readonly failed: readonly JobPod[] } {
  const fresh = (set: ReadonlySet<string>) => (pod: JobPod) =>
    isTracked(pod) && !set.has(pod.metadata.uid) && !removed.has(pod.metadata.uid) && hasValidIndex(job, pod)
  return {
    succeeded: pods.filter(fresh(uncounted.succeeded)).filter(isSucceeded),
    failed: pods.filter(fresh(uncounted.failed)).filter((it) => isFailed(job, it)),
  }
}

/** Indexes that status knows to have succeeded, and those together with the pods that just did. */
export function succeededIndexes(
  job: Job,
  pods: readonly JobPod[],
): { readonly before: Indexes; readonly all: Indexes } {
  const before = Indexes.parse(job.status?.completedIndexes ?? '', job.spec.completions ?? 0)
  const fresh = pods.filter((it) => isTracked(it) && isSucceeded(it) && hasValidIndex(job, it)).map(indexOf)
  return { before, all: before.with(fresh) }
}

export function failedIndexes(job: Job, pods: readonly JobPod[]): Indexes {
  const before = Indexes.parse(job.status?.failedIndexes ?? '', job.spec.completions ?? 0)
  const fresh = pods.filter(
    (it) => isTracked(it) && hasValidIndex(job, it) && isFailed(job, it) && isIndexFailed(job, it),
  )
  return before.with(fresh.map(indexOf))
}

/**
 * With a limit per index a failed pod is kept until its replacement carries the count on; of several failed pods
 * of an index the one that knows most.
 */
export function keptPerIndex(
  job: Job,
  pods: readonly JobPod[],
  done: { readonly succeeded: Indexes; readonly failed: Indexes; readonly active: ReadonlySet<number> },
  removed: ReadonlySet<string>,
): ReadonlyMap<number, JobPod> {
  const kept = new Map<number, JobPod>()
  for (const pod of pods) {
    const index = indexOf(pod)
    if (!isTracked(pod) || removed.has(pod.metadata.uid) || !hasValidIndex(job, pod) || !isFailed(job, pod))
      continue
    if (done.succeeded.has(index) || done.failed.has(index) || done.active.has(index)) continue
    const other = kept.get(index)
    if (other !== undefined && !knowsMore(pod, other)) continue
    kept.set(index, pod)
  }
  return kept
}

function knowsMore(pod: JobPod, other: JobPod): boolean {
  const difference = absoluteFailureCount(pod) - absoluteFailureCount(other)
  return difference > 0 || (difference === 0 && finishTime(pod) > finishTime(other))
}

export interface Reckoning {
  /** With the pods written down as uncounted. */
  readonly status: JobStatus
  /** Their finalizers may go once that status is written. */
  readonly release: readonly JobPod[]
  /** Not all fitted: the Job cannot end yet. */
  readonly more: boolean
}

export interface ReckoningOptions {
  readonly uncounted: Uncounted
  readonly removed: ReadonlySet<string>
  readonly before: Indexes | undefined
  readonly kept: ReadonlyMap<number, JobPod>
  /** The Job ends: pods that still run count as failed, unless it ends well. */
  readonly ending: 'SuccessCriteriaMet' | 'FailureTarget' | undefined
}

/** Writes down what became of finished pods. */
export function reckon(job: Job, pods: readonly JobPod[], options: ReckoningOptions): Reckoning {
  const { uncounted, removed, before, ending } = options
  const succeeded = [...uncounted.succeeded]
  const failed = [...uncounted.failed]
  const indexes: number[] = []
  const release: JobPod[] = []
  let more = false
  for (const pod of pods) {
    const { uid } = pod.metadata
    if (!isTracked(pod) || removed.has(uid)) continue
    const isLost = isFailed(job, pod)
    if (!mayRelease(job, pod, isLost, options)) continue
    release.push(pod)
    if (isSucceeded(pod) && !uncounted.failed.has(uid)) {
      if (isIndexed(job)) {
        if (hasValidIndex(job, pod) && before?.has(indexOf(pod)) === false) indexes.push(indexOf(pod))
      } else if (!uncounted.succeeded.has(uid)) succeeded.push(uid)
    } else if (
      (isLost || ending === 'FailureTarget') &&
      !uncounted.failed.has(uid) &&
      hasValidIndex(job, pod)
    ) {
      if (matchFailurePolicy(job.spec.podFailurePolicy, pod).counted) failed.push(uid)
    }
    if (indexes.length + succeeded.length + failed.length >= UNCOUNTED_MAX) {
      more = true
      break
    }
  }
  const completed = before?.with(indexes)
  const status: JobStatus = {
    ...job.status,
    uncountedTerminatedPods: uncountedField(succeeded, failed),
    ...(completed !== undefined && { completedIndexes: completed.toString(), succeeded: completed.total }),
  }
  return { status, release, more }
}

function mayRelease(job: Job, pod: JobPod, isLost: boolean, { ending, kept }: ReckoningOptions): boolean {
  if (job.metadata?.deletionTimestamp !== undefined || ending !== undefined) return true
  if (!isLost && !isSucceeded(pod)) return false
  return kept.get(indexOf(pod)) !== pod
}

/** Uids whose finalizers are gone become counters. */
export function countReleased(status: JobStatus, isTrackedUid: (uid: string) => boolean): JobStatus {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {}
  const stillSucceeded = succeeded.filter(isTrackedUid)
  const stillFailed = failed.filter(isTrackedUid)
  if (stillSucceeded.length === succeeded.length && stillFailed.length === failed.length) return status
  return {
    ...status,
    succeeded: (status.succeeded ?? 0) + succeeded.length - stillSucceeded.length,
    failed: (status.failed ?? 0) + failed.length - stillFailed.length,
    uncountedTerminatedPods: uncountedField(stillSucceeded, stillFailed),
  }
}

function uncountedField(
  succeeded: readonly string[],
  failed: readonly string[],
): JobStatus['uncountedTerminatedPods'] {
  return { ...(succeeded.length > 0 && { succeeded }), ...(failed.length > 0 && { failed }) }
}

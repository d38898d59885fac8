/** What a Job asks about its pods. */
import type { Job } from '../../api/batch/job.ts'
import type { Pod } from '../../api/core/pod.ts'
import type { Stored } from '../../api/kind.ts'
import { compareActivePods } from '../shared/pod-ranking.ts'
import { timeOf } from '../shared/times.ts'
import { matchFailurePolicy } from './failure-policy.ts'

/** Until it is taken away, what became of the pod has not been counted. */
export const TRACKING = 'batch.kubernetes.io/job-tracking'
export const COMPLETION_INDEX = 'batch.kubernetes.io/job-completion-index'
export const FAILURE_COUNT = 'batch.kubernetes.io/job-index-failure-count'
export const IGNORED_FAILURE_COUNT = 'batch.kubernetes.io/job-index-ignored-failure-count'

export type JobPod = Stored<Pod>

export function isIndexed(job: Job): boolean {
  return job.spec.completionMode === 'Indexed'
}

export function isSuspended(job: Job): boolean {
  return job.spec.suspend === true
}

/** Whether only pods that have failed are replaced, not those that are still terminating. */
export function replacesOnlyFailed(job: Job): boolean {
  return job.spec.podReplacementPolicy === 'Failed' || job.spec.podFailurePolicy !== undefined
}

export function isTracked(pod: Pod): boolean {
  return pod.metadata?.finalizers?.includes(TRACKING) === true
}

export function isSucceeded(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded'
}

/** A pod being deleted counts at once as failed, since it may never get to say how it ended; unless that is waited for. */
export function isFailed(job: Job, pod: Pod): boolean {
  if (pod.status?.phase === 'Failed') return true
  return !replacesOnlyFailed(job) && pod.metadata?.deletionTimestamp !== undefined && !isSucceeded(pod)
}

/** -1 for none, or one that makes no sense. */
export function indexOf(pod: Pod): number {
  const text = pod.metadata?.annotations?.[COMPLETION_INDEX]
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : -1
}

/** For Indexed Jobs: the pod has an index that the Job knows. */
export function hasValidIndex(job: Job, pod: Pod): boolean {
  const index = indexOf(pod)
  return !isIndexed(job) || (index >= 0 && index < (job.spec.completions ?? 0))
}

export function failureCount(pod: Pod): number {
  return countIn(pod, FAILURE_COUNT)
}

export function ignoredFailureCount(pod: Pod): number {
  return countIn(pod, IGNORED_FAILURE_COUNT)
}

/** Zero for what is no count: below zero, or beyond 32 bits. */
function countIn(pod: Pod, annotation: string): number {
  const text = pod.metadata?.annotations?.[annotation] ?? ''
  const count = /^\d+$/.test(text) ? Number(text) : 0
  return count > 2147483647 ? 0 : count
}

/** All failures of the index before this pod. */
export function absoluteFailureCount(pod: Pod): number {
  return failureCount(pod) + ignoredFailureCount(pod)
}

/** The failed pod was the last that its index may have; a failure that is ignored never is. */
export function isIndexFailed(job: Job, pod: Pod): boolean {
  const { action, counted } = matchFailurePolicy(job.spec.podFailurePolicy, pod)
  if (action === 'FailIndex') return true
  return counted && failureCount(pod) >= (job.spec.backoffLimitPerIndex ?? Number.POSITIVE_INFINITY)
}

/** When it ended, ms: its last container, else when it stopped being ready, else when its deletion was asked for. */
export function finishTime(pod: Pod): number {
  // Of the init containers only sidecars live on after the others.
  const sidecars = pod.spec.initContainers?.filter((it) => it.restartPolicy === 'Always') ?? []
  const statuses = [
    ...(pod.status?.containerStatuses ?? []),
    ...(pod.status?.initContainerStatuses ?? []).filter((it) =>
      sidecars.some(({ name }) => name === it.name),
    ),
  ]
  const finished = statuses.map((it) => it.state?.terminated?.finishedAt)
  if (finished.length > 0 && finished.every((it) => it !== undefined))
    return Math.max(...finished.map(timeOf))
  const ready = pod.status?.conditions?.find((it) => it.type === 'Ready')
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, creationTimestamp = '' } = pod.metadata ?? {}
  if (ready?.status === 'False' && ready.lastTransitionTime !== undefined)
    return timeOf(ready.lastTransitionTime)
  if (deletionTimestamp !== undefined) return timeOf(deletionTimestamp) - deletionGracePeriodSeconds * 1000
  return timeOf(creationTimestamp)
}

/** Which of the active pods go when there are `count` too many; of doubled indexes all but the best go anyway. */
export function podsToRemove(job: Job, active: readonly JobPod[], count: number): readonly JobPod[] {
  if (!isIndexed(job)) return [...active].sort(compareActivePods).slice(0, count)
  const best = new Map<number, JobPod>()
  const removed: JobPod[] = []
  for (const pod of [...active].sort(compareActivePods)) {
    const index = indexOf(pod)
    const worse = best.get(index)
    if (!hasValidIndex(job, pod)) removed.push(pod)
    else {
      if (worse !== undefined) removed.push(worse)
      best.set(index, pod)
    }
  }
  const left = [...best.values()].sort(compareActivePods)
  return [...removed, ...left.slice(0, Math.max(0, count - removed.length))]
}

/** When a Job is over, and how many pods it wants until then (job/job_controller.go). */
import type { Job, JobCondition } from '../../api/batch/job.ts'
import type { Pod } from '../../api/core/pod.ts'
import { formatTime } from '../../api/time.ts'
import { timeOf } from '../shared/times.ts'
import { matchFailurePolicy } from './failure-policy.ts'
import type { Indexes } from './indexes.ts'
import { isFailed, isSuspended, replacesOnlyFailed } from './pods.ts'
import { matchSuccessPolicy } from './success-policy.ts'

/** Creates or deletes of one sync. */
export const BURST = 500

export interface Counts {
  readonly active: number
  readonly terminating: number
  readonly succeeded: number
  readonly failed: number
}

/** Why the Job ends: the interim condition, which comes before the final one. */
export interface Ending {
  readonly type: 'SuccessCriteriaMet' | 'FailureTarget'
  readonly reason: string
  readonly message: string
}

export const COMPLETIONS_REACHED: Ending = {
  type: 'SuccessCriteriaMet',
  reason: 'CompletionsReached',
  message: 'Reached expected number of succeeded pods',
}
export const BACKOFF_LIMIT_EXCEEDED = failure(
  'BackoffLimitExceeded',
  'Job has reached the specified backoff limit',
)
export const DEADLINE_EXCEEDED = failure('DeadlineExceeded', 'Job was active longer than specified deadline')
export const MAX_FAILED_INDEXES_EXCEEDED = failure(
  'MaxFailedIndexesExceeded',
  'Job has exceeded the specified maximal number of failed indexes',
)
export const FAILED_INDEXES = failure('FailedIndexes', 'Job has failed indexes')

function failure(reason: string, message: string): Ending {
  return { type: 'FailureTarget', reason, message }
}

export interface Evidence {
  readonly pods: readonly Pod[]
  readonly counts: Counts
  /** Of Indexed Jobs. */
  readonly succeededIndexes: Indexes | undefined
  readonly failedIndexes: Indexes | undefined
  readonly now: number
}

/** Why the Job ends now, other than by reaching its completions; the first reason counts. */
export function endingOf(
  job: Job,
  { pods, counts, succeededIndexes, failedIndexes, now }: Evidence,
): Ending | undefined {
  const interim = interimCondition(job)
  if (interim !== undefined) return interim
  const message = failJobMessage(job, pods)
  if (message !== undefined) return failure('PodFailurePolicy', message)
  if (isPastBackoffLimit(job, counts.failed, restartsOf(pods))) return BACKOFF_LIMIT_EXCEEDED
  if (deadlineLeftMs(job, now) === 0) return DEADLINE_EXCEEDED
  if (succeededIndexes === undefined) return undefined
  const completions = job.spec.completions ?? 0
  if (failedIndexes !== undefined) {
    const failed = failedIndexes.total
    if (job.spec.maxFailedIndexes !== undefined && failed > job.spec.maxFailedIndexes)
      return MAX_FAILED_INDEXES_EXCEEDED
    if (failed > 0 && failed + succeededIndexes.total >= completions) return FAILED_INDEXES
  }
  const success = matchSuccessPolicy(job.spec.successPolicy, completions, succeededIndexes)
  return success === undefined
    ? undefined
    : { type: 'SuccessCriteriaMet', reason: 'SuccessPolicy', message: success }
}

function interimCondition(job: Job): Ending | undefined {
  const find = (type: Ending['type']) => findCondition(job, type, 'True')
  const condition = find('SuccessCriteriaMet') ?? find('FailureTarget')
  if (condition === undefined) return undefined
  const { type, reason = '', message = '' } = condition
  return { type: type as Ending['type'], reason, message }
}

function failJobMessage(job: Job, pods: readonly Pod[]): string | undefined {
  if (job.spec.podFailurePolicy === undefined) return undefined
  for (const pod of pods) {
    if (!isFailed(job, pod)) continue
    const { failJobMessage: message } = matchFailurePolicy(job.spec.podFailurePolicy, pod)
    if (message !== undefined) return message
  }
  return undefined
}

/** Pods that restart in place count by restarts, and at the limit; those that do not by failures, and above it. */
export function isPastBackoffLimit(job: Job, failed: number, restarts: number): boolean {
  const limit = job.spec.backoffLimit ?? 6
  if (failed > limit) return true
  if (job.spec.template.spec.restartPolicy !== 'OnFailure') return false
  return limit === 0 ? restarts > 0 : restarts >= limit
}

function restartsOf(pods: readonly Pod[]): number {
  let restarts = 0
  for (const { status } of pods) {
    if (status?.phase !== 'Running' && status?.phase !== 'Pending') continue
    for (const it of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])])
      restarts += it.restartCount
  }
  return restarts
}

/** Ms until activeDeadlineSeconds have passed; undefined when there is none, or nobody counts. */
export function deadlineLeftMs(job: Job, now: number): number | undefined {
  const { activeDeadlineSeconds } = job.spec
  const startTime = job.status?.startTime
  if (activeDeadlineSeconds === undefined || startTime === undefined || isSuspended(job)) return undefined
  return Math.max(0, timeOf(startTime) + activeDeadlineSeconds * 1000 - now)
}

/** One sync either deletes or creates, never both. `remove` is at least that many: doubled indexes come on top. */
export function wantedPods(
  job: Job,
  { active, terminating, succeeded }: Counts,
): { readonly remove: number; readonly create: number } {
  const parallelism = job.spec.parallelism ?? 1
  const { completions } = job.spec
  // A work queue: once a pod has succeeded, what runs is left to run out.
  const left =
    completions === undefined ? (succeeded > 0 ? active : parallelism) : Math.max(0, completions - succeeded)
  const wanted = completions === undefined ? left : Math.min(left, parallelism)
  if (active > wanted) return { remove: Math.min(active - wanted, BURST), create: 0 }
  const missing = wanted - active - (replacesOnlyFailed(job) ? terminating : 0)
  return { remove: 0, create: Math.min(Math.max(0, missing), BURST) }
}

export function isCompleted(job: Job, succeeded: number, active: number): boolean {
  if (active > 0) return false
  return job.spec.completions === undefined ? succeeded > 0 : succeeded >= job.spec.completions
}

/** The condition that ends the Job, after its interim one. */
export function finalCondition(ending: Ending, now: number): JobCondition {
  const type = ending.type === 'SuccessCriteriaMet' ? 'Complete' : 'Failed'
  return jobCondition(type, 'True', ending.reason, ending.message, now)
}

export function jobCondition(
  type: string,
  status: string,
  reason: string,
  message: string,
  now: number,
): JobCondition {
  const time = formatTime(now)
  return { type, status, lastProbeTime: time, lastTransitionTime: time, reason, message }
}

export function findCondition(job: Job, type: string, status: string): JobCondition | undefined {
  return job.status?.conditions?.find((it) => it.type === type && it.status === status)
}

export function isFinished(job: Job): boolean {
  return (
    findCondition(job, 'Complete', 'True') !== undefined || findCondition(job, 'Failed', 'True') !== undefined
  )
}

/** A condition that was never True is not added as False. */
export function withSuspended(
  conditions: readonly JobCondition[],
  suspended: boolean,
  now: number,
): readonly JobCondition[] {
  const [status, reason, message] = suspended
    ? ['True', 'JobSuspended', 'Job suspended']
    : ['False', 'JobResumed', 'Job resumed']
  const i = conditions.findIndex((it) => it.type === 'Suspended')
  if (i < 0)
    return suspended
      ? [...conditions, jobCondition('Suspended', status!, reason!, message!, now)]
      : conditions
  if (conditions[i]!.status === status) return conditions
  return conditions.with(i, jobCondition('Suspended', status!, reason!, message!, now))
}

/** How long a Job waits before it replaces a failed pod (job/backoff_utils.go). */
import type { Pod } from '../../api/core/pod.ts'
import { absoluteFailureCount, finishTime } from './pods.ts'

export const BACKOFF_BASE_MS = 10_000
export const BACKOFF_MAX_MS = 600_000

/** Failures since the last success. */
export interface BackoffRecord {
  readonly failures: number
  readonly lastFailureMs: number | undefined
}

export const NO_FAILURES: BackoffRecord = { failures: 0, lastFailureMs: undefined }

/** @param succeeded, failed when newly finished pods ended, ms. A success forgives all that failed until then. */
export function recordAfter(
  record: BackoffRecord,
  succeeded: readonly number[],
  failed: readonly number[],
): BackoffRecord {
  const lastSuccess = Math.max(...succeeded)
  const counted = succeeded.length === 0 ? failed : failed.filter((it) => it > lastSuccess)
  const before = succeeded.length === 0 ? record : NO_FAILURES
  if (counted.length === 0) return before
  return {
    failures: before.failures + counted.length,
    lastFailureMs: Math.max(before.lastFailureMs ?? Number.NEGATIVE_INFINITY, ...counted),
  }
}

/** Doubles with every failure. */
export function remainingMs(
  { failures, lastFailureMs }: BackoffRecord,
  now: number,
  baseMs: number = BACKOFF_BASE_MS,
  maxMs: number = BACKOFF_MAX_MS,
): number {
  if (failures === 0 || lastFailureMs === undefined) return 0
  const delayMs = Math.min(maxMs, baseMs * 2 ** (failures - 1))
  return Math.max(0, lastFailureMs + delayMs - now)
}

/** For the index of a failed pod, which counts itself. */
export function remainingForIndexMs(pod: Pod, now: number, baseMs?: number, maxMs?: number): number {
  const record = { failures: absoluteFailureCount(pod) + 1, lastFailureMs: finishTime(pod) }
  return remainingMs(record, now, baseMs, maxMs)
}

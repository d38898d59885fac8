/** The arithmetic of a PodDisruptionBudget (disruption/disruption.go). */
import type { Pod } from '../../api/core/pod.ts'
import type {
  PodDisruptionBudgetSpec,
  PodDisruptionBudgetStatus,
} from '../../api/policy/pod-disruption-budget.ts'
import { formatTime } from '../../api/time.ts'
import { isPodReady } from '../shared/pod.ts'
import { scaled } from '../shared/scaled.ts'
import { timeOf } from '../shared/times.ts'

/** An evicted pod that is still there after so long was not evicted after all. */
export const DELETION_TIMEOUT_MS = 120_000

export interface Budget {
  readonly expectedPods: number
  readonly desiredHealthy: number
}

/** Whether the sizes of the pods' controllers matter: not for a plain number of pods that must stay. */
export function needsScale(spec: PodDisruptionBudgetSpec): boolean {
  return spec.maxUnavailable !== undefined || typeof spec.minAvailable === 'string'
}

/** @param scale sum of the sizes of the distinct controllers of the pods. Both percentages round up. */
export function budgetOf(spec: PodDisruptionBudgetSpec, matching: number, scale: number): Budget {
  if (spec.maxUnavailable !== undefined) {
    return {
      expectedPods: scale,
      desiredHealthy: Math.max(0, scale - scaled(spec.maxUnavailable, scale, 'up')),
    }
  }
  const { minAvailable = 0 } = spec
  if (typeof minAvailable === 'number') return { expectedPods: matching, desiredHealthy: minAvailable }
  return { expectedPods: scale, desiredHealthy: scaled(minAvailable, scale, 'up') }
}

export function disruptionsAllowed({ expectedPods, desiredHealthy }: Budget, currentHealthy: number): number {
  return expectedPods <= 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy)
}

export interface Disrupted {
  readonly pods: Readonly<Record<string, string>>
  /** Were to be deleted, and are still there. */
  readonly overdue: readonly Pod[]
  readonly recheckAfterMs: number | undefined
}

/** Pods whose eviction was granted and that have not begun to go. */
export function disruptedPods(
  pods: readonly Pod[],
  status: PodDisruptionBudgetStatus | undefined,
  now: number,
): Disrupted {
  const kept: Record<string, string> = {}
  const overdue: Pod[] = []
  let recheckAfterMs: number | undefined
  for (const pod of pods) {
    const name = pod.metadata?.name ?? ''
    const since = Object.hasOwn(status?.disruptedPods ?? {}, name) ? status?.disruptedPods?.[name] : undefined
    if (since === undefined || pod.metadata?.deletionTimestamp !== undefined) continue
    const leftMs = timeOf(since) + DELETION_TIMEOUT_MS - now
    if (leftMs < 0) overdue.push(pod)
    else {
      kept[name] = since
      recheckAfterMs = Math.min(recheckAfterMs ?? leftMs, leftMs)
    }
  }
  return { pods: kept, overdue, recheckAfterMs }
}

export function countHealthy(pods: readonly Pod[], { pods: disrupted }: Disrupted): number {
  return pods.filter(
    (it) =>
      it.metadata?.deletionTimestamp === undefined &&
      !Object.hasOwn(disrupted, it.metadata?.name ?? '') &&
      isPodReady(it),
  ).length
}

/** With the condition that says whether anything may be disrupted. */
export function statusWith(
  before: PodDisruptionBudgetStatus | undefined,
  counts: Pick<
    PodDisruptionBudgetStatus,
    'disruptionsAllowed' | 'currentHealthy' | 'desiredHealthy' | 'expectedPods'
  >,
  disrupted: Readonly<Record<string, string>>,
  generation: number,
  now: number,
): PodDisruptionBudgetStatus {
  const allowed = counts.disruptionsAllowed > 0
  return {
    ...counts,
    observedGeneration: generation,
    ...(Object.keys(disrupted).length > 0 && { disruptedPods: disrupted }),
    conditions: withAllowed(
      before,
      allowed,
      allowed ? 'SufficientPods' : 'InsufficientPods',
      '',
      generation,
      now,
    ),
  }
}

/** When the sum cannot be done nothing may be disrupted. */
export function failSafe(
  before: PodDisruptionBudgetStatus | undefined,
  message: string,
  generation: number,
  now: number,
): PodDisruptionBudgetStatus {
  const counts = { currentHealthy: 0, desiredHealthy: 0, expectedPods: 0, ...before }
  return {
    ...counts,
    disruptionsAllowed: 0,
    conditions: withAllowed(before, false, 'SyncFailed', message, generation, now),
  }
}

function withAllowed(
  before: PodDisruptionBudgetStatus | undefined,
  allowed: boolean,
  reason: string,
  message: string,
  observedGeneration: number,
  now: number,
) {
  const status = allowed ? 'True' : 'False'
  const conditions = before?.conditions ?? []
  const current = conditions.find((it) => it.type === 'DisruptionAllowed')
  const lastTransitionTime = current?.status === status ? current.lastTransitionTime : formatTime(now)
  const next = { type: 'DisruptionAllowed', status, reason, message, observedGeneration, lastTransitionTime }
  return [...conditions.filter((it) => it !== current), next]
}

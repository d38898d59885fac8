/** How fast and how far an autoscaler may go (podautoscaler/horizontal.go). */
import type { HPAScalingPolicy, HPAScalingRules } from '../../api/autoscaling/horizontal-pod-autoscaler.ts'

export interface Limited {
  readonly replicas: number
  readonly reason:
    | 'DesiredWithinRange'
    | 'TooFewReplicas'
    | 'TooManyReplicas'
    | 'ScaleUpLimit'
    | 'ScaleDownLimit'
}

export interface Range {
  readonly current: number
  readonly desired: number
  readonly min: number
  readonly max: number
}

export const LIMIT_MESSAGES: Readonly<Record<Limited['reason'], string>> = {
  DesiredWithinRange: 'the desired count is within the acceptable range',
  TooFewReplicas: 'the desired replica count is less than the minimum replica count',
  TooManyReplicas: 'the desired replica count is more than the maximum replica count',
  ScaleUpLimit: 'the desired replica count is increasing faster than the maximum scale rate',
  ScaleDownLimit: 'the desired replica count is decreasing faster than the maximum scale rate',
}

/** Without a behavior block: at most double, or four. */
export function limitWithoutBehavior({ current, desired, min, max }: Range): Limited {
  const limit = Math.max(2 * current, 4)
  if (desired < min) return { replicas: min, reason: 'TooFewReplicas' }
  if (max > limit && desired > limit) return { replicas: limit, reason: 'ScaleUpLimit' }
  if (desired > max) return { replicas: max, reason: 'TooManyReplicas' }
  return { replicas: desired, reason: 'DesiredWithinRange' }
}

/** A past change of size, as a positive number. */
export interface ScaleEvent {
  readonly change: number
  readonly atMs: number
}

export interface History {
  readonly up: readonly ScaleEvent[]
  readonly down: readonly ScaleEvent[]
}

export function limitWithBehavior(
  { current, desired, min, max }: Range,
  rules: { readonly up: HPAScalingRules; readonly down: HPAScalingRules },
  history: History,
  now: number,
): Limited {
  if (desired > current) {
    const limit = Math.max(current, upLimit(current, rules.up, history, now))
    const most = Math.min(max, limit)
    if (desired > most) return { replicas: most, reason: max > limit ? 'ScaleUpLimit' : 'TooManyReplicas' }
  } else if (desired < current) {
    const limit = Math.min(current, downLimit(current, rules.down, history, now))
    const least = Math.max(min, limit)
    if (desired < least) return { replicas: least, reason: min < limit ? 'ScaleDownLimit' : 'TooFewReplicas' }
  }
  return { replicas: desired, reason: 'DesiredWithinRange' }
}

/** Percentages round up. */
export function upLimit(current: number, rules: HPAScalingRules, history: History, now: number): number {
  if (rules.selectPolicy === 'Disabled') return current
  const limits = (rules.policies ?? []).map((policy) => {
    const start = sizeAtStart(current, policy, history, now)
    return policy.type === 'Pods' ? start + policy.value : Math.ceil(start * (1 + policy.value / 100))
  })
  return rules.selectPolicy === 'Min' ? Math.min(...limits) : Math.max(...limits)
}

/** Percentages are cut off; the least change is the highest limit. */
export function downLimit(current: number, rules: HPAScalingRules, history: History, now: number): number {
  if (rules.selectPolicy === 'Disabled') return current
  const limits = (rules.policies ?? []).map((policy) => {
    const start = sizeAtStart(current, policy, history, now)
    return policy.type === 'Pods' ? start - policy.value : Math.trunc(start * (1 - policy.value / 100))
  })
  return rules.selectPolicy === 'Min' ? Math.max(...limits) : Math.min(...limits)
}

/** The size when the policy's period began. */
function sizeAtStart(
  current: number,
  { periodSeconds }: HPAScalingPolicy,
  { up, down }: History,
  now: number,
): number {
  const cutoff = now - periodSeconds * 1000
  const sum = (events: readonly ScaleEvent[]) =>
    events.filter((it) => it.atMs > cutoff).reduce((total, it) => total + it.change, 0)
  return current - sum(up) + sum(down)
}

export interface Recommendation {
  readonly replicas: number
  readonly atMs: number
}

export interface Stabilized {
  readonly replicas: number
  /** With the new one; it takes the place of one that no longer counts. */
  readonly recommendations: readonly Recommendation[]
}

/** The highest recommendation of the window: going down waits. */
export function stabilize(
  recommendations: readonly Recommendation[],
  desired: number,
  windowMs: number,
  now: number,
): Stabilized {
  const cutoff = now - windowMs
  const recent = recommendations.filter((it) => it.atMs >= cutoff)
  return {
    replicas: Math.max(desired, ...recent.map((it) => it.replicas)),
    recommendations: remember(recommendations, desired, cutoff, now),
  }
}

/** With a behavior block both ways have a window of their own. */
export function stabilizeWithBehavior(
  recommendations: readonly Recommendation[],
  { current, desired }: Range,
  windows: { readonly upMs: number; readonly downMs: number },
  now: number,
): Stabilized {
  const since = (windowMs: number) =>
    recommendations.filter((it) => it.atMs > now - windowMs).map((it) => it.replicas)
  const atLeast = Math.min(desired, ...since(windows.upMs))
  const atMost = Math.max(desired, ...since(windows.downMs))
  const cutoff = now - Math.max(windows.upMs, windows.downMs)
  return {
    replicas: Math.min(Math.max(current, atLeast), atMost),
    recommendations: remember(recommendations, desired, cutoff, now),
  }
}

function remember(
  recommendations: readonly Recommendation[],
  replicas: number,
  cutoff: number,
  now: number,
): readonly Recommendation[] {
  const old = recommendations.findLastIndex((it) => it.atMs < cutoff)
  const next = { replicas, atMs: now }
  return old < 0 ? [...recommendations, next] : recommendations.with(old, next)
}

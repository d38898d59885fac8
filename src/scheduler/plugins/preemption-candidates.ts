/** Who would have to go for a pod to fit on a node, and which node hurts least (framework/preemption/preemption.go). */

import type { Pod } from '../../api/core/pod.ts'
import { objectKey, type Stored } from '../../api/kind.ts'
import { compileSelector } from '../../api/label-selector.ts'
import type { PodDisruptionBudget } from '../../api/policy/pod-disruption-budget.ts'
import { parseTime } from '../../api/time.ts'
import type { NodeInfo, PodInfo } from '../cache/node-info.ts'

/** A node on which the pod would fit, and what that would cost. */
export interface Candidate {
  readonly node: NodeInfo
  /** Most important first. */
  readonly victims: readonly PodInfo[]
  /** Victims whose disruption budgets do not allow it. */
  readonly violations: number
  readonly highestPriority: number
  readonly prioritySum: number
  /** When the oldest of the most important victims started, ms; later is better. */
  readonly earliestStart: number
}

/** @param victims most important first */
export function candidate(node: NodeInfo, victims: readonly PodInfo[], violations: number): Candidate {
  const highestPriority = victims[0]?.class.priority ?? 0
  let prioritySum = 0
  let earliestStart = Number.POSITIVE_INFINITY
  for (const victim of victims) {
    // Each pod counts, also those of negative priority.
    prioritySum += victim.class.priority + 2 ** 31
    if (victim.class.priority === highestPriority) earliestStart = Math.min(earliestStart, startOf(victim))
  }
  return { node, victims, violations, highestPriority, prioritySum, earliestStart }
}

/** Started later is less important; not started yet is the least. Ms since the epoch. */
export function startOf({ pod }: PodInfo): number {
  return pod.status?.startTime === undefined ? Number.POSITIVE_INFINITY : parseTime(pod.status.startTime)
}

/** Higher priority first, then whoever has run longer; the rest by name, so that the order is one. */
export function byImportance(a: PodInfo, b: PodInfo): number {
  if (a.class.priority !== b.class.priority) return b.class.priority - a.class.priority
  const [x, y] = [startOf(a), startOf(b)]
  if (x !== y) return x < y ? -1 : 1
  return byKey(a.pod.metadata, b.pod.metadata)
}

function byKey(a: Stored<Pod>['metadata'], b: Stored<Pod>['metadata']): number {
  // Only of different namespaces the keys have to be put together.
  const [x, y] = a.namespace === b.namespace ? [a.name, b.name] : [objectKey(a), objectKey(b)]
  return x < y ? -1 : x > y ? 1 : 0
}

/** Goes through pods in order of importance and uses up their budgets' allowed disruptions. */
export function splitByBudget(
  pods: readonly PodInfo[],
  budgets: readonly PodDisruptionBudget[],
): { readonly violating: PodInfo[]; readonly others: PodInfo[] } {
  const violating: PodInfo[] = []
  const others: PodInfo[] = []
  const allowed = budgets.map((it) => it.status?.disruptionsAllowed ?? 0)
  for (const pod of pods) {
    let violates = false
    budgets.forEach((budget, i) => {
      if (!covers(budget, pod)) return
      allowed[i]!--
      if (allowed[i]! < 0) violates = true
    })
    ;(violates ? violating : others).push(pod)
  }
  return { violating, others }
}

function covers(
  { metadata, spec, status }: PodDisruptionBudget,
  { pod, class: { labels, namespace } }: PodInfo,
): boolean {
  if (metadata?.namespace !== namespace || Object.keys(labels).length === 0) return false
  const selector = compileSelector(spec?.selector)
  if (selector.empty || !selector.matches(labels)) return false
  // Disruptions that are under way have been counted already.
  return !Object.hasOwn(status?.disruptedPods ?? {}, pod.metadata.name)
}

/** The least harmful candidate; of equals the first. A node that needs no victims is taken at once. */
export function pickCandidate(candidates: readonly Candidate[]): Candidate | undefined {
  let best: Candidate | undefined
  for (const it of candidates) {
    if (it.victims.length === 0) return it
    if (best === undefined || isBetter(it, best)) best = it
  }
  return best
}

/** Upstream's criteria, one after the other until one decides. */
function isBetter(a: Candidate, b: Candidate): boolean {
  if (a.violations !== b.violations) return a.violations < b.violations
  if (a.highestPriority !== b.highestPriority) return a.highestPriority < b.highestPriority
  if (a.prioritySum !== b.prioritySum) return a.prioritySum < b.prioritySum
  if (a.victims.length !== b.victims.length) return a.victims.length < b.victims.length
  return a.earliestStart > b.earliestStart
}

/** Who would have to go for a pod to fit on a node, and which node hurts least (framework/preemption/preemption.go). */

import { compileSelector } from '../../api/label-selector.ts'
import type { PodDisruptionBudget } from '../../api/policy/pod-disruption-budget.ts'
import { parseTime } from '../../api/time.ts'
import type { NodeInfo, PodInfo } from '../cache/node-info.ts'

export interface Victims {
  /** Most important first. */
  readonly pods: readonly PodInfo[]
  /** Victims whose disruption budgets do not allow it. */
  readonly violations: number
}

export interface Candidate extends Victims {
  readonly node: NodeInfo
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
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0
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

/** What is compared when choosing, one after the other, until one candidate is left; higher is better. */
const CRITERIA: readonly ((it: Candidate) => number)[] = [
  (it) => -it.violations,
  (it) => -(it.pods[0]?.class.priority ?? 0),
  // Each pod counts, also those of negative priority.
  (it) => -it.pods.reduce((sum, { class: { priority } }) => sum + priority + 2 ** 31, 0),
  (it) => -it.pods.length,
  (it) => earliestStart(it),
]

/** The least harmful candidate; of equals the first. */
export function pickCandidate(candidates: readonly Candidate[]): Candidate | undefined {
  // A node that needs no victims is taken at once.
  const free = candidates.find((it) => it.pods.length === 0)
  if (free !== undefined) return free
  let rest = candidates
  for (const criterion of CRITERIA) {
    if (rest.length < 2) break
    const values = rest.map(criterion)
    let best = Number.NEGATIVE_INFINITY
    for (const value of values) if (value > best) best = value
    rest = rest.filter((_, i) => values[i] === best)
  }
  return rest[0]
}

/** When the oldest of the most important victims started. */
function earliestStart({ pods }: Candidate): number {
  const highest = pods[0]!.class.priority
  let earliest = Number.POSITIVE_INFINITY
  for (const pod of pods) if (pod.class.priority === highest) earliest = Math.min(earliest, startOf(pod))
  return earliest
}

/** Which pods go first when there are too many; upstream's ActivePods and ActivePodsWithRanks (controller_utils.go). */
import type { Pod } from '../../api/core/pod.ts'
import { isPodActive, isPodReady, maxContainerRestarts, POD_PHASE_ORDER, podCondition } from './pod.ts'
import { timeOf } from './times.ts'

export const POD_DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost'

/** Sorts before: negative. The plain order, without cost, rank or logarithms: Jobs use it. */
export function compareActivePods(a: Pod, b: Pod): number {
  return (
    compareProgress(a, b) ||
    (isPodReady(a) ? compareNewerFirst(readyTime(a), readyTime(b)) : 0) ||
    compareRestarts(a, b) ||
    compareNewerFirst(createdAt(a), createdAt(b))
  )
}

/**
 * The order in which a ReplicaSet deletes. `rank` is the number of active pods of the same owner on the pod's
 * node: doubled-up pods go first. Ages are compared by their order of magnitude only, with the uid deciding
 * within one, so that scaling down is spread over old and new pods.
 */
export function compareRankedPods(a: Pod, rankA: number, b: Pod, rankB: number, now: number): number {
  return (
    compareProgress(a, b) ||
    deletionCost(a) - deletionCost(b) ||
    rankB - rankA ||
    (isPodReady(a) ? compareAges(a, readyTime(a), b, readyTime(b), now) : 0) ||
    compareRestarts(a, b) ||
    compareAges(a, createdAt(a), b, createdAt(b), now)
  )
}

/** The `count` pods to delete. `related` are the pods whose number on a node makes the rank. */
export function podsToDelete<P extends Pod>(
  pods: readonly P[],
  related: Iterable<Pod>,
  count: number,
  now: number,
): readonly P[] {
  // Everything goes: no order is needed (getPodsToDelete).
  if (count >= pods.length) return pods
  const ranks = ranksOf(pods, related)
  const order = pods.map((pod, i) => ({ pod, rank: ranks[i]! }))
  order.sort((a, b) => compareRankedPods(a.pod, a.rank, b.pod, b.rank, now) || byName(a.pod, b.pod))
  return order.slice(0, count).map((it) => it.pod)
}

/** For each pod the number of active related pods on its node. */
export function ranksOf(pods: readonly Pod[], related: Iterable<Pod>): number[] {
  const onNode = new Map<string, number>()
  for (const pod of related) {
    if (!isPodActive(pod)) continue
    const node = pod.spec.nodeName ?? ''
    onNode.set(node, (onNode.get(node) ?? 0) + 1)
  }
  return pods.map((pod) => onNode.get(pod.spec.nodeName ?? '') ?? 0)
}

/** floor(log2(age in nanoseconds)); -1 for no age. */
export function ageBucket(time: number, now: number): number {
  const age = now - time
  return age <= 0 ? -1 : Math.floor(Math.log2(age * 1e6))
}

function compareProgress(a: Pod, b: Pod): number {
  const assignedA = a.spec.nodeName ? 1 : 0
  const assignedB = b.spec.nodeName ? 1 : 0
  return (
    assignedA - assignedB || phaseOrder(a) - phaseOrder(b) || Number(isPodReady(a)) - Number(isPodReady(b))
  )
}

function phaseOrder(pod: Pod): number {
  return POD_PHASE_ORDER[pod.status?.phase ?? ''] ?? 0
}

/** An invalid cost counts as none. */
function deletionCost(pod: Pod): number {
  const text = pod.metadata?.annotations?.[POD_DELETION_COST]
  if (text === undefined || !/^(0|-?[1-9]\d*)$/.test(text)) return 0
  const cost = Number(text)
  return cost > 2147483647 || cost < -2147483648 ? 0 : cost
}

function compareRestarts(a: Pod, b: Pod): number {
  const restartsA = maxContainerRestarts(a)
  const restartsB = maxContainerRestarts(b)
  return restartsB.regular - restartsA.regular || restartsB.sidecar - restartsA.sidecar
}

function compareAges(
  a: Pod,
  timeA: number | undefined,
  b: Pod,
  timeB: number | undefined,
  now: number,
): number {
  if (timeA === timeB) return 0
  if (timeA === undefined || timeB === undefined) return compareNewerFirst(timeA, timeB)
  const difference = ageBucket(timeA, now) - ageBucket(timeB, now)
  if (difference !== 0) return difference
  const uidA = a.metadata?.uid ?? ''
  const uidB = b.metadata?.uid ?? ''
  return uidA < uidB ? -1 : uidA > uidB ? 1 : 0
}

function compareNewerFirst(a: number | undefined, b: number | undefined): number {
  if (a === b) return 0
  if (a === undefined) return -1
  return b === undefined ? 1 : b - a
}

function readyTime(pod: Pod): number | undefined {
  const time = podCondition(pod, 'Ready')?.lastTransitionTime
  return time === undefined ? undefined : timeOf(time)
}

function createdAt(pod: Pod): number | undefined {
  const time = pod.metadata?.creationTimestamp
  return time === undefined ? undefined : timeOf(time)
}

/** Upstream leaves ties to an unstable sort over map order; names make them reproducible. */
function byName(a: Pod, b: Pod): number {
  const nameA = a.metadata?.name ?? ''
  const nameB = b.metadata?.name ?? ''
  return nameA < nameB ? -1 : nameA > nameB ? 1 : 0
}

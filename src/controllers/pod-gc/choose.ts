/** Which pods nobody else will remove (podgc/gc_controller.go). */
import type { Node } from '../../api/core/node.ts'
import type { Pod } from '../../api/core/pod.ts'
import type { Stored } from '../../api/kind.ts'
import { OUT_OF_SERVICE } from '../shared/taints.ts'
import { timeOf } from '../shared/times.ts'

export const NODE_GONE = { reason: 'DeletionByPodGC', message: 'PodGC: node no longer exists' }

/** Finished pods beyond the threshold: evicted ones first, then the oldest. A threshold of 0 or less means none. */
export function surplusTerminated(
  terminated: readonly Stored<Pod>[],
  threshold: number,
): readonly Stored<Pod>[] {
  const excess = terminated.length - threshold
  if (threshold <= 0 || excess <= 0) return []
  return [...terminated].sort(byEvictionAndAge).slice(0, excess)
}

/** Deleted, but never scheduled: no kubelet will finish it. */
export function isUnscheduledTerminating(pod: Pod): boolean {
  return pod.metadata?.deletionTimestamp !== undefined && !pod.spec.nodeName
}

/** Deleted, on a node that somebody has declared dead for good. */
export function isOutOfService(pod: Pod, node: Node | undefined): boolean {
  if (pod.metadata?.deletionTimestamp === undefined || node === undefined) return false
  const ready = node.status?.conditions?.some((it) => it.type === 'Ready' && it.status === 'True')
  return ready !== true && node.spec.taints?.some((it) => it.key === OUT_OF_SERVICE) === true
}

function byEvictionAndAge(a: Stored<Pod>, b: Stored<Pod>): number {
  const evicted = (pod: Pod) => (pod.status?.reason === 'Evicted' ? 0 : 1)
  return (
    evicted(a) - evicted(b) ||
    timeOf(a.metadata.creationTimestamp) - timeOf(b.metadata.creationTimestamp) ||
    (a.metadata.name < b.metadata.name ? -1 : 1)
  )
}

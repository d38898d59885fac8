/** How long a pod may stay on a node with NoExecute taints (tainteviction/taint_eviction.go). */
import type { Node, Taint } from '../../api/core/node.ts'
import type { Toleration } from '../../api/core/pod-spec.ts'
import { findToleration } from '../../api/core/toleration.ts'

const NO_TAINTS: readonly Taint[] = []

export function noExecuteTaints(node: Node | undefined): readonly Taint[] {
  const taints = node?.spec.taints
  if (taints === undefined) return NO_TAINTS
  const found = taints.filter((it) => it.effect === 'NoExecute')
  return found.length === 0 ? NO_TAINTS : found
}

/**
 * Ms until the pod must go: 0 for at once, undefined for never. For each taint the first toleration that fits
 * counts; of these the shortest.
 */
export function evictAfterMs(
  taints: readonly Taint[],
  tolerations: readonly Toleration[] | undefined,
): number | undefined {
  let shortest: number | undefined
  for (const taint of taints) {
    if (taint.effect !== 'NoExecute') continue
    const used = findToleration(tolerations, taint)
    if (used === undefined) return 0
    if (used.tolerationSeconds === undefined) continue
    shortest = Math.min(shortest ?? Number.POSITIVE_INFINITY, Math.max(0, used.tolerationSeconds) * 1000)
  }
  return shortest
}

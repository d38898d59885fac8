/** Taints that keep a pod off a node; PreferNoSchedule only lowers the node's score. */
import type { Taint } from '../../api/core/node.ts'

export function isHardTaint({ effect }: Taint): boolean {
  return effect === 'NoSchedule' || effect === 'NoExecute'
}

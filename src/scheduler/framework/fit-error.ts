/** Upstream's message for a pod that fits nowhere (framework/types.go, FitError). */
import { compareStrings } from './order.ts'

/** How many nodes gave each reason. */
export type ReasonCounts = ReadonlyMap<string, number>

export interface FitError {
  readonly allNodes: number
  /** Set when a PreFilter plugin refused the pod as a whole: nodes were not looked at. */
  readonly preFilterMessage?: string
  readonly reasons: ReasonCounts
  readonly postFilterMessage?: string
}

/** `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable. preemption: ...` */
export function fitErrorMessage(error: FitError): string {
  let text = `0/${error.allNodes} nodes are available:`
  if (error.preFilterMessage) text += ` ${error.preFilterMessage}.`
  else {
    const parts = [...error.reasons].map(([reason, count]) => `${count} ${reason}`)
    // Sorted as text, so that "10 x" comes before "2 y".
    if (parts.length > 0) text += ` ${parts.sort(compareStrings).join(', ')}.`
  }
  return error.postFilterMessage ? `${text} ${error.postFilterMessage}` : text
}

/** Counts reasons over statuses that were given to so many nodes each. */
export function countReasons(
  statuses: Iterable<{ readonly reasons: readonly string[]; readonly nodes: number }>,
): ReasonCounts {
  const counts = new Map<string, number>()
  for (const { reasons, nodes } of statuses)
    for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + nodes)
  return counts
}

/** How many nodes that pass end the search (schedule_one.go, numFeasibleNodesToFind). */
const MIN_FEASIBLE_NODES = 100
const MIN_PERCENTAGE = 5

/**
 * @param percentage of nodes to score; 0: adaptive, less of larger clusters
 * @param nodes      nodes that may be looked at
 */
export function feasibleNodesToFind(percentage: number, nodes: number): number {
  if (nodes < MIN_FEASIBLE_NODES) return nodes
  let share = percentage
  if (share === 0) share = Math.max(MIN_PERCENTAGE, 50 - Math.trunc(nodes / 125))
  if (share >= 100) return nodes
  return Math.max(MIN_FEASIBLE_NODES, Math.trunc((nodes * share) / 100))
}

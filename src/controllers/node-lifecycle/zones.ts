/** How many nodes of a zone are down, and how fast pods may then be evicted there. */
import type { Node } from '../../api/core/node.ts'

export type ZoneState = 'Initial' | 'Normal' | 'PartialDisruption' | 'FullDisruption'

export interface EvictionRates {
  /** Nodes a second, --node-eviction-rate. */
  readonly normal: number
  /** In a large zone that is partly down, --secondary-node-eviction-rate. */
  readonly secondary: number
  /** Zones above this many nodes are large, --large-cluster-size-threshold. */
  readonly largeZone: number
  /** Share of nodes that makes a zone partly down, --unhealthy-zone-threshold. */
  readonly unhealthyShare: number
}

/** Region and zone, parted by NULs as in component-helpers/node/topology; '' when the node has neither. */
export function zoneOf(node: Node): string {
  const labels = node.metadata?.labels ?? {}
  const region =
    labels['topology.kubernetes.io/region'] ?? labels['failure-domain.beta.kubernetes.io/region'] ?? ''
  const zone = labels['topology.kubernetes.io/zone'] ?? labels['failure-domain.beta.kubernetes.io/zone'] ?? ''
  return region === '' && zone === '' ? '' : `${region}:\x00:${zone}`
}

/** More than two nodes and the given share must be down before a zone counts as disrupted in part. */
export function zoneState(ready: number, notReady: number, unhealthyShare: number): ZoneState {
  if (ready === 0 && notReady > 0) return 'FullDisruption'
  if (notReady > 2 && notReady / (ready + notReady) >= unhealthyShare) return 'PartialDisruption'
  return 'Normal'
}

/** Nodes a second that may be tainted NoExecute. */
export function zoneRate(state: ZoneState, size: number, allFull: boolean, rates: EvictionRates): number {
  switch (state) {
    case 'FullDisruption':
      // Everything down looks more like a broken control plane than like a broken world.
      return allFull ? 0 : rates.normal
    case 'PartialDisruption':
      return size > rates.largeZone ? rates.secondary : 0
    default:
      return rates.normal
  }
}

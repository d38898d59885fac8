/**
 * The order in which nodes are looked at: zones in the order in which they were first seen, one node of each in turn,
 * until all are out (backend/cache/node_tree.go).
 */
import { type Labels, label } from './matchers.ts'

const ZONE = 'topology.kubernetes.io/zone'
const REGION = 'topology.kubernetes.io/region'
const BETA_ZONE = 'failure-domain.beta.kubernetes.io/zone'
const BETA_REGION = 'failure-domain.beta.kubernetes.io/region'

/** '' for nodes that name neither region nor zone. */
export function zoneKey(labels: Labels): string {
  const region = label(labels, REGION) ?? label(labels, BETA_REGION) ?? ''
  const zone = label(labels, ZONE) ?? label(labels, BETA_ZONE) ?? ''
  return region === '' && zone === '' ? '' : `${region}:\u0000:${zone}`
}

export class NodeOrder<T> {
  /** Zone -> nodes, both in order of arrival. */
  readonly #zones = new Map<string, T[]>()

  add(zone: string, node: T): void {
    const nodes = this.#zones.get(zone)
    if (nodes === undefined) this.#zones.set(zone, [node])
    else nodes.push(node)
  }

  remove(zone: string, node: T): void {
    const nodes = this.#zones.get(zone)
    const at = nodes?.indexOf(node) ?? -1
    if (nodes === undefined || at < 0) return
    nodes.splice(at, 1)
    if (nodes.length === 0) this.#zones.delete(zone)
  }

  list(): T[] {
    const zones = [...this.#zones.values()]
    const longest = zones.reduce((most, nodes) => Math.max(most, nodes.length), 0)
    const all: T[] = []
    for (let round = 0; round < longest; round++)
      for (const nodes of zones) if (round < nodes.length) all.push(nodes[round]!)
    return all
  }
}

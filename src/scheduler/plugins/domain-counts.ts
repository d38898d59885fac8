/**
 * Counts per domain of a topology, for one class of pods: the sum over nodes of a count per node, taken over the
 * nodes that are eligible, and kept up to date node by node.
 */
import { NO_DOMAIN } from '../cache/topology.ts'

/** A count for each node, by slot. */
export interface NodeCounts {
  at(slot: number): number
}

export class DomainCounts {
  readonly #counts: NodeCounts
  readonly #ranked: boolean
  /** What this object last added for each slot, and to which domain. */
  readonly #lastCount: Int32Array
  readonly #lastDomain: Int32Array
  #sums = new Int32Array(8)
  /** Eligible nodes of each domain. */
  #nodes = new Int32Array(8)
  /** Domains with at least one eligible node. */
  domains = 0
  /** Sum over all domains. */
  total = 0

  /** @param ranked whether `minimum` is asked for; counts must then not be negative */
  constructor(counts: NodeCounts, rows: number, ranked: boolean) {
    this.#counts = counts
    this.#ranked = ranked
    this.#lastCount = new Int32Array(rows)
    this.#lastDomain = new Int32Array(rows).fill(NO_DOMAIN)
  }

  /** @param domain of the node now; NO_DOMAIN when it is not eligible. Returns whether anything changed. */
  update(slot: number, domain: number): boolean {
    const count = domain === NO_DOMAIN ? 0 : this.#counts.at(slot)
    const oldDomain = this.#lastDomain[slot]!
    const oldCount = this.#lastCount[slot]!
    if (domain === oldDomain && count === oldCount) return false
    if (domain !== oldDomain) {
      if (oldDomain !== NO_DOMAIN) this.#leave(oldDomain, oldCount)
      if (domain !== NO_DOMAIN) this.#join(domain, count)
    } else this.#change(domain, count - oldCount)
    this.#lastDomain[slot] = domain
    this.#lastCount[slot] = count
    return true
  }

  /** What the node counts for, when it is eligible. */
  nodeCount(slot: number): number | undefined {
    return this.#lastDomain[slot] === NO_DOMAIN ? undefined : this.#lastCount[slot]!
  }

  /** The sum over a domain; 0 for domains that no eligible node is in. */
  sum(domain: number): number {
    return domain < this.#sums.length ? this.#sums[domain]! : 0
  }

  /** The smallest sum over domains; 0 when there is none. */
  get minimum(): number {
    if (this.domains === 0) return 0
    while ((this.#histogram[this.#least] ?? 0) === 0) this.#least++
    return this.#least
  }

  /** How many domains have each sum, and a lower bound of the smallest. */
  readonly #histogram: number[] = []
  #least = 0

  #join(domain: number, count: number): void {
    if (domain >= this.#sums.length) this.#grow(domain + 1)
    if (this.#nodes[domain]!++ === 0) {
      this.domains++
      this.#enter(0)
    }
    this.#change(domain, count)
  }

  #leave(domain: number, count: number): void {
    this.#change(domain, -count)
    if (--this.#nodes[domain]! > 0) return
    this.domains--
    if (this.#ranked) this.#histogram[this.#sums[domain]!]!--
  }

  #change(domain: number, by: number): void {
    if (by === 0) return
    const before = this.#sums[domain]!
    this.#sums[domain] = before + by
    this.total += by
    if (this.#ranked) this.#histogram[before]!--
    this.#enter(before + by)
  }

  #enter(sum: number): void {
    if (!this.#ranked) return
    while (this.#histogram.length <= sum) this.#histogram.push(0)
    this.#histogram[sum]!++
    if (sum < this.#least) this.#least = sum
  }

  #grow(domains: number): void {
    const size = Math.max(domains, this.#sums.length * 2)
    const widen = (old: Int32Array) => {
      const grown = new Int32Array(size)
      grown.set(old)
      return grown
    }
    this.#sums = widen(this.#sums)
    this.#nodes = widen(this.#nodes)
  }
}

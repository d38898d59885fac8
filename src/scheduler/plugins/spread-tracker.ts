/** The counts behind topology spreading for one class of pods (podtopologyspread/filtering.go and scoring.go). */
import { findUntolerated } from '../../api/core/toleration.ts'
import type { ClusterCache } from '../cache/cluster-cache.ts'
import { type PodCounter, PodMatcher } from '../cache/label-groups.ts'
import { labelMatcher } from '../cache/matchers.ts'
import type { NodeInfo } from '../cache/node-info.ts'
import type { PodClass } from '../cache/pod-class.ts'
import { NO_DOMAIN, type Topology } from '../cache/topology.ts'
import { MAX_NODE_SCORE, type Tracker } from '../framework/plugin.ts'
import { type Status, unresolvable, unschedulable } from '../framework/status.ts'
import { DomainCounts } from './domain-counts.ts'
import { isHardTaint } from './hard-taint.ts'
import type { SpreadConstraint, SpreadConstraints } from './pod-topology-spread.ts'

const SKEWED = unschedulable("node(s) didn't match pod topology spread constraints")
const UNLABELED = unresolvable(
  "node(s) didn't match pod topology spread constraints (missing required label)",
)
const HOSTNAME = 'kubernetes.io/hostname'

interface Tracked {
  readonly constraint: SpreadConstraint
  readonly topology: Topology
  readonly counter: PodCounter
  readonly domains: DomainCounts
  /** 1 when the pod counts itself. */
  readonly self: number
}

export class SpreadTracker implements Tracker {
  readonly filters: boolean
  readonly scores: boolean
  readonly #pod: PodClass
  readonly #cache: ClusterCache
  readonly #isCurrent: () => boolean
  readonly #requireAllKeys: boolean
  readonly #hard: readonly Tracked[]
  readonly #soft: readonly Tracked[]
  /** Of soft constraints, for the nodes to be scored now. */
  readonly #weights: Float64Array
  /** Domains met among the nodes to be scored, each with the number of the scoring in which it was. */
  readonly #met: Uint32Array[]
  #scoring = 0

  constructor(
    pod: PodClass,
    { hard, soft, requireAllKeys }: SpreadConstraints,
    cache: ClusterCache,
    isCurrent: () => boolean,
  ) {
    this.#pod = pod
    this.#cache = cache
    this.#isCurrent = isCurrent
    this.#requireAllKeys = requireAllKeys
    this.filters = hard.length > 0
    this.scores = soft.length > 0
    const track = (constraint: SpreadConstraint, ranked: boolean): Tracked => {
      const counter = cache.groups.counter(
        [PodMatcher.ofConstraint(constraint.selector, pod.namespace)],
        true,
      )
      return {
        constraint,
        topology: cache.topology(constraint.topologyKey),
        counter,
        domains: new DomainCounts(counter, cache.rows, ranked),
        self: labelMatcher(constraint.selector)(pod.labels) ? 1 : 0,
      }
    }
    this.#hard = hard.map((it) => track(it, true))
    this.#soft = soft.map((it) => track(it, false))
    this.#weights = new Float64Array(soft.length)
    this.#met = soft.map(() => new Uint32Array(8))
    if (this.filters || this.scores) for (const { slot } of cache.nodes()) this.update(slot)
  }

  refresh(): boolean {
    return this.#isCurrent()
  }

  update(slot: number): void {
    if (!this.filters && !this.scores) return
    const node = this.#cache.at(slot)
    if (this.filters) this.#count(this.#hard, slot, node, true)
    if (this.scores) this.#count(this.#soft, slot, node, this.#requireAllKeys)
  }

  /** Only nodes that carry all keys and pass the constraint's policies are counted. */
  #count(tracked: readonly Tracked[], slot: number, node: NodeInfo | undefined, allKeys: boolean): void {
    const isCandidate =
      node?.node !== undefined &&
      (!allKeys || tracked.every((it) => it.topology.domainOf[slot] !== NO_DOMAIN))
    for (const { constraint, topology, domains } of tracked)
      domains.update(
        slot,
        isCandidate && this.#isIncluded(constraint, node) ? topology.domainOf[slot]! : NO_DOMAIN,
      )
  }

  #isIncluded({ honorsAffinity, honorsTaints }: SpreadConstraint, { node, taints }: NodeInfo): boolean {
    if (honorsAffinity && !(this.#pod.requiredNodes?.(node!) ?? true)) return false
    return !honorsTaints || findUntolerated(taints, this.#pod.spec.tolerations, isHardTaint) === undefined
  }

  filter(slot: number): Status | undefined {
    for (const { constraint, topology, domains, self } of this.#hard) {
      const domain = topology.domainOf[slot]!
      if (domain === NO_DOMAIN) return UNLABELED
      const minimum = domains.domains < constraint.minDomains ? 0 : domains.minimum
      if (domains.sum(domain) + self - minimum > constraint.maxSkew) return SKEWED
    }
    return undefined
  }

  /** Smaller topologies weigh less: the weight grows with the number of domains among the candidates. */
  prepare(slots: Int32Array, count: number): boolean {
    if (this.#soft.length === 0) return false
    this.#scoring++
    let candidates = 0
    const sizes = this.#soft.map(() => 0)
    for (let i = 0; i < count; i++) {
      const slot = slots[i]!
      if (this.#isIgnored(slot)) continue
      candidates++
      for (let k = 0; k < this.#soft.length; k++)
        if (this.#meets(k, this.#soft[k]!.topology.domainOf[slot]!)) sizes[k]!++
    }
    this.#soft.forEach(({ constraint }, k) => {
      const size = constraint.topologyKey === HOSTNAME ? candidates : sizes[k]!
      this.#weights[k] = Math.log(size + 2)
    })
    return true
  }

  /** True the first time that a domain is met in this scoring. Nodes without the label are a domain of their own. */
  #meets(k: number, domain: number): boolean {
    let met = this.#met[k]!
    const at = domain + 1
    if (at >= met.length) {
      met = new Uint32Array(Math.max(at + 1, met.length * 2))
      met.set(this.#met[k]!)
      this.#met[k] = met
    }
    if (met[at] === this.#scoring) return false
    met[at] = this.#scoring
    return true
  }

  #isIgnored(slot: number): boolean {
    if (!this.#requireAllKeys) return false
    for (const { topology } of this.#soft) if (topology.domainOf[slot] === NO_DOMAIN) return true
    return false
  }

  score(slot: number): number {
    if (this.#isIgnored(slot)) return IGNORED
    let score = 0
    for (let k = 0; k < this.#soft.length; k++) {
      const { constraint, topology, counter, domains } = this.#soft[k]!
      const domain = topology.domainOf[slot]!
      if (domain === NO_DOMAIN) continue
      const pods =
        constraint.topologyKey === HOSTNAME
          ? (domains.nodeCount(slot) ?? counter.at(slot))
          : domains.sum(domain)
      score += pods * this.#weights[k]! + (constraint.maxSkew - 1)
    }
    return Math.round(score)
  }

  normalize(scores: Float64Array, _slots: Int32Array, count: number): void {
    let least = Number.POSITIVE_INFINITY
    let most = 0
    for (let i = 0; i < count; i++) {
      const score = scores[i]!
      if (score === IGNORED) continue
      if (score < least) least = score
      if (score > most) most = score
    }
    for (let i = 0; i < count; i++) {
      const score = scores[i]!
      if (score === IGNORED) scores[i] = 0
      else if (most === 0) scores[i] = MAX_NODE_SCORE
      else scores[i] = Math.trunc((MAX_NODE_SCORE * (most + least - score)) / most)
    }
  }

  dispose(): void {
    for (const { counter } of [...this.#hard, ...this.#soft]) this.#cache.groups.release(counter)
  }
}

/** Nodes that miss a key score 0 after normalisation and do not take part in it. */
const IGNORED = -1

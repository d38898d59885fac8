/** The counts behind inter-pod affinity for one class of pods (interpodaffinity/filtering.go and scoring.go). */
import type { PlacedTerm } from '../cache/affinity-terms.ts'
import type { ClusterCache } from '../cache/cluster-cache.ts'
import type { PodCounter } from '../cache/label-groups.ts'
import type { PodClass } from '../cache/pod-class.ts'
import { NO_DOMAIN, type Topology } from '../cache/topology.ts'
import { MAX_NODE_SCORE, type Tracker } from '../framework/plugin.ts'
import { type Status, unresolvable, unschedulable } from '../framework/status.ts'
import { DomainCounts } from './domain-counts.ts'

const NOT_NEAR = unresolvable("node(s) didn't match pod affinity rules")
const TOO_NEAR = unschedulable("node(s) didn't match pod anti-affinity rules")
const KEPT_AWAY = unschedulable("node(s) didn't satisfy existing pods anti-affinity rules")

interface Tracked {
  readonly topology: Topology
  readonly domains: DomainCounts
  /** Scores only: what one counted unit is worth. */
  readonly weight: number
}

export interface AffinityOptions {
  readonly hardPodAffinityWeight: number
  readonly ignorePreferredTermsOfExistingPods: boolean
}

export class AffinityTracker implements Tracker {
  readonly #pod: PodClass
  readonly #cache: ClusterCache
  readonly #options: AffinityOptions
  readonly #counters: PodCounter[] = []
  readonly #near: readonly Tracked[]
  readonly #far: readonly Tracked[]
  /** Required anti-affinity of placed pods that means this class. */
  readonly #away: Tracked[] = []
  readonly #scored: Tracked[] = []
  /** Whether the pod itself satisfies all its required terms: the first of a group may go anywhere. */
  readonly #startsGroup: boolean
  readonly #epoch: number
  #readTerms = 0

  constructor(pod: PodClass, cache: ClusterCache, options: AffinityOptions) {
    this.#pod = pod
    this.#cache = cache
    this.#options = options
    this.#epoch = cache.terms.epoch
    const { required, requiredAnti, preferred } = pod.affinity
    const count = (matchers: PodCounter['matchers']) => {
      const counter = cache.groups.counter(matchers, false)
      this.#counters.push(counter)
      return counter
    }
    const track = (topologyKey: string, counts: PodCounter, weight: number): Tracked => ({
      topology: cache.topology(topologyKey),
      domains: new DomainCounts(counts, cache.rows, false),
      weight,
    })
    // An existing pod counts only if it matches all required terms at once.
    const all = required.length > 0 ? count(required.map((it) => it.matcher)) : undefined
    this.#near = required.map((it) => track(it.topologyKey, all!, 1))
    this.#far = requiredAnti.map((it) => track(it.topologyKey, count([it.matcher]), 1))
    for (const it of preferred) this.#scored.push(track(it.topologyKey, count([it.matcher]), it.weight))
    this.#startsGroup = required.every((it) => cache.groups.matches(it.matcher, pod))
    for (const tracked of [...this.#near, ...this.#far, ...this.#scored]) this.#fill(tracked)
    this.#readNewTerms()
  }

  get filters(): boolean {
    return this.#near.length + this.#far.length + this.#away.length > 0
  }

  get scores(): boolean {
    return this.#scored.length > 0
  }

  /** Pods placed later may bring terms that concern this class. */
  refresh(): boolean {
    if (this.#cache.terms.epoch !== this.#epoch) return false
    if (this.#readTerms < this.#cache.terms.list.length) this.#readNewTerms()
    return true
  }

  /** Finds the terms of placed pods that mean this class, among those not looked at before. */
  #readNewTerms(): void {
    const { list } = this.#cache.terms
    for (; this.#readTerms < list.length; this.#readTerms++) {
      const term = list[this.#readTerms]!
      const weight = this.#weightOf(term)
      if (weight === 0 || !this.#cache.groups.matches(term.matcher, this.#pod)) continue
      const tracked: Tracked = {
        topology: this.#cache.topology(term.topologyKey),
        domains: new DomainCounts(term, this.#cache.rows, false),
        weight,
      }
      ;(term.kind === 'requiredAnti' ? this.#away : this.#scored).push(tracked)
      this.#fill(tracked)
    }
  }

  /** 0: the term does not matter. */
  #weightOf({ kind }: PlacedTerm): number {
    if (kind === 'requiredAnti') return 1
    // Without preferences of its own the pod may be told not to care for those of others.
    if (this.#options.ignorePreferredTermsOfExistingPods && this.#pod.affinity.preferred.length === 0)
      return 0
    return kind === 'required' ? this.#options.hardPodAffinityWeight : 1
  }

  #fill({ topology, domains }: Tracked): void {
    for (const { slot } of this.#cache.nodes()) domains.update(slot, topology.domainOf[slot]!)
  }

  update(slot: number): void {
    for (const { topology, domains } of this.#near) domains.update(slot, topology.domainOf[slot]!)
    for (const { topology, domains } of this.#far) domains.update(slot, topology.domainOf[slot]!)
    for (const { topology, domains } of this.#away) domains.update(slot, topology.domainOf[slot]!)
    for (const { topology, domains } of this.#scored) domains.update(slot, topology.domainOf[slot]!)
  }

  filter(slot: number): Status | undefined {
    if (this.#near.length > 0 && !this.#isNear(slot)) return NOT_NEAR
    if (touches(this.#far, slot)) return TOO_NEAR
    if (touches(this.#away, slot)) return KEPT_AWAY
    return undefined
  }

  #isNear(slot: number): boolean {
    let total = 0
    let everywhere = true
    for (const { topology, domains } of this.#near) {
      const domain = topology.domainOf[slot]!
      if (domain === NO_DOMAIN) return false
      total += domains.total
      if (domains.sum(domain) <= 0) everywhere = false
    }
    return everywhere || (total === 0 && this.#startsGroup)
  }

  prepare(): boolean {
    return this.#scored.some(({ domains }) => domains.domains > 0)
  }

  score(slot: number): number {
    let score = 0
    for (const { topology, domains, weight } of this.#scored) {
      const domain = topology.domainOf[slot]!
      if (domain !== NO_DOMAIN) score += weight * domains.sum(domain)
    }
    return score
  }

  normalize(scores: Float64Array, _slots: Int32Array, count: number): void {
    let least = Number.POSITIVE_INFINITY
    let most = Number.NEGATIVE_INFINITY
    for (let i = 0; i < count; i++) {
      const score = scores[i]!
      if (score < least) least = score
      if (score > most) most = score
    }
    const range = most - least
    for (let i = 0; i < count; i++)
      scores[i] = range > 0 ? Math.trunc(MAX_NODE_SCORE * ((scores[i]! - least) / range)) : 0
  }

  dispose(): void {
    for (const counter of this.#counters) this.#cache.groups.release(counter)
  }
}

/** Whether the node shares a domain with any counted pod. */
function touches(tracked: readonly Tracked[], slot: number): boolean {
  for (const { topology, domains } of tracked) {
    const domain = topology.domainOf[slot]!
    if (domain !== NO_DOMAIN && domains.sum(domain) > 0) return true
  }
  return false
}

/**
 * The inter-pod affinity of pods that are already placed, turned round: for each distinct term, how many pods that
 * have it stand on each node. A pod to be placed asks which terms match it once per class, not once per pod.
 */
import type { PodMatcher } from './label-groups.ts'
import type { CompiledTerm, PodClass } from './pod-class.ts'

/** Required anti-affinity forbids; required affinity and preferred terms of either sign score. */
export type TermKind = 'requiredAnti' | 'required' | 'preferred'

export class PlacedTerm {
  readonly kind: TermKind
  readonly topologyKey: string
  readonly matcher: PodMatcher
  /** Pods that have the term on each node, by slot; for preferred terms, the sum of their signed weights. */
  readonly perNode = new Map<number, number>()
  owners = 0
  /** No longer in the list. */
  dropped = false

  constructor(kind: TermKind, topologyKey: string, matcher: PodMatcher) {
    this.kind = kind
    this.topologyKey = topologyKey
    this.matcher = matcher
  }

  at(slot: number): number {
    return this.perNode.get(slot) ?? 0
  }
}

export class AffinityTerms {
  /** All terms ever met since the last `compact`, in order: readers remember how far they have read. */
  readonly list: PlacedTerm[] = []
  /** Grows when terms left the list: readers start over. */
  epoch = 0
  readonly #byKey = new Map<string, PlacedTerm>()
  readonly #ofClass = new WeakMap<PodClass, readonly { term: PlacedTerm; weight: number }[]>()
  #unowned = 0

  /** A pod came to (1) or left (-1) a node. */
  count(pod: PodClass, slot: number, by: 1 | -1): void {
    const { required, requiredAnti, preferred } = pod.affinity
    if (required.length + requiredAnti.length + preferred.length === 0) return
    let terms = this.#ofClass.get(pod)
    if (terms === undefined || terms.some(({ term }) => term.dropped)) {
      terms = [
        ...required.map((it) => this.#term('required', it)),
        ...requiredAnti.map((it) => this.#term('requiredAnti', it)),
        ...preferred.map((it) => this.#term('preferred', it)),
      ]
      this.#ofClass.set(pod, terms)
    }
    for (const { term, weight } of terms) {
      if (by === 1 && term.owners === 0) this.#unowned--
      term.owners += by
      if (term.owners === 0) this.#unowned++
      const sum = term.at(slot) + by * weight
      if (sum === 0) term.perNode.delete(slot)
      else term.perNode.set(slot, sum)
    }
    if (this.#unowned > 64 && this.#unowned > this.list.length / 2) this.#compact()
  }

  #term(kind: TermKind, it: CompiledTerm): { term: PlacedTerm; weight: number } {
    const key = `${kind} ${it.key}`
    let term = this.#byKey.get(key)
    if (term === undefined) {
      term = new PlacedTerm(kind, it.topologyKey, it.matcher)
      this.#byKey.set(key, term)
      this.list.push(term)
      this.#unowned++
    }
    return { term, weight: it.weight }
  }

  #compact(): void {
    const owned = this.list.filter((it) => it.owners > 0)
    this.list.length = 0
    this.list.push(...owned)
    for (const [key, term] of this.#byKey) {
      if (term.owners > 0) continue
      term.dropped = true
      this.#byKey.delete(key)
    }
    this.#unowned = 0
    this.epoch++
  }
}

/**
 * Pods with the same namespace and labels form a group, because no selector can tell them apart. Counters over
 * selectors are kept per group, so that a pod that comes or goes costs one step per counter that it matches, and a new
 * counter costs one step per group instead of one per pod.
 */
import type { PodAffinityTerm } from '../../api/core/affinity.ts'
import type { LabelSelector } from '../../api/meta/label-selector.ts'
import { isEmptySelector, type LabelMatcher, type Labels, labelMatcher, selectorKey } from './matchers.ts'

/** Which pods a term or constraint means: a selector in some namespaces. */
export class PodMatcher {
  /** Equal keys mean equal matchers. */
  readonly key: string
  readonly #selects: LabelMatcher
  readonly #namespaces: ReadonlySet<string>
  readonly #namespaceSelector: LabelMatcher | undefined

  constructor(
    selector: LabelSelector | undefined,
    namespaces: readonly string[],
    namespaceSelector?: LabelSelector,
  ) {
    this.#selects = labelMatcher(selector)
    this.#namespaces = new Set(namespaces)
    this.#namespaceSelector = namespaceSelector && labelMatcher(namespaceSelector)
    this.key = `${[...namespaces].sort().join(',')}|${namespaceSelector ? selectorKey(namespaceSelector) : ''}|${selectorKey(selector)}`
  }

  /** Neither namespaces nor a namespace selector: the namespace of the pod that has the term. */
  static ofTerm(term: PodAffinityTerm, namespace: string): PodMatcher {
    const { namespaces = [], namespaceSelector, labelSelector } = term
    const own = namespaces.length === 0 && namespaceSelector === undefined
    return new PodMatcher(labelSelector, own ? [namespace] : namespaces, namespaceSelector)
  }

  /** A selector that counts nothing when it is empty: spread constraints (podtopologyspread/common.go). */
  static ofConstraint(selector: LabelSelector | undefined, namespace: string): PodMatcher {
    return new PodMatcher(selector === undefined || isEmptySelector(selector) ? undefined : selector, [
      namespace,
    ])
  }

  get readsNamespaceLabels(): boolean {
    return this.#namespaceSelector !== undefined
  }

  matches(namespace: string, labels: Labels, namespaceLabels: (namespace: string) => Labels): boolean {
    if (!this.#selects(labels)) return false
    if (this.#namespaces.has(namespace)) return true
    return this.#namespaceSelector?.(namespaceLabels(namespace)) ?? false
  }
}

/** How many pods that match stand on each node, by slot. Slots without any are absent. */
export class PodCounter {
  readonly key: string
  readonly matchers: readonly PodMatcher[]
  /** Spread constraints do not count pods that are being deleted; affinity does. */
  readonly skipTerminating: boolean
  readonly perNode = new Map<number, number>()
  /** Trackers that read it; without any it is dropped. */
  users = 0

  constructor(key: string, matchers: readonly PodMatcher[], skipTerminating: boolean) {
    this.key = key
    this.matchers = matchers
    this.skipTerminating = skipTerminating
  }

  at(slot: number): number {
    return this.perNode.get(slot) ?? 0
  }

  add(slot: number, by: number): void {
    bump(this.perNode, slot, by)
  }
}

export class LabelGroup {
  readonly namespace: string
  readonly labels: Labels
  readonly running = new Map<number, number>()
  readonly terminating = new Map<number, number>()
  readonly counters: PodCounter[] = []
  /** Classes of pods that refer to the group; without any it is dropped. */
  classes = 0

  constructor(namespace: string, labels: Labels) {
    this.namespace = namespace
    this.labels = labels
  }

  /** A pod of the group came to (1) or left (-1) a node. */
  count(slot: number, terminating: boolean, by: 1 | -1): void {
    bump(terminating ? this.terminating : this.running, slot, by)
    for (const counter of this.counters) if (!terminating || !counter.skipTerminating) counter.add(slot, by)
  }
}

export class LabelGroups {
  readonly #groups = new Map<string, LabelGroup>()
  readonly #counters = new Map<string, PodCounter>()
  readonly #namespaceLabels: (namespace: string) => Labels

  constructor(namespaceLabels: (namespace: string) => Labels) {
    this.#namespaceLabels = namespaceLabels
  }

  of(namespace: string, labels: Labels): LabelGroup {
    const parts = Object.entries(labels).map(([key, value]) => `${key}=${value}`)
    const key = `${namespace}|${parts.sort().join(',')}`
    let group = this.#groups.get(key)
    if (group === undefined) {
      this.#groups.set(key, (group = new LabelGroup(namespace, labels)))
      for (const counter of this.#counters.values())
        if (this.#counts(counter, group)) group.counters.push(counter)
    }
    return group
  }

  /** A counter of the pods that match all matchers; shared, and to be given back with `release`. */
  counter(matchers: readonly PodMatcher[], skipTerminating: boolean): PodCounter {
    const key = `${skipTerminating ? 'live' : 'all'} ${matchers.map((it) => it.key).join(' && ')}`
    let counter = this.#counters.get(key)
    if (counter === undefined) {
      this.#counters.set(key, (counter = new PodCounter(key, matchers, skipTerminating)))
      this.#populate(counter)
    }
    counter.users++
    return counter
  }

  release(counter: PodCounter): void {
    if (--counter.users > 0) return
    this.#counters.delete(counter.key)
    for (const { counters } of this.#groups.values()) {
      const at = counters.indexOf(counter)
      if (at >= 0) counters.splice(at, 1)
    }
  }

  matches(matcher: PodMatcher, group: { readonly namespace: string; readonly labels: Labels }): boolean {
    return matcher.matches(group.namespace, group.labels, this.#namespaceLabels)
  }

  /** Drops groups that no class refers to, and so no pod either. */
  prune(): void {
    for (const [key, group] of this.#groups) if (group.classes === 0) this.#groups.delete(key)
  }

  /** Labels of a namespace changed: counts of terms that select namespaces by label are made anew. */
  recount(): void {
    for (const counter of this.#counters.values()) {
      if (!counter.matchers.some((it) => it.readsNamespaceLabels)) continue
      counter.perNode.clear()
      for (const { counters } of this.#groups.values()) {
        const at = counters.indexOf(counter)
        if (at >= 0) counters.splice(at, 1)
      }
      this.#populate(counter)
    }
  }

  #populate(counter: PodCounter): void {
    for (const group of this.#groups.values()) {
      if (!this.#counts(counter, group)) continue
      group.counters.push(counter)
      for (const [slot, pods] of group.running) counter.add(slot, pods)
      if (!counter.skipTerminating) for (const [slot, pods] of group.terminating) counter.add(slot, pods)
    }
  }

  #counts(counter: PodCounter, group: LabelGroup): boolean {
    return counter.matchers.every((matcher) => this.matches(matcher, group))
  }
}

function bump(counts: Map<number, number>, slot: number, by: number): void {
  const count = (counts.get(slot) ?? 0) + by
  if (count === 0) counts.delete(slot)
  else counts.set(slot, count)
}

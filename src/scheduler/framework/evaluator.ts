/**
 * Finds the nodes that a pod fits and the best of them, with the plugins of one profile. It gives what upstream's
 * algorithm gives (schedule_one.go, schedulePod), but asks plugins only what it does not remember: see ClassMemo.
 */
import { invariant } from '../../kernel/invariant.ts'
import type { Random } from '../../kernel/random.ts'
import type { ClusterCache, Trial } from '../cache/cluster-cache.ts'
import type { NodeInfo, PodInfo } from '../cache/node-info.ts'
import type { PodClass } from '../cache/pod-class.ts'
import {
  ClassMemo,
  type MemoArrays,
  type MemoPoints,
  PASSES,
  type PlacedPlugin,
  type PlacedTracker,
} from './class-memo.ts'
import type { Failure } from './failure.ts'
import type { Nominator } from './nominator.ts'
import { type Cycle, MAX_NODE_SCORE, type Plugin, type PreFilterResult } from './plugin.ts'
import { feasibleNodesToFind } from './sampling.ts'
import { by, isRejection, type Status, SUCCESS, unresolvable } from './status.ts'

/** The plugins of a profile at the points that look at nodes, each in its configured order. */
export interface EvaluationPoints extends MemoPoints {
  readonly preFilters: readonly PlacedPlugin[]
}

export interface EvaluatorOptions {
  /** 0: adaptive, as upstream; 100: all nodes. */
  readonly percentageOfNodesToScore: number
  /** Picks among equally good nodes. */
  readonly random: Random
}

/** The nodes that passed: the first `count` slots. Valid until the next search. */
export interface Feasible {
  readonly slots: Int32Array
  readonly count: number
}

export type SearchResult =
  | { readonly feasible: Feasible; readonly failure?: undefined }
  | { readonly feasible?: undefined; readonly failure: Failure }

export interface PointsTable {
  readonly name: string
  readonly weight: number
  readonly points:
    | readonly { readonly raw: number; readonly normalized: number; readonly weighted: number }[]
    | undefined
}

/** A plugin threw, answered `error`, or scored out of range: the attempt failed, not the pod. */
export class PluginError extends Error {
  override readonly name = 'PluginError'
}

/** Remembered node answers over all classes: about 20 bytes each. */
const MEMO_ENTRIES = 2 ** 20
const MEMO_CLASSES = 2048

export class Evaluator {
  readonly #cache: ClusterCache
  readonly #points: EvaluationPoints
  readonly #options: EvaluatorOptions
  readonly #nominator: Nominator
  /** Least recently used first. */
  readonly #memos = new Map<PodClass, ClassMemo>()
  #start = 0
  #slots = new Int32Array(16)
  #totals = new Float64Array(16)
  #scratch = new Float64Array(16)
  /** Answers of the last search, by slot, for slots whose stamp is the search's number. */
  #stamps = new Uint32Array(16)
  #answers: Status[] = []
  #asked: number[] = []
  #search = 0

  constructor(
    cache: ClusterCache,
    nominator: Nominator,
    points: EvaluationPoints,
    options: EvaluatorOptions,
  ) {
    this.#cache = cache
    this.#nominator = nominator
    this.#points = points
    this.#options = options
  }

  // -- searching ------------------------------------------------------------------------------------------

  /** Nodes that pass all filters, as many as the profile wants to score. */
  search(cycle: Cycle): SearchResult {
    const memo = this.memo(cycle.pod.class)
    const nodes = this.#cache.nodes()
    this.#begin()
    const { refused, names, plugins } = this.#preFilter(cycle, memo)
    if (refused !== undefined)
      return { failure: this.#failure(nodes.length, plugins, { preFilter: refused }) }

    const nominated = this.#nominator.nodeOf(cycle.pod.uid)
    if (nominated !== undefined) {
      const node = this.#cache.node(nominated)
      if (node !== undefined && (names?.has(nominated) ?? true)) {
        const status = this.#ask(cycle, memo, node)
        if (status === undefined) {
          this.#slots[0] = node.slot
          return { feasible: { slots: this.#slots, count: 1 } }
        }
        this.#note(node.slot, status)
      }
    }

    const among = names === undefined ? nodes : nodes.filter((it) => names.has(it.name))
    const count = this.#scan(cycle, memo, among, nodes.length)
    if (count > 0) return { feasible: { slots: this.#slots, count } }
    const leftOut =
      names === undefined
        ? undefined
        : {
            nodes: nodes.length - among.length,
            status: unresolvable(`node(s) didn't satisfy plugin(s) [${[...plugins].sort().join(' ')}]`),
          }
    return { failure: this.#failure(nodes.length, plugins, { leftOut }) }
  }

  #scan(cycle: Cycle, memo: ClassMemo, nodes: readonly NodeInfo[], allNodes: number): number {
    const total = nodes.length
    const wanted =
      this.#points.scores.length === 0
        ? 1
        : feasibleNodesToFind(this.#options.percentageOfNodesToScore, total)
    const { generation } = this.#cache
    const { seen, answers } = memo
    const simple = memo.otherFilters.length === 0
    const ownSlot = this.#ownNominatedSlot(cycle.pod)
    let count = 0
    let examined = 0
    let at = total === 0 ? 0 : this.#start % total
    while (examined < total && count < wanted) {
      const node = nodes[at]!
      if (++at === total) at = 0
      examined++
      const slot = node.slot
      if (simple && slot !== ownSlot) {
        if (seen[slot] !== generation[slot]) this.#askLocal(cycle, memo, node)
        const answer = answers[slot]!
        if (answer === PASSES) this.#slots[count++] = slot
        else this.#note(slot, memo.statuses[answer]!)
      } else {
        const status = this.#ask(cycle, memo, node)
        if (status === undefined) this.#slots[count++] = slot
        else this.#note(slot, status)
      }
    }
    if (allNodes > 0) this.#start = (this.#start + count + this.#asked.length) % allNodes
    return count
  }

  /** Undefined: the node passes. */
  #ask(cycle: Cycle, memo: ClassMemo, node: NodeInfo): Status | undefined {
    const { slot } = node
    const promised = this.#nominator.count > 0 ? this.#nominator.rivals(cycle.pod, slot) : NO_PODS
    if (slot === this.#ownNominatedSlot(cycle.pod) || (promised.length > 0 && memo.otherFilters.length > 0))
      return this.#askWithPromises(cycle, memo, node, promised)
    if (memo.seen[slot] !== this.#cache.generation[slot]) this.#askLocal(cycle, memo, node)
    const answer = memo.answers[slot]!
    const place = answer === PASSES ? Number.POSITIVE_INFINITY : memo.places[answer]!
    for (const it of memo.otherFilters) {
      if (it.place > place) break
      const status = this.#askOne(cycle, node, it)
      if (status !== undefined) return status
    }
    return answer === PASSES ? undefined : memo.statuses[answer]!
  }

  /** Asks the plugins whose answers are remembered, and remembers. */
  #askLocal(cycle: Cycle, memo: ClassMemo, node: NodeInfo): void {
    const { slot } = node
    const promised = this.#nominator.count > 0 ? this.#nominator.rivals(cycle.pod, slot) : NO_PODS
    let rejection =
      promised.length > 0
        ? this.#withPods(cycle, memo, node, promised, () => this.#local(cycle, memo, node))
        : undefined
    rejection ??= this.#local(cycle, memo, node)
    memo.seen[slot] = this.#cache.generation[slot]!
    if (rejection !== undefined) {
      memo.answers[slot] = memo.code(rejection.it, rejection.status)
      return
    }
    memo.answers[slot] = PASSES
    let sum = 0
    for (const { plugin, weight } of memo.localScores)
      sum += weight * inRange(plugin, plugin.score!(cycle.pod, node, cycle))
    memo.scores[slot] = sum
    for (const column of memo.columns) {
      const score = column.plugin.score!(cycle.pod, node, cycle)
      if (score !== 0) column.raw ??= new Int32Array(this.#cache.rows)
      if (column.raw !== undefined) column.raw[slot] = score
    }
  }

  #local(cycle: Cycle, memo: ClassMemo, node: NodeInfo): Rejection | undefined {
    for (const it of memo.localFilters) {
      const status = it.plugin.filter!(cycle.pod, node, cycle)
      if (status.code !== 'success') return { it, status: answerOf(it.plugin, status) }
    }
    return undefined
  }

  /** Both with and without the pods that preemption promised the node to, as upstream does. */
  #askWithPromises(
    cycle: Cycle,
    memo: ClassMemo,
    node: NodeInfo,
    promised: readonly PodInfo[],
  ): Status | undefined {
    const status =
      promised.length === 0
        ? undefined
        : this.#withPods(cycle, memo, node, promised, () => this.#askNow(cycle, memo, node))
    return status ?? this.#askNow(cycle, memo, node)
  }

  #withPods<T>(cycle: Cycle, memo: ClassMemo, node: NodeInfo, pods: readonly PodInfo[], body: () => T): T {
    return this.#tryOut(cycle, memo, node, (trial) => {
      for (const pod of pods) trial.add(pod)
      return body()
    })
  }

  /** All filters, remembering nothing. */
  #askNow(cycle: Cycle, memo: ClassMemo, node: NodeInfo): Status | undefined {
    const local = this.#local(cycle, memo, node)
    for (const it of memo.otherFilters) {
      if (local !== undefined && it.place > local.it.place) break
      const status = this.#askOne(cycle, node, it)
      if (status !== undefined) return status
    }
    return local === undefined ? undefined : by(local.it.plugin.name, local.status)
  }

  #askOne(cycle: Cycle, node: NodeInfo, it: PlacedPlugin | PlacedTracker): Status | undefined {
    if ('tracker' in it) {
      const status = it.tracker.filter(node.slot)
      return status === undefined ? undefined : this.#named(it.plugin, status)
    }
    const status = it.plugin.filter!(cycle.pod, node, cycle)
    return status.code === 'success' ? undefined : this.#named(it.plugin, answerOf(it.plugin, status))
  }

  readonly #namedStatuses = new WeakMap<Status, Status>()

  /** Most answers are constants: each gets its plugin's name once. */
  #named(plugin: Plugin, status: Status): Status {
    let named = this.#namedStatuses.get(status)
    if (named === undefined) this.#namedStatuses.set(status, (named = by(plugin.name, status)))
    return named
  }

  // -- scoring --------------------------------------------------------------------------------------------

  /** Total of each feasible node, in the order of the search. Valid until the next call. */
  score(cycle: Cycle, { slots, count }: Feasible): Float64Array {
    const memo = this.memo(cycle.pod.class)
    const totals = this.#totals
    const scratch = this.#scratch
    const { generation } = this.#cache
    for (let i = 0; i < count; i++) {
      const slot = slots[i]!
      if (memo.seen[slot] !== generation[slot]) this.#askLocal(cycle, memo, this.#cache.at(slot)!)
      totals[i] = memo.scores[slot]!
    }
    for (const { plugin, weight, raw } of memo.columns) {
      if (raw === undefined) continue // All zero: whatever that normalises to, it is the same for all nodes.
      for (let i = 0; i < count; i++) scratch[i] = raw[slots[i]!]!
      plugin.normalize!(scratch, count, cycle.pod, cycle)
      for (let i = 0; i < count; i++) totals[i]! += weight * scratch[i]!
    }
    for (const { tracker, weight } of memo.scoringTrackers) {
      if (!tracker.prepare(slots, count)) continue
      for (let i = 0; i < count; i++) scratch[i] = tracker.score(slots[i]!)
      tracker.normalize(scratch, slots, count)
      for (let i = 0; i < count; i++) totals[i]! += weight * scratch[i]!
    }
    if (memo.plainScores.length > 0) {
      const nodes = Array.from(slots.subarray(0, count), (slot) => this.#cache.at(slot)!)
      for (const it of memo.plainScores) {
        if (!this.scorePlain(cycle, it.plugin, nodes, scratch)) continue
        for (let i = 0; i < count; i++) totals[i]! += it.weight * scratch[i]!
      }
    }
    return totals
  }

  /** Scores of a plugin that is asked every time; false: it has nothing to say. */
  scorePlain(cycle: Cycle, plugin: Plugin, nodes: readonly NodeInfo[], into: Float64Array): boolean {
    const before = plugin.preScore?.(cycle.pod, nodes, cycle) ?? SUCCESS
    if (before.code === 'skip') return false
    if (before.code !== 'success')
      throw new PluginError(
        `running PreScore plugin ${JSON.stringify(plugin.name)}: ${before.reasons.join(', ')}`,
      )
    nodes.forEach((node, i) => {
      into[i] = plugin.score!(cycle.pod, node, cycle)
    })
    plugin.normalize?.(into, nodes.length, cycle.pod, cycle)
    for (let i = 0; i < nodes.length; i++) inRange(plugin, into[i]!)
    return true
  }

  /** The same for some of the nodes that passed, as an array of its own. */
  scoreOf(cycle: Cycle, nodes: readonly NodeInfo[]): Float64Array {
    this.#begin()
    this.memo(cycle.pod.class)
    nodes.forEach((node, i) => {
      this.#slots[i] = node.slot
    })
    return this.score(cycle, { slots: this.#slots, count: nodes.length }).slice(0, nodes.length)
  }

  chooseOf(nodes: readonly NodeInfo[], totals: Float64Array): NodeInfo {
    const slots = Int32Array.from(nodes, (it) => it.slot)
    return this.choose({ slots, count: nodes.length }, totals)
  }

  /** The best node; among equals any, each as likely. */
  choose({ slots, count }: Feasible, totals: Float64Array): NodeInfo {
    let best = totals[0]!
    let ties = 1
    for (let i = 1; i < count; i++) {
      const total = totals[i]!
      if (total > best) {
        best = total
        ties = 1
      } else if (total === best) ties++
    }
    let pick = ties === 1 ? 0 : this.#options.random.below(ties)
    for (let i = 0; ; i++) if (totals[i] === best && pick-- === 0) return this.#cache.at(slots[i]!)!
  }

  // -- explaining -----------------------------------------------------------------------------------------

  /** What the node answered in the last search; undefined: it passed, or was not asked. */
  answerOf(node: NodeInfo): Status | undefined {
    return this.#stamps[node.slot] === this.#search ? this.#answers[node.slot] : undefined
  }

  /** Each plugin's points for the nodes, in the order of the profile; undefined: the plugin has nothing to say. */
  pointsOf(cycle: Cycle, nodes: readonly NodeInfo[]): readonly PointsTable[] {
    const memo = this.memo(cycle.pod.class)
    return this.#points.scores.map(({ plugin, weight }) => {
      const scores = this.#scoresOf(plugin, cycle, memo, nodes)
      if (scores === undefined) return { name: plugin.name, weight, points: undefined }
      const [raw, normalized] = scores
      const points = nodes.map((_, i) => ({
        raw: raw[i]!,
        normalized: normalized[i]!,
        weighted: weight * normalized[i]!,
      }))
      return { name: plugin.name, weight, points }
    })
  }

  #scoresOf(
    plugin: Plugin,
    cycle: Cycle,
    memo: ClassMemo,
    nodes: readonly NodeInfo[],
  ): readonly [raw: Float64Array, normalized: Float64Array] | undefined {
    if (!(plugin.concerns?.(cycle.pod.class, 'score') ?? true)) return undefined
    const tracked = memo.scoringTrackers.find((it) => it.plugin === plugin)?.tracker
    if (tracked !== undefined) {
      const slots = Int32Array.from(nodes, (it) => it.slot)
      if (!tracked.prepare(slots, slots.length)) return undefined
      const raw = Float64Array.from(nodes, (it) => tracked.score(it.slot))
      const normalized = raw.slice()
      tracked.normalize(normalized, slots, slots.length)
      return [raw, normalized]
    }
    if (plugin.score === undefined) return undefined
    if (plugin.preScore?.(cycle.pod, nodes, cycle).code === 'skip') return undefined
    const raw = Float64Array.from(nodes, (it) => plugin.score!(cycle.pod, it, cycle))
    const normalized = raw.slice()
    plugin.normalize?.(normalized, nodes.length, cycle.pod, cycle)
    return [raw, normalized]
  }

  // -- for preemption -------------------------------------------------------------------------------------

  /** All filters on the node as it is now, also with the pods promised to it. */
  filterNow(cycle: Cycle, node: NodeInfo): Status {
    const memo = this.#current
    invariant(memo?.class === cycle.pod.class, 'filters are asked about the pod of this cycle')
    const promised = this.#nominator.rivals(cycle.pod, node.slot)
    return this.#askWithPromises(cycle, memo, node, promised) ?? SUCCESS
  }

  /** Moves pods off and onto the node for the time of `body`; counts and plugins follow. */
  tryOut<T>(cycle: Cycle, node: NodeInfo, body: (trial: Trial) => T): T {
    return this.#tryOut(cycle, this.memo(cycle.pod.class), node, body)
  }

  /** Whether all that decides about this class is remembered node by node. */
  isLocal(pod: PodClass): boolean {
    return this.memo(pod).otherFilters.length === 0
  }

  #tryOut<T>(cycle: Cycle, memo: ClassMemo, node: NodeInfo, body: (trial: Trial) => T): T {
    const undo: (() => void)[] = []
    const tell = (info: PodInfo, moved: 'podAdded' | 'podRemoved') => {
      memo.trialMoved(node)
      for (const { plugin } of this.#points.filters) plugin[moved]?.(cycle.pod, info, node, cycle)
    }
    try {
      return this.#cache.tryOut(node, (trial) =>
        body({
          add: (info) => {
            trial.add(info)
            tell(info, 'podAdded')
            undo.push(() => tell(info, 'podRemoved'))
          },
          remove: (info) => {
            trial.remove(info)
            tell(info, 'podRemoved')
            undo.push(() => tell(info, 'podAdded'))
          },
        }),
      )
    } finally {
      for (const back of undo.reverse()) back()
    }
  }

  // -- within ---------------------------------------------------------------------------------------------

  /** What is remembered about the class, brought up to date. */
  memo(pod: PodClass): ClassMemo {
    let memo = this.#memos.get(pod)
    if (memo !== undefined) {
      if (
        this.#current === memo &&
        this.#currentAt === this.#cache.changes.end &&
        memo.epoch === this.#cache.epoch
      )
        return memo
      this.#memos.delete(pod)
      if (!memo.refresh(this.#cache)) {
        this.#retire(memo)
        memo = undefined
      }
    }
    if (memo === undefined) {
      this.#evict()
      memo = new ClassMemo(pod, this.#cache, this.#points, this.#spare.pop())
    }
    this.#memos.set(pod, memo)
    this.#current = memo
    this.#currentAt = this.#cache.changes.end
    return memo
  }

  /** The memo used last, and how far the log had grown then: within a cycle it is not refreshed again. */
  #current: ClassMemo | undefined
  #currentAt = -1

  #evict(): void {
    const most = Math.min(MEMO_CLASSES, Math.max(8, Math.floor(MEMO_ENTRIES / this.#cache.rows)))
    while (this.#memos.size >= most) {
      const [oldest, memo] = this.#memos.entries().next().value!
      this.#retire(memo)
      this.#memos.delete(oldest)
    }
  }

  /** Arrays of retired memos, to be used again: with pods that share nothing, making them costs more than filling them. */
  readonly #spare: MemoArrays[] = []

  #retire(memo: ClassMemo): void {
    memo.dispose()
    if (memo.seen.length !== this.#cache.rows) this.#spare.length = 0
    else if (this.#spare.length < 4) this.#spare.push(memo)
  }

  #preFilter(cycle: Cycle, memo: ClassMemo): PreFilterOutcome {
    let refused: Status | undefined
    let names: ReadonlySet<string> | undefined
    const plugins = new Set<string>()
    for (const { plugin } of this.#points.preFilters) {
      const { status, nodeNames } = this.#preFilterOf(plugin, cycle, memo)
      if (isRejection(status)) {
        plugins.add(plugin.name)
        refused = by(plugin.name, status)
        if (status.code === 'unresolvable') break
        continue
      }
      if (status.code !== 'success' && status.code !== 'skip')
        throw new PluginError(
          `running PreFilter plugin ${JSON.stringify(plugin.name)}: ${status.reasons.join(', ')}`,
        )
      if (nodeNames === undefined) continue
      plugins.add(plugin.name)
      const before: ReadonlySet<string> | undefined = names
      names = before === undefined ? nodeNames : new Set([...nodeNames].filter((it) => before.has(it)))
      if (names.size === 0) {
        const text =
          plugins.size > 1
            ? `node(s) didn't satisfy plugin(s) [${[...plugins].sort().join(' ')}] simultaneously`
            : `node(s) didn't satisfy plugin ${plugin.name}`
        refused = unresolvable(text)
        break
      }
    }
    return { refused, names, plugins }
  }

  #preFilterOf(plugin: Plugin, cycle: Cycle, memo: ClassMemo): PreFilterResult {
    if (plugin.concerns !== undefined && !plugin.concerns(cycle.pod.class, 'filter')) return PASS
    if (plugin.depends !== 'node') return plugin.preFilter!(cycle.pod, cycle)
    let result = memo.preFilters.get(plugin)
    if (result === undefined) memo.preFilters.set(plugin, (result = plugin.preFilter!(cycle.pod, cycle)))
    return result
  }

  #ownNominatedSlot(pod: PodInfo): number {
    if (this.#nominator.count === 0) return -1
    const name = this.#nominator.nodeOf(pod.uid)
    return name === undefined ? -1 : (this.#cache.node(name)?.slot ?? -1)
  }

  #begin(): void {
    const { rows } = this.#cache
    if (this.#slots.length < rows) {
      this.#slots = new Int32Array(rows)
      this.#totals = new Float64Array(rows)
      this.#scratch = new Float64Array(rows)
      this.#stamps = new Uint32Array(rows)
    }
    this.#search++
    this.#asked.length = 0
  }

  #note(slot: number, status: Status): void {
    if (this.#stamps[slot] !== this.#search) {
      this.#stamps[slot] = this.#search
      this.#asked.push(slot)
    }
    this.#answers[slot] = status
  }

  #failure(
    allNodes: number,
    preFilterPlugins: ReadonlySet<string>,
    why: {
      readonly preFilter?: Status
      readonly leftOut?: { readonly nodes: number; readonly status: Status }
    },
  ): Failure {
    const counts = new Map<Status, number>()
    const plugins = new Set(preFilterPlugins)
    const pendingPlugins = new Set<string>()
    let last: Status | undefined
    let run = 0
    for (const slot of this.#asked) {
      const status = this.#answers[slot]!
      if (status === last) {
        run++
        continue
      }
      if (last !== undefined) counts.set(last, (counts.get(last) ?? 0) + run)
      last = status
      run = 1
    }
    if (last !== undefined) counts.set(last, (counts.get(last) ?? 0) + run)
    for (const { code, plugin } of [...counts.keys(), ...(why.preFilter ? [why.preFilter] : [])])
      if (plugin !== undefined) (code === 'pending' ? pendingPlugins : plugins).add(plugin)
    if (why.leftOut !== undefined && why.leftOut.nodes > 0) counts.set(why.leftOut.status, why.leftOut.nodes)
    const { preFilter } = why
    const cache = this.#cache
    const asked = this.#asked
    const answers = this.#answers
    return {
      allNodes,
      preFilter,
      counts,
      plugins,
      pendingPlugins,
      rejected(code) {
        const nodes: NodeInfo[] = []
        for (const slot of asked)
          if (code === undefined || answers[slot]!.code === code) nodes.push(cache.at(slot)!)
        return nodes
      },
      statusOf: (node) =>
        this.#stamps[node.slot] === this.#search ? answers[node.slot] : (preFilter ?? why.leftOut?.status),
    }
  }
}

const NO_PODS: readonly PodInfo[] = Object.freeze([])
const PASS: PreFilterResult = Object.freeze({ status: SUCCESS })

interface Rejection {
  readonly it: PlacedPlugin
  readonly status: Status
}

interface PreFilterOutcome {
  readonly refused: Status | undefined
  readonly names: ReadonlySet<string> | undefined
  readonly plugins: ReadonlySet<string>
}

function answerOf(plugin: Plugin, status: Status): Status {
  if (isRejection(status)) return status
  throw new PluginError(`running ${JSON.stringify(plugin.name)} filter plugin: ${status.reasons.join(', ')}`)
}

function inRange(plugin: Plugin, score: number): number {
  if (score >= 0 && score <= MAX_NODE_SCORE) return score
  throw new PluginError(
    `plugin ${JSON.stringify(plugin.name)} returns an invalid score ${score}, it should in the range of [0, ${MAX_NODE_SCORE}] after normalizing`,
  )
}

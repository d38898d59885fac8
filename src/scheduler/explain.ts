/**
 * What a scheduling decision was made of: which plugin rejected which node and why, and the points of the others.
 * Made at the moment of the decision, for the last so many decisions of clusters that are not too large.
 */
import { objectKey } from '../api/kind.ts'
import type { NodeInfo } from './cache/node-info.ts'
import type { Feasible } from './framework/evaluator.ts'
import type { Failure } from './framework/failure.ts'
import type { Cycle } from './framework/plugin.ts'
import type { Profile } from './framework/profile.ts'

/** Points of one plugin for one node. `weighted` is `normalized` times the plugin's weight. */
export interface Points {
  readonly raw: number
  readonly normalized: number
  readonly weighted: number
}

export interface NodeExplanation {
  readonly node: string
  /** `rejected` by a filter; `passed` all filters; `unasked`: the search ended before it, or was narrowed. */
  readonly verdict: 'passed' | 'rejected' | 'unasked'
  /** Who rejected it, in upstream's words. */
  readonly plugin?: string
  readonly reasons?: readonly string[]
  /** By plugin, in the order of `Explanation.scores`. Absent when there was nothing to compare. */
  readonly points?: readonly Points[]
  /** Sum of the weighted points. */
  readonly total?: number
}

export interface ScorePlugin {
  readonly name: string
  readonly weight: number
  /** It had nothing to say about this pod. */
  readonly skipped: boolean
}

export interface Explanation {
  /** `namespace/name`. */
  readonly pod: string
  readonly schedulerName: string
  readonly nodes: readonly NodeExplanation[]
  readonly scores: readonly ScorePlugin[]
  readonly chosen?: string
  /** Nodes with the most points: when there are several, one was drawn. */
  readonly best: readonly string[]
  /** Why it fits nowhere, as the event says. */
  readonly message?: string
  /** The node that preemption promised. */
  readonly nominated?: string
}

/** How many decisions are kept, and of clusters up to which size; 0 keeps none. */
export interface ExplanationLimits {
  readonly decisions: number
  readonly nodes: number
}

export const DEFAULT_LIMITS: ExplanationLimits = { decisions: 200, nodes: 100 }

/** Emptied when newer decisions take its place. */
export interface KeptExplanation {
  explanation: Explanation | undefined
}

export class ExplanationLog {
  readonly #limits: ExplanationLimits
  readonly #kept: KeptExplanation[] = []

  constructor(limits: ExplanationLimits) {
    this.#limits = limits
  }

  /** Whether decisions over so many nodes are kept. */
  wants(nodes: number): boolean {
    return this.#limits.decisions > 0 && nodes <= this.#limits.nodes
  }

  keep(explanation: Explanation): KeptExplanation {
    const kept = { explanation }
    this.#kept.push(kept)
    if (this.#kept.length > this.#limits.decisions) this.#kept.shift()!.explanation = undefined
    return kept
  }
}

/** Call it right after the search and before anything changes. */
export function explainChoice(
  profile: Profile,
  cycle: Cycle,
  nodes: readonly NodeInfo[],
  feasible: Feasible,
  chosen: NodeInfo,
): Explanation {
  const passed = Array.from(feasible.slots.subarray(0, feasible.count), (slot) => nodeAt(nodes, slot))
  const tables = passed.length > 1 ? profile.evaluator.pointsOf(cycle, passed) : []
  const points = new Map(
    passed.map((node, i) => [node, tables.map(({ points: all }) => all?.[i] ?? NO_POINTS)]),
  )
  const totals = new Map(
    [...points].map(([node, all]) => [node, all.reduce((sum, it) => sum + it.weighted, 0)]),
  )
  const highest = Math.max(...totals.values())
  return {
    ...subject(profile, cycle),
    nodes: nodes.map((node): NodeExplanation => {
      const own = points.get(node)
      if (own === undefined) return rejection(node, profile)
      return {
        node: node.name,
        verdict: 'passed',
        ...(tables.length > 0 && { points: own, total: totals.get(node) }),
      }
    }),
    scores: tables.map(({ name, weight, points: all }) => ({ name, weight, skipped: all === undefined })),
    chosen: chosen.name,
    best: passed.filter((it) => totals.get(it) === highest).map((it) => it.name),
  }
}

export function explainFailure(
  profile: Profile,
  cycle: Cycle,
  nodes: readonly NodeInfo[],
  failure: Failure,
  message: string,
  nominated: string | undefined,
): Explanation {
  return {
    ...subject(profile, cycle),
    nodes: nodes.map((node) => {
      const status = failure.statusOf(node)
      return {
        node: node.name,
        verdict: status ? 'rejected' : 'unasked',
        plugin: status?.plugin,
        reasons: status?.reasons,
      }
    }),
    scores: [],
    best: [],
    message,
    nominated: nominated || undefined,
  }
}

const NO_POINTS: Points = Object.freeze({ raw: 0, normalized: 0, weighted: 0 })

function subject(profile: Profile, cycle: Cycle): Pick<Explanation, 'pod' | 'schedulerName'> {
  return { pod: objectKey(cycle.pod.pod.metadata), schedulerName: profile.schedulerName }
}

function rejection(node: NodeInfo, profile: Profile): NodeExplanation {
  const status = profile.evaluator.answerOf(node)
  if (status === undefined) return { node: node.name, verdict: 'unasked' }
  return { node: node.name, verdict: 'rejected', plugin: status.plugin, reasons: status.reasons }
}

function nodeAt(nodes: readonly NodeInfo[], slot: number): NodeInfo {
  return nodes.find((it) => it.slot === slot)!
}

/** The annotations that kube-scheduler-simulator writes on a pod: JSON by node and plugin. */
export function simulatorAnnotations(explanation: Explanation): Readonly<Record<string, string>> {
  const filter: Record<string, Record<string, string>> = {}
  const raw: Record<string, Record<string, string>> = {}
  const final: Record<string, Record<string, string>> = {}
  for (const { node, verdict, plugin, reasons, points } of explanation.nodes) {
    if (verdict === 'rejected') filter[node] = { [plugin ?? '']: (reasons ?? []).join(', ') }
    if (verdict === 'passed') filter[node] = { '*': 'passed' }
    points?.forEach((it, i) => {
      const { name, skipped } = explanation.scores[i]!
      if (skipped) return
      ;(raw[node] ??= {})[name] = String(it.raw)
      ;(final[node] ??= {})[name] = String(it.weighted)
    })
  }
  const prefix = 'kube-scheduler-simulator.sigs.k8s.io'
  return {
    [`${prefix}/filter-result`]: JSON.stringify(filter),
    [`${prefix}/score-result`]: JSON.stringify(raw),
    [`${prefix}/finalscore-result`]: JSON.stringify(final),
    [`${prefix}/selected-node`]: explanation.chosen ?? '',
  }
}

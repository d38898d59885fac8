/** What a scheduling decision was made of. */
import type { NodeInfo } from './cache/node-info.ts'
import type { Feasible } from './framework/evaluator.ts'
import type { Cycle } from './framework/plugin.ts'
import type { Profile } from './framework/profile.ts'

/** Collects explanations while decisions are made. */
export interface ExplanationLog {
  /** Called before anything changes; undefined when this decision is not kept. */
  begin(
    profile: Profile,
    cycle: Cycle,
    feasible?: Feasible,
    totals?: Float64Array,
  ): PendingExplanation | undefined
}

export interface PendingExplanation {
  chosen(node: NodeInfo, feasible: number): void
  failed(message: string, nominatedNode: string | undefined): void
}

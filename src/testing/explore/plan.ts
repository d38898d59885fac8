/**
 * Everything that may go wrong in a run is decided by a plan: a sparse list of places and what happens there. The
 * empty plan is the reference run. Places are names, not positions (`site-controller: create Secret/key-2 #1`), so
 * that a saved plan survives edits of the code and the scenario.
 */
import type { FaultName } from './faults.ts'

export interface Choice {
  readonly at: string
  readonly fault: FaultName
}

export type Plan = readonly Choice[]

/** `site-controller: create Secret/key-2 #1 = crash-after; ...`: what a report prints and `SIM_REPLAY` takes. */
export function formatPlan(plan: Plan): string {
  return plan.map(({ at, fault }) => `${at} = ${fault}`).join('; ')
}

/** Throws when the text is no plan. */
export function parsePlan(text: string): Plan {
  return text
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const equals = part.lastIndexOf(' = ')
      if (equals < 0) throw new Error(`not a plan: "${part}" lacks " = <fault>"`)
      return { at: part.slice(0, equals).trim(), fault: part.slice(equals + 3).trim() as FaultName }
    })
}

/** A place that a run came by, and what could have happened there. */
export interface Site {
  readonly at: string
  readonly faults: readonly FaultName[]
}

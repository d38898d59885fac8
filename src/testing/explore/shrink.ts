/**
 * Makes a failing plan as small as possible while the same oracle speaks: first each single choice of it, then
 * deletion, then weaker faults in the same places, and for what is left the single faults of the reference run.
 */
import { type FaultName, weakerThan } from './faults.ts'
import type { Choice, Plan, Site } from './plan.ts'
import { sameFailure } from './reference.ts'
import type { Violation } from './spec.ts'

export interface Shrinking {
  /** Runs a plan and says what it broke. */
  judged(plan: Plan): Promise<Violation | undefined>
  /** Places of the reference run, for single faults that the plan does not name. */
  readonly sites: readonly Site[]
  tries(at: string, fault: FaultName): boolean
}

export interface Shrunk {
  readonly plan: Plan
  readonly violation: Violation
}

/** Runs that the search for another single fault may take. */
const SINGLES_BUDGET = 400

export async function shrink(plan: Plan, violation: Violation, how: Shrinking): Promise<Shrunk> {
  let best: Shrunk = { plan, violation }
  const attempt = async (candidate: Plan) => {
    const spoken = await how.judged(candidate)
    if (spoken === undefined || !sameFailure(spoken, violation)) return false
    best = { plan: candidate, violation: spoken }
    return true
  }
  if (plan.length > 1) await deleteChoices(plan, attempt)
  if (best.plan.length > 1) await tryOtherSingles(best.plan, how, attempt)
  await weaken(() => best.plan, how, attempt)
  return best
}

async function deleteChoices(plan: Plan, attempt: (plan: Plan) => Promise<boolean>): Promise<void> {
  for (const choice of plan) if (await attempt([choice])) return
  let current = plan
  for (let i = 0; i < current.length && current.length > 2; ) {
    const without = current.filter((_, at) => at !== i)
    if (await attempt(without)) current = without
    else i++
  }
}

/** A single fault elsewhere often does the same: those near the plan's own places first. */
async function tryOtherSingles(
  plan: Plan,
  how: Shrinking,
  attempt: (plan: Plan) => Promise<boolean>,
): Promise<void> {
  const places = new Set(plan.map(({ at }) => placeOf(at)))
  const near: Choice[] = []
  const far: Choice[] = []
  for (const { at, faults } of how.sites) {
    for (const fault of faults) {
      if (how.tries(at, fault)) (places.has(placeOf(at)) ? near : far).push({ at, fault })
    }
  }
  for (const choice of [...near, ...far].slice(0, SINGLES_BUDGET)) if (await attempt([choice])) return
}

/** Without the count: `site: create Secret/a #2` and `#3` are the same place. */
function placeOf(at: string): string {
  return at.slice(0, at.lastIndexOf(' #'))
}

async function weaken(
  current: () => Plan,
  how: Shrinking,
  attempt: (plan: Plan) => Promise<boolean>,
): Promise<void> {
  for (let i = 0; i < current().length; i++) {
    for (const fault of weakerThan(current()[i]!.fault)) {
      if (!how.tries(current()[i]!.at, fault)) continue
      const plan = current().map((choice, at) => (at === i ? { ...choice, fault } : choice))
      if (await attempt(plan)) break
    }
  }
}

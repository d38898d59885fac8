/**
 * Single faults that are left out, or tried together with others, must not be those that find something: the runs with
 * all of them, one by one, are the check.
 * `EXPLORE_UNPRUNED=1` takes every buggy controller and every fixed one, otherwise the three with the most to cut.
 */
import { describe, expect, test } from 'vitest'
import { type CompiledSpec, compileSpec } from '../../../src/testing/explore/compiled-spec.ts'
import { formatPlan, type Plan } from '../../../src/testing/explore/plan.ts'
import { pruneSingles } from '../../../src/testing/explore/prune.ts'
import { judge, type Reference, runReference } from '../../../src/testing/explore/reference.ts'
import { search } from '../../../src/testing/explore/search.ts'
import { simulate } from '../../../src/testing/explore/simulation.ts'
import { CRASH_BUGS } from './crashes.ts'
import { ORDINARY_BUGS } from './ordinary.ts'
import { STALENESS_BUGS } from './staleness.ts'

const ALL = [...CRASH_BUGS, ...STALENESS_BUGS, ...ORDINARY_BUGS]
const BUGS = process.env.EXPLORE_UNPRUNED ? ALL : [CRASH_BUGS[0]!, CRASH_BUGS[4]!, STALENESS_BUGS[4]!]

/** What speaks, over all single faults that `keep` lets through. */
async function spoken(
  spec: CompiledSpec,
  reference: Reference,
  keep: (plan: Plan) => boolean,
): Promise<readonly string[]> {
  const found = new Set<string>()
  for (const { at, faults } of reference.run.sites) {
    for (const fault of faults.filter((it) => spec.tries(at, it))) {
      const plan = [{ at, fault }]
      if (!keep(plan)) continue
      const violation = judge(spec, reference, await simulate(spec, { plan }))
      if (violation !== undefined) found.add(`${violation.oracle} ${violation.property}`)
    }
  }
  return [...found].toSorted()
}

describe.each(BUGS)('$name', (bug) => {
  test.each([false, true])(
    'fixed: %s',
    async (fixed) => {
      const spec = compileSpec(bug.spec(fixed))
      const reference = await runReference(spec)
      if (reference.violation !== undefined) return // It needs no fault at all.
      const { log, stepRevisions } = reference.run
      const { plans, pruned } = pruneSingles(log, stepRevisions, spec.tries)
      expect(pruned).toBeGreaterThan(0)
      const kept = new Set(plans.map((it) => formatPlan([it])))
      const all = await spoken(spec, reference, () => true)
      expect(await spoken(spec, reference, (plan) => kept.has(formatPlan(plan)))).toEqual(all)
      expect(all.length > 0).toBe(!fixed)
      const { failure, runs } = await search(spec)
      if (fixed) expect(failure).toBeUndefined()
      else expect(all).toContain(`${failure?.violation.oracle} ${failure?.violation.property}`)
      // A search that fails also tries one by one what failed together.
      expect(runs).toBeLessThan(3 + (plans.length + pruned) / (fixed ? 2 : 1))
    },
    600_000,
  )
})

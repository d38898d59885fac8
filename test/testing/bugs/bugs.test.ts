import { describe, expect, test } from 'vitest'
import { formatPlan } from '../../../src/testing/explore/plan.ts'
import { search } from '../../../src/testing/explore/search.ts'
import { CRASH_BUGS } from './crashes.ts'
import { ORDINARY_BUGS } from './ordinary.ts'
import { STALENESS_BUGS } from './staleness.ts'

const BUGS = [...CRASH_BUGS, ...STALENESS_BUGS, ...ORDINARY_BUGS]

/** Random plans for each fixed variant; `EXPLORE_RUNS=10000` for a long one. */
const RUNS = Number(process.env.EXPLORE_RUNS ?? 40)

describe.each(BUGS)('$name ($report)', ({ spec }) => {
  test('is found, and shrinks to at most one fault', async () => {
    const { failure } = await search(spec(false))
    expect(failure).toBeDefined()
    expect(failure!.plan.length).toBeLessThanOrEqual(1)
  }, 120_000)

  test('the fixed variant raises no alarm', async () => {
    const { failure, runs } = await search(spec(true), { randomRuns: RUNS })
    expect(failure && { plan: formatPlan(failure.plan), ...failure.violation }).toBeUndefined()
    expect(runs).toBeGreaterThan(RUNS)
  }, 3_600_000)
})

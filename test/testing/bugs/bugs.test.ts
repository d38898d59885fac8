import { describe, expect, test } from 'vitest'
import { formatPlan } from '../../../src/testing/explore/plan.ts'
import { search } from '../../../src/testing/explore/search.ts'
import { CRASH_BUGS } from './crashes.ts'
import { ORDINARY_BUGS } from './ordinary.ts'
import { STALENESS_BUGS } from './staleness.ts'

const BUGS = [...CRASH_BUGS, ...STALENESS_BUGS, ...ORDINARY_BUGS]

describe.each(BUGS)('$name ($report)', ({ spec }) => {
  test('is found, and shrinks to at most one fault', async () => {
    const result = await search(spec(false))
    if (process.env.SHOW)
      console.log(
        result.failure?.foundBy,
        result.failure && formatPlan(result.failure.plan),
        result.failure?.violation,
        result.runs,
      )
    expect(result.failure).toBeDefined()
    expect(result.failure!.plan.length).toBeLessThanOrEqual(1)
  })

  test('the fixed variant raises no alarm', async () => {
    const result = await search(spec(true), { randomRuns: 100 })
    if (result.failure)
      console.log(
        formatPlan(result.failure.plan),
        formatPlan(result.failure.original),
        result.failure.violation,
      )
    expect(result.failure).toBeUndefined()
    expect(result.runs).toBeGreaterThan(100)
  })
})

import { describe, expect, test } from 'vitest'
import * as canary from '../../examples/controllers/canary.ts'
import * as database from '../../examples/controllers/database.ts'
import * as website from '../../examples/controllers/website.ts'
import { numbersUnder } from '../../examples/lessons/one-seed-in-a-thousand/seeds.ts'
import * as office from '../../examples/lessons/one-seed-in-a-thousand/tickets.ts'
import { formatPlan } from '../../src/testing/explore/plan.ts'
import { search } from '../../src/testing/explore/search.ts'
import type { SimSpec } from '../../src/testing/explore/spec.ts'

interface Example {
  readonly name: string
  readonly buggy: SimSpec
  readonly replayed: SimSpec
  readonly fixed: SimSpec
}

const EXAMPLES: readonly Example[] = [
  { name: 'website', buggy: website.trusting, replayed: website.replayed, fixed: website.careful },
  { name: 'database', buggy: database.hasty, replayed: database.replayed, fixed: database.safe },
  { name: 'canary', buggy: canary.careless, replayed: canary.replayed, fixed: canary.sound },
]

/** Random plans for each fixed variant; `EXPLORE_RUNS=10000` for a long one. */
const RUNS = Number(process.env.EXPLORE_RUNS ?? 60)

describe('one seed in a thousand', () => {
  test('the lesson’s seed fails, its neighbours pass', async () => {
    expect(office.duplicates(await numbersUnder(1096))).toHaveLength(1)
    for (const seed of [1, 1095, 1097]) expect(office.duplicates(await numbersUnder(seed))).toEqual([])
  })

  test('one fault is enough for the trusting office, and the careful one survives', async () => {
    expect((await search(office.trusting)).failure?.plan).toHaveLength(1)
    expect((await search(office.careful, { randomRuns: RUNS })).failure).toBeUndefined()
  }, 600_000)
})

describe.each(EXAMPLES)('$name', ({ buggy, replayed, fixed }) => {
  test('its planted bug is found by a single fault', async () => {
    const { failure } = await search(buggy)
    expect(failure?.plan).toHaveLength(1)
  }, 120_000)

  test('the replay in the example fails', async () => {
    const { failure } = await search(replayed)
    expect(failure?.foundBy).toBe('faults by hand')
  })

  test('the fixed variant raises no alarm', async () => {
    const { failure } = await search(fixed, { randomRuns: RUNS })
    expect(failure && { plan: formatPlan(failure.plan), ...failure.violation }).toBeUndefined()
  }, 3_600_000)
})

/** The checks of checks.test.ts over many more seeds. Environment: STREAMS (default 100,000), SEED. */
import { expect, test } from 'vitest'
import { checkInvariants } from './checks/invariants.ts'
import { checkWatches } from './checks/watch-checker.ts'

const streams = Number(process.env['STREAMS'] ?? 100_000)
const first = Number(process.env['SEED'] ?? Date.now() % 1_000_000_000)

test(`${streams} watch streams, seeds from ${first}`, { timeout: 3_600_000 }, () => {
  let checked = 0
  for (let seed = first; checked < streams; seed++) checked += checkWatches(seed, 1_500)
  expect(checked).toBeGreaterThanOrEqual(streams)
})

test(`invariants over 50,000 operations, seeds from ${first}`, { timeout: 3_600_000 }, () => {
  for (let seed = first; seed < first + 50; seed++) checkInvariants(seed, 1_000)
})

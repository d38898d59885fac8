/** Rules that hold along any history; `npm run test:etcd` runs the same over many more seeds. */
import { expect, test } from 'vitest'
import { checkInvariants } from './checks/invariants.ts'
import { checkWatches } from './checks/watch-checker.ts'

test.each([1, 2, 3, 4])('invariants hold after each operation, seed %i', (seed) => {
  expect(() => checkInvariants(seed, 1_000)).not.toThrow()
})

test('no watch breaks a promise, over thousands of streams', () => {
  let streams = 0
  for (let seed = 1; seed <= 8; seed++) streams += checkWatches(seed, 1_500)
  expect(streams).toBeGreaterThan(3_000)
})

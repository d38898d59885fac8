/** What is remembered, counted and sampled must never change a decision. The long run is `npm run test:scheduler:oracle`. */
import { expect, test } from 'vitest'
import { compareWithOracle } from './oracle-run.ts'

test.each([1, 2, 3, 4])(
  'seed %i: 1,000 random pods choose from the same best nodes as the plain algorithm',
  (seed) => {
    const { pods, placed, unschedulable } = compareWithOracle(seed, 1000)
    expect(pods).toBe(1000)
    // The cases mean something: both outcomes are common.
    expect(placed).toBeGreaterThan(300)
    expect(unschedulable).toBeGreaterThan(100)
  },
)

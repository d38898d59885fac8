/** Kills a writing process at many random points. Environment: POINTS (default 1,000), SEED (default 1). */
import { expect, test } from 'vitest'
import { checkKillPoints } from './kill-points.ts'

const points = Number(process.env['POINTS'] ?? 1_000)
const seed = Number(process.env['SEED'] ?? 1)

test(`a data directory, killed at ${points} points`, { timeout: 60_000 + points * 10_000 }, async () => {
  const { acknowledged } = await checkKillPoints(points, seed)
  expect(acknowledged).toBeGreaterThan(points)
})

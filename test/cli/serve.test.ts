/** What `kubarium serve` understands. */
import { expect, test } from 'vitest'
import { parseEpoch } from '../../src/cli/serve.ts'

const NOW = Date.UTC(2026, 0, 31)

test.each([
  ['2025-01-01T00:00:00Z', Date.UTC(2025, 0, 1)],
  ['30d', Date.UTC(2026, 0, 1)],
  ['1h30m', NOW - 90 * 60_000],
  ['0s', NOW],
])('an epoch of %s', (text, want) => {
  expect(parseEpoch(text, NOW)).toBe(want)
})

test.each(['yesterday', '2025-13-01T00:00:00Z', ''])('%j is no epoch', (text) => {
  expect(() => parseEpoch(text, NOW)).toThrow('expected a time')
})

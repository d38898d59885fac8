import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { FAULTS } from '../../src/scenario/faults/registry.ts'
import { STEPS } from '../../src/scenario/steps/registry.ts'

const text = readFileSync(new URL('../../docs/scenarios.md', import.meta.url), 'utf8')

test('docs/scenarios.md has a row for every step and every fault', () => {
  const rows = text.split('\n').filter((line) => line.startsWith('| `'))
  const named = new Set(
    rows.flatMap((row) => [...row.split('|')[1]!.matchAll(/`(\w+)`/g)].map(([, name]) => name)),
  )
  const missing = [...Object.keys(STEPS), ...Object.keys(FAULTS)].filter((name) => !named.has(name))
  expect(missing).toEqual([])
})

import { existsSync, readFileSync } from 'node:fs'
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

test('every link of examples/README.md leads somewhere', () => {
  const directory = new URL('../../examples/', import.meta.url)
  const index = readFileSync(new URL('README.md', directory), 'utf8')
  const links = [...index.matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => link!)
  expect(links.length).toBeGreaterThan(10)
  expect(links.filter((link) => !existsSync(new URL(link, directory)))).toEqual([])
})

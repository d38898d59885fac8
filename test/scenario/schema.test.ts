import { expect, test } from 'vitest'
import { scenarioJsonSchema } from '../../src/scenario/schema.ts'
import { STEPS } from '../../src/scenario/steps/registry.ts'

test('schema/scenario.schema.json is up to date (vitest -u writes it)', async () => {
  const text = `${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`
  await expect(text).toMatchFileSnapshot('../../schema/scenario.schema.json')
})

test.each(Object.entries(STEPS))('step %s is registered under its own name and described', (name, step) => {
  expect(step.name).toBe(name)
  const { description } = step.schema.meta() ?? {}
  expect(description).toMatch(/[\w})]\.$/)
})

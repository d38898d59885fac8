import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { enumOf } from '../../src/api/enums.ts'
import type { AnySchema } from '../../src/api/schema.ts'
import { createScheme } from '../../src/api/scheme.ts'

test('every field in the table of words exists', () => {
  const fields = new Set<string>()
  const seen = new Set<string>()
  const visit = (schema: AnySchema): void => {
    if (schema.type === 'list') visit(schema.items)
    if (schema.type === 'map') visit(schema.values)
    if (schema.type !== 'struct' || seen.has(schema.name)) return
    seen.add(schema.name)
    for (const [name, field] of Object.entries(schema.fields())) {
      fields.add(`${schema.name}.${name}`)
      visit(field)
    }
  }
  for (const kind of createScheme().all()) visit(kind.schema() as AnySchema)
  const text = readFileSync(new URL('../../src/api/enums.ts', import.meta.url), 'utf8')
  const listed = text.match(/\b[a-z]+\/v\d\S*\.[a-z]\w*(?=[ :])/g) ?? []
  expect(listed.length).toBeGreaterThan(50)
  expect(listed.filter((it) => !fields.has(it))).toEqual([])
  expect(enumOf('core/v1.PodSpec', 'restartPolicy')).toEqual(['Always', 'Never', 'OnFailure'])
})

import { expect, test } from 'vitest'
import { describeField, describeType } from '../../src/api/descriptions.ts'
import type { AnySchema } from '../../src/api/schema.ts'
import { BUILT_IN_KINDS } from '../../src/api/scheme.ts'

test('every kind that can be stored says what it is', () => {
  const silent = BUILT_IN_KINDS.filter((kind) => kind.verbs === undefined).flatMap((kind) => {
    const schema = kind.schema()
    return schema.type === 'struct' && describeType(schema.name) === undefined ? [schema.name] : []
  })
  expect(silent).toEqual([])
})

test('a field says what it is, by type first, then by name', () => {
  expect(describeField('core/v1.PodSpec', 'restartPolicy')).toContain('Always, OnFailure or Never')
  expect(describeField('core/v1.ConfigMap', 'metadata')).toContain('Name, labels')
  expect(describeField('core/v1.ConfigMap', 'constructor')).toBeUndefined()
})

test('most fields of the kinds people write are described', () => {
  let described = 0
  let all = 0
  const seen = new Set<string>()
  const visit = (schema: AnySchema): void => {
    if (schema.type === 'list') visit(schema.items)
    else if (schema.type === 'map') visit(schema.values)
    else if (schema.type === 'struct' && !seen.has(schema.name)) {
      seen.add(schema.name)
      for (const [field, child] of Object.entries(schema.fields())) {
        all++
        if (describeField(schema.name, field) !== undefined) described++
        visit(child)
      }
    }
  }
  for (const kind of BUILT_IN_KINDS) visit(kind.schema())
  expect(described / all).toBeGreaterThan(0.7)
})

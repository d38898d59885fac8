/**
 * Whether what somebody applies has the form of its schema, in upstream's words.
 * Upstream: sigs.k8s.io/structured-merge-diff/typed/validate.go.
 */
import { goPlain } from '../go-syntax.ts'
import type { AnySchema, ListSchema, ScalarType } from '../schema.ts'
import { formatSteps } from './field-set.ts'
import { elementStep, isKeyed, missingKey } from './typed-value.ts'

/** What is wrong, each with its path: `.spec.foo: field not declared in schema`. Null goes for anything. */
export function typingErrors(value: unknown, schema: AnySchema | undefined, path = ''): string[] {
  if (value === null || value === undefined || schema === undefined) return []
  switch (schema.type) {
    case 'struct':
    case 'map': {
      if (typeof value !== 'object' || Array.isArray(value)) return [expected(path, 'map', value)]
      const problems: string[] = []
      for (const key of Object.keys(value)) {
        const field = schema.type === 'map' ? schema.values : schema.fields()[key]
        if (field === undefined && schema.type === 'struct' && !schema.open) {
          // Upstream looks no further either.
          problems.push(`${path}.${key}: field not declared in schema`)
          break
        }
        problems.push(...typingErrors((value as Record<string, unknown>)[key], field, `${path}.${key}`))
      }
      return problems
    }
    case 'list':
      return Array.isArray(value) ? listErrors(value, schema, path) : [expected(path, 'list', value)]
    default:
      return scalarErrors(value, schema.type, path)
  }
}

function listErrors(list: readonly unknown[], schema: ListSchema, path: string): string[] {
  const problems: string[] = []
  const seen = new Set<string>()
  for (const [index, item] of list.entries()) {
    let at = `[${index}]`
    if (isKeyed(schema)) {
      const missing = missingKey(item, schema)
      if (missing !== undefined) {
        problems.push(
          `${path}: element ${index}: associative list with keys has an element that omits key field "${missing}" (and doesn't have default value)`,
        )
        continue
      }
      at = formatSteps([elementStep(item, schema)])
      if (seen.has(at)) problems.push(`${path}: duplicate entries for key ${at}`)
      seen.add(at)
    }
    problems.push(...typingErrors(item, schema.items, path + at))
  }
  return problems
}

const TEXTS: ReadonlySet<ScalarType> = new Set(['string', 'bytes'])
const NUMBERS: ReadonlySet<ScalarType> = new Set(['int32', 'int64', 'double'])

function scalarErrors(value: unknown, type: ScalarType, path: string): string[] {
  if (TEXTS.has(type) && typeof value !== 'string') {
    return [`${path}: expected string, got &value.valueUnstructured{Value:${goPlain(value)}}`]
  }
  if (NUMBERS.has(type) && typeof value !== 'number' && typeof value !== 'bigint') {
    const got = typeof value === 'object' ? (Array.isArray(value) ? 'list' : 'map') : typeof value
    return [`${path}: expected numeric (int or float), got ${got}`]
  }
  if (type === 'boolean' && typeof value !== 'boolean') return [expected(path, 'boolean', value)]
  return []
}

function expected(path: string, what: string, value: unknown): string {
  return `${path}: expected ${what}, got &{${goPlain(value)}}`
}

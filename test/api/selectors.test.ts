import { describe, expect, test } from 'vitest'
import { matchesFields, parseFieldSelector, splitTerms } from '../../src/api/field-selector.ts'
import {
  compileSelector,
  EVERYTHING,
  NOTHING,
  parseSelector,
  requiredValue,
  SelectorError,
  selectorFromLabels,
} from '../../src/api/label-selector.ts'
import { vectors } from '../vectors/vectors.ts'

interface LabelCase {
  readonly id: string
  readonly kind: 'parse' | 'match'
  readonly input: string
  readonly valid: boolean
  readonly requirements: unknown
  readonly labels: Record<string, string>
  readonly expect: boolean
}

interface FieldCase {
  readonly id: string
  readonly kind: 'split' | 'parse'
  readonly input: string
  readonly valid: boolean
  readonly expect: readonly string[]
}

describe('label selector', () => {
  const cases = vectors<LabelCase>('label-selector')

  test.each(cases.filter((it) => it.kind === 'parse'))(
    '$id parses "$input": $valid',
    ({ input, valid, requirements }) => {
      if (valid) expect(parseSelector(input).requirements).toEqual(requirements)
      else expect(() => parseSelector(input)).toThrow(SelectorError)
    },
  )

  test.each(cases.filter((it) => it.kind === 'match'))('$id "$input" on $labels: $expect', (it) => {
    expect(parseSelector(it.input).matches(it.labels)).toBe(it.expect)
    expect(parseSelector(parseSelector(it.input).toString()).matches(it.labels)).toBe(it.expect)
  })

  test('an absent object selects nothing, an empty one everything', () => {
    expect(compileSelector(undefined)).toBe(NOTHING)
    expect(compileSelector({}).matches({})).toBe(true)
    expect(EVERYTHING.matches(undefined)).toBe(true)
    expect(NOTHING.matches({ a: 'b' })).toBe(false)
  })

  test('objects say what text says', () => {
    const selector = compileSelector({
      matchLabels: { app: 'web' },
      matchExpressions: [
        { key: 'tier', operator: 'In', values: ['b', 'a'] },
        { key: 'old', operator: 'DoesNotExist' },
      ],
    })
    expect(selector.toString()).toBe('app=web,!old,tier in (a,b)')
    expect(selector.matches({ app: 'web', tier: 'a' })).toBe(true)
    expect(selector.matches({ app: 'web', tier: 'a', old: '' })).toBe(false)
    expect(requiredValue(selector, 'app')).toBe('web')
    expect(requiredValue(selector, 'tier')).toBeUndefined()
  })

  test('names of Object.prototype are ordinary labels', () => {
    expect(parseSelector('constructor').matches({})).toBe(false)
    expect(parseSelector('!toString').matches({})).toBe(true)
    expect(selectorFromLabels({ constructor: 'a' }).matches({})).toBe(false)
  })

  test('an operator that objects do not have is refused', () => {
    expect(() =>
      compileSelector({ matchExpressions: [{ key: 'a', operator: 'Gt', values: ['1'] }] }),
    ).toThrow('"Gt" is not a valid label selector operator')
  })

  test('errors say what was found and expected', () => {
    expect(() => parseSelector('x,,y')).toThrow("found ',', expected: identifier after ','")
    expect(() => parseSelector('x=a||y=b')).toThrow(SelectorError)
  })
})

describe('field selector', () => {
  const cases = vectors<FieldCase>('field-selector')

  test.each(cases.filter((it) => it.kind === 'split'))('$id splits $input', ({ input, expect: want }) => {
    expect(splitTerms(input)).toEqual(want)
  })

  test.each(cases.filter((it) => it.kind === 'parse'))('$id parses $input: $valid', ({ input, valid }) => {
    if (valid) expect(parseFieldSelector(input).length).toBeGreaterThan(0)
    else expect(() => parseFieldSelector(input)).toThrow(SelectorError)
  })

  test('all terms must hold', () => {
    const object = new Map([['status.phase', 'Running']])
    const value = (field: string) => object.get(field) ?? ''
    expect(matchesFields(parseFieldSelector('status.phase=Running,spec.nodeName='), value)).toBe(true)
    expect(matchesFields(parseFieldSelector('status.phase!=Running'), value)).toBe(false)
    expect(parseFieldSelector('x=a\\=\\,b')).toEqual([{ field: 'x', value: 'a=,b', not: false }])
  })
})

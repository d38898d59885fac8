import { describe, expect, test } from 'vitest'
import { percentOf, scaledValue } from '../../src/api/int-or-string.ts'
import {
  checkDns1035Label,
  checkDns1123Label,
  checkDns1123Subdomain,
  checkLabelValue,
  checkName,
  checkPortName,
  checkQualifiedName,
} from '../../src/api/names.ts'
import { vectors } from '../vectors/vectors.ts'

const CHECKS: Record<string, (text: string) => readonly string[]> = {
  dns1123Label: checkDns1123Label,
  dns1123Subdomain: checkDns1123Subdomain,
  dns1035Label: checkDns1035Label,
  qualifiedName: checkQualifiedName,
  labelValue: checkLabelValue,
  portName: checkPortName,
}

interface Case {
  readonly id: string
  readonly kind: string
  readonly input: string
  readonly valid: boolean
  readonly total: number
  readonly roundUp: boolean
  readonly expect: number | 'Error'
}

const cases = vectors<Case>('names-and-percent')

describe('names', () => {
  test.each(cases.filter((it) => it.kind in CHECKS))(
    '$id $kind "$input": $valid',
    ({ kind, input, valid }) => {
      expect(CHECKS[kind]!(input).length === 0).toBe(valid)
    },
  )

  test('messages are those of upstream', () => {
    expect(checkDns1123Subdomain('Web')).toEqual([
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    ])
    expect(checkDns1123Label('a.b')).toEqual(['must not contain dots'])
    expect(checkName('path', 'a/b')).toEqual(["may not contain '/'"])
  })

  test('a generateName may end in a dash', () => {
    expect(checkName('dns1123Subdomain', 'web-')).not.toEqual([])
    expect(checkName('dns1123Subdomain', 'web-', true)).toEqual([])
  })
})

describe('int or percent', () => {
  test.each(cases.filter((it) => it.kind === 'scaledIntOrPercent'))('$id $input of $total', (it) => {
    const want = it.expect === 'Error' ? undefined : it.expect
    expect(scaledValue(it.input, it.total, it.roundUp)).toBe(want)
  })

  test('percentages round as told, numbers stay', () => {
    expect(scaledValue('25%', 10, true)).toBe(3)
    expect(scaledValue('25%', 10, false)).toBe(2)
    expect(scaledValue(7, 10, true)).toBe(7)
    expect(percentOf('25')).toBeUndefined()
  })
})

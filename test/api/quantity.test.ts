import { describe, expect, test } from 'vitest'
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  milliValue,
  parseQuantity,
  type Quantity,
  type QuantityFormat,
  quantityValue,
  roundUp,
  subtractQuantities,
} from '../../src/api/quantity.ts'
import { vectors } from '../vectors/vectors.ts'

interface Case {
  readonly id: string
  readonly kind: 'parse' | 'invalid' | 'emit' | 'format' | 'roundUp'
  readonly input: string
  readonly value: string
  readonly format: QuantityFormat
  readonly string: string
  readonly expect: string
  readonly exact: boolean
  readonly mantissa: number
  readonly exponent: number
  readonly scale: number
}

const cases = vectors<Case>('quantity')
const of = (kind: Case['kind']) => cases.filter((it) => it.kind === kind)

/** Both as mantissa at exponent -30, to compare `901e-2` with whatever pair of numbers stands for it. */
function scaled(mantissa: bigint, exponent: number): bigint {
  return mantissa * 10n ** BigInt(exponent + 30)
}

function parsePair(text: string): bigint {
  const [mantissa, exponent = '0'] = text.split('e')
  return scaled(BigInt(mantissa!), Number(exponent))
}

describe('quantity', () => {
  test.each(of('parse'))('$id parses $input', ({ input, value, format, string }) => {
    const quantity = parseQuantity(input) as Quantity
    expect(scaled(quantity.mantissa, quantity.exponent)).toBe(parsePair(value))
    expect(quantity.format).toBe(format)
    expect(canonicalQuantity(input)).toBe(string)
  })

  test.each(of('invalid'))('$id refuses "$input"', ({ input }) => {
    expect(parseQuantity(input)).toBeUndefined()
    expect(canonicalQuantity(input)).toBeUndefined()
  })

  test.each(of('emit'))('$id prints $input as $expect', ({ input, expect: want }) => {
    expect(formatQuantity(parseQuantity(input) as Quantity)).toBe(want)
  })

  test.each(of('format'))('$id prints $mantissa e$exponent as $expect', (it) => {
    expect(formatQuantity({ mantissa: BigInt(it.mantissa), exponent: it.exponent, format: it.format })).toBe(
      it.expect,
    )
  })

  test.each(of('roundUp'))('$id rounds $input to scale $scale', ({ input, scale, expect: want, exact }) => {
    const [rounded, lossless] = roundUp(parseQuantity(input) as Quantity, scale)
    expect(scaled(rounded.mantissa, rounded.exponent)).toBe(parsePair(want))
    expect(lossless).toBe(exact)
  })

  test('value and milliValue round away from zero', () => {
    expect(quantityValue('1500m')).toBe(2)
    expect(quantityValue('-1500m')).toBe(-2)
    expect(milliValue('1u')).toBe(1)
    expect(milliValue('2')).toBe(2000)
    expect(quantityValue('1Gi')).toBe(2 ** 30)
    expect(quantityValue(undefined)).toBe(0)
  })

  test('arithmetic keeps the format of the first non-zero operand', () => {
    expect(addQuantities('1Gi', '1024Mi')).toBe('2Gi')
    expect(addQuantities('0', '1Mi')).toBe('1Mi')
    expect(addQuantities('100m', '1')).toBe('1100m')
    expect(subtractQuantities('1', '250m')).toBe('750m')
    expect(compareQuantities('1000m', '1')).toBe(0)
    expect(compareQuantities('1Gi', '1G')).toBe(1)
  })

  test('JSON numbers are read as their text', () => {
    expect(canonicalQuantity(1)).toBe('1')
    expect(canonicalQuantity(0.5)).toBe('500m')
    expect(canonicalQuantity(1e21)).toBe('1e+21')
  })

  test('long texts and exponents do not cost', () => {
    expect(parseQuantity('9'.repeat(100_000))).toBeUndefined()
    expect(parseQuantity('1e999999999')).toBeUndefined()
  })
})

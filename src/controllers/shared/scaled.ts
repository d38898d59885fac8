/** Numbers or percentages of a total, where the API server has checked the text. */
import { scaledValue } from '../../api/int-or-string.ts'

/** @throws when the value is neither a number nor a percentage */
export function scaled(value: number | string, total: number, rounding: 'up' | 'down'): number {
  const result = scaledValue(value, total, rounding === 'up')
  if (result === undefined)
    throw new Error(`invalid value for IntOrString: invalid type: string is not a percentage`)
  return result
}

/** Values that are a number or a percentage, such as `maxSurge`. Upstream: apimachinery/pkg/util/intstr. */

/** `25%` as 25; undefined for anything else, a bare numeric string included. */
export function percentOf(value: number | string): number | undefined {
  if (typeof value === 'number' || !/^[+-]?[0-9]+%$/.test(value)) return undefined
  return Number.parseInt(value, 10)
}

/**
 * The number itself, or its percentage of `total`, rounded up or down as the caller's rule wants. Undefined when
 * the string is no percentage.
 */
export function scaledValue(value: number | string, total: number, roundUp: boolean): number | undefined {
  if (typeof value === 'number') return value
  const percent = percentOf(value)
  if (percent === undefined) return undefined
  const scaled = (percent * total) / 100
  return roundUp ? Math.ceil(scaled) : Math.floor(scaled)
}

/**
 * Equality of API values, cheap where references are shared. An absent field equals an empty list, and with
 * `zeroIsAbsent` also a zero, an empty text and false, as Go leaves these out of what it stores.
 */
export function semanticEqual(a: unknown, b: unknown, zeroIsAbsent = false): boolean {
  if (a === b) return true
  const nothing = zeroIsAbsent ? isZero : isEmpty
  if (nothing(a) || nothing(b)) return nothing(a) && nothing(b)
  if (typeof a !== 'object' || typeof b !== 'object') return false
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false
    return a.every((it, i) => semanticEqual(it, b[i], zeroIsAbsent))
  }
  const left = a as Record<string, unknown>
  const right = b as Record<string, unknown>
  for (const key of Object.keys(left))
    if (!semanticEqual(left[key], own(right, key), zeroIsAbsent)) return false
  for (const key of Object.keys(right)) if (!Object.hasOwn(left, key) && !nothing(right[key])) return false
  return true
}

/** Whether a status write would change anything. */
export function sameStatus(a: unknown, b: unknown): boolean {
  return semanticEqual(a, b, true)
}

function own(record: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined
}

/** An empty object is a value: `emptyDir: {}` is not nothing. */
function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0)
}

function isZero(value: unknown): boolean {
  return isEmpty(value) || value === 0 || value === '' || value === false
}

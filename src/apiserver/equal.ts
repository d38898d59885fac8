/** Comparing and sharing of frozen JSON values; equal references are equal at once. */

/** Equal as JSON values; the order of keys does not matter, an undefined field is an absent one. */
export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false
    for (let i = 0; i < a.length; i++) if (!equal(a[i], b[i])) return false
    return true
  }
  if (Array.isArray(b)) return false
  const left = a as Record<string, unknown>
  const right = b as Record<string, unknown>
  let fields = 0
  for (const key in left) {
    if (left[key] === undefined) continue
    fields++
    if (!Object.hasOwn(right, key) || !equal(left[key], right[key])) return false
  }
  for (const key in right) if (right[key] !== undefined) fields--
  return fields === 0
}

/**
 * `next`, with every top-level field that equals the old one replaced by the old reference, so that store,
 * history and caches keep one copy of what did not change.
 */
export function shareWith<T extends object>(old: T, next: T): T {
  let shared: Record<string, unknown> | undefined
  for (const key in next) {
    const after: unknown = next[key]
    if (typeof after !== 'object') continue
    const before = Object.hasOwn(old, key) ? (old as Record<string, unknown>)[key] : undefined
    if (before === after || after === null || !equal(before, after)) continue
    shared ??= { ...(next as Record<string, unknown>) }
    shared[key] = before
  }
  return shared === undefined ? next : (shared as T)
}

/**
 * Compares an object with a partial one, as Chainsaw's `assert` does: of a map, the named keys must match; lists
 * match element by element and have one length; a key in parentheses is an expression on the value.
 */
import { compileExpression } from './expression.ts'

export interface Difference {
  /** `status.conditions[0].status`, or the expression in parentheses. */
  readonly path: string
  readonly expected: unknown
  /** undefined: the field does not exist. */
  readonly found: unknown
}

/** Everything in which `found` is not as expected; empty: it matches. Throws `ExpressionError`. */
export function differences(expected: unknown, found: unknown, path = ''): Difference[] {
  if (Array.isArray(expected)) {
    if (!Array.isArray(found)) return [{ path, expected, found }]
    if (found.length !== expected.length) {
      return [{ path: `(length(${path}))`, expected: expected.length, found: found.length }]
    }
    return expected.flatMap((item, i) => differences(item, found[i], `${path}[${i}]`))
  }
  if (typeof expected === 'object' && expected !== null) {
    return Object.entries(expected).flatMap(([key, value]) => {
      if (key.startsWith('(') && key.endsWith(')')) {
        return differences(value, compileExpression(key.slice(1, -1))(found), joined(path, key))
      }
      const there = typeof found === 'object' && found !== null && Object.hasOwn(found, key)
      const inner = there ? (found as Record<string, unknown>)[key] : undefined
      return differences(value, inner, joined(path, key))
    })
  }
  // null asserts absence: the API does not store null.
  if (expected === null) return found === undefined || found === null ? [] : [{ path, expected, found }]
  return expected === found ? [] : [{ path, expected, found }]
}

function joined(path: string, key: string): string {
  const shown = /^[\w-]+$|^\(.*\)$/.test(key) ? key : `["${key}"]`
  if (path === '') return shown
  return shown.startsWith('[') ? path + shown : `${path}.${shown}`
}

/** Lines for people: `status.replicas: expected 3, found 2`; long values go on lines of their own. */
export function formatDifferences(list: readonly Difference[], most = 8): string[] {
  const lines = list.slice(0, most).flatMap(({ path, expected, found }) => {
    const [want, have] = [formatValue(expected), found === undefined ? 'nothing' : formatValue(found)]
    const short = `${path}: expected ${want}, found ${have}`
    return short.length <= 100 ? [short] : [`${path}:`, `  expected ${want}`, `  found    ${have}`]
  })
  return list.length > most ? [...lines, `... and ${list.length - most} more`] : lines
}

function formatValue(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 300 ? `${text.slice(0, 297)}...` : text
}

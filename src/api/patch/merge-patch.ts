/** JSON merge patch, RFC 7386: objects merge, null removes, everything else replaces. */
import { setOwn } from '../own.ts'

type Json = Record<string, unknown>

/** Neither argument is changed; what the patch leaves alone is shared with the original. */
export function mergePatch(original: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const result: Json = isObject(original) ? { ...original } : {}
  for (const key of Object.keys(patch)) {
    const value = patch[key]
    if (value === null) delete result[key]
    else setOwn(result, key, mergePatch(Object.hasOwn(result, key) ? result[key] : undefined, value))
  }
  return result
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What ConfigMaps and Secrets have in common. */
import type { FieldErrors } from '../field-errors.ts'
import { sameValue } from '../meta/validation.ts'
import { checkConfigMapKey } from '../names.ts'

/** All values together. */
export const MAX_DATA_BYTES = 1024 * 1024

/** At the map that holds the key. */
export function validateKey(key: string, errors: FieldErrors): void {
  for (const problem of checkConfigMapKey(key)) errors.invalid({ key }, key, problem)
}

interface Lockable {
  readonly immutable?: boolean
  readonly data?: unknown
  readonly binaryData?: unknown
}

/** `immutable: true` locks the data, and itself. */
export function validateLocked(object: Lockable, old: Lockable, errors: FieldErrors): void {
  if (!old.immutable) return
  if (!object.immutable) errors.forbidden('immutable', LOCKED)
  if (!sameValue(object.data, old.data)) errors.forbidden('data', LOCKED)
  if (!sameValue(object.binaryData, old.binaryData)) errors.forbidden('binaryData', LOCKED)
}

const LOCKED = 'field is immutable when `immutable` is set'

export function utf8Length(text: string): number {
  let length = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    length += code < 0x80 ? 1 : code < 0x800 ? 2 : 3
    // The second half of a surrogate pair: four bytes for both.
    if (code >= 0xdc00 && code <= 0xdfff) length -= 2
  }
  return length
}

/** Bytes that a base64 text stands for. */
export function base64Length(text: string): number {
  return (text.length / 4) * 3 - (text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0)
}

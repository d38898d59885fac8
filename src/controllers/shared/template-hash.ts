/**
 * Hashes in names: `web-66b6c48dd5`. The visible format is upstream's (FNV, then an alphabet without vowels); what
 * is hashed is our own canonical text, since nobody can tell Go's dump of a struct from another one.
 */

const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'

/** Maps each character to one that makes no words (apimachinery rand.SafeEncodeString). */
export function safeEncode(text: string): string {
  let encoded = ''
  for (let i = 0; i < text.length; i++) encoded += ALPHABET[text.charCodeAt(i) % ALPHABET.length]
  return encoded
}

/** 32-bit FNV-1a over bytes. */
export function fnv1a32(bytes: Iterable<number>, seed = 0x811c9dc5): number {
  let hash = seed
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}

/** 32-bit FNV-1 over bytes: multiplies first. */
export function fnv132(bytes: Iterable<number>, seed = 0x811c9dc5): number {
  let hash = seed
  for (const byte of bytes) hash = Math.imul(hash, 0x01000193) ^ byte
  return hash >>> 0
}

/** Hash of a pod template as text; a collision count, even 0, changes it (controller_utils.go ComputeHash). */
export function computeHash(dump: string, collisionCount?: number): string {
  return safeEncode(String(templateSum(dump, collisionCount)))
}

export function templateSum(dump: string, collisionCount?: number): number {
  const sum = fnv1a32(utf8(dump))
  if (collisionCount === undefined) return sum
  const count = [0, 8, 16, 24].map((shift) => (collisionCount >>> shift) & 0xff)
  return fnv1a32([...count, 0, 0, 0, 0], sum)
}

/** Hash of a ControllerRevision's data (history/controller_history.go HashControllerRevision). */
export function revisionHash(data: string, collisionCount?: number): string {
  return safeEncode(String(revisionSum(data, collisionCount)))
}

export function revisionSum(data: string, collisionCount?: number): number {
  const sum = fnv132(utf8(data))
  return collisionCount === undefined ? sum : fnv132(utf8(String(collisionCount)), sum)
}

/** JSON with sorted keys and without absent fields: equal values give equal texts. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const fields = Object.entries(value)
    .filter(([, it]) => it !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([key, it]) => `${JSON.stringify(key)}:${canonicalJson(it)}`).join(',')}}`
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

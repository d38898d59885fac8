/** Identifiers from seeded randomness: uids and the random suffixes of generated names. */
import type { Random } from './random.ts'

/** Upstream's alphabet without vowels and look-alikes (apimachinery, util/rand). */
const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** A version 4 UUID. */
export function uuid(random: Random): string {
  const bytes = new Array<string>(16)
  for (let at = 0; at < 16; at += 4) {
    const word = Math.floor(random.float() * 2 ** 32)
    for (let i = 0; i < 4; i++) bytes[at + i] = HEX[(word >>> (24 - 8 * i)) & 0xff]!
  }
  bytes[6] = HEX[(Number.parseInt(bytes[6]!, 16) & 0x0f) | 0x40]!
  bytes[8] = HEX[(Number.parseInt(bytes[8]!, 16) & 0x3f) | 0x80]!
  for (const at of [3, 5, 7, 9]) bytes[at] += '-'
  // `join` makes one flat string; concatenation would keep a tree of pieces alive, six times as large.
  return bytes.join('')
}

/** `length` characters as in generated pod names: `x7k2p`. */
export function nameSuffix(random: Random, length = 5): string {
  let suffix = ''
  for (let i = 0; i < length; i++) suffix += SUFFIX_ALPHABET[random.below(SUFFIX_ALPHABET.length)]
  return suffix
}

/** Identifiers from seeded randomness: uids and the random suffixes of generated names. */
import type { Random } from './random.ts'

/** Upstream's alphabet without vowels and look-alikes (apimachinery, util/rand). */
const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** A version 4 UUID. */
export function uuid(random: Random): string {
  const word = () => Math.floor(random.float() * 2 ** 32) >>> 0
  const [a, b, c, d] = [word(), word(), word(), word()]
  const byte = (w: number, shift: number) => HEX[(w >>> shift) & 0xff]!
  return (
    `${byte(a, 24)}${byte(a, 16)}${byte(a, 8)}${byte(a, 0)}-${byte(b, 24)}${byte(b, 16)}-` +
    `${HEX[((b >>> 8) & 0x0f) | 0x40]}${byte(b, 0)}-${HEX[((c >>> 24) & 0x3f) | 0x80]}${byte(c, 16)}-` +
    `${byte(c, 8)}${byte(c, 0)}${byte(d, 24)}${byte(d, 16)}${byte(d, 8)}${byte(d, 0)}`
  )
}

/** `length` characters as in generated pod names: `x7k2p`. */
export function nameSuffix(random: Random, length = 5): string {
  let suffix = ''
  for (let i = 0; i < length; i++) suffix += SUFFIX_ALPHABET[random.below(SUFFIX_ALPHABET.length)]
  return suffix
}

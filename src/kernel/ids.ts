/** Identifiers from seeded randomness: uids and the random suffixes of generated names. */
import type { Random } from './random.ts'

/** Upstream's alphabet without vowels and look-alikes (apimachinery, util/rand). */
const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'

const DIGITS = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0))
const HYPHEN = 0x2d
/** Where the hyphens are stays as it is; the rest is written anew for every id. */
const uuidCodes = Array.from('xxxxxxxx-xxxx-4xxx-xxxx-xxxxxxxxxxxx', (it) => it.charCodeAt(0))

/** A version 4 UUID. */
export function uuid(random: Random): string {
  let bits = 0
  let left = 0
  for (let at = 0; at < 36; at++) {
    if (uuidCodes[at] === HYPHEN) continue
    if (left === 0) {
      bits = Math.floor(random.float() * 2 ** 32)
      left = 8
    }
    const digit = bits & 0xf
    bits >>>= 4
    left--
    uuidCodes[at] = at === 14 ? 0x34 : DIGITS[at === 19 ? 8 | (digit & 3) : digit]!
  }
  // One flat string: concatenation would keep a tree of pieces alive, many times as large.
  return String.fromCharCode.apply(null, uuidCodes)
}

const hexCodes = new Array<number>(64).fill(0)

/** 64 hexadecimal digits, as container runtimes number what they make. */
export function hexId(random: Random): string {
  for (let at = 0; at < hexCodes.length; at += 8) {
    let bits = Math.floor(random.float() * 2 ** 32)
    for (let digit = at + 7; digit >= at; digit--) {
      hexCodes[digit] = DIGITS[bits & 0xf]!
      bits >>>= 4
    }
  }
  return String.fromCharCode.apply(null, hexCodes)
}

/** `length` characters as in generated pod names: `x7k2p`. */
export function nameSuffix(random: Random, length = 5): string {
  let suffix = ''
  for (let i = 0; i < length; i++) suffix += SUFFIX_ALPHABET[random.below(SUFFIX_ALPHABET.length)]
  return suffix
}

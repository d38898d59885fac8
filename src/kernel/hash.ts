/** Small non-cryptographic hashes over UTF-16 code units: equal on every machine and Node version. */

/** 32-bit FNV-1a with a seed, finished by murmur3's mixer. Returns an unsigned integer. */
export function hash32(text: string, seed = 0): number {
  let hash = 0x811c9dc5 ^ seed
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash ^= hash >>> 16
  hash = Math.imul(hash, 0x85ebca6b)
  hash ^= hash >>> 13
  hash = Math.imul(hash, 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** A running hash of 64 bits over a sequence of strings and numbers; order matters. */
export class RunningHash {
  #low = 0x811c9dc5
  #high = 0x9747b28c

  add(text: string): void {
    let low = this.#low
    let high = this.#high
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      low = Math.imul(low ^ code, 0x01000193)
      high = Math.imul(high ^ code, 0x5bd1e995) ^ (high >>> 15)
    }
    this.#low = Math.imul(low ^ 0x1f, 0x01000193)
    this.#high = Math.imul(high ^ text.length, 0x5bd1e995) ^ (low >>> 13)
  }

  /** 16 lower-case hex digits. */
  digest(): string {
    return hex(this.#high) + hex(this.#low)
  }
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0')
}

/** 64 hex digits that depend on the text alone. */
export function hex64(text: string): string {
  let digest = ''
  for (let i = 0; i < 8; i++)
    digest += hash32(text, i + 1)
      .toString(16)
      .padStart(8, '0')
  return digest
}

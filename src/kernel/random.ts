/**
 * Seeded randomness, split by component name: adding a component, or drawing more in one, does not shift the
 * draws of another. The generator is pure-rand's xoroshiro128+.
 */
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { hash32 } from './hash.ts'

export interface Random {
  /** A float in [0, 1) with 32 bits of randomness. */
  float(): number
  /** An integer in [0, n), n >= 1. */
  below(n: number): number
  /** Any element; the list must not be empty. */
  pick<T>(items: readonly T[]): T
}

/** @param seed any integer; @param name the component the stream belongs to */
export function randomStream(seed: number, name: string): Random {
  const generator = xoroshiro128plus(
    hash32(name, Math.imul(seed | 0, 0x9e3779b1) ^ Math.floor(seed / 2 ** 32)),
  )
  const below = (n: number) => uniformInt(generator, 0, n - 1)
  return {
    float: () => (generator.next() >>> 0) / 2 ** 32,
    below,
    pick: (items) => items[below(items.length)]!,
  }
}

/** Stands for `kubarium/vitest` in the guide's code: simulations are collected, so that those that fail can be run too. */
import type { SearchOptions } from '../../src/testing/explore/search.ts'
import type { SimSpec } from '../../src/testing/explore/spec.ts'

export * from '../../src/testing/index.ts'

export const captured: {
  readonly name: string
  readonly spec: SimSpec
  readonly options: SearchOptions | undefined
}[] = []

export function simTest(name: string, spec: SimSpec, options?: SearchOptions): void {
  captured.push({ name, spec, options })
}

/** Loads vectors of test/vectors/controllers, and those of controllers-more beside them, and hands each case to a table test. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'vitest'

export interface Vector {
  readonly name: string
  // biome-ignore lint/suspicious/noExplicitAny: each group has its own shape, which its test knows.
  readonly input: any
  // biome-ignore lint/suspicious/noExplicitAny: the same.
  readonly expect: any
}

interface Group {
  readonly function: string
  readonly cases: readonly Vector[]
}

const groupsOf = new Map<string, readonly Group[]>()

/** Declares one test per case of `file.json`'s group `name`. */
export function vectors(file: string, name: string, check: (vector: Vector) => void | Promise<void>): void {
  const cases = load(file).flatMap((it) => (it.function === name ? it.cases : []))
  if (cases.length === 0) throw new Error(`${file}.json has no group ${name}`)
  describe(`${file}: ${name}`, () => {
    test.each(cases.map((it) => [it.name, it] as const))('%s', (_name, vector) => check(vector))
  })
}

function load(file: string): readonly Group[] {
  let groups = groupsOf.get(file)
  if (groups === undefined) {
    groups = ['controllers', 'controllers-more']
      .map((folder) => join(import.meta.dirname, '../vectors', folder, `${file}.json`))
      .filter((path) => existsSync(path))
      .flatMap((path) => (JSON.parse(readFileSync(path, 'utf8')) as { groups: Group[] }).groups)
    groupsOf.set(file, groups)
  }
  return groups
}

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { apiVersionOf, type KubeObject } from '../../src/api/kind.ts'
import { BUILT_IN_KINDS } from '../../src/api/scheme.ts'
import { problems } from './accept.ts'

interface Refusal {
  readonly object: KubeObject
  readonly problems: readonly string[]
}

const FILE = join(import.meta.dirname, '../vectors/refusals.json')
const { cases } = JSON.parse(readFileSync(FILE, 'utf8')) as { cases: Refusal[] }
const kinds = [...new Set(cases.map(({ object }) => object.kind!))]

/** What upstream's API server refuses is refused, for the same reasons and in the same words. */
test.each(kinds)('%s', (name) => {
  for (const { object, problems: want } of cases.filter((it) => it.object.kind === name)) {
    const kind = BUILT_IN_KINDS.find((it) => it.kind === name && apiVersionOf(it) === object.apiVersion)
    expect({ object, problems: [...new Set(problems(kind!, object))].sort() }).toEqual({
      object,
      problems: want,
    })
  }
})

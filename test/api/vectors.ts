import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Cases of one vector file, with the fields that its `doc` describes. */
export function vectors<T>(name: string): readonly T[] {
  const path = join(import.meta.dirname, '../vectors/core', `${name}.json`)
  return (JSON.parse(readFileSync(path, 'utf8')) as { cases: T[] }).cases
}

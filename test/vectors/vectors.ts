import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Cases of one vector file, with the fields that the `doc` in `core` describes; `more` holds further ones of the
 * same shape.
 */
export function vectors<T>(name: string): readonly T[] {
  return ['core', 'more']
    .map((folder) => join(import.meta.dirname, folder, `${name}.json`))
    .filter((path) => existsSync(path))
    .flatMap((path) => (JSON.parse(readFileSync(path, 'utf8')) as { cases: T[] }).cases)
}

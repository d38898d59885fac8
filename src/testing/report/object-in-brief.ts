/** Objects in a few words: their version, and the fields that differ between the states shown. */
import type { Untyped } from '../explore/spec.ts'

const FIELDS_MAX = 3
const VALUE_MAX = 24

export class ObjectInBrief {
  readonly #paths: readonly string[]

  /** @param states all that will be shown */
  constructor(states: readonly Untyped[]) {
    const values = new Map<string, Set<string>>()
    const all = [...new Set(states)].map((it) => leaves(it))
    for (const leaf of all) for (const path of leaf.keys()) values.set(path, new Set())
    for (const [path, set] of values) for (const leaf of all) set.add(leaf.get(path) ?? '')
    this.#paths = [...values]
      .filter(([, set]) => set.size > 1)
      .map(([path]) => path)
      .slice(0, FIELDS_MAX)
  }

  /** `rv9 published=true`, or `absent`. */
  of(object: Untyped | undefined): string {
    if (object === undefined) return 'absent'
    const has = leaves(object)
    const fields = this.#paths.filter((it) => has.has(it)).map((it) => `${lastOf(it)}=${has.get(it)}`)
    const { resourceVersion, deletionTimestamp } = object.metadata
    return [`rv${resourceVersion}`, ...(deletionTimestamp ? ['deleting'] : []), ...fields].join(' ')
  }
}

/** Path -> value as text, of spec, status, data and finalizers. */
function leaves(object: Untyped): Map<string, string> {
  const found = new Map<string, string>()
  const walk = (value: unknown, path: string) => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [key, inner] of Object.entries(value)) walk(inner, `${path}.${key}`)
    } else if (value !== undefined)
      found.set(path, clip(typeof value === 'string' ? value : JSON.stringify(value)))
  }
  for (const part of ['spec', 'status', 'data']) walk(object[part], part)
  const finalizers = object.metadata.finalizers?.length ?? 0
  if (finalizers > 0) found.set('metadata.finalizers', String(finalizers))
  return found
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1)
}

function clip(text: string): string {
  return text.length > VALUE_MAX ? `${text.slice(0, VALUE_MAX - 3)}...` : text
}

/**
 * Indexes of one resource by label key or by field, for lists that would otherwise scan everything. An index is
 * built by the first list that can use it and is kept up to date from then on: who never lists by a label
 * never pays for it.
 */
import type { KubeObject } from '../api/kind.ts'
import { stringMap } from './string-map.ts'

type Extract = (object: KubeObject) => string | undefined

const NONE: ReadonlySet<string> = new Set()

interface Index {
  readonly of: Extract
  readonly keys: Map<string, Set<string>>
}

export class LazyIndexes {
  readonly #indexes = new Map<string, Index>()

  /**
   * Storage keys of the objects whose `name` equals `value`, in no promised order.
   * @param name  unique per extractor: `label app`, `field spec.nodeName`
   * @param all   every object with its key: read once, when the index does not exist yet; undefined: do without then
   */
  lookup(
    name: string,
    of: Extract,
    value: string,
    all: (() => Iterable<[string, KubeObject]>) | undefined,
  ): ReadonlySet<string> | undefined {
    let index = this.#indexes.get(name)
    if (index === undefined) {
      if (all === undefined) return undefined
      index = { of, keys: new Map() }
      for (const [key, object] of all()) add(index, key, object)
      this.#indexes.set(name, index)
    }
    return index.keys.get(value) ?? NONE
  }

  /** Keeps every index right after a commit. */
  update(key: string, object: KubeObject | undefined, previous: KubeObject | undefined): void {
    for (const index of this.#indexes.values()) {
      const now = object && index.of(object)
      const before = previous && index.of(previous)
      if (now === before) continue
      if (before !== undefined) remove(index, key, before)
      if (now !== undefined) add(index, key, object!)
    }
  }
}

/** Reads the label `key` of an object; user data, so `constructor` is just a label. */
export function labelOf(key: string): Extract {
  return (object) => stringMap(object.metadata?.labels, key)
}

function add(index: Index, key: string, object: KubeObject): void {
  const value = index.of(object)
  if (value === undefined) return
  let keys = index.keys.get(value)
  if (keys === undefined) {
    keys = new Set()
    index.keys.set(value, keys)
  }
  keys.add(key)
}

function remove(index: Index, key: string, value: string): void {
  const keys = index.keys.get(value)
  keys?.delete(key)
  if (keys?.size === 0) index.keys.delete(value)
}

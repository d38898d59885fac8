/**
 * What an informer knows: references to the objects that the store holds, by namespace and name, and the indexes
 * asked for. Names, namespaces and uids are the very strings of the objects, so an object costs one map entry, and
 * one more for each index.
 */
import { type KubeObject, objectKey, type Stored } from '../api/kind.ts'
import { invariant } from '../kernel/invariant.ts'
import type { KindRef } from './client.ts'
import { BY_NAMESPACE, type Lister } from './informer.ts'

type IndexFunction<T> = (object: T) => readonly string[]

/** Hears reads: the key asked for, or the objects that a list gave; `object` is what the cache had. */
export type ReadObserver = (kind: KindRef, key: string, object: KubeObject | undefined) => void

interface Index<T> {
  readonly valuesOf: IndexFunction<T>
  /** Most values of some indexes have one object: only the second makes a map, by uid. */
  readonly byValue: Map<string, T | Map<string, T>>
}

export class ObjectCache<T extends KubeObject> implements Lister<Stored<T>> {
  readonly #kind: KindRef<T>
  readonly #namespaces = new Map<string, Map<string, Stored<T>>>()
  readonly #indexes = new Map<string, Index<Stored<T>>>()
  readonly #onRead: ReadObserver | undefined
  #size = 0

  constructor(kind: KindRef<T>, onRead?: ReadObserver) {
    this.#kind = kind
    this.#onRead = onRead
  }

  // -- reading ------------------------------------------------------------------------------------------

  get size(): number {
    return this.#size
  }

  get(key: string): Stored<T> | undefined {
    const slash = key.indexOf('/')
    const namespace = slash < 0 ? '' : key.slice(0, slash)
    const object = this.#namespaces.get(namespace)?.get(slash < 0 ? key : key.slice(slash + 1))
    if (this.#onRead !== undefined) this.#onRead(this.#kind, key, object)
    return object
  }

  list(namespace?: string): readonly Stored<T>[] {
    const found = namespace === undefined ? this.everything() : this.#namespaces.get(namespace)?.values()
    return this.#snapshot(found)
  }

  byIndex(index: string, value: string): readonly Stored<T>[] {
    const found = this.#indexes.get(index)
    if (found === undefined && index === BY_NAMESPACE) return this.list(value)
    invariant(found !== undefined, 'an index is asked for before it is used', {
      kind: this.#kind.kind,
      index,
    })
    const group = found.byValue.get(value)
    return this.#snapshot(group instanceof Map ? group.values() : group && [group])
  }

  // -- writing ------------------------------------------------------------------------------------------

  /** The object as the cache has it, unobserved. */
  peek(namespace: string, name: string): Stored<T> | undefined {
    return this.#namespaces.get(namespace)?.get(name)
  }

  /** Everything, unobserved and live. */
  *everything(): Iterable<Stored<T>> {
    for (const names of this.#namespaces.values()) yield* names.values()
  }

  /**
   * Stores the object and returns what it replaces. What has the same name but another uid stays and is returned:
   * it has to be removed first.
   */
  put(object: Stored<T>): Stored<T> | undefined {
    const { namespace = '', name, uid } = object.metadata
    let names = this.#namespaces.get(namespace)
    if (names === undefined) {
      names = new Map()
      this.#namespaces.set(namespace, names)
    }
    const old = names.get(name)
    if (old !== undefined && old.metadata.uid !== uid) return old
    names.set(name, object)
    if (old === undefined) this.#size++
    for (const index of this.#indexes.values()) reindex(index, old, object)
    return old
  }

  /** Removes what is stored under the object's name and returns it. */
  remove(object: Stored<T>): Stored<T> | undefined {
    const { namespace = '', name } = object.metadata
    const names = this.#namespaces.get(namespace)
    const old = names?.get(name)
    if (names === undefined || old === undefined) return undefined
    names.delete(name)
    if (names.size === 0) this.#namespaces.delete(namespace)
    this.#size--
    for (const index of this.#indexes.values()) reindex(index, old, undefined)
    return old
  }

  /** An index that exists already stays as it is: the same name means the same function. */
  addIndex(name: string, valuesOf: IndexFunction<Stored<T>>): void {
    if (this.#indexes.has(name)) return
    const index: Index<Stored<T>> = { valuesOf, byValue: new Map() }
    this.#indexes.set(name, index)
    for (const object of this.everything()) reindex(index, undefined, object)
  }

  /** A copy, since a reader may await while it walks the list and the cache goes on. */
  #snapshot(found: Iterable<Stored<T>> | undefined): readonly Stored<T>[] {
    if (found === undefined) return NO_OBJECTS
    const objects = [...found]
    if (this.#onRead !== undefined) {
      for (const object of objects) this.#onRead(this.#kind, objectKey(object.metadata), object)
    }
    return objects
  }
}

/** Moves an object from the values of its old state to those of its new one; equal values keep their place. */
function reindex<T extends HasUid>(index: Index<T>, old: T | undefined, object: T | undefined): void {
  const before = old === undefined ? NONE : index.valuesOf(old)
  const after = object === undefined ? NONE : index.valuesOf(object)
  for (const value of before) {
    const stays = object !== undefined && after.includes(value) && old!.metadata.uid === object.metadata.uid
    if (!stays) removeFrom(index.byValue, value, old!)
  }
  for (const value of after) addTo(index.byValue, value, object!)
}

function addTo<T extends HasUid>(byValue: Index<T>['byValue'], value: string, object: T): void {
  const group = byValue.get(value)
  if (group === undefined || (!(group instanceof Map) && group.metadata.uid === object.metadata.uid)) {
    byValue.set(value, object)
  } else if (group instanceof Map) group.set(object.metadata.uid, object)
  else {
    const map = new Map([[group.metadata.uid, group]])
    map.set(object.metadata.uid, object)
    byValue.set(value, map)
  }
}

function removeFrom<T extends HasUid>(byValue: Index<T>['byValue'], value: string, { metadata }: T): void {
  const group = byValue.get(value)
  if (group instanceof Map) {
    group.delete(metadata.uid)
    if (group.size === 0) byValue.delete(value)
  } else if (group?.metadata.uid === metadata.uid) byValue.delete(value)
}

interface HasUid {
  readonly metadata: { readonly uid: string }
}

const NONE: readonly string[] = []
const NO_OBJECTS: readonly never[] = []

/** The cluster's objects at one revision, read straight from the store's history. */
import type { KindDefinition, KubeObject } from '../api/kind.ts'
import type { Scheme } from '../api/scheme.ts'
import type { Store } from '../etcd/store.ts'
import type { Snapshot } from './cluster.ts'

export class StoreSnapshot implements Snapshot {
  readonly revision: number
  readonly #store: Store<KubeObject>
  readonly #scheme: Scheme

  /** @param store a clone, or the live store when `revision` is left to be the current one for a moment only */
  constructor(store: Store<KubeObject>, scheme: Scheme, revision: number) {
    this.#store = store
    this.#scheme = scheme
    this.revision = revision
  }

  get<T extends KubeObject>(
    kind: { readonly kind: string; readonly group?: string },
    ref: { readonly namespace?: string; readonly name: string },
  ): T | undefined {
    const definition = this.#definition(kind)
    const path = definition.namespaced ? `${ref.namespace ?? 'default'}/${ref.name}` : ref.name
    return this.#store.get(prefixOf(definition) + path, this.revision)?.value as T | undefined
  }

  list<T extends KubeObject>(
    kind: { readonly kind: string; readonly group?: string },
    namespace?: string,
  ): T[] {
    const definition = this.#definition(kind)
    const prefix =
      prefixOf(definition) + (namespace !== undefined && definition.namespaced ? `${namespace}/` : '')
    return this.#collect(prefix) as T[]
  }

  all(): KubeObject[] {
    return this.#collect('/registry/')
  }

  #collect(prefix: string): KubeObject[] {
    const objects: KubeObject[] = []
    this.#store.forEach(prefix, { revision: this.revision }, (kv) => {
      objects.push(kv.value)
      return true
    })
    return objects
  }

  #definition(kind: { readonly kind: string; readonly group?: string }): KindDefinition {
    const known = this.#scheme
      .all()
      .filter((it) => it.kind === kind.kind && (kind.group ?? it.group) === it.group)
    const definition = known.find((it) => it.stored === undefined) ?? known[0]
    if (definition === undefined) throw new Error(`the cluster serves no kind ${kind.kind}`)
    return definition
  }
}

function prefixOf(kind: KindDefinition): string {
  return `/registry/${kind.storagePrefix ?? kind.resource}/`
}

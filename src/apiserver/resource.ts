/** One stored resource: where its objects live, who watches them, and in which versions it is served. */
import type { KindDefinition, KubeObject } from '../api/kind.ts'
import type { Call } from './call.ts'
import type { ComputedSource } from './computed.ts'
import { LazyIndexes } from './indexes.ts'
import type { SubresourceHandler } from './subresource.ts'
import { WatchHub } from './watch-hub.ts'

/** What the strategy of a resource needs beyond pure functions over the object: allocators, other objects. */
export interface ResourceHooks {
  /** After `prepareForCreate`, before validation. */
  create?(object: KubeObject, call: Call): KubeObject
  /** After `prepareForUpdate` of the main resource, before validation. */
  update?(object: KubeObject, old: KubeObject, call: Call): KubeObject
  /** Whether an object on its way out may go although its metadata has no finalizers left (namespaces). */
  mayVanish?(object: KubeObject): boolean
  /** The state in which an object that is being deleted lingers. */
  dying?(object: KubeObject): KubeObject
  /** Before a delete; throws to refuse. */
  delete?(object: KubeObject, call: Call): void
  /** Hears every commit. */
  committed?(object: KubeObject | undefined, previous: KubeObject | undefined): void
}

export class Resource {
  /** Key prefix with a trailing slash: `/registry/pods/`. */
  readonly prefix: string
  /** The kind in the version in which objects are stored; a custom one changes with its definition. */
  kind: KindDefinition
  readonly hub: WatchHub
  readonly indexes: LazyIndexes
  hooks: ResourceHooks | undefined
  /** Only on a resource whose objects are questions, answered and not stored. */
  review: SubresourceHandler | undefined
  /** Only on a resource that has no stored objects. */
  computed: ComputedSource | undefined
  /** Whole lists by namespace, dropped at every commit. */
  readonly lists = new Map<string, readonly KubeObject[]>()
  readonly subresources = new Map<string, SubresourceHandler>()
  /** What the last key was for; whether a kind is namespaced never changes. */
  #keyName: string | undefined
  #keyNamespace: string | undefined
  #key = ''

  constructor(kind: KindDefinition, revision: number) {
    this.kind = kind
    this.prefix = prefixOf(kind)
    this.hub = new WatchHub(revision)
    this.indexes = new LazyIndexes()
  }

  /** The stages of a request, and requests in a row, ask for the same key again. */
  keyOf(namespace: string | undefined, name: string): string {
    if (name === this.#keyName && namespace === this.#keyNamespace) return this.#key
    this.#keyName = name
    this.#keyNamespace = namespace
    // One flat string: keys are kept as long as their objects.
    this.#key = bytes(
      (this.kind.namespaced ? [this.prefix, namespace, '/', name] : [this.prefix, name]).join(''),
    )
    return this.#key
  }

  /** Prefix of all keys of a namespace, or of all objects. */
  rangeOf(namespace: string | undefined): string {
    return this.kind.namespaced && namespace ? `${this.prefix}${namespace}/` : this.prefix
  }
}

/** `/registry/pods/`; whoever stores a kind of a custom group declares a prefix that no other kind has. */
export function prefixOf(kind: KindDefinition): string {
  return `/registry/${kind.storagePrefix ?? kind.resource}/`
}

/** The key's UTF-8 bytes as a binary string; nearly every name is ASCII and is its own key. */
function bytes(text: string): string {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 0x7f) return String.fromCharCode(...new TextEncoder().encode(text))
  }
  return text
}

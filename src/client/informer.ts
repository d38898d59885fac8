/**
 * Informers: a list, then a watch, kept as a local view that may lag behind the truth and says so. The local
 * view holds references to the very objects that the store holds, never copies.
 */
import type { KubeObject, Stored } from '../api/kind.ts'
import type { KindRef } from './client.ts'

/** Called synchronously, in order: for every object of the first list `add`, then what happens. */
export interface InformerHandlers<T> {
  add?(object: T): void
  /** Also called by a relist with `old === object` when nothing changed in between. */
  update?(object: T, old: T): void
  /** `object` is the last state known; after a missed deletion it may be older than the truth (`stale`). */
  delete?(object: T, stale: boolean): void
}

export interface Lister<T> {
  /** By `namespace/name`, or name for cluster-scoped kinds. */
  get(key: string): T | undefined
  list(namespace?: string): readonly T[]
  /** Objects whose index function returned `value`, in no promised order; sort before choosing. */
  byIndex(index: string, value: string): readonly T[]
  readonly size: number
}

export interface InformerOptions<T> {
  readonly fieldSelector?: string
  readonly labelSelector?: string
  readonly namespace?: string
  /** Name -> function giving the values under which an object is found. The same name means the same function. */
  readonly indexes?: Readonly<Record<string, (object: T) => readonly string[]>>
}

export interface Informer<T extends KubeObject> {
  readonly kind: KindRef<T>
  readonly lister: Lister<Stored<T>>
  /** Handlers added after the first list hear `add` for everything known. @returns takes them away again */
  addHandlers(handlers: InformerHandlers<Stored<T>>): () => void
  /** The first list has been delivered to all handlers. */
  readonly synced: boolean
  /** Runs once synced; at once when it already is. */
  whenSynced(run: () => void): void
  /** Everything up to here has been delivered; '' before the first list. */
  readonly resourceVersion: string
}

/** Informers of one process, shared: the same kind and options give the same informer. */
export interface InformerFactory {
  for<T extends KubeObject>(kind: KindRef<T>, options?: InformerOptions<Stored<T>>): Informer<T>
  /** Runs once all informers asked for so far are synced. */
  whenSynced(run: () => void): void
}

/** Index by the uid of the controlling owner. */
export const BY_CONTROLLER = 'controller'
/** Index of pods by spec.nodeName. */
export const BY_NODE = 'nodeName'
/** Index by namespace. */
export const BY_NAMESPACE = 'namespace'

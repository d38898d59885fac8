/**
 * Objects in the store. The stored value is the frozen object itself, and its resourceVersion is the revision of
 * the write: on a store in memory the next revision is known before the write, so that store, history,
 * watchers and the answer share one reference.
 */
import { deepFreeze } from '../api/freeze.ts'
import type { KubeObject } from '../api/kind.ts'
import type { Maybe } from '../api/request.ts'
import type { Store } from '../etcd/store.ts'
import type { EventLoop } from '../kernel/event-loop.ts'

/** Objects with a time to live share one etcd lease per so many seconds, as in upstream's lease manager. */
const LEASE_REUSE_MS = 60_000

export class Storage {
  readonly #store: Store<KubeObject>
  readonly #loop: EventLoop
  readonly #leases = new Map<number, { readonly id: bigint; readonly until: number }>()

  constructor(store: Store<KubeObject>, loop: EventLoop) {
    this.#store = store
    this.#loop = loop
  }

  /** Revision of the last commit. */
  get revision(): number {
    return this.#store.revision
  }

  /** Revision that the next commit will get. */
  get nextRevision(): number {
    return this.#store.nextRevision
  }

  /** Older revisions cannot be read any more. */
  get compactRevision(): number {
    return this.#store.compactRevision
  }

  get(key: string): KubeObject | undefined {
    return this.#store.get(key)?.value
  }

  /** The stored object, or undefined when the key exists already. */
  create(key: string, object: KubeObject, ttlSeconds?: number): Maybe<KubeObject | undefined> {
    const lease = ttlSeconds === undefined ? undefined : this.#leaseFor(ttlSeconds)
    return this.#store.create(key, stamp(object, this.#store.nextRevision), lease)?.value
  }

  /** The stored object, or undefined when the key no longer holds `old`. */
  replace(
    key: string,
    old: KubeObject,
    object: KubeObject,
    ttlSeconds?: number,
  ): Maybe<KubeObject | undefined> {
    const lease = ttlSeconds === undefined ? undefined : this.#leaseFor(ttlSeconds)
    const stamped = stamp(object, this.#store.nextRevision)
    return this.#store.compareAndSwap(key, revisionOf(old), stamped, lease)?.value
  }

  /** The revision of the deletion, or undefined when the key no longer holds `old`. */
  remove(key: string, old: KubeObject): Maybe<number | undefined> {
    return this.#store.compareAndDelete(key, revisionOf(old))
  }

  /**
   * Visits objects in key order until `visit` returns false; it must not write.
   * @param startKey  full key to start at; `revision` of the past to read, which may have been compacted
   */
  each(
    prefix: string,
    options: { readonly startKey?: string; readonly revision?: number },
    visit: (key: string, object: KubeObject) => boolean,
  ): void {
    this.#store.forEach(prefix, options, (record) => visit(record.key, record.value))
  }

  count(prefix: string, options: { readonly startKey?: string; readonly revision?: number } = {}): number {
    return this.#store.count(prefix, options)
  }

  #leaseFor(ttlSeconds: number): bigint {
    const now = this.#loop.now
    const known = this.#leases.get(ttlSeconds)
    if (known !== undefined && known.until > now) return known.id
    const { id } = this.#store.leaseGrant({ ttl: ttlSeconds + LEASE_REUSE_MS / 1000 })
    this.#leases.set(ttlSeconds, { id, until: now + LEASE_REUSE_MS })
    return id
  }
}

/** The revision at which this state was written. */
export function revisionOf(object: KubeObject): number {
  return Number(object.metadata?.resourceVersion ?? 0)
}

function stamp(object: KubeObject, revision: number): KubeObject {
  const resourceVersion = String(revision)
  const { metadata } = object
  if (metadata === undefined || Object.isFrozen(metadata) || Object.isFrozen(object)) {
    return deepFreeze({ ...object, metadata: { ...metadata, resourceVersion } })
  }
  // Fresh from the strategies and nobody else's: no need to copy it once more.
  const own: { resourceVersion?: string } = metadata
  own.resourceVersion = resourceVersion
  return deepFreeze(object)
}

/**
 * Objects in the store. The stored value is the frozen object itself, and its resourceVersion is the revision of
 * the write: on a store in memory the next revision is known before the write, so that store, history,
 * watchers and the answer share one reference. When an etcd elsewhere decides, writes are promises, and the store
 * in memory is its copy.
 */
import { ApiError, failure, timeout } from '../api/errors.ts'
import { deepFreeze } from '../api/freeze.ts'
import type { KubeObject } from '../api/kind.ts'
import type { ObjectMeta } from '../api/meta/object-meta.ts'
import type { ApiRequest, Maybe } from '../api/request.ts'
import { EtcdUnavailableError, leaseReuseSeconds, type Mirror } from '../etcd/mirror.ts'
import type { Store } from '../etcd/store.ts'
import type { EventLoop } from '../kernel/event-loop.ts'
import { sizedCopy } from '../kernel/sized-object.ts'
import type { Call } from './call.ts'

export class Storage {
  readonly #store: Store<KubeObject>
  readonly #loop: EventLoop
  readonly #mirror: Mirror<KubeObject> | undefined
  readonly #leases = new Map<number, { readonly id: bigint; readonly until: number }>()
  /** Calls by the revision that they are writing, until their commit has been told. */
  readonly #origins = new Map<number, Call>()
  /** The origin that was claimed last: mostly it is taken before the next one is. */
  #newest: Call | undefined
  #newestRevision = 0

  /** @param mirror  of which `store` is the copy; absent: the store decides by itself */
  constructor(store: Store<KubeObject>, loop: EventLoop, mirror?: Mirror<KubeObject>) {
    this.#store = store
    this.#loop = loop
    this.#mirror = mirror
  }

  /** Who made a commit, asked once; undefined when it was none of our calls. */
  takeOrigin(revision: number): Call | undefined {
    if (revision === this.#newestRevision) {
      const newest = this.#newest
      this.#newest = undefined
      return newest
    }
    const call = this.#origins.get(revision)
    if (call !== undefined) this.#origins.delete(revision)
    return call
  }

  #claim(revision: number, call: Call): void {
    if (this.#newest !== undefined) this.#origins.set(this.#newestRevision, this.#newest)
    this.#newest = call
    this.#newestRevision = revision
  }

  /** Why nothing can be stored at present, for health checks. */
  get trouble(): string | undefined {
    return this.#mirror?.trouble
  }

  /** What has to happen before a request may be served: undefined in memory, or when it takes what there is. */
  ready({ options }: ApiRequest): Promise<void> | undefined {
    if (this.#mirror === undefined || options?.resourceVersion === '0') return undefined
    return this.#mirror.barrier().catch(refuse)
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
  create(call: Call, key: string, object: KubeObject, ttlSeconds?: number): Maybe<KubeObject | undefined> {
    if (this.#mirror !== undefined) return this.#put(this.#mirror, call, key, 0, object, ttlSeconds)
    const revision = this.#store.nextRevision
    const lease = ttlSeconds === undefined ? undefined : this.#leaseFor(ttlSeconds)
    this.#claim(revision, call)
    const stored = this.#store.create(key, stamp(object, revision), lease)
    if (stored === undefined) this.takeOrigin(revision)
    return stored?.value
  }

  /** The stored object, or undefined when the key no longer holds `old`. */
  replace(
    call: Call,
    key: string,
    old: KubeObject,
    object: KubeObject,
    ttlSeconds?: number,
  ): Maybe<KubeObject | undefined> {
    const before = revisionOf(old)
    if (this.#mirror !== undefined) return this.#put(this.#mirror, call, key, before, object, ttlSeconds)
    const revision = this.#store.nextRevision
    const lease = ttlSeconds === undefined ? undefined : this.#leaseFor(ttlSeconds)
    this.#claim(revision, call)
    const stored = this.#store.compareAndSwap(key, before, stamp(object, revision), lease)
    if (stored === undefined) this.takeOrigin(revision)
    return stored?.value
  }

  /** The revision of the deletion, or undefined when the key no longer holds `old`. */
  remove(call: Call, key: string, old: KubeObject): Maybe<number | undefined> {
    const before = revisionOf(old)
    if (this.#mirror !== undefined) {
      return this.#mirror.delete(key, before, (it) => this.#claim(it, call)).catch(refuse)
    }
    const revision = this.#store.nextRevision
    this.#claim(revision, call)
    const removed = this.#store.compareAndDelete(key, before)
    if (removed === undefined) this.takeOrigin(revision)
    return removed
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

  /** What `each` visits, each read when it is asked for; throws when the revision is compacted meanwhile. */
  snapshot(
    prefix: string,
    options: { readonly startKey?: string; readonly revision?: number } = {},
  ): Iterable<{ readonly key: string; readonly value: KubeObject }> {
    return this.#store.records(prefix, options)
  }

  count(prefix: string, options: { readonly startKey?: string; readonly revision?: number } = {}): number {
    return this.#store.count(prefix, options)
  }

  #put(
    mirror: Mirror<KubeObject>,
    call: Call,
    key: string,
    modRevision: number,
    object: KubeObject,
    ttlSeconds: number | undefined,
  ): Promise<KubeObject | undefined> {
    const claim = (revision: number) => this.#claim(revision, call)
    return mirror.put(key, object, modRevision, ttlSeconds, claim).catch(refuse)
  }

  #leaseFor(ttlSeconds: number): bigint {
    const now = this.#loop.now
    const known = this.#leases.get(ttlSeconds)
    if (known !== undefined && known.until > now) return known.id
    const reused = leaseReuseSeconds(ttlSeconds)
    const { id } = this.#store.leaseGrant({ ttl: ttlSeconds + reused })
    this.#leases.set(ttlSeconds, { id, until: now + reused * 1000 })
    return id
  }
}

/** The revision at which this state was written. */
export function revisionOf(object: KubeObject): number {
  return Number(object.metadata?.resourceVersion ?? 0)
}

/** The object as it goes into an etcd, where its revision is the etcd's to tell. */
export function withoutRevision(object: KubeObject): KubeObject {
  const { resourceVersion: _, ...metadata } = object.metadata ?? {}
  return { ...object, metadata }
}

/** An object that came from an etcd, with its revision. */
export function withRevision(object: KubeObject, revision: number): KubeObject {
  return stamp(object, revision)
}

function refuse(error: unknown): never {
  if (!(error instanceof EtcdUnavailableError)) throw error
  if (error.outcome === 'unknown')
    throw timeout(`request did not complete within requested timeout - ${error.message}`)
  throw new ApiError(failure('ServiceUnavailable', `etcd is not available: ${error.message}`))
}

function stamp(object: KubeObject, revision: number): KubeObject {
  const resourceVersion = String(revision)
  const { metadata } = object
  if (metadata === undefined || Object.isFrozen(metadata) || Object.isFrozen(object)) {
    const copy: { metadata?: ObjectMeta } = sizedCopy(object)
    copy.metadata = { ...metadata, resourceVersion }
    return deepFreeze(copy)
  }
  // Fresh from the strategies and nobody else's: no need to copy it once more.
  const own: { resourceVersion?: string } = metadata
  own.resourceVersion = resourceVersion
  return deepFreeze(object)
}

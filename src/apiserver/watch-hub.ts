/**
 * Fans the commits of one resource out to its watchers: the watch cache's recent events, and routes by
 * namespace and by field, so that a commit costs as much as there are watchers who may care about it.
 */
import { expired } from '../api/errors.ts'
import type { KubeObject } from '../api/kind.ts'
import type { WatchEvent, WatchEventType, WatchHandle, WatchSink } from '../api/request.ts'

/** One commit: `object` is absent after a deletion, `previous` before a creation. */
export interface Commit {
  readonly revision: number
  readonly object: KubeObject | undefined
  readonly previous: KubeObject | undefined
  /** Journal entry of the commit; 0 when nothing is recorded. */
  readonly cause: number
}

/** What a watcher wants to hear of. */
export interface WatchFilter {
  readonly namespace?: string
  /** One field that must equal a value: such watchers are found by an index instead of being asked. */
  readonly route?: {
    readonly field: string
    readonly value: string
    readonly of: (object: KubeObject) => string
  }
  /** Label and field selectors; absent: everything matches. */
  readonly matches?: (object: KubeObject) => boolean
}

/** Past events that a hub keeps for watches that start in the past; older ones get 410. */
const RING_SIZE = 1024

interface Route {
  readonly of: (object: KubeObject) => string
  readonly watchers: Map<string, Set<Watcher>>
}

export class WatchHub {
  readonly #everything = new Set<Watcher>()
  readonly #namespaces = new Map<string, Set<Watcher>>()
  readonly #routes = new Map<string, Route>()
  readonly #bookmarked = new Set<Watcher>()
  #ring: Commit[] = []
  /** Every commit after this revision is in the ring. */
  #oldest: number
  /** Revision of the last commit of this resource. */
  #latest: number

  constructor(revision: number) {
    this.#oldest = revision
    this.#latest = revision
  }

  /** The revision from which on a watch can start, plus one less: `Y` of `too old resource version: X (Y)`. */
  get oldest(): number {
    return this.#oldest
  }

  /** Past commits after `revision`, or undefined when some of them are forgotten. */
  since(revision: number): readonly Commit[] | undefined {
    if (revision < this.#oldest) return undefined
    if (revision >= this.#latest) return []
    let low = 0
    let high = this.#ring.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#ring[middle]!.revision > revision) high = middle
      else low = middle + 1
    }
    return this.#ring.slice(low)
  }

  /** Commits up to `revision` were missed: nothing older can be told, and every watcher has to list again. */
  expire(revision: number): void {
    this.#ring = []
    this.#oldest = this.#latest = revision
    const watchers = [...this.#all()]
    this.#everything.clear()
    this.#namespaces.clear()
    this.#routes.clear()
    this.#bookmarked.clear()
    for (const watcher of watchers) {
      watcher.stopped = true
      watcher.sink.end(expired(`too old resource version: ${watcher.revision} (${revision})`).status)
    }
  }

  /**
   * Adds a watcher that hears commits after `revision`; `replay` are the ones among them that have happened.
   * `bookmarks`: it also hears how far the store got, when {@link bookmark} is called.
   */
  add(
    filter: WatchFilter,
    sink: WatchSink,
    revision: number,
    replay: readonly Commit[],
    bookmarks: boolean,
  ): WatchHandle {
    const watcher = new Watcher(filter, sink, revision)
    const set = this.#setOf(filter)
    set.add(watcher)
    if (bookmarks) this.#bookmarked.add(watcher)
    const past: WatchEvent[] = []
    for (const commit of replay) {
      const event = new Variants(commit).for(watcher)
      if (event !== undefined) past.push(event)
      watcher.revision = commit.revision
    }
    if (past.length > 0) sink.events(past)
    return {
      stop: () => {
        if (watcher.stopped) return
        watcher.stopped = true
        set.delete(watcher)
        this.#bookmarked.delete(watcher)
        this.#prune(filter, set)
      },
    }
  }

  /** Tells every watcher that may care, in the order of: all, by namespace, by field. */
  dispatch(commit: Commit): void {
    this.#latest = commit.revision
    this.#ring.push(commit)
    if (this.#ring.length > 2 * RING_SIZE) {
      this.#oldest = this.#ring[RING_SIZE - 1]!.revision
      this.#ring = this.#ring.slice(RING_SIZE)
    }
    if (this.#everything.size === 0 && this.#namespaces.size === 0 && this.#routes.size === 0) return
    const variants = new Variants(commit)
    deliver(this.#everything, variants)
    if (this.#namespaces.size > 0) {
      const namespace = (commit.object ?? commit.previous)!.metadata!.namespace
      const watchers = this.#namespaces.get(namespace ?? '')
      if (watchers !== undefined) deliver(watchers, variants)
    }
    for (const route of this.#routes.values()) {
      const now = commit.object && route.of(commit.object)
      const before = commit.previous && route.of(commit.previous)
      const current = now !== undefined && route.watchers.get(now)
      if (current) deliver(current, variants)
      const former = before !== undefined && before !== now && route.watchers.get(before)
      if (former) deliver(former, variants)
    }
  }

  /** Whether anybody asked for bookmarks. */
  get isBookmarked(): boolean {
    return this.#bookmarked.size > 0
  }

  /** Sends `event` to the watchers that asked for bookmarks and have not got that far by themselves. */
  bookmark(event: WatchEvent): void {
    for (const watcher of this.#bookmarked) {
      if (watcher.stopped || watcher.revision >= event.revision) continue
      watcher.revision = event.revision
      watcher.sink.events([event])
    }
  }

  get watchers(): number {
    let count = 0
    for (const _ of this.#all()) count++
    return count
  }

  *#all(): Iterable<Watcher> {
    yield* this.#everything
    for (const set of this.#namespaces.values()) yield* set
    for (const route of this.#routes.values()) for (const set of route.watchers.values()) yield* set
  }

  #setOf(filter: WatchFilter): Set<Watcher> {
    const { route, namespace } = filter
    if (route !== undefined) {
      let routes = this.#routes.get(route.field)
      if (routes === undefined) {
        routes = { of: route.of, watchers: new Map() }
        this.#routes.set(route.field, routes)
      }
      return setIn(routes.watchers, route.value)
    }
    return namespace === undefined ? this.#everything : setIn(this.#namespaces, namespace)
  }

  #prune(filter: WatchFilter, set: Set<Watcher>): void {
    if (set.size > 0) return
    const { route, namespace } = filter
    if (route !== undefined) {
      const routes = this.#routes.get(route.field)
      routes?.watchers.delete(route.value)
      if (routes?.watchers.size === 0) this.#routes.delete(route.field)
    } else if (namespace !== undefined) this.#namespaces.delete(namespace)
  }
}

class Watcher {
  readonly sink: WatchSink
  readonly #namespace: string | undefined
  readonly #matches: ((object: KubeObject) => boolean) | undefined
  readonly unfiltered: boolean
  /** Told everything up to here. */
  revision: number
  stopped = false

  constructor(filter: WatchFilter, sink: WatchSink, revision: number) {
    this.sink = sink
    this.revision = revision
    this.#namespace = filter.namespace
    this.#matches = filter.matches
    this.unfiltered = filter.namespace === undefined && filter.matches === undefined
  }

  wants(object: KubeObject | undefined): boolean {
    if (object === undefined) return false
    if (this.#namespace !== undefined && object.metadata?.namespace !== this.#namespace) return false
    return this.#matches === undefined || this.#matches(object)
  }
}

/** The up to four forms in which watchers hear of one commit, each made once. */
class Variants {
  readonly commit: Commit
  readonly #events: { [T in WatchEventType]?: readonly WatchEvent[] } = {}

  constructor(commit: Commit) {
    this.commit = commit
  }

  for(watcher: Watcher): WatchEvent | undefined {
    return this.batchFor(watcher)?.[0]
  }

  batchFor(watcher: Watcher): readonly WatchEvent[] | undefined {
    const { object, previous } = this.commit
    if (watcher.unfiltered) {
      return this.#batch(object === undefined ? 'DELETED' : previous === undefined ? 'ADDED' : 'MODIFIED')
    }
    const is = watcher.wants(object)
    const was = watcher.wants(previous)
    if (is) return this.#batch(was ? 'MODIFIED' : 'ADDED')
    return was ? this.#batch('DELETED') : undefined
  }

  #batch(type: WatchEventType): readonly WatchEvent[] {
    let batch = this.#events[type]
    if (batch === undefined) {
      const { object, previous, revision, cause } = this.commit
      batch = [
        { type, object: type === 'DELETED' ? tombstone(previous!, revision) : object, revision, cause },
      ]
      this.#events[type] = batch
    }
    return batch
  }
}

/** The last state known, with the revision of the deletion (or of the change by which it left the selection). */
function tombstone(object: KubeObject, revision: number): KubeObject {
  const metadata = Object.freeze({ ...object.metadata, resourceVersion: String(revision) })
  return Object.freeze({ ...object, metadata })
}

function deliver(watchers: Set<Watcher>, variants: Variants): void {
  const { revision } = variants.commit
  for (const watcher of watchers) {
    // One that was added meanwhile by another watcher's handler knows this commit already.
    if (watcher.stopped || watcher.revision >= revision) continue
    const batch = variants.batchFor(watcher)
    if (batch === undefined) continue
    watcher.revision = revision
    watcher.sink.events(batch)
  }
}

function setIn(map: Map<string, Set<Watcher>>, key: string): Set<Watcher> {
  let set = map.get(key)
  if (set === undefined) {
    set = new Set()
    map.set(key, set)
  }
  return set
}

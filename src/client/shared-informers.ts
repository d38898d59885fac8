/**
 * The informers of one process. Each lists, then watches, and keeps what it saw in an {@link ObjectCache}; it
 * resumes a broken watch where it ended and lists again when the server no longer knows that revision. All of it
 * is callbacks, no promise per event. Upstream: client-go tools/cache (reflector.go, shared_informer.go).
 */
import type { KubeObject, Stored } from '../api/kind.ts'
import type { ListMeta, Status } from '../api/meta/status.ts'
import type { ApiResponse, Transport, WatchEvent, WatchHandle } from '../api/request.ts'
import type { Context, EventLoop } from '../kernel/event-loop.ts'
import { unreachable } from '../kernel/invariant.ts'
import type { Random } from '../kernel/random.ts'
import type { KindRef, ListOptions } from './client.ts'
import type { Informer, InformerFactory, InformerHandlers, InformerOptions } from './informer.ts'
import { ObjectCache, type ReadObserver } from './object-cache.ts'
import type { Clock } from './process.ts'
import type { Requests } from './requests.ts'

/** What informers need of their process. */
interface Surroundings {
  readonly transport: Transport
  readonly requests: Requests
  readonly loop: EventLoop
  readonly clock: Clock
  random(name: string): Random
}

export class SharedInformers implements InformerFactory {
  readonly #process: Surroundings
  readonly #onRead: ReadObserver | undefined
  readonly #informers = new Map<string, SharedInformer<KubeObject>>()
  /** Those of everything of a kind. */
  readonly #plain = new Map<KindRef, Informer<KubeObject>>()
  #waiting: (() => void)[] = []

  constructor(process: Surroundings, onRead?: ReadObserver) {
    this.#process = process
    this.#onRead = onRead
  }

  for<T extends KubeObject>(kind: KindRef<T>, options?: InformerOptions<Stored<T>>): Informer<T> {
    // Handlers look up the lister of a kind at every event.
    if (options === undefined)
      return (this.#plain.get(kind) as Informer<T> | undefined) ?? this.#add(kind, {})
    return this.#add(kind, options)
  }

  #add<T extends KubeObject>(kind: KindRef<T>, options: InformerOptions<Stored<T>>): Informer<T> {
    const selection = selectionOf(options)
    const { namespace = '', labels = '', fields = '' } = selection
    const id = `${kind.group}/${kind.resource} ${namespace} ${labels} ${fields}`
    let informer = this.#informers.get(id) as SharedInformer<T> | undefined
    if (informer === undefined) {
      const cache = new ObjectCache(kind, this.#onRead)
      informer = new SharedInformer(kind, selection, this.#process, cache, () => this.#announce())
      this.#informers.set(id, informer as unknown as SharedInformer<KubeObject>)
      informer.start()
    }
    if (namespace === '' && labels === '' && fields === '') {
      this.#plain.set(kind, informer as unknown as Informer<KubeObject>)
    }
    for (const [name, valuesOf] of Object.entries(options.indexes ?? {}))
      informer.lister.addIndex(name, valuesOf)
    return informer
  }

  whenSynced(run: () => void): void {
    if (this.#allSynced()) run()
    else this.#waiting.push(run)
  }

  #announce(): void {
    if (this.#waiting.length === 0 || !this.#allSynced()) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const run of waiting) run()
  }

  #allSynced(): boolean {
    for (const informer of this.#informers.values()) if (!informer.synced) return false
    return true
  }
}

/** What an informer asks for, as a request says it. */
type Selection = Pick<ListOptions, 'namespace' | 'labels' | 'fields'>

function selectionOf<T>(options: InformerOptions<T>): Selection & { readonly labels?: string } {
  return { namespace: options.namespace, labels: options.labelSelector, fields: options.fieldSelector }
}

/** Reflector's back-off: 800 ms doubling to 30 s, jittered up to double, forgotten after a good list. */
const BACKOFF_BASE_MS = 800
const BACKOFF_MAX_MS = 30_000

class SharedInformer<T extends KubeObject> implements Informer<T> {
  readonly kind: KindRef<T>
  readonly lister: ObjectCache<T>
  synced = false
  resourceVersion = ''
  readonly #selection: Selection
  readonly #process: Surroundings
  readonly #onSynced: () => void
  /** Replaced, never changed: whoever walks it is not disturbed. */
  #handlers: readonly InformerHandlers<Stored<T>>[] = []
  #waiting: (() => void)[] = []
  #watch: WatchHandle | undefined
  #failures = 0

  constructor(
    kind: KindRef<T>,
    selection: Selection,
    process: Surroundings,
    cache: ObjectCache<T>,
    onSynced: () => void,
  ) {
    this.kind = kind
    this.lister = cache
    this.#selection = selection
    this.#process = process
    this.#onSynced = onSynced
  }

  addHandlers(handlers: InformerHandlers<Stored<T>>): () => void {
    this.#handlers = [...this.#handlers, handlers]
    if (handlers.add !== undefined) for (const object of this.lister.everything()) handlers.add(object)
    return () => {
      this.#handlers = this.#handlers.filter((it) => it !== handlers)
    }
  }

  whenSynced(run: () => void): void {
    if (this.synced) run()
    else this.#waiting.push(run)
  }

  start(): void {
    this.#list('0')
  }

  // -- list ---------------------------------------------------------------------------------------------

  /** '0': whatever the server's cache has, which may be old; '': the newest. */
  #list(resourceVersion: string): void {
    const { transport, requests } = this.#process
    transport.request(requests.list(this.kind, { ...this.#selection, resourceVersion }), (response) =>
      this.#listed(response),
    )
  }

  #listed(response: ApiResponse): void {
    if (!response.ok) {
      // A server that does not know our revision yet, or no longer, is asked for its newest state.
      const { reason } = response.status
      this.#retry(() => this.#list(reason === 'Expired' || reason === 'Gone' ? '' : '0'))
      return
    }
    this.#failures = 0
    const list = response.body as { readonly metadata?: ListMeta; readonly items: readonly Stored<T>[] }
    this.#replace(list.items)
    this.resourceVersion = list.metadata?.resourceVersion ?? ''
    this.#startWatch()
    if (!this.synced) this.#becomeSynced()
  }

  /** Takes a full list as the truth. What vanished in between is deleted in the last state that we saw. */
  #replace(items: readonly Stored<T>[]): void {
    if (this.lister.size > 0) {
      const there = new Set<string>()
      for (const { metadata } of items) there.add(`${metadata.namespace ?? ''}/${metadata.name}`)
      for (const object of [...this.lister.everything()]) {
        const { metadata } = object
        if (there.has(`${metadata.namespace ?? ''}/${metadata.name}`)) continue
        this.lister.remove(object)
        this.#announceDelete(object, true)
      }
    }
    for (const object of items) {
      const { namespace = '', name, resourceVersion } = object.metadata
      const old = this.lister.peek(namespace, name)
      // The old reference stays when nothing changed: handlers can tell by identity.
      if (old?.metadata.resourceVersion === resourceVersion && old.metadata.uid === object.metadata.uid) {
        this.#announceUpdate(old, old)
      } else this.#upsert(object)
    }
  }

  #becomeSynced(): void {
    this.synced = true
    const waiting = this.#waiting
    this.#waiting = []
    for (const run of waiting) run()
    this.#onSynced()
  }

  // -- watch --------------------------------------------------------------------------------------------

  #startWatch(): void {
    const { transport, requests } = this.#process
    const { resourceVersion } = this
    this.#watch?.stop()
    this.#watch = transport.watch(requests.watch(this.kind, { ...this.#selection, resourceVersion }), {
      events: (batch) => this.#events(batch),
      end: (error) => this.#ended(error),
    })
  }

  #events(batch: readonly WatchEvent[]): void {
    this.#failures = 0
    const { loop } = this.#process
    const delivery = loop.context
    let context: Context = delivery
    for (const event of batch) {
      // What handlers start is caused by the commit behind the event, not by the delivery.
      if (event.cause !== 0 && event.cause !== context.cause) {
        context = { cause: event.cause, background: delivery.background }
      }
      loop.context = context
      this.#event(event as WatchEvent<Stored<T>>)
    }
    loop.context = delivery
  }

  #event({ type, object }: WatchEvent<Stored<T>>): void {
    this.resourceVersion = object.metadata.resourceVersion
    switch (type) {
      case 'ADDED':
      case 'MODIFIED':
        this.#upsert(object)
        return
      case 'DELETED':
        if (this.lister.remove(object) !== undefined) this.#announceDelete(object, false)
        return
      case 'BOOKMARK':
        return
      default:
        unreachable(type)
    }
  }

  #ended(error: Status | undefined): void {
    this.#watch = undefined
    if (error === undefined) {
      this.#startWatch()
      return
    }
    if (error.code === 410) {
      this.#list(this.resourceVersion === '' ? '0' : '')
      return
    }
    this.#retry(() => this.#startWatch())
  }

  #retry(run: () => void): void {
    const base = Math.min(BACKOFF_MAX_MS, BACKOFF_BASE_MS * 2 ** this.#failures++)
    const delay = base * (1 + this.#process.random(`informer/${this.kind.resource}`).float())
    this.#process.clock.after(delay, run, { background: delay > 1000, label: 'informer waits to try again' })
  }

  // -- changes ------------------------------------------------------------------------------------------

  #upsert(object: Stored<T>): void {
    let old = this.lister.put(object)
    // Deleted and created again while we did not look: two events, as handlers must learn of the death.
    if (old !== undefined && old.metadata.uid !== object.metadata.uid) {
      this.lister.remove(old)
      this.#announceDelete(old, true)
      old = this.lister.put(object)
    }
    if (old !== undefined) {
      this.#announceUpdate(object, old)
      return
    }
    for (const handlers of this.#handlers) handlers.add?.(object)
  }

  #announceUpdate(object: Stored<T>, old: Stored<T>): void {
    for (const handlers of this.#handlers) handlers.update?.(object, old)
  }

  #announceDelete(object: Stored<T>, stale: boolean): void {
    for (const handlers of this.#handlers) handlers.delete?.(object, stale)
  }
}

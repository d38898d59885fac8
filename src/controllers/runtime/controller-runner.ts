/**
 * Runs one controller in one incarnation of a process: informers feed its work queue, the queue feeds `reconcile`,
 * failures come back with back-off.
 */
import { apiVersionOf, type KubeObject, objectKey, objectRef, type Stored } from '../../api/kind.ts'
import type { KindRef } from '../../client/client.ts'
import type { Informer, InformerOptions, Lister } from '../../client/informer.ts'
import type { Component, Process } from '../../client/process.ts'
import { RateLimiter } from '../../client/rate-limiter.ts'
import { type QueuedKey, WorkQueue } from '../../client/work-queue.ts'
import { InvariantError } from '../../kernel/invariant.ts'
import {
  type ControllerDefinition,
  type Predicate,
  type ReconcileContext,
  type ReconcileResult,
  TerminalError,
  type Watch,
} from './controller.ts'
import { ControllerControl } from './controller-control.ts'

/** Hears what a controller does; for tests and tools. */
export interface ReconcileObserver {
  started?(controller: string, key: string): void
  finished?(controller: string, key: string, error?: unknown): void
}

export interface ControllerComponentOptions {
  readonly control?: ControllerControl
  readonly observer?: ReconcileObserver
}

/** A controller as something that a process can run. */
export function controllerComponent<T extends KubeObject, Memory>(
  definition: ControllerDefinition<T, Memory>,
  { control = new ControllerControl(), observer }: ControllerComponentOptions = {},
): Component {
  return {
    name: definition.name,
    start: (process) => {
      new ControllerRunner(definition, process, control, observer).start()
    },
  }
}

/** The name of a controller's Events and journal entries. */
export function componentOf(
  definition: { readonly name: string; readonly component?: string } | Component,
): string {
  if ('start' in definition) return definition.name
  return definition.component ?? `${definition.name}-controller`
}

export class ControllerRunner<T extends KubeObject, Memory> {
  readonly #definition: ControllerDefinition<T, Memory>
  readonly #process: Process
  readonly #control: ControllerControl
  readonly #observer: ReconcileObserver | undefined
  readonly #component: string
  readonly #queue: WorkQueue
  readonly #limiter: RateLimiter
  readonly #informer: Informer<T>
  readonly #informers: Informer<KubeObject>[] = []
  readonly #lister: <U extends KubeObject>(kind: KindRef<U>) => Lister<Stored<U>>
  #memory!: Memory
  #synced = false
  #retired = false

  constructor(
    definition: ControllerDefinition<T, Memory>,
    process: Process,
    control: ControllerControl,
    observer?: ReconcileObserver,
  ) {
    this.#definition = definition
    this.#process = process
    this.#control = control
    this.#observer = observer
    this.#component = componentOf(definition)
    this.#queue = new WorkQueue(process.loop, process.clock, () => this.#pump())
    this.#limiter = new RateLimiter(() => process.clock.now(), definition.rateLimit)
    this.#informer = this.#informerFor(definition.for, definition.forInformer)
    this.#lister = listersOf(process)
  }

  start(): void {
    const { setup, owns = [], watches = [], resyncMs } = this.#definition
    const ownedWatches = owns.map((it): Watch => ('resource' in it ? { kind: it } : it))
    const sources = [...ownedWatches, ...watches].map((watch) => ({
      watch,
      informer: this.#informerFor(watch.kind, watch.informer),
    }))
    this.#memory = setup?.({
      process: this.#process,
      client: this.#process.client,
      recorder: this.#process.recorder(this.#component),
      informer: this.#informer,
      enqueue: (key, why) => this.#queue.add(key, why),
      enqueueAfter: (key, delayMs, options) =>
        this.#queue.addAfter(key, delayMs, 'time is up', options?.background),
      informerFor: (kind, options) => this.#informerFor(kind, options),
    }) as Memory

    this.#watchPrimary()
    for (const { watch, informer } of sources) this.#watch(watch, informer)
    if (resyncMs !== undefined) this.#process.clock.every(resyncMs, () => this.#enqueueAll())
    this.#control.attach({ pump: () => this.#pump(), retire: () => this.#retire() })
    this.#whenAllSynced(() => {
      this.#synced = true
      this.#pump()
    })
  }

  // -- what queues keys ---------------------------------------------------------------------------------

  #watchPrimary(): void {
    const { predicate, for: kind } = this.#definition
    const add = (object: Stored<T>, event: Change) => {
      if (!this.#retired) this.#queue.add(objectKey(object.metadata), this.#why(kind, object, event))
    }
    this.#informer.addHandlers({
      add: (object) => passes(predicate, 'create', object) && add(object, 'added'),
      update: (object, old) => passesUpdate(predicate, object, old) && add(object, 'modified'),
      delete: (object) => passes(predicate, 'delete', object) && add(object, 'deleted'),
    })
  }

  #watch(watch: Watch, informer: Informer<KubeObject>): void {
    const { kind, predicate, observe } = watch
    const queue = (object: Stored<KubeObject>, event: Change, old?: Stored<KubeObject>) => {
      for (const key of this.#keysFor(watch, object, old))
        this.#queue.add(key, this.#why(kind, object, event))
    }
    informer.addHandlers({
      add: (object) => {
        if (this.#retired || !passes(predicate, 'create', object)) return
        observe?.('add', object, this.#memory)
        queue(object, 'added')
      },
      update: (object, old) => {
        if (this.#retired || !passesUpdate(predicate, object, old)) return
        observe?.('update', object, this.#memory)
        queue(object, 'modified', old)
      },
      delete: (object) => {
        if (this.#retired || !passes(predicate, 'delete', object)) return
        observe?.('delete', object, this.#memory)
        queue(object, 'deleted')
      },
    })
  }

  #keysFor(watch: Watch, object: Stored<KubeObject>, old?: Stored<KubeObject>): readonly string[] {
    if (watch.map !== undefined) return watch.map(object, { lister: this.#lister }, old)
    const key = this.#ownerKey(object)
    // An object that was released, or adopted by another, concerns its former owner too.
    const oldKey = old === undefined ? undefined : this.#ownerKey(old)
    if (oldKey !== undefined && oldKey !== key) return key === undefined ? [oldKey] : [oldKey, key]
    return key === undefined ? [] : [key]
  }

  /** The key of the controlling owner, when it is of our kind and lives with the same uid. */
  #ownerKey({ metadata }: Stored<KubeObject>): string | undefined {
    const kind = this.#definition.for
    const owner = metadata.ownerReferences?.find((it) => it.controller)
    if (owner === undefined || owner.kind !== kind.kind) return undefined
    if (owner.apiVersion !== apiVersionOf(kind) && groupOf(owner.apiVersion) !== kind.group) return undefined
    const key = kind.namespaced ? `${metadata.namespace}/${owner.name}` : owner.name
    return this.#informer.lister.get(key)?.metadata.uid === owner.uid ? key : undefined
  }

  #why(kind: KindRef, object: Stored<KubeObject>, event: Change): string {
    return this.#process.journal.enabled ? `${objectRef(kind.kind, object.metadata)} ${event}` : ''
  }

  #enqueueAll(): void {
    if (this.#retired) return
    for (const object of this.#informer.lister.list()) this.#queue.add(objectKey(object.metadata), 'resync')
  }

  #informerFor<U extends KubeObject>(kind: KindRef<U>, options?: InformerOptions<Stored<U>>): Informer<U> {
    const informer = this.#process.informers.for(kind, options)
    this.#informers.push(informer as unknown as Informer<KubeObject>)
    return informer
  }

  #whenAllSynced(run: () => void): void {
    let missing = this.#informers.length
    for (const informer of this.#informers) informer.whenSynced(() => --missing === 0 && run())
  }

  // -- what works on them -------------------------------------------------------------------------------

  #pump(): void {
    const { concurrency = 1 } = this.#definition
    while (this.#synced && !this.#retired && this.#queue.active < concurrency && this.#queue.length > 0) {
      if (!this.#control.permits()) return
      const queued = this.#queue.take()!
      const { slowMs } = this.#control
      const begin = () => this.#process.spawn(`${this.#component} ${queued.key}`, () => this.#work(queued))
      this.#process.loop.within(queued.context, () => {
        if (slowMs === 0) begin()
        else this.#process.clock.after(slowMs, begin, { label: `${this.#component} is slow` })
      })
    }
  }

  async #work({ key, why }: QueuedKey): Promise<void> {
    const { loop, journal } = this.#process
    this.#queue.begin(key)
    if (journal.enabled) {
      const text = why === '' ? 'reconcile' : `reconcile: ${why}`
      const entry = journal.record('reconcile', this.#component, `${this.#definition.for.kind} ${key}`, text)
      loop.context = loop.causedBy(entry)
    }
    this.#observer?.started?.(this.#definition.name, key)
    try {
      const result = await this.#definition.reconcile(this.#contextOf(key))
      this.#observer?.finished?.(this.#definition.name, key)
      this.#succeeded(key, result ?? undefined)
    } catch (error) {
      this.#observer?.finished?.(this.#definition.name, key, error)
      if (error instanceof InvariantError) throw error
      this.#failed(key, error)
    }
    this.#queue.done(key)
    this.#pump()
  }

  #succeeded(key: string, result: ReconcileResult | undefined): void {
    if (result?.requeue && result.requeueAfterMs === undefined) {
      this.#queue.addAfter(key, this.#limiter.when(key), 'asked to be queued again')
      return
    }
    this.#limiter.forget(key)
    if (result?.requeueAfterMs !== undefined) this.#queue.addAfter(key, result.requeueAfterMs, 'time is up')
  }

  #failed(key: string, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error)
    // By name: the controller may come from another bundle than this.
    const terminal = error instanceof Error && error.name === TerminalError.name
    const delayMs = terminal ? 0 : this.#limiter.when(key)
    if (this.#process.journal.enabled) {
      const then = terminal ? 'not retried' : `retry in ${Math.round(delayMs)} ms`
      const text = `reconcile failed: ${message}; ${then}`
      this.#process.journal.record(
        'reconcile',
        this.#component,
        `${this.#definition.for.kind} ${key}`,
        text,
        { error },
      )
    }
    if (terminal) this.#limiter.forget(key)
    else this.#queue.addAfter(key, delayMs, `retry after: ${message}`)
  }

  #contextOf(key: string): ReconcileContext<T, Memory> {
    const slash = key.indexOf('/')
    return {
      key,
      namespace: slash < 0 ? '' : key.slice(0, slash),
      name: key.slice(slash + 1),
      object: this.#informer.lister.get(key),
      now: this.#process.clock.now(),
      client: this.#process.client,
      recorder: this.#process.recorder(this.#component),
      lister: this.#lister,
      memory: this.#memory,
    }
  }

  #retire(): void {
    this.#retired = true
    this.#queue.cancel()
  }
}

// Not an arrow function in the constructor: V8 would carry every dead runner along into its old space.
function listersOf({ informers }: Process): <U extends KubeObject>(kind: KindRef<U>) => Lister<Stored<U>> {
  return (kind) => informers.for(kind).lister
}

type Change = 'added' | 'modified' | 'deleted'

function passes<T>(predicate: Predicate<T> | undefined, event: 'create' | 'delete', object: T): boolean {
  const check = predicate?.[event]
  return check === undefined || check(object)
}

function passesUpdate<T>(predicate: Predicate<T> | undefined, object: T, old: T): boolean {
  return predicate?.update === undefined || predicate.update(object, old)
}

function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/')
  return slash < 0 ? '' : apiVersion.slice(0, slash)
}

/**
 * Runs one controller in one incarnation of a process: informers feed its work queue, the queue feeds `reconcile`,
 * failures come back with back-off.
 */
import { apiVersionOf, type KubeObject, objectKey, objectRef, type Stored } from '../../api/kind.ts'
import type { KindRef } from '../../client/client.ts'
import type { EventRecorder } from '../../client/event-recorder.ts'
import type { Informer, InformerOptions, Lister } from '../../client/informer.ts'
import type { Component, Process } from '../../client/process.ts'
import type { QueuedKey } from '../../client/work-queue.ts'
import type {
  ControllerDefinition,
  Predicate,
  ReconcileContext,
  ReconcileResult,
  Watch,
} from './controller.ts'
import { ControllerControl } from './controller-control.ts'
import { KeyWorker } from './key-worker.ts'
import { surrounded } from './surroundings.ts'

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
  readonly #worker: KeyWorker
  readonly #informer: Informer<T>
  readonly #informers = new Set<Informer<KubeObject>>()
  readonly #lister: <U extends KubeObject>(kind: KindRef<U>) => Lister<Stored<U>>
  #memory!: Memory

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
    this.#worker = new KeyWorker({
      process,
      component: this.#component,
      concurrency: definition.concurrency,
      rateLimit: definition.rateLimit,
      control,
      nameOf: (key) => `${definition.for.kind} ${key}`,
      work: (queued) => this.#work(queued),
    })
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
    this.#memory = surrounded(this.#process, () =>
      setup?.({
        process: this.#process,
        client: this.#process.client,
        recorder: this.#process.recorder(this.#component),
        informer: this.#informer,
        enqueue: (key, why) => this.#worker.add(key, why),
        enqueueAfter: (key, delayMs, options) => this.#worker.addAfter(key, delayMs, options),
        informerFor: (kind, options) => this.#informerFor(kind, options),
        sideWorker: (work) => this.#sideWorker(work),
      }),
    ) as Memory

    this.#watchPrimary()
    for (const { watch, informer } of sources) this.#watch(watch, informer)
    if (resyncMs !== undefined) this.#process.clock.every(resyncMs, () => this.#enqueueAll())
    this.#whenAllSynced(() => this.#worker.start())
  }

  #sideWorker(work: (key: string) => Promise<void>): KeyWorker {
    const worker = new KeyWorker({
      process: this.#process,
      component: this.#component,
      control: this.#control,
      work: ({ key }) => work(key),
    })
    this.#process.informers.whenSynced(() => worker.start())
    return worker
  }

  // -- what queues keys ---------------------------------------------------------------------------------

  #watchPrimary(): void {
    const { predicate, for: kind } = this.#definition
    const add = (object: Stored<T>, event: Change) => {
      this.#worker.add(objectKey(object.metadata), this.#why(kind, object, event))
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
        this.#worker.add(key, this.#why(kind, object, event))
    }
    informer.addHandlers({
      add: (object) => {
        if (!passes(predicate, 'create', object)) return
        observe?.('add', object, this.#memory)
        queue(object, 'added')
      },
      update: (object, old) => {
        if (!passesUpdate(predicate, object, old)) return
        observe?.('update', object, this.#memory)
        queue(object, 'modified', old)
      },
      delete: (object) => {
        if (!passes(predicate, 'delete', object)) return
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
    for (const object of this.#informer.lister.list()) this.#worker.add(objectKey(object.metadata), 'resync')
  }

  #informerFor<U extends KubeObject>(kind: KindRef<U>, options?: InformerOptions<Stored<U>>): Informer<U> {
    const informer = this.#process.informers.for(kind, options)
    this.#informers.add(informer as unknown as Informer<KubeObject>)
    return informer
  }

  #whenAllSynced(run: () => void): void {
    let missing = this.#informers.size
    for (const informer of this.#informers) informer.whenSynced(() => --missing === 0 && run())
  }

  // -- what works on them -------------------------------------------------------------------------------

  async #work({ key, why }: QueuedKey): Promise<ReconcileResult | undefined> {
    const { loop, journal } = this.#process
    if (journal.enabled) {
      const text = why === '' ? 'reconcile' : `reconcile: ${why}`
      const entry = journal.record('reconcile', this.#component, `${this.#definition.for.kind} ${key}`, text)
      loop.context = loop.causedBy(entry)
    }
    const context = this.#contextOf(key)
    this.#observer?.started?.(this.#definition.name, key)
    try {
      const result = await surrounded(this.#process, () => this.#definition.reconcile(context))
      this.#observer?.finished?.(this.#definition.name, key)
      return result ?? undefined
    } catch (error) {
      this.#observer?.finished?.(this.#definition.name, key, error)
      throw error
    }
  }

  #contextOf(key: string): ReconcileContext<T, Memory> {
    const object = this.#informer.lister.get(key)
    return new Reconcile(this.#process, this.#component, key, object, this.#lister, this.#memory)
  }
}

class Reconcile<T extends KubeObject, Memory> implements ReconcileContext<T, Memory> {
  readonly key: string
  readonly namespace: string
  readonly name: string
  readonly object: Stored<T> | undefined
  readonly client: Process['client']
  readonly recorder: EventRecorder
  readonly lister: ReconcileContext<T, Memory>['lister']
  readonly memory: Memory
  readonly #process: Process

  constructor(
    process: Process,
    component: string,
    key: string,
    object: Stored<T> | undefined,
    lister: ReconcileContext<T, Memory>['lister'],
    memory: Memory,
  ) {
    const slash = key.indexOf('/')
    this.key = key
    this.namespace = slash < 0 ? '' : key.slice(0, slash)
    this.name = key.slice(slash + 1)
    this.object = object
    this.client = process.client
    this.recorder = process.recorder(component)
    this.lister = lister
    this.memory = memory
    this.#process = process
  }

  get now(): number {
    return this.#process.clock.now()
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

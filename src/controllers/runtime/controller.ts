/**
 * The public way to write a controller; built-in ones use it too. A controller says which objects it is for, what
 * makes it look again, and has one `reconcile` that reads, decides and writes.
 */
import type { KubeObject, Stored } from '../../api/kind.ts'
import type { Client, KindRef } from '../../client/client.ts'
import type { EventRecorder } from '../../client/event-recorder.ts'
import type { Informer, InformerOptions, Lister } from '../../client/informer.ts'
import type { Process } from '../../client/process.ts'
import type { KeyWorker } from './key-worker.ts'

/** What one reconcile may return. */
export interface ReconcileResult {
  /** Look again after so long, even if nothing happens. A failure's back-off is forgotten. */
  readonly requeueAfterMs?: number
  /** Look again with the rate limiter's back-off. */
  readonly requeue?: boolean
}

/** `namespace/name` of the object to look at, and the helpers bound to this reconcile. */
export interface ReconcileContext<T extends KubeObject, Memory = undefined> {
  readonly key: string
  readonly namespace: string
  readonly name: string
  /** The object from the cache; undefined when it is gone. */
  readonly object: Stored<T> | undefined
  /** Ms since the epoch, on the process's clock. */
  readonly now: number
  readonly client: Client
  readonly recorder: EventRecorder
  lister<U extends KubeObject>(kind: KindRef<U>): Lister<Stored<U>>
  /** What `setup` returned at this start of the process. */
  readonly memory: Memory
}

/** Decides for which events a key is queued at all. Absent functions mean yes. */
export interface Predicate<T> {
  create?(object: T): boolean
  update?(object: T, old: T): boolean
  delete?(object: T): boolean
}

/** A further kind whose changes queue keys of `for`. */
export interface Watch<U extends KubeObject = KubeObject> {
  readonly kind: KindRef<U>
  /** Keys to queue. Absent: the key of the controlling owner, if that is of kind `for` (and still the same uid). */
  readonly map?: (object: Stored<U>, lookup: Lookup, old?: Stored<U>) => readonly string[]
  readonly predicate?: Predicate<Stored<U>>
  readonly informer?: InformerOptions<Stored<U>>
  /** Called before keys are queued: for expectations and the like. */
  readonly observe?: (event: 'add' | 'update' | 'delete', object: Stored<U>, memory: unknown) => void
}

export interface Lookup {
  lister<U extends KubeObject>(kind: KindRef<U>): Lister<Stored<U>>
}

/** What `setup` gets, once per start of the process. */
export interface SetupContext<T extends KubeObject> {
  readonly process: Process
  readonly client: Client
  readonly recorder: EventRecorder
  readonly informer: Informer<T>
  /** Queues a key, now or later; the same key is never reconciled twice at once. `why` is for the journal. */
  enqueue(key: string, why?: string): void
  enqueueAfter(key: string, delayMs: number, options?: { readonly background?: boolean }): void
  informerFor<U extends KubeObject>(kind: KindRef<U>, options?: InformerOptions<Stored<U>>): Informer<U>
  /** A second queue, for keys that are not those of `for`: one at a time, retried, held together with the controller. */
  sideWorker(work: (key: string) => Promise<void>): Pick<KeyWorker, 'add' | 'addAfter'>
}

export interface ControllerDefinition<T extends KubeObject = KubeObject, Memory = undefined> {
  /** `replicaset`, as in kube-controller-manager's --controllers. */
  readonly name: string
  /** Source of its Events and actor in the journal; default `<name>-controller`. */
  readonly component?: string
  readonly for: KindRef<T>
  readonly predicate?: Predicate<Stored<T>>
  readonly forInformer?: InformerOptions<Stored<T>>
  /** Kinds it creates: their changes queue the controlling owner. */
  readonly owns?: readonly (KindRef | Watch)[]
  readonly watches?: readonly Watch[]
  /**
   * Several replicas run, of which one leads. A leader may be replaced before it knows, so the explorer then also
   * lets two of them act at once.
   */
  readonly leaderElection?: boolean
  /** Keeps nothing in memory between reconciles: all that it does follows from what it reads. The explorer may then spare runs. */
  readonly stateless?: boolean
  /** Reconciles that may run at once; default 1. Events, never threads. */
  readonly concurrency?: number
  /** Default: max(5 ms x 2^n capped at 1000 s per key, a bucket of 10/s with a burst of 100 overall). */
  readonly rateLimit?: {
    readonly baseMs?: number
    readonly maxMs?: number
    readonly qps?: number
    readonly burst?: number
  }
  /** The same key is looked at again after this long; absent: never. */
  readonly resyncMs?: number
  /** Creates what the controller remembers between reconciles. A crash forgets it and runs this again. */
  readonly setup?: (context: SetupContext<T>) => Memory
  /**
   * Looks at what is and brings it closer to what should be. Must be safe to run twice and to be abandoned after
   * any `await`. Throwing retries with back-off; `TerminalError` does not.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: async functions that return nothing are welcome.
  reconcile(context: ReconcileContext<T, Memory>): Promise<ReconcileResult | void>
}

/** Retrying cannot help: the key is dropped until something about it changes. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError'
}

/** Declares a controller; run it with `cluster.run(controller)`, or in a manager. */
export function defineController<T extends KubeObject, Memory = undefined>(
  definition: ControllerDefinition<T, Memory>,
): ControllerDefinition<T, Memory> {
  return Object.freeze(definition)
}

/** Declares a watch whose functions know the type of what they watch: `watches: [watch({ kind: Pod, map: (pod) => ... })]`. */
export function watch<U extends KubeObject>(definition: Watch<U>): Watch {
  return Object.freeze(definition) as Watch
}

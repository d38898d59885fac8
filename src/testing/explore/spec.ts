/** What a test says about the controllers under it: how the user acts, and what must hold whatever goes wrong. */
import type { KubeObject, Stored } from '../../api/kind.ts'
import type { EventLoop } from '../../kernel/event-loop.ts'
import type { Journal } from '../../kernel/journal.ts'
import type { Random } from '../../kernel/random.ts'
import type { FaultName } from './faults.ts'
import type { Hands } from './hands.ts'
import type { Plan } from './plan.ts'

/** A state machine outside the cluster: plain synchronous methods over plain fields. */
export type OutsideSystem = object

/** The same as a controller sees it: every call takes time and may fail, get lost, or be the last before a crash. */
export type Remote<S> = {
  readonly [K in keyof S as S[K] extends (...args: never[]) => unknown ? K : never]: S[K] extends (
    ...args: infer A
  ) => infer R
    ? (...args: A) => Promise<R>
    : never
}

/** The world in which a fake system lives: `host.loop.after(5000, () => this.ready = true)`. */
export interface SimHost {
  /** Virtual time, ms since the epoch, and timers in it. */
  readonly loop: EventLoop
  readonly journal: Journal
  /** A stream of its own for every name; the same in every run. */
  random(name: string): Random
}

export type Remotes<O> = { readonly [K in keyof O]: Remote<O[K]> }

/** What is true now, whatever anybody's cache says. Kinds are words as kubectl takes them: `Site`, `deploy`. */
export interface Truth<O = Record<string, OutsideSystem>> {
  /** Ms since the epoch. */
  readonly now: number
  readonly outside: O
  get<T extends KubeObject = Untyped>(kind: string, name: string, namespace?: string): T | undefined
  list<T extends KubeObject = Untyped>(kind: string, namespace?: string): readonly T[]
}

/** An object whose fields are looked at without a type. */
// biome-ignore lint/suspicious/noExplicitAny: properties read specs and statuses of kinds that have no type.
export type Untyped = Stored<KubeObject> & { readonly [field: string]: any }

/** Something that just happened: an object changed, or an outside system was called. */
export interface SimEvent {
  /** Process that did it, or `user`. */
  readonly actor: string
  readonly verb: string
  /** `Site/a`, or `cdn` for a call outside. */
  readonly target: string
  readonly object?: Untyped
  readonly old?: Untyped
  readonly args: readonly unknown[]
  /** Was this a call of that system's method? */
  outside(system: string, method: string): boolean
}

/** Holds, or says in words what is wrong. */
export type Verdict = boolean | string | undefined

/** A property holds. */
export const ok = true

export interface PropertyContext<O> {
  readonly truth: Truth<O>
  readonly event: SimEvent
  /** What happened so far, this event included. */
  readonly history: readonly SimEvent[]
}

export type Property<O> = (context: PropertyContext<O>) => Verdict

/** The user of the scenario: kubectl, CI, another team. Calls are answered before they resolve. */
export interface UserActions {
  apply(object: KubeObject): Promise<void>
  create(object: KubeObject): Promise<void>
  /** A JSON merge patch. */
  patch(kind: string, name: string, patch: object, namespace?: string): Promise<void>
  patchStatus(kind: string, name: string, patch: object, namespace?: string): Promise<void>
  delete(kind: string, name: string, namespace?: string): Promise<void>
}

export interface ScenarioContext<O> {
  readonly user: UserActions
  /** Until nothing is left to do. */
  settle(): Promise<void>
  /** Milliseconds, or Go's notation: `90s`, `10m`. */
  advance(duration: number | string): Promise<void>
  /** Until the check holds; fails the scenario past `within`, default 10m. */
  waitFor(check: () => boolean, within?: number | string): Promise<void>
  readonly outside: O
  readonly truth: Truth<O>
}

export interface SimSpec<O extends Record<string, OutsideSystem> = Record<string, OutsideSystem>> {
  /** The objects that you ship, or a function that makes them with what they call outside. */
  readonly controllers: readonly unknown[] | ((remotes: Remotes<O>) => readonly unknown[])
  /** Kinds that the API server serves beside the built-in ones. */
  readonly kinds?: readonly unknown[]
  /** Outside systems: functions that make a fresh one for every run. */
  readonly outside?: { readonly [K in keyof O]: (host: SimHost) => O[K] }
  /** Objects that are there from the start. */
  readonly given?: readonly KubeObject[]
  /** Built-in controllers that run beside, unharmed: `garbage-collector-controller,replicaset-controller`. */
  readonly builtIn?: string
  /** Further controllers that run unharmed, such as `instantKubelet`. */
  readonly beside?: readonly unknown[]
  /** All controllers run in one process of this name and share its cache; absent: each in one of its own. */
  readonly process?: string
  readonly scenario: (context: ScenarioContext<O>) => Promise<void>
  /** Must hold after everything that happens. */
  readonly always?: Readonly<Record<string, Property<O>>>
  /** Must never become true, or return words. */
  readonly never?: Readonly<Record<string, Property<O>>>
  /** Must hold in the end, when faults are over and all is settled. */
  readonly eventually?: Readonly<Record<string, (context: { readonly truth: Truth<O> }) => Verdict>>
  /** Whenever `when` holds, `then` must hold within so many ms. */
  readonly leadsTo?: Readonly<Record<string, LeadsTo<O>>>
  /**
   * Which faults are tried; default: all, but two leaders only where one is elected (`leaderElection`). Or a function
   * that says what goes wrong, by hand: then nothing is searched.
   */
  readonly faults?: readonly FaultName[] | ((hands: Hands) => Plan)
  /** Paths that may differ in the end: `Site.status.message`, `*.metadata.annotations`. */
  readonly ignore?: readonly string[]
  readonly oracles?: Partial<Record<OracleName, boolean>>
  /** A settled cluster is watched for so long, twice; default 10 minutes. */
  readonly quietMs?: number
  /** Events that one run may take before it counts as a hot loop; default 20,000. */
  readonly stepBudget?: number
}

/** Checks a spec's types and forgets which systems it has outside. */
export function simulation<O extends Record<string, OutsideSystem>>(spec: SimSpec<O>): SimSpec {
  return spec as unknown as SimSpec
}

export interface LeadsTo<O> {
  when(context: { readonly truth: Truth<O> }): boolean
  then(context: { readonly truth: Truth<O> }): boolean
  readonly withinMs: number
}

/** What can speak up; each can be switched off by name. */
export type OracleName =
  | 'scenario'
  | 'always'
  | 'never'
  | 'eventually'
  | 'leadsTo'
  | 'convergence'
  | 'ledger'
  | 'orphans'
  | 'lostUpdate'
  | 'finalizers'
  | 'quiescence'
  | 'hotLoop'
  | 'idempotence'
  | 'unhandledError'
  | 'uncontrolledAwait'

export interface Violation {
  readonly oracle: OracleName
  /** Name of the user's property, or '' */
  readonly property: string
  readonly message: string
}

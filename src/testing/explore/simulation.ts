/**
 * One run: a fresh cluster, the controllers under test, the scenario, and a plan of what goes wrong. First the plan
 * is in force; then faults are over, everything catches up, and what is left is judged.
 */

import { ApiError } from '../../api/errors.ts'
import type { KubeObject, Stored } from '../../api/kind.ts'
import type { ApiRequest } from '../../api/request.ts'
import { ApiClient } from '../../client/api-client.ts'
import type { Client, KindRef } from '../../client/client.ts'
import { Requests } from '../../client/requests.ts'
import { toMs } from '../../cluster/duration.ts'
import { Foundation } from '../../cluster/foundation.ts'
import { type AnyController, freshControllers } from '../../cluster/user-controllers.ts'
import { ADMIN } from '../../cluster/users.ts'
import type { Chooser } from '../../kernel/chooser.ts'
import { InvariantError } from '../../kernel/invariant.ts'
import { randomStream } from '../../kernel/random.ts'
import type { Task } from '../../kernel/task.ts'
import { UncontrolledAwaitError } from '../../kernel/task.ts'
import type { CompiledSpec } from './compiled-spec.ts'
import type { FaultName } from './faults.ts'
import { FaultyProcess, type SiteBook } from './faulty-process.ts'
import { type FinalState, finalStateOf, stateText } from './final-state.ts'
import { Manners } from './manners.ts'
import { Nodes } from './nodes.ts'
import type { About, Observation } from './observation.ts'
import { ObservedWorld, shortKey } from './observed-world.ts'
import type { Plan, Site } from './plan.ts'
import type {
  OracleName,
  OutsideSystem,
  ScenarioContext,
  SimEvent,
  Untyped,
  UserActions,
  Verdict,
  Violation,
} from './spec.ts'
import type { StaleRead, TraceEntry } from './trace.ts'

export interface RunOptions {
  readonly plan?: Plan
  /** Undetermined orders are drawn from this seed; absent: first come, first served. */
  readonly orderSeed?: number
  /** Collects what a report shows; costs time. */
  readonly trace?: boolean
  /** Notes the places that the run comes by; default true. */
  readonly sites?: boolean
  /** Logs what decides which faults could make a difference. */
  readonly observe?: boolean
  /**
   * What is true at places of the plan in a run without faults. Given that, a fault happens only where the faults before
   * it are over and forgotten, and after one that does not, none does.
   */
  readonly expected?: ReadonlyMap<string, string>
  /** Ends of other runs in which processes that were restarted found nothing to do; a run that ends there is not asked again. */
  readonly atRest?: Set<string>
}

export interface RunResult {
  /** What the run itself found; comparing with the reference is the search's job. */
  readonly violation: Violation | undefined
  readonly sites: readonly Site[]
  /** Places of the plan at which what it says happened. */
  readonly hit: readonly string[]
  readonly historyHash: string
  readonly final: FinalState
  /** All objects at the end. */
  readonly objects: readonly Stored<KubeObject>[]
  /** Writes and calls of the controllers while nothing was left to do. */
  readonly quietWrites: readonly string[]
  /** Writes and calls after all processes were restarted on the settled state. */
  readonly restartWrites: readonly string[]
  readonly history: readonly SimEvent[]
  readonly log: readonly Observation[]
  /** Revisions right after each step of the user. */
  readonly stepRevisions: readonly number[]
  readonly steps: number
  readonly trace: readonly TraceEntry[]
}

/** Lets the run end early: somebody has spoken. */
class StopRun extends Error {}

const DEFAULT_QUIET_MS = 600_000
const DEFAULT_STEP_BUDGET = 20_000
const SETTLE_WITHIN_MS = 3_600_000
const HOUR_MS = 3_600_000
/** client-go util/workqueue, DefaultTypedControllerRateLimiter: 1000 s at most; and some time to work. */
const LONGEST_BACKOFF_MS = 1_001_000
const WAIT_WITHIN = '10m'
const PATIENCE = 5
/** While a fault lasts, a wait is over after so many events. */
const PATIENT_EVENTS = 2000

export function simulate(spec: CompiledSpec, options: RunOptions = {}): Promise<RunResult> {
  return new Simulation(spec, options).run()
}

class Simulation implements SiteBook {
  readonly #spec: CompiledSpec
  readonly #options: RunOptions
  /** By place, and how often it has been come by. */
  readonly #plan: ReadonlyMap<string, ReadonlyMap<number, FaultName>>
  /** Choices of the plan that the run has not come by. */
  #left: number
  readonly #foundation: Foundation
  readonly #outside: Record<string, OutsideSystem>
  readonly #world: ObservedWorld
  readonly #client: Client
  readonly #processes: FaultyProcess[] = []
  readonly #byName = new Map<string, FaultyProcess>()
  readonly #visits = new Map<string, number>()
  readonly #sites: Site[] = []
  readonly #keepsSites: boolean
  readonly #hit: string[] = []
  readonly #undo: { readonly since: number; readonly run: () => void }[] = []
  readonly #leads = new Map<string, number>()
  readonly #nodes: Nodes
  readonly #manners: Manners
  readonly #log: Observation[] | undefined
  readonly #atTheEnd: (() => void)[] = []
  readonly #tracing: boolean
  readonly #trace: TraceEntry[] = []
  readonly #reads = new WeakMap<Task, Map<string, StaleRead>>()
  #seen: ReadonlyMap<string, ReadonlyMap<string, Untyped | undefined>> = new Map()
  readonly stepRevisions: number[] = []
  readonly #expected: ReadonlyMap<string, string> | undefined
  #strayed = false
  #asksTheTime = false
  #stateAt = -1
  #stateNow = ''
  #settles = 0
  #steps = 0
  #faultsOver = false
  #violation: Violation | undefined
  /** When a reconcile failed last. */
  #failedAt = 0
  #settledAt: readonly [newest: number, before: number] = [0, 0]

  constructor(spec: CompiledSpec, options: RunOptions) {
    const { plan = [], orderSeed, trace = false, observe = false, sites = true, expected } = options
    this.#spec = spec
    this.#options = options
    this.#plan = byPlace(plan)
    this.#left = plan.length
    this.#keepsSites = sites || observe
    this.#tracing = trace
    this.#expected = expected
    this.#log = observe ? [] : undefined
    const chooser = orderSeed === undefined ? undefined : shuffling(orderSeed)
    this.#foundation = new Foundation({ ...spec.clusterOptions, chooser }, spec.base)
    this.#outside = Object.fromEntries(
      Object.entries(spec.source.outside ?? {}).map(([name, make]) => [
        name,
        make(this.#foundation.environment),
      ]),
    )
    this.#world = new ObservedWorld(this.#foundation, spec.given, this.#outside, (event) =>
      this.#happened(event),
    )
    this.#nodes = new Nodes(this.#foundation, this.#world, this, spec.source.beside !== undefined)
    this.#manners = new Manners(this.#foundation.scheme, this.#world)
    const user = new Requests(ADMIN, 'user')
    this.#client = new ApiClient(user, this.#foundation.loop, this.#foundation.network.link('user'))
  }

  async run(): Promise<RunResult> {
    let quietWrites: readonly string[] = []
    let restartWrites: readonly string[] = []
    try {
      this.#logGiven()
      this.#startProcesses()
      await this.#untilQuiet()
      await this.#spec.source.scenario(this.#scenarioContext())
      await this.#endFaults()
      await this.#wait(Math.max(this.#quietMs, this.#untilRetried))
      if (this.#listensTo('quiescence'))
        quietWrites = await this.#writesDuring(() => this.#wait(this.#quietMs))
      this.#judgeEnd()
      if (this.#listensTo('idempotence')) restartWrites = await this.#restarted()
    } catch (error) {
      this.#caught(error)
    }
    for (const process of this.#processes) process.handle.crash()
    const objects = [...this.#world.everything()]
    return {
      violation: this.#violation,
      sites: this.#sites,
      hit: this.#hit,
      historyHash: this.#world.historyHash(),
      final: finalStateOf(objects, this.#outside),
      objects,
      quietWrites,
      restartWrites,
      history: this.#world.history,
      log: this.#log ?? [],
      stepRevisions: this.stepRevisions,
      steps: this.#foundation.loop.steps,
      trace: this.#trace,
    }
  }

  // -- phases -------------------------------------------------------------------------------------------

  #logGiven(): void {
    for (const object of this.#spec.given) {
      const resource = this.#foundation.scheme.of(object)?.resource ?? ''
      const revision = Number(object.metadata.resourceVersion)
      this.#log?.push({ type: 'change', actor: 'given', resource, revision, object, name: shortKey(object) })
    }
  }

  #startProcesses(): void {
    const observer = {
      started: (controller: string, key: string) => this.#reconciles(controller, key),
      finished: (controller: string, key: string, error?: unknown) =>
        this.#reconciled(controller, key, error),
    }
    for (const { name, make } of this.#spec.processes) {
      const remotes = this.#remotes(name)
      const component = () => freshControllers(() => make(remotes), observer)
      const process = new FaultyProcess(name, this.#foundation, component, this)
      this.#processes.push(process)
      this.#byName.set(name, process)
    }
    this.#spec.startBeside(this.#foundation)
  }

  async #endFaults(): Promise<void> {
    this.#faultsOver = true
    this.#note('phase', '', 'faults are over')
    for (const { run } of this.#undo.splice(0)) run()
    const late = this.#atTheEnd.splice(0)
    for (const run of late) run()
    for (const process of this.#processes) process.recover()
    await this.#untilQuiet()
    // What was put off by a wrong clock is due an hour late at most.
    if (late.length > 0) await this.#wait(HOUR_MS)
  }

  /** What processes without memory do in a world is the same in all runs that end in it. */
  async #restarted(): Promise<readonly string[]> {
    const { atRest } = this.#options
    const state =
      atRest === undefined || this.#asksTheTime || !this.#spec.comparable ? undefined : this.#state()
    if (state !== undefined && atRest?.has(state)) return []
    const writes = await this.#writesDuring(() => this.#lookAgain())
    if (state !== undefined && writes.length === 0) atRest?.add(state)
    return writes
  }

  /** Every reconcile is run twice more: in new processes, and once again in these, as after a relist. */
  async #lookAgain(): Promise<void> {
    for (const { handle } of this.#processes) handle.restart()
    await this.#untilQuiet()
    for (const process of this.#processes) process.relist()
    await this.#untilQuiet()
  }

  /** Until no foreground work is pending. */
  async #untilQuiet(): Promise<void> {
    const { loop } = this.#foundation
    await this.#drive(() => loop.pendingForeground === 0, SETTLE_WITHIN_MS, true)
    const { revision } = this.#foundation.store
    if (revision !== this.#settledAt[0]) this.#settledAt = [revision, this.#settledAt[0]]
  }

  #wait(ms: number): Promise<void> {
    return this.#drive(() => false, ms, false)
  }

  async #drive(reached: () => boolean, withinMs: number, mustReach: boolean): Promise<void> {
    const { loop } = this.#foundation
    const budget = this.#spec.source.stepBudget ?? DEFAULT_STEP_BUDGET
    const until = () => this.#violation !== undefined || loop.steps > budget || reached()
    const held = await loop.waitFor(until, withinMs)
    if (loop.steps > budget) this.#speak('hotLoop', '', `${budget} events and still busy: ${this.#busiest()}`)
    else if (mustReach && !held) this.#speak('hotLoop', '', `still busy after an hour: ${this.#busiest()}`)
    if (this.#violation !== undefined) throw new StopRun()
  }

  async #writesDuring(body: () => Promise<void>): Promise<readonly string[]> {
    const from = this.#world.history.length
    await body()
    return this.#world.history
      .slice(from)
      .filter((it) => this.#byName.has(it.actor))
      .map((it) => `${it.actor} ${it.verb} ${it.target}`)
  }

  #caught(error: unknown): void {
    if (error instanceof StopRun) return
    if (error instanceof InvariantError) throw error
    if (error instanceof UncontrolledAwaitError) this.#speak('uncontrolledAwait', '', error.message)
    else this.#speak('scenario', '', error instanceof Error ? error.message : String(error))
  }

  // -- scenario -----------------------------------------------------------------------------------------

  #scenarioContext(): ScenarioContext<Record<string, OutsideSystem>> {
    return {
      user: this.#user(),
      settle: () => this.#settle(),
      advance: (duration) => this.#wait(toMs(duration)),
      waitFor: (check, within = WAIT_WITHIN) => this.#waitFor(check, toMs(within)),
      outside: this.#outside,
      truth: this.#world,
    }
  }

  async #settle(): Promise<void> {
    this.#settles++
    this.#log?.push({ type: 'settle' })
    // A fault lasts over the next thing that the user does, and then its consequences are let in.
    for (let i = 0; i < this.#undo.length; i++) {
      const { since, run } = this.#undo[i]!
      if (this.#settles - since < 2) continue
      this.#undo.splice(i--, 1)
      run()
    }
    await this.#untilQuiet()
    this.#log?.push({ type: 'settled' })
  }

  /** Patience ends a fault that is in the way: what was held back comes through, and the wait begins again. */
  async #waitFor(check: () => boolean, withinMs: number): Promise<void> {
    await this.#waitWhileFaultsLast(check, withinMs)
    for (let i = 0; i < PATIENCE && !check(); i++) {
      for (const { run } of this.#undo.splice(0)) run()
      for (const process of this.#processes) process.recover()
      await this.#waitWhileFaultsLast(check, withinMs)
    }
    if (!check()) throw new Error(`the scenario waited in vain for ${check.toString()}`)
  }

  /**
   * Whoever works against an old view may be busy with it until he hears the news: real clients are held to some requests a
   * second, so that it is the fault that ends first.
   */
  #waitWhileFaultsLast(check: () => boolean, withinMs: number): Promise<void> {
    const { loop } = this.#foundation
    const last = loop.steps + PATIENT_EVENTS
    return this.#drive(() => check() || (this.#undo.length > 0 && loop.steps > last), withinMs, false)
  }

  #user(): UserActions {
    const client = this.#client
    const kindOf = (word: string): KindRef => {
      const kind = this.#foundation.scheme.byWord(word)
      if (kind === undefined) throw new Error(`the API server serves no kind ${word}`)
      return kind
    }
    const ref = (kind: KindRef, name: string, namespace = 'default') =>
      kind.namespaced ? { namespace, name } : { name }
    return {
      apply: (object) =>
        this.#asUser(
          () => `applies ${object.kind}/${shortKey(object)}`,
          async () => {
            const kind = kindOf(object.kind ?? '')
            const { name = '', namespace = 'default' } = object.metadata ?? {}
            if ((await client.find(kind, ref(kind, name, namespace))) === undefined)
              await client.create(kind, placed(kind, object))
            else await client.patch(kind, ref(kind, name, namespace), object)
          },
        ),
      create: (object) =>
        this.#asUser(
          () => `creates ${object.kind}/${shortKey(object)}`,
          async () => {
            const kind = kindOf(object.kind ?? '')
            await client.create(kind, placed(kind, object))
          },
        ),
      patch: (word, name, patch, namespace) =>
        this.#asUser(
          () => `patches ${word}/${name} ${JSON.stringify(patch)}`,
          async () => {
            const kind = kindOf(word)
            await client.patch(kind, ref(kind, name, namespace), patch)
          },
        ),
      patchStatus: (word, name, patch, namespace) =>
        this.#asUser(
          () => `patches the status of ${word}/${name} ${JSON.stringify(patch)}`,
          async () => {
            const kind = kindOf(word)
            await client.patch(kind, ref(kind, name, namespace), { status: patch }, { subresource: 'status' })
          },
        ),
      delete: (word, name, namespace) =>
        this.#asUser(
          () => `deletes ${word}/${name}`,
          async () => {
            const kind = kindOf(word)
            await client.delete(kind, ref(kind, name, namespace), { propagationPolicy: 'Background' })
          },
        ),
    }
  }

  async #asUser(text: () => string, body: () => Promise<void>): Promise<void> {
    this.#steps++
    const moment = `before step ${this.#steps}`
    for (const process of this.#processes) process.idle(moment)
    this.#nodes.idle(moment)
    if (this.#tracing) this.#note('user', 'user', text())
    const noted = this.#trace.length - 1
    const call = body().then(
      () => undefined,
      (error: unknown) => error,
    )
    let answered = false
    void call.then(() => {
      answered = true
    })
    await this.#foundation.loop.outside(call)
    const error = await call
    this.stepRevisions.push(this.#foundation.store.revision)
    if (this.#tracing) this.#trace[noted] = { ...this.#trace[noted]!, truth: this.#truthNow() }
    if (answered && error !== undefined) {
      throw error instanceof ApiError ? new Error(`the user ${text()}: ${error.message}`) : error
    }
    if (this.#violation !== undefined) throw new StopRun()
  }

  #remotes(process: string): Readonly<Record<string, unknown>> {
    const remotes: Record<string, unknown> = {}
    for (const [name, system] of Object.entries(this.#outside)) {
      remotes[name] = new Proxy(system, {
        get: (_, method) => this.#remoteMethod(process, name, system, String(method)),
      })
    }
    return remotes
  }

  #remoteMethod(process: string, name: string, system: OutsideSystem, method: string): unknown {
    const body = (system as Record<string, unknown>)[method]
    if (typeof body !== 'function') return undefined
    return (...args: readonly unknown[]) => {
      const brief = args.map((it) => (typeof it === 'object' ? JSON.stringify(it) : String(it))).join(', ')
      const caller = this.#byName.get(process)!
      return caller.call(`${name}.${method}(${brief})`, () => {
        const result: unknown = body.apply(system, args)
        this.#world.called(process, name, method, args)
        return result
      })
    }
  }

  // -- the book of sites --------------------------------------------------------------------------------

  get lastSettled(): number {
    const [newest, before] = this.#settledAt
    return newest === this.#foundation.store.revision ? before : newest
  }

  visit(place: string, faults: readonly FaultName[], about: About): FaultName | undefined {
    const choices = this.#plan.get(place)
    if (choices === undefined && !this.#keepsSites) return undefined
    const nth = (this.#visits.get(place) ?? 0) + 1
    this.#visits.set(place, nth)
    const at = `${place} #${nth}`
    if (this.#keepsSites) this.#sites.push({ at, faults })
    this.#log?.push({ type: 'site', at, faults, about, state: this.#state() })
    const fault = choices?.get(nth)
    if (fault === undefined) return undefined
    this.#left--
    if (!faults.includes(fault)) return undefined
    if (this.#expected !== undefined && this.#hasStrayed(at)) return undefined
    this.#hit.push(at)
    return fault
  }

  /** Has a fault left a trace that is seen at this place? From then on nothing else goes wrong. */
  #hasStrayed(at: string): boolean {
    this.#strayed ||= this.#undo.length > 0 || this.#state() !== this.#expected?.get(at)
    return this.#strayed
  }

  /** All that is true now, as far as runs can be compared, and what is no more. */
  #state(): string {
    const { length } = this.#world.history
    if (this.#stateAt !== length) {
      this.#stateAt = length
      const state = stateText(finalStateOf(this.#world.everything(), this.#outside))
      const deleted = this.#world.history.filter((it) => it.verb === 'delete').map((it) => it.target)
      this.#stateNow = [state, ...deleted.toSorted()].join('\n')
    }
    return this.#stateNow
  }

  get cares(): boolean {
    return !this.#faultsOver && (this.#keepsSites || this.#left > 0)
  }

  get observing(): boolean {
    return this.#log !== undefined && !this.#faultsOver
  }

  observed(observation: Observation): void {
    if (observation.type === 'clock') this.#asksTheTime = true
    if (!this.#faultsOver) this.#log?.push(observation)
  }

  untilTheEnd(run: () => void): void {
    this.#atTheEnd.push(run)
  }

  later(run: () => void): void {
    // A request may have left before faults were over, and arrive after.
    if (this.#faultsOver) run()
    else this.#undo.push({ since: this.#settles, run })
  }

  injected(process: string, fault: FaultName, at: string): void {
    this.#note('fault', process, `${fault} at ${at.slice(at.indexOf(': ') + 2)}`)
  }

  unguarded(process: string, request: ApiRequest, saw: KubeObject | undefined): void {
    const wrong = this.#manners.unguarded(process, request, saw)
    if (wrong !== undefined) this.#speak('lostUpdate', '', wrong)
  }

  read(process: string, kind: KindRef, key: string, object: KubeObject | undefined): void {
    this.#log?.push({ type: 'read', process, resource: kind.resource })
    if (!this.#tracing) return
    const namespaced = key.startsWith('default/') ? key.slice('default/'.length) : key
    this.#sees(process, `${kind.kind}/${namespaced}`, object as Untyped | undefined)
    const task = this.#foundation.loop.context.task
    if (task === undefined) return
    const [namespace, name] = key.includes('/') ? key.split('/', 2) : [undefined, key]
    const truth = this.#world.get(kind.kind, name!, namespace)
    let reads = this.#reads.get(task)
    if (reads === undefined) this.#reads.set(task, (reads = new Map()))
    const saw = object?.metadata?.resourceVersion ?? ''
    const name_ = `${kind.kind}/${namespaced}`
    reads.set(name_, { object: name_, saw, truth: truth?.metadata.resourceVersion ?? '' })
  }

  answered(process: string, object: KubeObject): void {
    if (this.#tracing && object.metadata?.resourceVersion)
      this.#sees(process, `${object.kind}/${shortKey(object)}`, object as Untyped)
  }

  #sees(process: string, name: string, object: Untyped | undefined): void {
    const seen = new Map(this.#seen.get(process)).set(name, object)
    this.#seen = new Map(this.#seen).set(process, seen)
  }

  // -- what happens -------------------------------------------------------------------------------------

  #happened(event: SimEvent): void {
    if (this.#log !== undefined && !this.#faultsOver) {
      const { actor, object, old } = event
      const kind = (object ?? old)?.kind
      const resource = kind === undefined ? '' : (this.#foundation.scheme.byWord(kind)?.resource ?? '')
      const name = shortKey(object ?? old ?? {})
      const { revision } = this.#foundation.store
      this.#log.push({ type: 'change', actor, resource, revision, object, name })
    }
    if (this.#tracing && event.actor !== 'user') {
      const called = event.object === undefined && event.old === undefined
      const text = called
        ? `${event.target}.${event.verb}(${event.args.map((it) => JSON.stringify(it)).join(', ')})`
        : `${event.verb}s ${event.target}${changeOf(event)}`
      this.#note(called ? 'outside' : 'write', event.actor, text, called ? undefined : event.target)
    }
    const taken = this.#byName.has(event.actor)
      ? this.#manners.finalizersOf(event)
      : this.#manners.noteFinalizers(event)
    if (taken !== undefined) this.#speak('finalizers', '', taken)
    const { always, never, leadsTo } = this.#spec.properties
    if (always.length + never.length + leadsTo.length === 0) return
    const context = { truth: this.#world, event, history: this.#world.history }
    for (const [name, property] of always) {
      const broken = brokenBy(property(context))
      if (broken !== undefined) this.#speak('always', name, broken)
    }
    for (const [name, property] of never) {
      const verdict = property(context)
      if (verdict === true || typeof verdict === 'string')
        this.#speak('never', name, verdict === true ? name : verdict)
    }
    for (const [name, { when, then, withinMs }] of leadsTo) {
      if (then(context)) this.#leads.delete(name)
      else if (when(context) && !this.#leads.has(name)) this.#leads.set(name, this.#world.now)
      else this.#judgeLead(name, withinMs)
    }
  }

  #judgeLead(name: string, withinMs: number): void {
    const since = this.#leads.get(name)
    if (since === undefined || this.#world.now - since <= withinMs) return
    this.#speak('leadsTo', name, `did not come to hold within ${withinMs / 1000} s`)
  }

  #judgeEnd(): void {
    const { eventually, leadsTo } = this.#spec.source
    for (const [name, property] of Object.entries(eventually ?? {})) {
      const broken = brokenBy(property({ truth: this.#world }))
      if (broken !== undefined) this.#speak('eventually', name, broken)
    }
    for (const [name, { withinMs }] of Object.entries(leadsTo ?? {})) this.#judgeLead(name, withinMs)
    if (this.#violation !== undefined) throw new StopRun()
  }

  #reconciles(controller: string, key: string): void {
    if (this.#tracing) this.#note('reconcile', controller, `reconciles ${key}`)
  }

  #reconciled(controller: string, key: string, error: unknown): void {
    if (error === undefined) return
    this.#failedAt = this.#foundation.loop.now
    if (this.#tracing)
      this.#note('error', controller, `${key}: ${error instanceof Error ? error.message : String(error)}`)
    if (isBug(error))
      this.#speak(
        'unhandledError',
        '',
        `${controller} ${key}: ${(error as Error).stack?.split('\n', 2).join(' ').trim()}`,
      )
  }

  #speak(oracle: OracleName, property: string, message: string): void {
    if (this.#violation !== undefined || !this.#listensTo(oracle)) return
    this.#violation = { oracle, property, message }
  }

  #listensTo(oracle: OracleName): boolean {
    return this.#spec.source.oracles?.[oracle] !== false
  }

  #note(type: TraceEntry['type'], actor: string, text: string, target?: string): void {
    if (!this.#tracing) return
    const { loop, start } = this.#foundation
    const task = loop.context.task
    const reads = type === 'write' || type === 'outside' ? this.#staleReads(task) : undefined
    const [truth, seen] = [this.#truthNow(), this.#seen]
    this.#trace.push({ time: loop.now - start, actor, type, text, target, stale: reads, truth, seen })
  }

  #truthNow(): ReadonlyMap<string, Untyped> {
    const objects = [...this.#world.everything()]
    return new Map(objects.map((it) => [`${it.kind}/${shortKey(it)}`, it as Untyped]))
  }

  #staleReads(task: Task | undefined): readonly StaleRead[] | undefined {
    const reads = task === undefined ? undefined : this.#reads.get(task)
    const stale = [...(reads?.values() ?? [])].filter((it) => it.saw !== it.truth)
    return stale.length === 0 ? undefined : stale
  }

  /** Who did the most lately. */
  #busiest(): string {
    const counts = new Map<string, number>()
    for (const { actor, verb, target } of this.#world.history.slice(-200)) {
      const what = `${actor} ${verb}s ${target}`
      counts.set(what, (counts.get(what) ?? 0) + 1)
    }
    const [most] = [...counts].toSorted((a, b) => b[1] - a[1])
    return most === undefined
      ? 'reconciles without a write'
      : `${most[0]} (${most[1]} of the last 200 changes)`
  }

  /** Until whatever failed last has been tried again. */
  get #untilRetried(): number {
    return this.#failedAt + LONGEST_BACKOFF_MS - this.#foundation.loop.now
  }

  get #quietMs(): number {
    return this.#spec.source.quietMs ?? DEFAULT_QUIET_MS
  }
}

function byPlace(plan: Plan): Map<string, Map<number, FaultName>> {
  const places = new Map<string, Map<number, FaultName>>()
  for (const { at, fault } of plan) {
    const hash = at.lastIndexOf(' #')
    const place = at.slice(0, hash)
    const choices = places.get(place) ?? new Map<number, FaultName>()
    places.set(place, choices.set(Number(at.slice(hash + 2)), fault))
  }
  return places
}

/** Programming errors: no world can make these the right answer. */
function isBug(error: unknown): boolean {
  return error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError
}

function brokenBy(verdict: Verdict): string | undefined {
  if (typeof verdict === 'string') return verdict
  return verdict === false ? 'does not hold' : undefined
}

function placed(kind: KindRef, object: KubeObject): KubeObject {
  if (!kind.namespaced || object.metadata?.namespace !== undefined) return object
  return { ...object, metadata: { ...object.metadata, namespace: 'default' } }
}

/** The fields of spec and status that a write changed, briefly. */
function changeOf({ object, old }: SimEvent): string {
  if (object === undefined || old === undefined) return ''
  const parts: string[] = []
  for (const part of ['spec', 'status', 'data']) {
    const before = (old[part] ?? {}) as Record<string, unknown>
    const after = (object[part] ?? {}) as Record<string, unknown>
    if (before === after) continue
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const text = JSON.stringify(after[key])
      if (JSON.stringify(before[key]) !== text)
        parts.push(`${part}.${key}=${(text ?? 'absent').slice(0, 60)}`)
    }
  }
  if (object.metadata.deletionTimestamp !== old.metadata.deletionTimestamp) parts.push('marked for deletion')
  const finalizers = (it: typeof object) => (it.metadata.finalizers ?? []).join(',')
  if (finalizers(object) !== finalizers(old)) parts.push(`finalizers=[${finalizers(object)}]`)
  return parts.length === 0 ? '' : ` ${parts.join(', ')}`
}

/** Events that are due together run in an order drawn from a seed. */
function shuffling(seed: number): Chooser {
  const random = randomStream(seed, 'order')
  return { active: true, choose: (_, n) => random.below(n) }
}

export type { AnyController }

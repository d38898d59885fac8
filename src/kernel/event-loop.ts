/**
 * Owns time, order and chance: a heap of events ordered by (due time, sequence). Virtual time stands still
 * unless somebody drives it: `settle`, `advance`, `waitFor`, `step`, an outside call waiting for its answer,
 * or a pacer that follows the wall clock.
 *
 * Between two events the loop lets every runnable promise continuation finish, so time never moves while a
 * reconciler has something left to compute. Continuations run in the context (cause, task) of the event that
 * resumed them, which is how causes flow through `await` without AsyncLocalStorage.
 */
import { BENIGN, type Chooser } from './chooser.ts'
import { drainMicrotasks, hostTurn } from './drain.ts'
import { EventHeap, type ScheduledEvent } from './event-heap.ts'
import { invariant } from './invariant.ts'
import { Task, TaskGroup, UncontrolledAwaitError } from './task.ts'

/** What runs right now, and why. Captured by every event when it is scheduled. */
export interface Context {
  /** Journal entry behind what runs now; 0 is the outside world. */
  readonly cause: number
  /** Periodic or waiting work: `settle` does not wait for what is scheduled from here. */
  readonly background: boolean
  readonly task?: Task
}

export interface EventOptions {
  /** Default: inherited from the context in which the event is scheduled. */
  readonly background?: boolean
  /** Who waits for what, for people: shown when `settle` gives up and as the chooser's key. */
  readonly label?: string
  /** Default: the context in which the event is scheduled. */
  readonly context?: Context
}

export interface Timer {
  cancel(): void
}

/** A promise that only the loop resolves; see {@link EventLoop.suspend}. */
export interface Suspension<T> {
  readonly promise: Promise<T>
  resume(value: T): void
  fail(error: unknown): void
}

/** Lets virtual time follow something else, such as the wall clock at a speed factor. */
export interface Pacer {
  /** How far virtual time may go right now, ms. */
  limit(): number
  /** Resolves when `limit()` may have reached `due`, or when `wake` is called. */
  wait(due: number): Promise<void>
  wake(): void
  /** Nobody follows any more. */
  rest(): void
}

interface Goal {
  readonly limit: number
  reached(): boolean
  finish(error?: Error): void
  /** Called instead of `finish` when time passed the limit first. */
  expire(): void
}

const OUTSIDE: Context = Object.freeze({ cause: 0, background: false })

/** The limit of goals that wait for an answer, however long; under a pacer they wait at its pace. */
const AT_ANY_TIME = Number.POSITIVE_INFINITY
/** Extra turns granted to a task that waits for nothing we know, before it is called uncontrolled. */
const GRACE_TURNS = 25
/** After so many events in a row the host gets a turn: signals, sockets, progress. */
const EVENTS_PER_TURN = 2048

export class SettleError extends Error {
  override readonly name = 'SettleError'
}

export class EventLoop {
  /** Virtual time, ms since the Unix epoch; may have a fraction. */
  now: number
  context: Context = OUTSIDE
  chooser: Chooser
  /** What was built on this loop, for whoever only has the loop. */
  owner: unknown
  /** Events run so far. */
  steps = 0

  /** False where the real world takes part: tasks may then await whatever they like. */
  readonly #strict: boolean
  readonly #heap = new EventHeap()
  readonly #goals: Goal[] = []
  readonly #groups = new Map<string, TaskGroup>()
  readonly #touched = new Set<Task>()
  /** What {@link standStill} waits for. */
  readonly #holds = new Set<Promise<unknown>>()
  #pacer: Pacer | undefined
  #driving = false
  #dirty = false
  #paused = false
  /** When what the loop waits for with the pacer is due; until then nothing runs. Negative: it does not wait. */
  #sleepsUntil = Number.NEGATIVE_INFINITY
  #idleTurns = 0
  /** Something goes on in the host's own queues that the next event must wait for. */
  #hostWork = false

  /** @param options `outsideAwaits: true` lets tasks await real I/O: for controllers that run against a real cluster */
  constructor(options: {
    readonly start: number
    readonly chooser?: Chooser
    readonly outsideAwaits?: boolean
  }) {
    this.#strict = options.outsideAwaits !== true
    this.now = options.start
    this.chooser = options.chooser ?? BENIGN
  }

  /** Nothing here is real: tasks may only await what this loop resolves. */
  get virtual(): boolean {
    return this.#strict
  }

  // -- scheduling ---------------------------------------------------------------------------------------

  at(due: number, run: () => void, options?: EventOptions): Timer {
    const context = options?.context ?? this.context
    const background = options?.background ?? context.background
    if (due < this.#sleepsUntil) this.#pacer?.wake() // Somebody outside asks for something earlier.
    return this.#heap.push(due < this.now ? this.now : due, run, background, options?.label, context)
  }

  after(delayMs: number, run: () => void, options?: EventOptions): Timer {
    return this.at(this.now + delayMs, run, options)
  }

  /** Periodic work is background unless said otherwise. The first run is one period from now. */
  every(periodMs: number, run: () => void, options?: EventOptions): Timer {
    invariant(periodMs > 0, 'a period is positive', { periodMs })
    const all = {
      background: true,
      ...options,
      context: { ...OUTSIDE, background: options?.background ?? true },
    }
    let timer: Timer
    const tick = () => {
      timer = this.after(periodMs, tick, all)
      run()
    }
    timer = this.after(periodMs, tick, all)
    return { cancel: () => timer.cancel() }
  }

  /** Runs `body` with another cause; what it schedules or awaits inherits it. */
  within<T>(context: Context, body: () => T): T {
    const outer = this.context
    this.context = context
    try {
      return body()
    } finally {
      this.context = outer
    }
  }

  /** For events that start what needs the host (streams, ticks) to go on: it gets a turn before the next event. */
  yieldToHost(): void {
    this.#dirty = true
    this.#hostWork = true
  }

  /** The current context with another cause. */
  causedBy(cause: number, background = this.context.background): Context {
    return { cause, background, task: this.context.task }
  }

  // -- asynchronous work --------------------------------------------------------------------------------

  /**
   * Starts an async task of a group (its process), as an event of its own. The loop watches that it only awaits
   * what the loop resolves: anything else fails the run with {@link UncontrolledAwaitError}. `body` must handle
   * its own errors; one that escapes fails the run.
   */
  spawn(label: string, group: string, body: () => Promise<void>): Task {
    const task = new Task(label, this.#group(group))
    const context = { cause: this.context.cause, background: this.context.background, task }
    task.suspend() // Until it has started, it counts as work that the loop will do.
    const start = () => {
      if (task.done) return
      task.resume()
      this.#touch(task)
      body().then(
        () => task.finish(),
        (error) => {
          task.finish()
          this.#fail(error instanceof Error ? error : new Error(String(error)))
        },
      )
    }
    this.at(this.now, start, { context, label })
    return task
  }

  /** Gives up all tasks of a group for ever: none is resumed, no `finally` of theirs runs. */
  abandon(group: string): void {
    for (const task of this.#groups.get(group)?.tasks ?? []) task.finish()
  }

  /** A promise for the current task that resolves from an event of this loop, in the context of now. */
  suspend<T>(): Suspension<T> {
    const context = this.context
    const task = context.task
    task?.suspend()
    let settle!: { resolve(value: T): void; reject(error: unknown): void }
    const promise = new Promise<T>((resolve, reject) => {
      settle = { resolve, reject }
    })
    const wake = (deliver: () => void) => {
      if (task?.done) return // Abandoned: its process crashed.
      if (this.context !== context) this.at(this.now, () => wake(deliver), { context, label: task?.label })
      else {
        this.#dirty = true
        task?.resume()
        if (task !== undefined) this.#touched.add(task)
        deliver()
      }
    }
    return {
      promise,
      resume: (value) => wake(() => settle.resolve(value)),
      fail: (error) => wake(() => settle.reject(error)),
    }
  }

  /**
   * Waits for what is no part of the simulation, such as loading code: whoever drives the loop waits with it, and time
   * stands still until then.
   */
  standStill<T>(promise: Promise<T>): Promise<T> {
    const suspension = this.suspend<T>()
    const over = (resume: () => void) => {
      this.#holds.delete(promise)
      resume()
    }
    this.#holds.add(promise)
    promise.then(
      (value) => over(() => suspension.resume(value)),
      (error) => over(() => suspension.fail(error)),
    )
    return suspension.promise
  }

  sleep(ms: number, options?: EventOptions): Promise<void> {
    const { promise, resume } = this.suspend<void>()
    this.after(ms, resume, options)
    return promise
  }

  // -- driving ------------------------------------------------------------------------------------------

  /** Runs until no foreground work is pending; fails with who still works once `withinMs` has passed. */
  settle(withinMs = 3_600_000): Promise<void> {
    return this.#drive({
      limit: this.now + withinMs,
      reached: () => this.#heap.foreground === 0,
      expired: () => new SettleError(this.#describePending(withinMs)),
    })
  }

  /** Runs exactly `ms` of virtual time. */
  advance(ms: number): Promise<void> {
    invariant(ms >= 0, 'time only moves forward', { ms })
    return this.#drive({ limit: this.now + ms, reached: () => false })
  }

  /** Runs until `check` holds, asked after every event; resolves to whether it came to hold within the time. */
  async waitFor(check: () => boolean, withinMs: number): Promise<boolean> {
    let held = false
    await this.#drive({ limit: this.now + withinMs, reached: () => (held = check()) })
    return held || check()
  }

  /** Runs the next `count` events, also while paused; resolves to how many there were. */
  async step(count = 1): Promise<number> {
    const from = this.steps
    const until = from + count
    const paused = this.#paused
    this.#paused = false
    await this.#drive({
      limit: Number.MAX_VALUE,
      reached: () => this.steps >= until || this.#heap.size === 0,
    })
    this.#paused = paused
    return this.steps - from
  }

  /**
   * Drives the loop on behalf of an outside caller until a promise, which an event resolves, is settled.
   *
   * @param work a function is called in no context but the outside's: while a loop that follows a pacer lets the host have
   * its turn, that of its last event still stands, and what an ended task asks for is never answered
   */
  async outside<T>(work: Promise<T> | (() => Promise<T>)): Promise<T> {
    const promise = typeof work === 'function' ? this.within(OUTSIDE, work) : work
    let done = false
    const mark = () => {
      done = true
    }
    promise.then(mark, mark)
    this.#dirty = true
    await this.#drive({
      limit: AT_ANY_TIME,
      reached: () => done,
      expired: () => new SettleError('the answer never comes: nothing is scheduled any more'),
    })
    return promise
  }

  /**
   * Runs `body` here and now on behalf of the outside world (an HTTP request), as if it were an event: time is first
   * brought to where the pacer has it, as far as no event is due before. What `body` schedules wakes the pacer.
   */
  enter<T>(body: () => T): T {
    const limit = this.#paused ? this.now : (this.#pacer?.limit() ?? this.now)
    if (limit > this.now && limit !== Number.POSITIVE_INFINITY) {
      this.now = Math.max(this.now, Math.min(limit, this.#heap.peek()?.due ?? limit))
    }
    try {
      return this.within(OUTSIDE, body)
    } finally {
      this.#dirty = true
    }
  }

  /** An input from outside (HTTP request, user): runs `body` at the current virtual time and wakes the pacer. */
  inject(body: () => void): void {
    this.at(this.now, body, { context: OUTSIDE })
    this.#pacer?.wake()
  }

  /** Follows `pacer` until it is replaced; undefined: time stands still again unless driven. */
  follow(pacer: Pacer | undefined): void {
    if (pacer !== this.#pacer) this.#pacer?.rest()
    else pacer?.wake()
    this.#pacer = pacer
    if (pacer !== undefined) this.#start()
  }

  get paused(): boolean {
    return this.#paused
  }

  /** A paused loop runs nothing but `step`. */
  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#pacer?.wake()
    this.#start()
  }

  /** Foreground events pending: what `settle` waits for. */
  get pendingForeground(): number {
    return this.#heap.foreground
  }

  #drive(goal: { limit: number; reached(): boolean; expired?(): Error }): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#goals.push({
        limit: goal.limit,
        reached: goal.reached,
        finish: (error) => (error ? reject(error) : resolve()),
        expire: () => (goal.expired ? reject(goal.expired()) : resolve()),
      })
      this.#start()
    })
  }

  #start(): void {
    if (this.#driving) return
    this.#driving = true
    void this.#run()
  }

  async #run(): Promise<void> {
    try {
      // What called us first finishes its own synchronous part.
      this.#dirty = true
      while (this.#goals.length > 0 || this.#pacer !== undefined) {
        if (this.#dirty || this.steps % EVENTS_PER_TURN === 0) await this.#drain()
        if (this.#holds.size > 0) {
          await Promise.allSettled(this.#holds)
          this.#dirty = true
          continue
        }
        if (this.#finishReached()) continue
        if (this.#paused) break
        const next = this.#heap.peek()
        const limit = this.#limit()
        if (next === undefined || next.due > limit) {
          if (await this.#waitOrExpire(next)) continue
          break
        }
        this.#dispatch(this.#choose(next))
      }
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)))
    } finally {
      this.#driving = false
    }
  }

  #limit(): number {
    let limit = this.#pacer?.limit() ?? Number.NEGATIVE_INFINITY
    for (const goal of this.#goals) {
      if (goal.limit === AT_ANY_TIME && this.#pacer !== undefined) continue
      if (goal.limit > limit) limit = goal.limit
    }
    return limit
  }

  #dispatch(event: ScheduledEvent): void {
    if (event.due > this.now) this.now = event.due
    this.steps++
    this.context = event.context
    event.run()
    if (!this.#dirty) this.context = OUTSIDE
  }

  /** Among events due at the same instant the chooser may prefer a later one. */
  #choose(first: ScheduledEvent): ScheduledEvent {
    if (!this.chooser.active) return this.#heap.pop()
    const rivals = this.#heap.dueWith(first)
    if (rivals.length < 2) return this.#heap.pop()
    const pick = this.chooser.choose(`order: ${first.label ?? 'event'}`, rivals.length)
    return pick === 0 ? this.#heap.pop() : this.#heap.take(rivals[pick]!)
  }

  async #drain(): Promise<void> {
    do {
      // A task that waits for nothing we know may wait for the host, and the host now and then for us.
      const turn = this.#hostWork || this.#idleTurns > 0 || this.steps % EVENTS_PER_TURN === 0
      const hostOnly = turn && !this.#hostWork && this.#idleTurns === 0
      this.#dirty = false
      this.#hostWork = false
      if (hostOnly) {
        await drainMicrotasks()
        this.context = OUTSIDE // Nothing of ours goes on in the host; whoever calls from there is outside.
      }
      await (turn ? hostTurn() : drainMicrotasks())
      if (this.#touched.size > 0) this.#checkTasks()
    } while (this.#dirty)
    this.context = OUTSIDE
  }

  /** Tasks that ran just now must have ended or wait for the loop; others get a few more turns, then fail. */
  #checkTasks(): void {
    for (const task of this.#touched) {
      if (!this.#strict || task.waitsForUs()) {
        this.#touched.delete(task)
        this.#idleTurns = 0
      } else if (task.group.pending === 0) {
        if (this.#idleTurns++ > GRACE_TURNS) {
          this.#touched.delete(task)
          this.#idleTurns = 0
          throw new UncontrolledAwaitError(task.label)
        }
        this.#dirty = true
      } // Otherwise another task of its process may resolve what it awaits.
    }
  }

  #finishReached(): boolean {
    let finished = false
    for (let i = 0; i < this.#goals.length; i++) {
      const goal = this.#goals[i]!
      if (!goal.reached()) continue
      this.#goals.splice(i--, 1)
      goal.finish()
      finished = true
    }
    if (finished) this.#dirty = true // Their continuations go before the next event.
    return finished
  }

  /** Nothing may run now. Expires the nearest goals, or sleeps with the pacer; false ends the run. */
  async #waitOrExpire(next: ScheduledEvent | undefined): Promise<boolean> {
    if (this.#pacer !== undefined && this.#goals.every((goal) => goal.limit === AT_ANY_TIME)) {
      this.#sleepsUntil = next?.due ?? Number.POSITIVE_INFINITY
      await this.#pacer.wait(this.#sleepsUntil)
      this.#sleepsUntil = Number.NEGATIVE_INFINITY
      if (this.#pacer !== undefined)
        this.now = Math.max(this.now, Math.min(this.#pacer.limit(), next?.due ?? Infinity))
      return true
    }
    const limit = Math.min(...this.#goals.map((goal) => goal.limit))
    if (limit < Number.MAX_VALUE && limit > this.now) this.now = limit
    for (const goal of this.#goals.filter((it) => it.limit === limit)) {
      this.#goals.splice(this.#goals.indexOf(goal), 1)
      goal.expire()
    }
    this.#dirty = true
    return true
  }

  #fail(error: Error): void {
    this.context = OUTSIDE
    const goals = this.#goals.splice(0)
    if (goals.length === 0) throw error
    for (const goal of goals) goal.finish(error)
  }

  #group(name: string): TaskGroup {
    let group = this.#groups.get(name)
    if (group === undefined) this.#groups.set(name, (group = new TaskGroup(name)))
    return group
  }

  #touch(task: Task): void {
    this.#dirty = true
    this.#touched.add(task)
  }

  #describePending(withinMs: number): string {
    const counts = new Map<string, number>()
    for (const event of this.#heap.foregroundEvents()) {
      const label = event.label ?? 'unnamed work'
      counts.set(label, (counts.get(label) ?? 0) + 1)
    }
    const lines = [...counts]
      .slice(0, 10)
      .map(([label, count]) => `  ${label}${count > 1 ? ` (${count} times)` : ''}`)
    return `not settled after ${withinMs / 1000} s of virtual time; still working:\n${lines.join('\n')}`
  }
}

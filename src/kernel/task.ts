/** Async work that the loop watches: it may only await what the loop itself resolves. */

/** The tasks of one process; they may wait for one another. */
export class TaskGroup {
  readonly name: string
  /** Suspensions of its tasks that the loop will resolve. */
  pending = 0
  /** Those that have not finished. */
  readonly tasks = new Set<Task>()

  constructor(name: string) {
    this.name = name
  }
}

export class Task {
  readonly label: string
  readonly group: TaskGroup
  done = false
  #pending = 0

  constructor(label: string, group: TaskGroup) {
    this.label = label
    this.group = group
    group.tasks.add(this)
  }

  suspend(): void {
    if (this.done) return
    this.#pending++
    this.group.pending++
  }

  resume(): void {
    if (this.done) return
    this.#pending--
    this.group.pending--
  }

  /** Ends the task, or gives it up for ever: its process crashed, so nothing will resume it. */
  finish(): void {
    if (this.done) return
    this.done = true
    this.group.tasks.delete(this)
    this.group.pending -= this.#pending
    this.#pending = 0
  }

  /** True while the loop knows what it waits for. */
  waitsForUs(): boolean {
    return this.done || this.#pending > 0
  }
}

/** A reconcile awaited something that virtual time cannot drive: real I/O, a real timer, a lost promise. */
export class UncontrolledAwaitError extends Error {
  override readonly name = 'UncontrolledAwaitError'

  constructor(label: string) {
    super(
      `${label} awaits something outside the simulation (a real timer, real I/O, or a promise that nothing resolves); ` +
        'use the client, clock and outside systems that its context gives',
    )
  }
}

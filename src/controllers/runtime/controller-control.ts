/** Holds a controller from outside: pause, single steps, slow motion. Survives the crashes of its process. */

/** What a control needs of the runner that obeys it. */
export interface Controlled {
  pump(): void
  retire(): void
}

export class ControllerControl {
  /** Every reconcile starts so much later, ms of virtual time. */
  slowMs = 0
  #paused = false
  #steps = 0
  #runner: Controlled | undefined

  get paused(): boolean {
    return this.#paused
  }

  /** Reconciles under way finish; no further one starts. */
  pause(): void {
    this.#paused = true
    this.#steps = 0
  }

  resume(): void {
    this.#paused = false
    this.#runner?.pump()
  }

  /** While paused: lets the next `count` reconciles start, now or when there is something to do. */
  step(count = 1): void {
    this.#steps += count
    this.#runner?.pump()
  }

  /** The runner of the newest incarnation takes over. */
  attach(runner: Controlled): void {
    this.#runner = runner
  }

  /** Ends the controller for good while its process goes on: another takes its place. */
  retire(): void {
    this.#runner?.retire()
    this.#runner = undefined
  }

  /** Asked before each reconcile; uses up a step. */
  permits(): boolean {
    if (!this.#paused) return true
    if (this.#steps === 0) return false
    this.#steps--
    return true
  }
}

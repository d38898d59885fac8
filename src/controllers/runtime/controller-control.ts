/** Holds a controller from outside: pause, single steps, slow motion. Survives the crashes of its process. */

/** What obeys a control: the queue of a controller. */
export interface Controlled {
  pump(): void
  retire(): void
}

export class ControllerControl {
  /** Every reconcile starts so much later, ms of virtual time. */
  slowMs = 0
  #paused = false
  #steps = 0
  #controlled: Controlled[] = []

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
    this.#pump()
  }

  /** While paused: lets the next `count` reconciles start, now or when there is something to do. */
  step(count = 1): void {
    this.#steps += count
    this.#pump()
  }

  /** A queue of the controller's present incarnation. */
  attach(controlled: Controlled): void {
    this.#controlled.push(controlled)
  }

  /** Ends the controller's present incarnation: another takes its place. */
  retire(): void {
    const retired = this.#controlled
    this.#controlled = []
    for (const it of retired) it.retire()
  }

  /** Asked before each reconcile; uses up a step. */
  permits(): boolean {
    if (!this.#paused) return true
    if (this.#steps === 0) return false
    this.#steps--
    return true
  }

  #pump(): void {
    for (const it of this.#controlled) it.pump()
  }
}

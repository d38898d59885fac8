/**
 * What stands between a process and the world: whatever reaches the process (timers, answers, watch events) comes
 * through its gate. A dead process's gate lets nothing through any more, that of a paused one keeps it for later.
 */
import type { Context, EventLoop } from '../kernel/event-loop.ts'

interface Arrival {
  readonly context: Context
  readonly run: () => void
}

export class Gate {
  /** False from the moment of the crash or stop on. */
  alive = true
  readonly #loop: EventLoop
  #paused = false
  #waiting: Arrival[] = []

  constructor(loop: EventLoop, paused: boolean) {
    this.#loop = loop
    this.#paused = paused
  }

  get paused(): boolean {
    return this.#paused
  }

  /** Runs `run` now, once the process resumes, or never. */
  enter(run: () => void): void {
    if (!this.alive) return
    if (this.#paused) this.#waiting.push({ context: this.#loop.context, run })
    else run()
  }

  pause(): void {
    this.#paused = true
  }

  /** What waited comes in as events of its own, in order and with the causes that it had. */
  resume(): void {
    this.#paused = false
    const waiting = this.#waiting
    this.#waiting = []
    for (const { context, run } of waiting) {
      this.#loop.at(this.#loop.now, () => this.enter(run), { context, label: 'wakes up' })
    }
  }

  close(): void {
    this.alive = false
    this.#waiting = []
  }
}

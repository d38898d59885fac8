/** Time as one incarnation of a process sees it; all its timers end with it. */
import type { EventLoop, EventOptions, Timer } from '../kernel/event-loop.ts'
import type { Gate } from './gate.ts'
import type { Clock } from './process.ts'
import type { SharedTimers } from './shared-timers.ts'

export class ProcessClock implements Clock {
  readonly #loop: EventLoop
  readonly #gate: Gate
  readonly #shared: SharedTimers
  /** How far its clock is ahead of the truth, ms; the machine's, so a restart does not change it. */
  readonly #skewMs: () => number
  readonly #onRead: (() => void) | undefined
  readonly #live = new Set<Timer>()

  constructor(loop: EventLoop, gate: Gate, shared: SharedTimers, skewMs: () => number, onRead?: () => void) {
    this.#loop = loop
    this.#gate = gate
    this.#shared = shared
    this.#skewMs = skewMs
    this.#onRead = onRead
  }

  now(): number {
    this.#onRead?.()
    return this.stamp()
  }

  stamp(): number {
    return this.#loop.now + this.#skewMs()
  }

  after(delayMs: number, run: () => void, options?: EventOptions): Timer {
    if (!this.#gate.alive) return NEVER
    const event = this.#loop.after(
      delayMs,
      () => {
        this.#live.delete(timer)
        this.#gate.enter(() => {
          if (!cancelled) run()
        })
      },
      options,
    )
    // A timer that fired while the process was paused can still be cancelled before it resumes.
    let cancelled = false
    const timer: Timer = {
      cancel: () => {
        cancelled = true
        event.cancel()
        this.#live.delete(timer)
      },
    }
    this.#live.add(timer)
    return timer
  }

  every(periodMs: number, run: () => void, options?: EventOptions): Timer {
    if (!this.#gate.alive) return NEVER
    return this.#keep(this.#loop.every(periodMs, this.#tick(run), options))
  }

  shared(periodMs: number, run: () => void): Timer {
    if (!this.#gate.alive) return NEVER
    return this.#keep(this.#shared.join(periodMs, this.#tick(run)))
  }

  sleep(ms: number): Promise<void> {
    const { promise, resume } = this.#loop.suspend<void>()
    this.after(ms, resume)
    return promise
  }

  /** Cancels every timer; called when the incarnation ends. */
  cancelAll(): void {
    for (const timer of [...this.#live]) timer.cancel()
  }

  /** Ticks missed while paused are one tick on resuming. */
  #tick(run: () => void): () => void {
    let missed = false
    return () => {
      if (missed) return
      if (!this.#gate.paused) return run()
      missed = true
      this.#gate.enter(() => {
        missed = false
        run()
      })
    }
  }

  #keep(inner: Timer): Timer {
    const timer: Timer = {
      cancel: () => {
        inner.cancel()
        this.#live.delete(timer)
      },
    }
    this.#live.add(timer)
    return timer
  }
}

const NEVER: Timer = { cancel() {} }

/** Lets virtual time follow the wall clock at a speed factor. The only file of the core that reads a real clock. */
import type { Pacer } from './event-loop.ts'

/** Timers of most hosts cannot wait longer than 2^31 - 1 ms. */
const LONGEST_WAIT_MS = 2 ** 31 - 1

/** Real milliseconds from an arbitrary start, never going back. For reports and pacing, never for decisions. */
export function realNow(): number {
  return performance.now()
}

/** Runs something in so many real milliseconds, unless the process ends before: for what talks to the real world. */
export function realAfter(ms: number, run: () => void): { cancel(): void } {
  const timer = setTimeout(run, ms)
  if (typeof timer === 'object') timer.unref()
  return { cancel: () => clearTimeout(timer) }
}

export class WallPacer implements Pacer {
  readonly #virtualNow: () => number
  #speed: number
  #realStart = realNow()
  #virtualStart: number
  #wake: (() => void) | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  /** Real time at which the timer fires. */
  #timerAt = Number.POSITIVE_INFINITY

  /** @param speed virtual seconds per real second, > 0; Infinity runs as fast as the CPU goes */
  constructor(virtualNow: () => number, speed: number) {
    this.#virtualNow = virtualNow
    this.#virtualStart = virtualNow()
    this.#speed = speed
  }

  get speed(): number {
    return this.#speed
  }

  /** Changes the pace from now on; also called after a pause, so that the time paused does not count. */
  rebase(speed = this.#speed): void {
    this.#virtualStart = this.#virtualNow()
    this.#realStart = realNow()
    this.#speed = speed
    this.wake()
  }

  limit(): number {
    if (this.#speed === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY
    return this.#virtualStart + (realNow() - this.#realStart) * this.#speed
  }

  wait(due: number): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined
        resolve()
      }
      const ms = (due - this.limit()) / this.#speed
      if (Number.isFinite(ms)) this.#wakeIn(Math.min(Math.max(ms, 0), LONGEST_WAIT_MS))
    })
  }

  /** A timer that fires earlier does as well: whoever it wakes for nothing waits again. Every request would set one. */
  #wakeIn(ms: number): void {
    const at = realNow() + ms
    if (this.#timerAt <= at) return
    clearTimeout(this.#timer)
    this.#timerAt = at
    this.#timer = setTimeout(() => {
      this.#timerAt = Number.POSITIVE_INFINITY
      this.wake()
    }, ms)
  }

  wake(): void {
    this.#wake?.()
  }

  rest(): void {
    clearTimeout(this.#timer)
    this.#timerAt = Number.POSITIVE_INFINITY
    this.wake()
  }
}

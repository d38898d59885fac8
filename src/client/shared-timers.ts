/** Timers shared by all who tick with the same period: one event of the loop a period, whatever their number. */
import type { EventLoop, Timer } from '../kernel/event-loop.ts'

interface Period {
  readonly members: Set<() => void>
  readonly timer: Timer
}

export class SharedTimers {
  readonly #loop: EventLoop
  readonly #periods = new Map<number, Period>()

  constructor(loop: EventLoop) {
    this.#loop = loop
  }

  /** `run` hears every tick from now on, so its first comes after less than a period. Ticks are background. */
  join(periodMs: number, run: () => void): Timer {
    const period = this.#periods.get(periodMs) ?? this.#open(periodMs)
    const member = () => run() // The same function may join twice.
    period.members.add(member)
    return {
      cancel: () => {
        if (!period.members.delete(member) || period.members.size > 0) return
        period.timer.cancel()
        this.#periods.delete(periodMs)
      },
    }
  }

  #open(periodMs: number): Period {
    const members = new Set<() => void>()
    const tick = () => {
      for (const member of members) member()
    }
    const period = { members, timer: this.#loop.every(periodMs, tick, { label: `tick each ${periodMs} ms` }) }
    this.#periods.set(periodMs, period)
    return period
  }
}

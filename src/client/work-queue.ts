/**
 * Keys that wait to be worked on. A key is in it once however often it is added, is never worked on twice at once,
 * and comes back once if it was added meanwhile. Every key remembers what caused it to be added.
 * Upstream: client-go util/workqueue.
 *
 *   addAfter -> waiting --time--> ready --take--> starting --begin--> active --done--> (gone, or ready again)
 *   add ---------------------------^                                    |
 *   add while active ---------------------------------------------------+ again
 */
import type { Context, EventLoop, Timer } from '../kernel/event-loop.ts'
import type { Clock } from './process.ts'

export interface QueuedKey {
  readonly key: string
  /** What caused it; foreground when any of what added it was. */
  context: Context
  /** `Pod default/web-1 modified`: the first thing that added it, for people; '' when nobody asked. */
  readonly why: string
}

export class WorkQueue {
  readonly #loop: EventLoop
  readonly #clock: Clock
  readonly #onReady: () => void
  readonly #ready = new Map<string, QueuedKey>()
  readonly #starting = new Set<string>()
  readonly #active = new Set<string>()
  readonly #again = new Map<string, QueuedKey>()
  readonly #waiting = new Map<string, { readonly due: number; readonly timer: Timer }>()

  /** @param onReady called when a key has become ready */
  constructor(loop: EventLoop, clock: Clock, onReady: () => void) {
    this.#loop = loop
    this.#clock = clock
    this.#onReady = onReady
  }

  /** Keys that could be taken now. */
  get length(): number {
    return this.#ready.size
  }

  /** Keys being worked on, or about to be. */
  get active(): number {
    return this.#starting.size + this.#active.size
  }

  add(key: string, why = ''): void {
    if (this.#starting.has(key)) return // Whoever begins will see this change too.
    const { cause, background, task } = this.#loop.context
    const list = this.#active.has(key) ? this.#again : this.#ready
    const queued = list.get(key)
    if (queued !== undefined) {
      if (queued.context.background && !background) queued.context = { cause, background }
      return
    }
    // The task that adds a key is not the one that will work on it.
    const context = task === undefined ? this.#loop.context : { cause, background }
    list.set(key, { key, context, why })
    if (list === this.#ready) this.#onReady()
  }

  /** Of several delays for one key the shortest counts. Waits of over a second are background work. */
  addAfter(
    key: string,
    delayMs: number,
    why = '',
    background = delayMs > 1000 || this.#loop.context.background,
  ): void {
    if (delayMs <= 0) {
      this.add(key, why)
      return
    }
    const due = this.#loop.now + delayMs
    const waiting = this.#waiting.get(key)
    if (waiting !== undefined) {
      if (waiting.due <= due) return
      waiting.timer.cancel()
    }
    const run = () => {
      this.#waiting.delete(key)
      this.add(key, why)
    }
    const { cause } = this.#loop.context
    const timer = this.#clock.after(delayMs, run, {
      label: `${key} waits its turn`,
      context: { cause, background },
    })
    this.#waiting.set(key, { due, timer })
  }

  /** The next key; until `begin`, adding it again changes nothing. */
  take(): QueuedKey | undefined {
    for (const [key, queued] of this.#ready) {
      this.#ready.delete(key)
      this.#starting.add(key)
      return queued
    }
    return undefined
  }

  /** From now on a change to the key may come too late for who works on it. */
  begin(key: string): void {
    this.#starting.delete(key)
    this.#active.add(key)
  }

  /** Every key begun must be given back. */
  done(key: string): void {
    this.#active.delete(key)
    const again = this.#again.get(key)
    if (again === undefined) return
    this.#again.delete(key)
    this.#ready.set(key, again)
    this.#onReady()
  }

  /** Keys ready now, in order. */
  keys(): string[] {
    return [...this.#ready.keys()]
  }

  cancel(): void {
    for (const { timer } of this.#waiting.values()) timer.cancel()
    this.#waiting.clear()
    this.#ready.clear()
    this.#again.clear()
  }
}

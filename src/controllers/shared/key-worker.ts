/** A work queue with its workers, for controllers whose keys are not those of one kind. */
import type { Process } from '../../client/process.ts'
import { RateLimiter } from '../../client/rate-limiter.ts'
import { WorkQueue } from '../../client/work-queue.ts'
import { InvariantError } from '../../kernel/invariant.ts'
import { textOf } from './refusals.ts'

/** Works on keys, each at once with others but never twice at the same time; what throws comes back with back-off. */
export class KeyWorker {
  readonly #process: Process
  readonly #component: string
  readonly #concurrency: number
  readonly #work: (key: string) => Promise<void>
  readonly #queue: WorkQueue
  readonly #limiter: RateLimiter
  #started = false

  constructor(
    process: Process,
    component: string,
    concurrency: number,
    work: (key: string) => Promise<void>,
  ) {
    this.#process = process
    this.#component = component
    this.#concurrency = concurrency
    this.#work = work
    this.#queue = new WorkQueue(process.loop, process.clock, () => this.#pump())
    this.#limiter = new RateLimiter(() => process.clock.now())
  }

  /** Nothing is worked on before: call it once the caches are there. */
  start(): void {
    this.#started = true
    this.#pump()
  }

  add(key: string): void {
    this.#queue.add(key)
  }

  addAfter(key: string, delayMs: number): void {
    this.#queue.addAfter(key, delayMs)
  }

  #pump(): void {
    while (this.#started && this.#queue.active < this.#concurrency && this.#queue.length > 0) {
      const { key, context } = this.#queue.take()!
      this.#process.loop.within(context, () =>
        this.#process.spawn(`${this.#component} ${key}`, () => this.#run(key)),
      )
    }
  }

  async #run(key: string): Promise<void> {
    this.#queue.begin(key)
    try {
      await this.#work(key)
      this.#limiter.forget(key)
    } catch (error) {
      if (error instanceof InvariantError) throw error
      const delayMs = this.#limiter.when(key)
      if (this.#process.journal.enabled) {
        const text = `failed: ${textOf(error)}; retry in ${Math.round(delayMs)} ms`
        this.#process.journal.record('reconcile', this.#component, key, text, { error })
      }
      this.#queue.addAfter(key, delayMs)
    }
    this.#queue.done(key)
    this.#pump()
  }
}

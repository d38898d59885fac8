/** A work queue with its workers: keys come in, `work` is called for each, what throws comes back with back-off. */
import type { Process } from '../../client/process.ts'
import { type RateLimit, RateLimiter } from '../../client/rate-limiter.ts'
import { type QueuedKey, WorkQueue } from '../../client/work-queue.ts'
import { InvariantError } from '../../kernel/invariant.ts'
import type { ReconcileResult } from './controller.ts'
import type { ControllerControl } from './controller-control.ts'

export interface KeyWorkerOptions {
  readonly process: Process
  /** Actor in the journal. */
  readonly component: string
  /** Keys that may be worked on at once; the same one never is. Default 1. */
  readonly concurrency?: number
  readonly rateLimit?: RateLimit
  /** Who may hold it, step by step. */
  readonly control?: ControllerControl
  /** What the journal calls a key: `Pod default/web-1`. Default: the key. */
  nameOf?(key: string): string
  // biome-ignore lint/suspicious/noConfusingVoidType: async functions that return nothing are welcome.
  work(queued: QueuedKey): Promise<ReconcileResult | void>
}

export class KeyWorker {
  readonly #options: KeyWorkerOptions
  readonly #process: Process
  readonly #concurrency: number
  readonly #queue: WorkQueue
  readonly #limiter: RateLimiter
  #started = false

  constructor(options: KeyWorkerOptions) {
    const { process, concurrency = 1, rateLimit, control } = options
    this.#options = options
    this.#process = process
    this.#concurrency = concurrency
    this.#queue = new WorkQueue(process.loop, process.clock, () => this.pump())
    this.#limiter = new RateLimiter(() => process.loop.now, rateLimit)
    control?.attach(this)
  }

  /** Nothing is worked on before: call it once the caches are there. */
  start(): void {
    this.#started = true
    this.pump()
  }

  add(key: string, why?: string): void {
    this.#queue.add(key, why)
  }

  addAfter(key: string, delayMs: number, options?: { readonly background?: boolean }): void {
    this.#queue.addAfter(key, delayMs, 'time is up', options?.background)
  }

  /** Work under way finishes; nothing further is begun. */
  retire(): void {
    this.#started = false
    this.#queue.cancel()
  }

  /** Begins what may begin. */
  pump(): void {
    while (this.#started && this.#queue.active < this.#concurrency && this.#queue.length > 0) {
      if (this.#options.control?.permits() === false) return
      const queued = this.#queue.take()!
      const begin = () =>
        this.#process.spawn(`${this.#options.component} ${queued.key}`, () => this.#run(queued))
      const slowMs = this.#options.control?.slowMs ?? 0
      this.#process.loop.within(queued.context, () => {
        if (slowMs === 0) begin()
        else this.#process.clock.after(slowMs, begin, { label: `${this.#options.component} is slow` })
      })
    }
  }

  async #run(queued: QueuedKey): Promise<void> {
    const { key } = queued
    this.#queue.begin(key)
    try {
      this.#succeeded(key, (await this.#options.work(queued)) ?? undefined)
    } catch (error) {
      if (error instanceof InvariantError) throw error
      this.#failed(key, error)
    }
    this.#queue.done(key)
    this.pump()
  }

  #succeeded(key: string, result: ReconcileResult | undefined): void {
    if (result?.requeue && result.requeueAfterMs === undefined) {
      this.#queue.addAfter(key, this.#limiter.when(key), 'asked to be queued again')
      return
    }
    this.#limiter.forget(key)
    if (result?.requeueAfterMs !== undefined) this.#queue.addAfter(key, result.requeueAfterMs, 'time is up')
  }

  #failed(key: string, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error)
    // By name: the controller may come from another bundle than this.
    const terminal = error instanceof Error && error.name === 'TerminalError'
    const delayMs = terminal ? 0 : this.#limiter.when(key)
    const { journal } = this.#process
    if (journal.enabled) {
      const { component, nameOf } = this.#options
      const then = terminal ? 'not retried' : `retry in ${Math.round(delayMs)} ms`
      const text = `reconcile failed: ${message}; ${then}`
      journal.record('reconcile', component, nameOf?.(key) ?? key, text, { error })
    }
    if (terminal) this.#limiter.forget(key)
    else this.#queue.addAfter(key, delayMs, `retry after: ${message}`)
  }
}

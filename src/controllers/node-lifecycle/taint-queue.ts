/**
 * Nodes of one zone that wait for their NoExecute taint: one token at a time, first come, first served. A node
 * stays known after its turn, until it is ready again (scheduler/rate_limited_queue.go).
 */
export class TaintQueue {
  readonly #waiting = new Set<string>()
  /** Waiting or done: not to be queued again. */
  readonly #known = new Set<string>()
  #rate: number
  #token: number
  #refilledMs: number

  /** @param rate nodes a second; 0 stops the queue */
  constructor(rate: number, now: number) {
    this.#rate = rate
    this.#token = 1
    this.#refilledMs = now
  }

  get empty(): boolean {
    return this.#waiting.size === 0
  }

  /** False when it is known already. */
  add(node: string): boolean {
    if (this.#known.has(node)) return false
    this.#known.add(node)
    this.#waiting.add(node)
    return true
  }

  /** True when it was known. */
  remove(node: string): boolean {
    this.#waiting.delete(node)
    return this.#known.delete(node)
  }

  /** A used token stays used: a new rate is no reason to taint a further node at once. */
  setRate(rate: number, now: number): void {
    this.#refill(now)
    if (this.#token < 1) this.#token = 0
    this.#rate = rate
  }

  /** The node whose turn it is, if there is a token for it. */
  next(now: number): string | undefined {
    this.#refill(now)
    // Rounding of fractions of a second must not cost a whole period.
    if (this.#token < 1 - 1e-9 || this.#rate === 0) return undefined
    for (const node of this.#waiting) {
      this.#waiting.delete(node)
      this.#token = 0
      return node
    }
    return undefined
  }

  /** Ms until `next` may give a node; undefined: not before something changes. */
  waitMs(now: number): number | undefined {
    if (this.empty || this.#rate === 0) return undefined
    this.#refill(now)
    return Math.max(0, ((1 - this.#token) / this.#rate) * 1000)
  }

  #refill(now: number): void {
    this.#token = Math.min(1, this.#token + ((now - this.#refilledMs) / 1000) * this.#rate)
    this.#refilledMs = now
  }
}

/** Delays that double with each failure of a key, until it has been quiet for long (client-go util/flowcontrol). */
export class FailureBackoff {
  readonly #baseMs: number
  readonly #maxMs: number
  readonly #failures = new Map<string, { readonly delayMs: number; readonly sinceMs: number }>()

  constructor(baseMs: number, maxMs: number) {
    this.#baseMs = baseMs
    this.#maxMs = maxMs
  }

  /** Ms left to wait since the last failure; 0 for none. */
  leftMs(key: string, now: number): number {
    const failure = this.#current(key, now)
    return failure === undefined ? 0 : Math.max(0, failure.sinceMs + failure.delayMs - now)
  }

  /** Counts a failure. */
  failed(key: string, now: number): void {
    const failure = this.#current(key, now)
    const delayMs = failure === undefined ? this.#baseMs : Math.min(this.#maxMs, failure.delayMs * 2)
    this.#failures.set(key, { delayMs, sinceMs: now })
  }

  #current(key: string, now: number) {
    const failure = this.#failures.get(key)
    if (failure !== undefined && now - failure.sinceMs > 2 * this.#maxMs) {
      this.#failures.delete(key)
      return undefined
    }
    return failure
  }
}

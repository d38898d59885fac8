/** Exponential back-off per key, forgotten after a quiet time (upstream: client-go util/flowcontrol/backoff.go). */

interface Entry {
  delayMs: number
  /** When the delay was last raised. */
  updatedAt: number
}

export class Backoff {
  readonly #initialMs: number
  readonly #maxMs: number
  readonly #entries = new Map<string, Entry>()

  constructor(initialMs: number, maxMs: number) {
    this.#initialMs = initialMs
    this.#maxMs = maxMs
  }

  /** The present delay, 0 when there is none. */
  get(key: string): number {
    return this.#entries.get(key)?.delayMs ?? 0
  }

  /** Doubles the delay, or starts over when `eventTime` is more than twice the maximum after the last step. */
  next(key: string, eventTime: number, now: number): void {
    const entry = this.#entries.get(key)
    if (entry === undefined || this.#expired(entry, eventTime)) {
      this.#entries.set(key, { delayMs: this.#initialMs, updatedAt: now })
    } else {
      entry.delayMs = Math.min(entry.delayMs * 2, this.#maxMs)
      entry.updatedAt = now
    }
  }

  /** Ms left until a retry is allowed, when the failure happened at `eventTime`; 0 or less: now. */
  remainingSince(key: string, eventTime: number, now: number): number {
    const entry = this.#entries.get(key)
    if (entry === undefined || this.#expired(entry, eventTime)) return 0
    return entry.delayMs - (now - eventTime)
  }

  /** Ms left since the last step. */
  remaining(key: string, now: number): number {
    const entry = this.#entries.get(key)
    if (entry === undefined || this.#expired(entry, now)) return 0
    return entry.delayMs - (now - entry.updatedAt)
  }

  forget(key: string): void {
    this.#entries.delete(key)
  }

  #expired(entry: Entry, eventTime: number): boolean {
    return eventTime - entry.updatedAt > this.#maxMs * 2
  }
}

/**
 * How long a key waits before it is retried: the longer of its own exponential back-off and an overall token
 * bucket. Upstream: client-go util/workqueue DefaultTypedControllerRateLimiter.
 */
export interface RateLimit {
  /** Per key: `baseMs x 2^failures`, at most `maxMs`. Default 5 ms and 1000 s. */
  readonly baseMs?: number
  readonly maxMs?: number
  /** Overall: `qps` tokens a second, `burst` saved up at most. Default 10 and 100. */
  readonly qps?: number
  readonly burst?: number
}

export class RateLimiter {
  /** A monotonic clock, as Go's: jumps of the wall clock do not count. */
  readonly #now: () => number
  readonly #baseMs: number
  readonly #maxMs: number
  readonly #burst: number
  readonly #msPerToken: number
  readonly #failures = new Map<string, number>()
  /** Below zero: promised to others already. */
  #tokens: number
  #refilledMs: number

  constructor(now: () => number, { baseMs = 5, maxMs = 1_000_000, qps = 10, burst = 100 }: RateLimit = {}) {
    this.#now = now
    this.#baseMs = baseMs
    this.#maxMs = maxMs
    this.#burst = burst
    this.#msPerToken = 1000 / qps
    this.#tokens = burst
    this.#refilledMs = now()
  }

  /** Counts a failure of the key and takes a token; returns how long to wait, ms. */
  when(key: string): number {
    const failures = this.#failures.get(key) ?? 0
    this.#failures.set(key, failures + 1)
    return Math.max(Math.min(this.#maxMs, this.#baseMs * 2 ** failures), this.#takeToken())
  }

  /** Failures since the key was last forgotten. */
  retries(key: string): number {
    return this.#failures.get(key) ?? 0
  }

  forget(key: string): void {
    this.#failures.delete(key)
  }

  #takeToken(): number {
    const now = this.#now()
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#refilledMs) / this.#msPerToken)
    this.#refilledMs = now
    this.#tokens--
    return this.#tokens >= 0 ? 0 : -this.#tokens * this.#msPerToken
  }
}

/**
 * What a controller has asked for and not seen yet, so that a cache that lags does not make it ask twice. While
 * a key's expectations are unmet, its controller creates and deletes nothing. Upstream: pkg/controller,
 * ControllerExpectations and UIDTrackingControllerExpectations.
 */
interface Expected {
  creations: number
  readonly deletions: Set<string>
  readonly sinceMs: number
}

/** A lost watch event must not stop a controller for ever. */
const EXPIRE_MS = 300_000

export class Expectations {
  readonly #clock: { now(): number }
  readonly #expected = new Map<string, Expected>()

  constructor(clock: { now(): number }) {
    this.#clock = clock
  }

  /** Call before the requests are sent. Replaces what was expected before. @param ids uids or keys of the objects */
  expect(key: string, creations: number, ids: readonly string[]): void {
    this.#expected.set(key, { creations, deletions: new Set(ids), sinceMs: this.#clock.now() })
  }

  /** Call before the creations are sent. Replaces what was expected before. */
  expectCreations(key: string, count: number): void {
    this.expect(key, count, [])
  }

  /** Call before the deletions are sent. Replaces what was expected before. */
  expectDeletions(key: string, ids: readonly string[]): void {
    this.expect(key, 0, ids)
  }

  /** An object appeared, or its creation failed or was skipped. */
  creationObserved(key: string, count = 1): void {
    const expected = this.#expected.get(key)
    if (expected !== undefined) expected.creations -= count
  }

  /** An object was marked as deleting, vanished, or its deletion failed: counts once for each id. */
  deletionObserved(key: string, id: string): void {
    this.#expected.get(key)?.deletions.delete(id)
  }

  /** True when all has been seen, when nothing was expected, and after five minutes. */
  satisfied(key: string): boolean {
    const expected = this.#expected.get(key)
    if (expected === undefined) return true
    if (expected.creations <= 0 && expected.deletions.size === 0) return true
    return this.#clock.now() - expected.sinceMs > EXPIRE_MS
  }

  forget(key: string): void {
    this.#expected.delete(key)
  }
}

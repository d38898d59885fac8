/** Works on keys one after another, each again after a failure with doubling delay (upstream: 5 s up to 300 s). */
import type { Process } from '../client/process.ts'

const RETRY_MS = 5000
const RETRY_MS_MAX = 300_000

export class KeyedWorker {
  readonly #process: Process
  readonly #label: string
  readonly #sync: (key: string) => Promise<void>
  readonly #failed: (key: string, error: Error) => void
  readonly #queue = new Set<string>()
  readonly #attempts = new Map<string, number>()
  #busy = false

  constructor(
    process: Process,
    label: string,
    sync: (key: string) => Promise<void>,
    failed: (key: string, error: Error) => void,
  ) {
    this.#process = process
    this.#label = label
    this.#sync = sync
    this.#failed = failed
  }

  add(key: string): void {
    this.#queue.add(key)
    if (this.#busy) return
    this.#busy = true
    this.#process.spawn(this.#label, () => this.#run())
  }

  async #run(): Promise<void> {
    for (let key = first(this.#queue); key !== undefined; key = first(this.#queue)) {
      this.#queue.delete(key)
      try {
        await this.#sync(key)
        this.#attempts.delete(key)
      } catch (error) {
        if (!(error instanceof Error)) throw error
        const attempt = this.#attempts.get(key) ?? 0
        this.#attempts.set(key, attempt + 1)
        this.#failed(key, error)
        const again = key
        const delay = Math.min(RETRY_MS * 2 ** attempt, RETRY_MS_MAX)
        this.#process.clock.after(delay, () => this.add(again), {
          background: true,
          label: `${this.#label} retry`,
        })
      }
    }
    this.#busy = false
  }
}

function first(keys: ReadonlySet<string>): string | undefined {
  for (const key of keys) return key
  return undefined
}

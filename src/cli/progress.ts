/** Shows on a terminal how far a long run is; short runs show nothing. */
import type { Cluster } from '../cluster/cluster.ts'
import type { LoadedScenario, LoadedStep } from '../scenario/load.ts'
import { formatElapsed } from '../scenario/report/layout.ts'
import type { RunObserver } from '../scenario/run.ts'

/** A run that takes no longer than this shows no progress, ms of real time. */
const PATIENCE_MS = 2000
const EVERY_MS = 200

export class Progress implements RunObserver {
  readonly #terminal: NodeJS.WriteStream
  readonly #steps: number
  readonly #started = process.hrtime.bigint()
  #cluster: Cluster | undefined
  #start = 0
  #step = ''
  #shownMs = 0
  #visible = false

  constructor(terminal: NodeJS.WriteStream, steps: number) {
    this.#terminal = terminal
    this.#steps = steps
  }

  started(cluster: Cluster, _scenario: LoadedScenario): void {
    if (!this.#terminal.isTTY) return
    this.#cluster = cluster
    this.#start = cluster.now
    // The journal speaks often enough, and from inside the run: a timer would have to wait for its end.
    cluster.journal.subscribe(() => this.#tick())
  }

  stepStarted(step: LoadedStep, index: number): void {
    this.clear()
    this.#step = `step ${index + 1} of ${this.#steps}, ${step.title}`
  }

  operationFinished(): void {
    this.clear()
  }

  /** Takes the line away, before anything else is written. */
  clear(): void {
    if (this.#visible) this.#terminal.write('\r\x1b[K')
    this.#visible = false
  }

  #tick(): void {
    const ms = Number(process.hrtime.bigint() - this.#started) / 1e6
    if (ms < PATIENCE_MS || ms - this.#shownMs < EVERY_MS || this.#cluster === undefined) return
    this.#shownMs = ms
    this.#visible = true
    const virtual = formatElapsed(this.#cluster.now - this.#start)
    const line = `${this.#step}: ${virtual} of virtual time, ${this.#cluster.loop.steps} events`
    this.#terminal.write(`\r\x1b[K${line.slice(0, (this.#terminal.columns ?? 80) - 1)}`)
  }
}

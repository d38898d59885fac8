/**
 * One probe of one container instance (upstream: pkg/kubelet/prober/worker.go). It ticks with the probe's period
 * while the answer can change; once the answer is settled and steady it sleeps, without any timer, until the
 * container's network or files announce a change, and then wakes at the tick that was due anyway.
 */
import type { Probe } from '../../api/core/probe.ts'
import type { Timer } from '../../kernel/event-loop.ts'
import { type ProbeAnswer, type ProbeTarget, runProbe } from './probe-action.ts'

export type ProbeKind = 'startup' | 'liveness' | 'readiness'

export interface ProbeOwner {
  /** The result as it counts, after thresholds. Called when it is set, also when it is the same as before. */
  probed(kind: ProbeKind, healthy: boolean): void
  /** Every failed, warned or errored attempt, for Events. */
  attempt(kind: ProbeKind, answer: ProbeAnswer): void
  /** Calls back at each change that a probe could notice; returns the function that stops it. */
  onChange(run: () => void): () => void
}

export class ProbeWorker {
  readonly kind: ProbeKind
  readonly #probe: Probe
  readonly #target: ProbeTarget
  readonly #owner: ProbeOwner
  readonly #base: number
  #timer: Timer | undefined
  #asleep: (() => void) | undefined
  #lastResult: 'success' | 'failure' | undefined
  #run = 0
  #settled: 'success' | 'failure' | undefined
  /** Ticks that `settle` waits for: the first ones, and those after a change. */
  #foregroundTicks: number
  #stopped = false

  /** @param startedAt when the container started, ms since the epoch: the initial delay counts from there */
  constructor(kind: ProbeKind, probe: Probe, target: ProbeTarget, owner: ProbeOwner, startedAt: number) {
    this.kind = kind
    this.#probe = probe
    this.#target = target
    this.#owner = owner
    const now = target.clock.now()
    this.#base = Math.max(now, startedAt + (probe.initialDelaySeconds ?? 0) * 1000)
    this.#foregroundTicks = this.#thresholdTicks()
    this.#schedule(this.#base)
  }

  get settled(): 'success' | 'failure' | undefined {
    return this.#settled
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
    this.#asleep?.()
    this.#asleep = undefined
  }

  #thresholdTicks(): number {
    return Math.max(this.#probe.failureThreshold || 3, this.#probe.successThreshold || 1)
  }

  #schedule(at: number): void {
    const { clock } = this.#target
    this.#timer = clock.after(Math.max(0, at - clock.now()), () => this.#tick(), {
      background: this.#foregroundTicks <= 0,
      label: `${this.kind} probe of container ${this.#target.spec.name}`,
    })
  }

  #tick(): void {
    this.#foregroundTicks--
    runProbe(this.#probe, this.#target, (answer) => {
      if (!this.#stopped) this.#heard(answer)
    })
  }

  #heard(answer: ProbeAnswer): void {
    if (answer.result !== 'success') this.#owner.attempt(this.kind, answer)
    let done = false
    if (answer.result !== 'error') {
      const result = answer.result === 'failure' ? 'failure' : 'success'
      this.#run = this.#lastResult === result ? this.#run + 1 : 1
      this.#lastResult = result
      const threshold =
        result === 'failure' ? this.#probe.failureThreshold || 3 : this.#probe.successThreshold || 1
      if (this.#run >= threshold) {
        const before = this.#settled
        this.#settled = result
        done = result === 'success'
        if (before !== result || result === 'failure') this.#owner.probed(this.kind, result === 'success')
        // A failed liveness or startup probe, or a passed startup probe, has nothing left to ask.
        if (this.kind === 'startup' || (this.kind === 'liveness' && result === 'failure')) this.stop()
      }
    }
    if (this.#stopped) return
    if (done && answer.steady) this.#sleep()
    else this.#schedule(this.#nextTick(this.#target.clock.now() + 1))
  }

  #sleep(): void {
    this.#asleep = this.#owner.onChange(() => {
      this.#asleep?.()
      this.#asleep = undefined
      this.#foregroundTicks = this.#thresholdTicks()
      this.#schedule(this.#nextTick(this.#target.clock.now()))
    })
  }

  #nextTick(from: number): number {
    const period = (this.#probe.periodSeconds || 10) * 1000
    return this.#base + Math.max(0, Math.ceil((from - this.#base) / period)) * period
  }
}

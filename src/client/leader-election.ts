/**
 * Leader election on a Lease: of all candidates one leads, as long as it renews in time. A challenger trusts only
 * its own clock: it counts from when it saw the record change. Upstream: client-go tools/leaderelection.
 */

import { Lease } from '../api/coordination/lease.ts'
import { isConflict, isNotFound } from '../api/errors.ts'
import type { Stored } from '../api/kind.ts'
import { formatMicroTime } from '../api/time.ts'
import type { Process } from './process.ts'

export interface LeaderElectionOptions {
  /** The Lease's name; its namespace is kube-system unless said otherwise. */
  readonly name: string
  readonly namespace?: string
  /** Who we are; unique among candidates. */
  readonly identity: string
  readonly leaseDurationMs?: number
  readonly renewDeadlineMs?: number
  readonly retryPeriodMs?: number
  /** Called once, when we lead. */
  onStartedLeading(): void
  /** We could not renew in time and must stop at once; default: the process exits. */
  onStoppedLeading?(): void
}

const JITTER = 1.2

/** Becomes a candidate in the process's present incarnation; on an orderly stop a leader gives its lead away. */
export function runLeaderElection(process: Process, options: LeaderElectionOptions): void {
  new LeaderElector(process, options).start()
}

class LeaderElector {
  readonly #process: Process
  readonly #options: LeaderElectionOptions
  readonly #namespace: string
  readonly #leaseDurationMs: number
  readonly #renewDeadlineMs: number
  readonly #retryPeriodMs: number
  /** The record as we last saw it, and when it last changed on our clock. */
  #observed: Stored<Lease> | undefined
  #observedMs = 0
  #leading = false
  #renewedMs = 0

  constructor(process: Process, options: LeaderElectionOptions) {
    this.#process = process
    this.#options = options
    this.#namespace = options.namespace ?? 'kube-system'
    this.#leaseDurationMs = options.leaseDurationMs ?? 15_000
    this.#renewDeadlineMs = options.renewDeadlineMs ?? 10_000
    this.#retryPeriodMs = options.retryPeriodMs ?? 2_000
  }

  start(): void {
    this.#process.onStop((how) => how === 'stopped' && this.#release())
    this.#attempt()
  }

  #attempt(): void {
    this.#process.spawn(`leader election of ${this.#options.identity}`, async () => {
      const held = await this.#tryAcquireOrRenew()
      if (held) this.#holds()
      else this.#lacks()
    })
  }

  #holds(): void {
    this.#renewedMs = this.#process.clock.now()
    if (!this.#leading) {
      this.#leading = true
      this.#record('became leader')
      this.#options.onStartedLeading()
    }
    this.#again(this.#retryPeriodMs)
  }

  #lacks(): void {
    if (!this.#leading) {
      const random = this.#process.random('leader-election').float()
      this.#again(this.#retryPeriodMs * (1 + JITTER * random))
      return
    }
    if (this.#process.clock.now() - this.#renewedMs < this.#renewDeadlineMs) {
      this.#again(this.#retryPeriodMs)
      return
    }
    this.#leading = false
    this.#record('stopped leading')
    if (this.#options.onStoppedLeading === undefined) this.#process.exit('leader election lost')
    else this.#options.onStoppedLeading()
  }

  #again(delayMs: number): void {
    this.#process.clock.after(delayMs, () => this.#attempt(), { background: true, label: 'leader election' })
  }

  /** True when the record is ours now. A refused write is no error: somebody was faster, or we try again. */
  async #tryAcquireOrRenew(): Promise<boolean> {
    const { client, clock } = this.#process
    try {
      const old = await this.#read()
      const now = clock.now()
      if (old === undefined) {
        this.#observe(await client.create(Lease, this.#leaseFor(undefined, now)))
        return true
      }
      const holder = old.spec?.holderIdentity
      const mine = holder === this.#options.identity
      const durationMs = (old.spec?.leaseDurationSeconds ?? 0) * 1000
      if (holder && !mine && this.#observedMs + durationMs > now) return false
      this.#observe(await client.replace(Lease, this.#leaseFor(old, now)))
      return true
    } catch (error) {
      if (isConflict(error)) this.#observed = undefined
      return false
    }
  }

  async #read(): Promise<Stored<Lease> | undefined> {
    // The leader trusts what it wrote last: its update conflicts when that is no longer true.
    if (this.#leading && this.#observed !== undefined) return this.#observed
    try {
      const { name } = this.#options
      const lease = await this.#process.client.get(Lease, { namespace: this.#namespace, name })
      if (lease.metadata.resourceVersion !== this.#observed?.metadata.resourceVersion) this.#observe(lease)
      return lease
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  #observe(lease: Stored<Lease>): void {
    this.#observed = lease
    this.#observedMs = this.#process.clock.now()
  }

  #leaseFor(old: Stored<Lease> | undefined, nowMs: number): Lease {
    const { name, identity } = this.#options
    const now = formatMicroTime(nowMs)
    const keeps = old?.spec?.holderIdentity === identity
    return {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      ...old,
      metadata: old?.metadata ?? { namespace: this.#namespace, name },
      spec: {
        ...old?.spec,
        holderIdentity: identity,
        leaseDurationSeconds: this.#leaseDurationMs / 1000,
        acquireTime: keeps ? old?.spec?.acquireTime : now,
        renewTime: now,
        leaseTransitions: (old?.spec?.leaseTransitions ?? 0) + (keeps || old === undefined ? 0 : 1),
      },
    }
  }

  #release(): void {
    if (!this.#leading || this.#observed === undefined) return
    const now = formatMicroTime(this.#process.clock.now())
    const { leaseTransitions } = this.#observed.spec ?? {}
    const spec = {
      leaseDurationSeconds: 1,
      acquireTime: now,
      renewTime: now,
      leaseTransitions,
    }
    const { transport, requests } = this.#process
    const released: Lease = { ...this.#observed, spec }
    transport.request(requests.update(Lease, released), () => {})
  }

  #record(text: 'became leader' | 'stopped leading'): void {
    const { name, identity } = this.#options
    this.#process.journal.record('process', this.#process.name, `Lease ${this.#namespace}/${name}`, text)
    if (this.#observed === undefined) return
    this.#process.recorder(name).event(this.#observed, 'Normal', 'LeaderElection', `${identity} ${text}`)
  }
}

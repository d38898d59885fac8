/** The pods to be placed: those whose turn it is, those backing off, those that wait for an event (backend/queue). */

import type { Clock } from '../../client/process.ts'
import type { EventLoop, Timer } from '../../kernel/event-loop.ts'
import type { PodInfo } from '../cache/node-info.ts'
import { type ClusterEvent, matchesEvent } from '../framework/cluster-event.ts'
import type { Nominator } from '../framework/nominator.ts'
import type { Plugin } from '../framework/plugin.ts'
import { Heap } from './heap.ts'
import type { QueuedPod } from './queued-pod.ts'
import { UnschedulablePods } from './unschedulable-pods.ts'

export interface QueueOptions {
  readonly initialBackoffMs: number
  readonly maxBackoffMs: number
  readonly less: NonNullable<Plugin['less']>
  /** Plugins of the pod's profile that may keep it out, and any plugin of it by name. */
  readonly profileOf: (pod: PodInfo) => QueueProfile
  /** A pod can be popped. */
  readonly onReady: () => void
}

export interface QueueProfile {
  readonly preEnqueue: readonly Plugin[]
  readonly plugins: ReadonlyMap<string, Plugin>
}

const NONE: ReadonlySet<string> = new Set()
const FLUSH_PERIOD_MS = 30_000
const MAX_UNSCHEDULABLE_MS = 5 * 60_000
const BACKOFF_WINDOW_MS = 1000

type Strategy = 'skip' | 'afterBackoff' | 'immediately'

/** Any plugin that rejected counts as helped by these. */
const WILDCARD = '*'

export function backoffMs(attempts: number, initialMs: number, maxMs: number): number {
  let duration = initialMs
  for (let i = 1; i < attempts; i++) {
    if (duration > maxMs - duration) return maxMs
    duration *= 2
  }
  return Math.min(duration, maxMs)
}

export class SchedulingQueue {
  readonly #clock: Clock
  readonly #loop: EventLoop
  readonly #options: QueueOptions
  readonly #nominator: Nominator
  readonly #active: Heap<QueuedPod>
  readonly #backoff: Heap<QueuedPod>
  readonly #errorBackoff: Heap<QueuedPod>
  readonly #unschedulable = new UnschedulablePods()
  /** Every pod the queue knows, also those in flight. */
  readonly #pods = new Map<string, QueuedPod>()
  /** Pods in flight, oldest first, and which events had been seen when each was popped. */
  readonly #inFlight = new Map<string, number>()
  #events: ClusterEvent[] = []
  #firstEvent = 0
  #sequence = 0
  #flushTimer: Timer | undefined
  #backoffTimer: Timer | undefined
  #backoffTimerDue = 0

  constructor(clock: Clock, loop: EventLoop, nominator: Nominator, options: QueueOptions) {
    this.#clock = clock
    this.#loop = loop
    this.#nominator = nominator
    this.#options = options
    const byWindow = (a: QueuedPod, b: QueuedPod) =>
      a.backoffUntil !== b.backoffUntil ? a.backoffUntil < b.backoffUntil : options.less(a, b)
    this.#active = new Heap<QueuedPod>(options.less)
    this.#backoff = new Heap(byWindow)
    this.#errorBackoff = new Heap(byWindow)
  }

  // -- pods come, change and go ---------------------------------------------------------------------------

  add(info: PodInfo): void {
    const pod: QueuedPod = {
      info,
      timestamp: this.#clock.now(),
      sequence: this.#sequence++,
      attempts: 0,
      heapAt: -1,
      place: 'none',
      gated: false,
      unschedulablePlugins: NONE,
      pendingPlugins: NONE,
      backoffUntil: 0,
      context: this.#loop.context,
    }
    this.#pods.set(info.uid, pod)
    const nominated = info.pod.status?.nominatedNodeName
    if (nominated) this.#nominator.add(info, nominated)
    this.#toActive(pod)
  }

  get(uid: string): QueuedPod | undefined {
    return this.#pods.get(uid)
  }

  /** A newer version: `reclassified` when spec or labels changed; events say what else did. */
  update(info: PodInfo, events: readonly ClusterEvent[], isSpecUpdate: boolean): void {
    const pod = this.#pods.get(info.uid)
    if (pod === undefined) {
      this.add(info)
      return
    }
    const wasFiled = pod.place === 'unschedulable'
    if (wasFiled) this.#unschedulable.remove(pod)
    pod.info.pod = info.pod
    if (pod.info.class !== info.class) {
      pod.info.class = info.class
      pod.info.requests = info.requests
    }
    this.#updateNomination(pod.info)
    if (pod.place === 'inFlight') {
      for (const event of events) this.#remember(event)
      return
    }
    if (!wasFiled) return
    this.#unschedulable.add(pod)
    pod.context = this.#loop.context
    if (pod.gated) {
      if (isSpecUpdate) this.#requeue(pod, 'afterBackoff')
      return
    }
    for (const event of events) {
      const strategy = this.#strategyFor(pod, event)
      if (strategy !== 'skip') {
        this.#requeue(pod, strategy)
        return
      }
    }
  }

  delete(uid: string): void {
    this.#nominator.remove(uid)
    const pod = this.#pods.get(uid)
    if (pod === undefined) return
    this.#take(pod)
    this.#pods.delete(uid)
    this.#done(uid)
  }

  /** An own nomination that the API does not know yet stays. */
  #updateNomination(info: PodInfo): void {
    const said = info.pod.status?.nominatedNodeName
    if (said) this.#nominator.add(info, said)
  }

  // -- cycles ---------------------------------------------------------------------------------------------

  get hasReady(): boolean {
    return this.#active.size > 0 || this.#backoff.size > 0
  }

  /** The next pod; an idle queue does not wait for back-offs (SchedulerPopFromBackoffQ). */
  pop(): QueuedPod | undefined {
    const pod = this.#active.pop() ?? this.#backoff.pop()
    if (pod === undefined) return undefined
    pod.place = 'inFlight'
    pod.attempts++
    this.#inFlight.set(pod.info.uid, this.#firstEvent + this.#events.length)
    return pod
  }

  /** Its cycle, with binding, is over and the pod is placed or gone. */
  finish(uid: string): void {
    this.#pods.delete(uid)
    this.#done(uid)
  }

  /** The attempt failed by an error: again after back-off. */
  requeueAfterError(pod: QueuedPod): void {
    if (!this.#isInFlight(pod)) return
    this.#failed(pod, NONE, NONE)
    this.#done(pod.info.uid)
    this.#place(pod, 'errorBackoff')
  }

  /** The pod fits nowhere: it waits for an event that helps, unless one happened during the attempt. */
  requeueUnschedulable(pod: QueuedPod, plugins: ReadonlySet<string>, pending: ReadonlySet<string>): void {
    if (!this.#isInFlight(pod)) return
    this.#failed(pod, plugins, pending)
    let strategy: Strategy = 'skip'
    for (let at = this.#inFlight.get(pod.info.uid)!; at < this.#firstEvent + this.#events.length; at++) {
      const next = this.#strategyFor(pod, this.#events[at - this.#firstEvent]!)
      if (next === 'skip') continue
      strategy = next
      if (next === 'immediately') break
    }
    this.#done(pod.info.uid)
    if (plugins.size + pending.size === 0) strategy = 'afterBackoff'
    this.#place(pod, 'unschedulable')
    if (strategy !== 'skip') this.#requeue(pod, strategy)
  }

  /** Something happened: pods that it may help are tried again. `except` is left alone. */
  moveAll(event: ClusterEvent, except?: string): void {
    this.#remember(event)
    if (this.#unschedulable.size === 0) return
    const any = event.resource === WILDCARD
    const moved = this.#unschedulable.select(
      (plugin, pod) => any || this.#helps(plugin, pod, event),
      (plugin, pod) => any || this.#cares(plugin, pod, event),
    )
    for (const pod of moved) {
      if (pod.info.uid === except) continue
      pod.context = this.#loop.context
      this.#requeue(pod, this.#isPending(pod, event) ? 'immediately' : 'afterBackoff')
    }
  }

  /** A plugin lets the pod into the queue, or thinks that it may fit. */
  activate(uid: string): void {
    const pod = this.#pods.get(uid)
    if (pod === undefined || pod.place === 'inFlight' || pod.place === 'active') return
    this.#take(pod)
    pod.context = this.#loop.context
    this.#toActive(pod)
  }

  /** Pods that wait, by why, for people. */
  pending(): {
    readonly active: number
    readonly backoff: number
    readonly unschedulable: number
    readonly gated: number
  } {
    const gated = [...this.#unschedulable.values()].filter((it) => it.gated).length
    return {
      active: this.#active.size,
      backoff: this.#backoff.size + this.#errorBackoff.size,
      unschedulable: this.#unschedulable.size - gated,
      gated,
    }
  }

  // -- events ---------------------------------------------------------------------------------------------

  #helps(name: string, pod: QueuedPod, event: ClusterEvent): boolean {
    const plugin = this.#options.profileOf(pod.info).plugins.get(name)
    if (plugin?.events === undefined) return true
    return plugin.events.some((it) => matchesEvent(it, event) && (it.hint?.(pod.info, event) ?? true))
  }

  #cares(name: string, pod: QueuedPod, event: ClusterEvent): boolean {
    const plugin = this.#options.profileOf(pod.info).plugins.get(name)
    return plugin?.events === undefined || plugin.events.some((it) => matchesEvent(it, event))
  }

  #isPending({ pendingPlugins, info }: QueuedPod, event: ClusterEvent): boolean {
    if (pendingPlugins.size === 0) return false
    const pod = this.#pods.get(info.uid)!
    return [...pendingPlugins].some((it) => this.#helps(it, pod, event))
  }

  #strategyFor(pod: QueuedPod, event: ClusterEvent): Strategy {
    if (event.resource === WILDCARD) return 'afterBackoff'
    if (this.#isPending(pod, event)) return 'immediately'
    const { unschedulablePlugins, pendingPlugins } = pod
    if (unschedulablePlugins.size + pendingPlugins.size === 0) return 'afterBackoff'
    return [...unschedulablePlugins].some((it) => this.#helps(it, pod, event)) ? 'afterBackoff' : 'skip'
  }

  #remember(event: ClusterEvent): void {
    if (this.#inFlight.size > 0) this.#events.push(event)
  }

  /** Events that no pod in flight has still to see are dropped. */
  #done(uid: string): void {
    if (!this.#inFlight.delete(uid)) return
    const oldest = this.#inFlight.values().next()
    const end = this.#firstEvent + this.#events.length
    const from = oldest.done ? end : oldest.value
    if (from === end) {
      this.#events.length = 0
      this.#firstEvent = end
    } else if (from - this.#firstEvent > 1024) {
      this.#events = this.#events.slice(from - this.#firstEvent)
      this.#firstEvent = from
    }
  }

  #isInFlight(pod: QueuedPod): boolean {
    return this.#pods.get(pod.info.uid) === pod && pod.place === 'inFlight'
  }

  // -- moving ---------------------------------------------------------------------------------------------

  #failed(pod: QueuedPod, plugins: ReadonlySet<string>, pending: ReadonlySet<string>): void {
    pod.timestamp = this.#clock.now()
    pod.unschedulablePlugins = plugins
    pod.pendingPlugins = pending
    const { initialBackoffMs, maxBackoffMs } = this.#options
    const until = pod.timestamp + backoffMs(pod.attempts, initialBackoffMs, maxBackoffMs)
    pod.backoffUntil = Math.floor(until / BACKOFF_WINDOW_MS) * BACKOFF_WINDOW_MS
  }

  #requeue(pod: QueuedPod, strategy: Strategy): void {
    this.#take(pod)
    if (strategy === 'immediately' || pod.backoffUntil <= this.#clock.now()) {
      this.#toActive(pod)
      return
    }
    if (this.#isKeptOut(pod)) return
    this.#place(pod, 'backoff')
    this.#options.onReady()
  }

  #toActive(pod: QueuedPod): void {
    if (this.#isKeptOut(pod)) return
    this.#place(pod, 'active')
    this.#options.onReady()
  }

  /** Files the pod as gated when a PreEnqueue plugin says so. */
  #isKeptOut(pod: QueuedPod): boolean {
    for (const plugin of this.#options.profileOf(pod.info).preEnqueue) {
      if (plugin.preEnqueue!(pod.info).code === 'success') continue
      pod.gated = true
      pod.unschedulablePlugins = new Set([plugin.name])
      this.#place(pod, 'unschedulable')
      return true
    }
    pod.gated = false
    return false
  }

  #place(pod: QueuedPod, place: QueuedPod['place']): void {
    pod.place = place
    switch (place) {
      case 'active':
        this.#active.push(pod)
        break
      case 'backoff':
        this.#backoff.push(pod)
        this.#armBackoff()
        break
      case 'errorBackoff':
        this.#errorBackoff.push(pod)
        this.#armBackoff()
        break
      case 'unschedulable':
        this.#unschedulable.add(pod)
        this.#armFlush()
        break
      default:
    }
  }

  #take(pod: QueuedPod): void {
    if (pod.place === 'active') this.#active.remove(pod)
    else if (pod.place === 'backoff') this.#backoff.remove(pod)
    else if (pod.place === 'errorBackoff') this.#errorBackoff.remove(pod)
    else if (pod.place === 'unschedulable') this.#unschedulable.remove(pod)
    pod.place = 'none'
  }

  // -- time -----------------------------------------------------------------------------------------------

  /** Normal back-offs end early when the queue is idle, so only those of errors need a timer while it is. */
  #armBackoff(): void {
    const dues = [this.#backoff.peek(), this.#errorBackoff.peek()].flatMap((it) => it?.backoffUntil ?? [])
    if (dues.length === 0) return
    const due = Math.min(...dues)
    if (this.#backoffTimer !== undefined && this.#backoffTimerDue <= due) return
    this.#backoffTimer?.cancel()
    this.#backoffTimerDue = due
    const delay = Math.max(0, due - this.#clock.now())
    const options = { background: delay > BACKOFF_WINDOW_MS, label: 'scheduler: back-off of a pod ends' }
    this.#backoffTimer = this.#clock.after(delay, () => this.#endBackoffs(), options)
  }

  #endBackoffs(): void {
    this.#backoffTimer = undefined
    const now = this.#clock.now()
    for (const heap of [this.#backoff, this.#errorBackoff]) {
      for (let pod = heap.peek(); pod !== undefined && pod.backoffUntil <= now; pod = heap.peek()) {
        this.#take(pod)
        this.#toActive(pod)
      }
    }
    this.#armBackoff()
  }

  /** Whatever event was missed: nobody waits longer than five minutes. */
  #armFlush(): void {
    if (this.#flushTimer !== undefined) return
    const flush = () => {
      this.#flushTimer = undefined
      const before = this.#clock.now() - MAX_UNSCHEDULABLE_MS
      for (const pod of [...this.#unschedulable.values()])
        if (!pod.gated && pod.timestamp < before) this.#requeue(pod, 'afterBackoff')
      if (this.#unschedulable.size > 0) this.#armFlush()
    }
    this.#flushTimer = this.#clock.after(FLUSH_PERIOD_MS, flush, {
      background: true,
      label: 'scheduler: unschedulable pods are looked at again',
    })
  }
}

/** Pods that Permit plugins hold back, between the scheduling cycle and the binding cycle (runtime/waiting_pods_map.go). */

import type { Clock } from '../client/process.ts'
import type { Timer } from '../kernel/event-loop.ts'
import type { PodInfo } from './cache/node-info.ts'
import type { WaitingPods } from './framework/plugin.ts'
import { by, type Status, SUCCESS, unschedulable } from './framework/status.ts'

/** Nobody waits longer, whatever the plugin asks for. */
const MAX_WAIT_MS = 15 * 60_000

interface Held {
  readonly pod: PodInfo
  readonly timers: Map<string, Timer>
  readonly done: (status: Status) => void
}

export class HeldPods implements WaitingPods {
  readonly #clock: Clock
  readonly #held = new Map<string, Held>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  list(): readonly PodInfo[] {
    return [...this.#held.values()].map((it) => it.pod)
  }

  /** @param plugins that asked to wait, and how long each at most */
  hold(pod: PodInfo, plugins: ReadonlyMap<string, number>, done: (status: Status) => void): void {
    const held: Held = { pod, timers: new Map(), done }
    this.#held.set(pod.uid, held)
    for (const [plugin, timeoutMs] of plugins) {
      const expire = () =>
        this.#end(
          pod.uid,
          by(
            plugin,
            unschedulable(`rejected due to timeout after waiting ${timeoutMs / 1000}s at plugin ${plugin}`),
          ),
        )
      const delay = Math.min(timeoutMs, MAX_WAIT_MS)
      held.timers.set(
        plugin,
        this.#clock.after(delay, expire, { background: true, label: `${plugin}: permit times out` }),
      )
    }
  }

  allow(uid: string, plugin: string): void {
    const held = this.#held.get(uid)
    held?.timers.get(plugin)?.cancel()
    held?.timers.delete(plugin)
    if (held?.timers.size === 0) this.#end(uid, SUCCESS)
  }

  reject(uid: string, plugin: string, reason: string): boolean {
    return this.#end(uid, by(plugin, unschedulable(reason)))
  }

  #end(uid: string, status: Status): boolean {
    const held = this.#held.get(uid)
    if (held === undefined) return false
    this.#held.delete(uid)
    for (const timer of held.timers.values()) timer.cancel()
    held.done(status)
    return true
  }
}

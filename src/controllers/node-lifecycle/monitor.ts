/**
 * Looks at all nodes every 5 s: who is silent, which zones are down, who is to be tainted. It only decides and
 * remembers; the controller's reconcile writes, node by node.
 */
import type { Node, NodeCondition } from '../../api/core/node.ts'
import type { Stored } from '../../api/kind.ts'
import { type Assessment, assess, type Graces, type NodeHealth } from './health.ts'
import { TaintQueue } from './taint-queue.ts'
import { hasNoExecute, NOT_READY, type NoExecute, UNREACHABLE } from './taints.ts'
import { type EvictionRates, type ZoneState, zoneOf, zoneRate, zoneState } from './zones.ts'

const EXCLUDED = 'node.kubernetes.io/exclude-disruption'

/** What a reconcile has to do for one node; merged until it is done. */
export interface NodeTask {
  /** Conditions to write: it has fallen silent. */
  conditions?: readonly NodeCondition[]
  /** It was Ready until now: tell, and take its pods out of service. */
  fellSilent?: boolean
  /** Take its pods out of service. */
  silencePods?: boolean
  noExecute?: NoExecute
}

export interface MonitorHost {
  now(): number
  renewTimeOf(node: string): string | undefined
  /** Something is to be done for this node. */
  queue(node: string): void
  /** A taint is waiting: call `taintPass` after so long. */
  wakeAfter(delayMs: number): void
  registered(node: Stored<Node>): void
  removed(node: string): void
}

export interface MonitorOptions extends Graces, EvictionRates {}

/** A node at the last look. */
interface Look {
  readonly node: Stored<Node>
  health: NodeHealth
  readonly zone: string
  /** What it counts as in its zone; undefined: not at all. */
  readonly counted: 'ready' | 'notReady' | undefined
  /** Ready and free of our taints: as long as the node is the same and reports, there is nothing to do. */
  readonly well: boolean
}

export class NodeMonitor {
  readonly #host: MonitorHost
  readonly #options: MonitorOptions
  readonly #looks = new Map<string, Look>()
  readonly #zones = new Map<string, { state: ZoneState; readonly queue: TaintQueue }>()
  readonly #tasks = new Map<string, NodeTask>()

  constructor(host: MonitorHost, options: MonitorOptions) {
    this.#host = host
    this.#options = options
  }

  /** What is to be done for a node; undone tasks are handed back with `retry`. */
  takeTask(name: string): NodeTask {
    const task = this.#tasks.get(name)
    this.#tasks.delete(name)
    return task ?? {}
  }

  retry(name: string, task: NodeTask): void {
    this.#tasks.set(name, { ...task, ...this.#tasks.get(name) })
  }

  tick(nodes: readonly Stored<Node>[]): void {
    this.#welcome(nodes)
    const zones = new Map<string, { ready: number; notReady: number }>()
    for (const node of nodes) {
      const { zone, counted } = this.#look(node)
      if (counted === undefined) continue
      let counts = zones.get(zone)
      if (counts === undefined) zones.set(zone, (counts = { ready: 0, notReady: 0 }))
      counts[counted]++
    }
    this.#handleDisruption(zones, nodes)
  }

  /** Whose turn it is to be tainted; asks to be woken for the others. */
  taintPass(): void {
    const now = this.#host.now()
    let waitMs: number | undefined
    for (const { queue } of this.#zones.values()) {
      for (let node = queue.next(now); node !== undefined; node = queue.next(now))
        this.#task(node, { noExecute: 'apply' })
      const wait = queue.waitMs(now)
      if (wait !== undefined) waitMs = Math.min(waitMs ?? wait, wait)
    }
    if (waitMs !== undefined) this.#host.wakeAfter(waitMs)
  }

  #welcome(nodes: readonly Stored<Node>[]): void {
    if (nodes.length === this.#looks.size && nodes.every((it) => this.#looks.has(it.metadata.name))) return
    const present = new Set<string>()
    for (const node of nodes) {
      present.add(node.metadata.name)
      if (this.#looks.has(node.metadata.name)) continue
      this.#host.registered(node)
    }
    for (const name of this.#looks.keys()) {
      if (present.has(name)) continue
      this.#looks.delete(name)
      this.#tasks.delete(name)
      for (const { queue } of this.#zones.values()) queue.remove(name)
      this.#host.removed(name)
    }
  }

  #look(node: Stored<Node>): Look {
    const { name } = node.metadata
    const now = this.#host.now()
    const renewTime = this.#host.renewTimeOf(name)
    const last = this.#looks.get(name)
    if (last?.well && last.node === node) {
      const { health } = last
      if (renewTime !== undefined && (health.renewTime === undefined || renewTime > health.renewTime)) {
        last.health = { heartbeat: health.heartbeat, renewTime, probeMs: now }
        return last
      }
      if (now <= health.probeMs + this.#options.monitorMs) return last
    }
    const assessment = assess(node, last?.health, renewTime, now, this.#options)
    this.#followUp(node, assessment)
    const { observed, current, health } = assessment
    const isCounted = node.metadata.labels?.[EXCLUDED] === undefined && current !== undefined
    const look: Look = {
      node,
      health,
      zone: zoneOf(node),
      counted: isCounted ? (current === 'True' ? 'ready' : 'notReady') : undefined,
      well: observed === 'True' && current === 'True' && !isTainted(node),
    }
    this.#looks.set(name, look)
    return look
  }

  #followUp(node: Stored<Node>, { observed, current, conditions }: Assessment): void {
    const { name } = node.metadata
    if (conditions !== undefined) this.#task(name, { conditions })
    if (current === undefined) return
    const zone = this.#zone(zoneOf(node))
    if (observed === 'True') {
      this.#makeReachable(node, zone.queue)
      if (current !== 'True') this.#task(name, { fellSilent: true })
      return
    }
    const [wanted, opposite] = observed === 'False' ? [NOT_READY, UNREACHABLE] : [UNREACHABLE, NOT_READY]
    // It has been tainted before, for the other reason: no queue again.
    if (hasNoExecute(node, opposite)) this.#task(name, { noExecute: 'apply' })
    else if (!hasNoExecute(node, wanted) && zone.queue.add(name)) this.#host.wakeAfter(0)
  }

  #makeReachable(node: Stored<Node>, queue: TaintQueue): void {
    queue.remove(node.metadata.name)
    if (isTainted(node)) this.#task(node.metadata.name, { noExecute: 'clear' })
  }

  #handleDisruption(
    counts: ReadonlyMap<string, { ready: number; notReady: number }>,
    nodes: readonly Stored<Node>[],
  ): void {
    const now = this.#host.now()
    const next = new Map<string, ZoneState>()
    for (const [zone, { ready, notReady }] of counts) {
      next.set(zone, zoneState(ready, notReady, this.#options.unhealthyShare))
      this.#zone(zone)
    }
    const allFull = [...next.values()].every((it) => it === 'FullDisruption')
    for (const zone of this.#zones.keys()) if (!counts.has(zone)) this.#zones.delete(zone)
    const allWereFull = [...this.#zones.values()].every((it) => it.state === 'FullDisruption')
    if (allFull && allWereFull) return

    if (allFull) for (const node of nodes) this.#makeReachable(node, this.#zone(zoneOf(node)).queue)
    // Nobody could be seen for a while: all get a full grace period from now on.
    if (allWereFull) for (const look of this.#looks.values()) look.health = { ...look.health, probeMs: now }
    for (const [name, zone] of this.#zones) {
      const state = next.get(name)!
      if (state === zone.state && !allFull && !allWereFull) continue
      const { ready, notReady } = counts.get(name)!
      zone.queue.setRate(zoneRate(state, ready + notReady, allFull, this.#options), now)
      zone.state = state
    }
    for (const { queue } of this.#zones.values()) if (!queue.empty) this.#host.wakeAfter(0)
  }

  #zone(name: string) {
    let zone = this.#zones.get(name)
    if (zone === undefined) {
      zone = { state: 'Initial', queue: new TaintQueue(this.#options.normal, this.#host.now()) }
      this.#zones.set(name, zone)
    }
    return zone
  }

  #task(name: string, task: NodeTask): void {
    this.#tasks.set(name, { ...this.#tasks.get(name), ...task })
    this.#host.queue(name)
  }
}

function isTainted(node: Stored<Node>): boolean {
  return hasNoExecute(node, NOT_READY) || hasNoExecute(node, UNREACHABLE)
}

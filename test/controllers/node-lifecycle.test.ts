import { describe, expect, test } from 'vitest'
import type { Node } from '../../src/api/core/node.ts'
import type { Stored } from '../../src/api/kind.ts'
import { formatTime } from '../../src/api/time.ts'
import { assess, type NodeHealth } from '../../src/controllers/node-lifecycle/health.ts'
import { type MonitorHost, NodeMonitor, type NodeTask } from '../../src/controllers/node-lifecycle/monitor.ts'
import { TaintQueue } from '../../src/controllers/node-lifecycle/taint-queue.ts'
import { noExecuteKey, noScheduleKeys, taintsAfter } from '../../src/controllers/node-lifecycle/taints.ts'
import { zoneOf, zoneRate, zoneState } from '../../src/controllers/node-lifecycle/zones.ts'
import { evictAfterMs } from '../../src/controllers/taint-eviction/timing.ts'
import { vectors } from './vectors.ts'

const T0 = Date.UTC(2026, 0, 1)
const RATES = { normal: 0.1, secondary: 0.01, largeZone: 50, unhealthyShare: 0.55 }
const GRACES = { monitorMs: 50_000, startupMs: 60_000 }

interface NodeCase {
  readonly name?: string
  readonly ready?: string
  readonly heartbeat?: number
  readonly taints?: readonly string[]
  readonly labels?: Readonly<Record<string, string>>
  readonly conditions?: Readonly<Record<string, string>>
  readonly unschedulable?: boolean
}

function node(it: NodeCase): Stored<Node> {
  const conditions = { ...(it.ready !== undefined && { Ready: it.ready }), ...it.conditions }
  return {
    metadata: {
      name: it.name ?? 'n',
      uid: it.name ?? 'n',
      resourceVersion: '1',
      creationTimestamp: formatTime(T0),
      labels: it.labels,
    },
    spec: {
      unschedulable: it.unschedulable,
      taints: it.taints?.map((text) => {
        const [key, effect] = text.split(':')
        return { key: key!, effect: effect! }
      }),
    },
    status: {
      conditions: Object.entries(conditions).map(([type, status]) => ({
        type,
        status,
        lastHeartbeatTime: formatTime(T0 + (it.heartbeat ?? 0) * 1000),
      })),
    },
  }
}

vectors('node_lifecycle', 'ComputeZoneState', ({ input, expect: want }) => {
  expect(zoneState(input.ready, input.notReady, input.threshold)).toBe(want.state)
})

vectors('node_lifecycle', 'zoneQps', ({ input, expect: want }) => {
  expect(zoneRate(input.state, input.zoneSize, input.allZonesFullyDisrupted, RATES)).toBe(want.taintQps)
})

vectors('node_lifecycle', 'timing', ({ input, expect: want }) => {
  if (want.ready !== undefined) {
    const created = input.createdAt !== undefined
    const n = node(created ? {} : { ready: 'True' })
    const seen = T0 + (input.lastRenewSeenAt ?? 0) * 1000
    const known: NodeHealth | undefined = created
      ? undefined
      : { heartbeat: formatTime(T0), renewTime: undefined, probeMs: seen }
    const result = assess(n, known, undefined, T0 + input.now * 1000, GRACES)
    expect(result.current ?? null).toBe(want.ready)
    const ready = result.conditions?.find((it) => it.type === 'Ready')
    expect(ready?.reason).toBe(want.reason)
    expect(ready?.message).toBe(want.message)
  } else if (want.noSchedule !== undefined) {
    expect([...noScheduleKeys(node(input))].sort()).toEqual(want.noSchedule)
  } else if (want.unknownAt !== undefined) {
    expect(story(input.tick)).toEqual({ unknownAt: want.unknownAt, taintedAt: want.taintedAtEarliest })
    expect(want.taintedAtEarliest + input.tolerationSeconds).toBe(want.podDeletedAtEarliest)
  } else if (want.taintedAt !== undefined) {
    const queue = new TaintQueue(input.qps, T0)
    for (let i = 0; i < input.nodes; i++) queue.add(`n${i}`)
    const taintedAt: number[] = []
    for (let ms = 0; ms <= 60_000; ms += 100) if (queue.next(T0 + ms) !== undefined) taintedAt.push(ms / 1000)
    expect(taintedAt).toEqual(want.taintedAt)
  } else if (input.existing !== undefined) {
    const n = node({ ready: input.ready, taints: [input.existing] })
    expect(taintsAfter(n, 'clear', T0)).toEqual([])
    const queue = new TaintQueue(0.1, T0)
    queue.add('n')
    expect(queue.remove('n')).toBe(true)
    expect(queue.empty).toBe(true)
  } else {
    expect(noExecuteKey(input.ready)).toBe(want.noExecute)
  }
})

vectors('node_lifecycle', 'taintEviction', ({ input, expect: want }) => {
  const taints = input.taints.map((text: string) => {
    const [key, effect] = text.split(':')
    return { key, effect }
  })
  const ms = evictAfterMs(taints, input.tolerations)
  expect(ms === undefined ? null : ms / 1000).toBe(want.deleteAfterSeconds)
})

/** A node of three stops renewing at 0: when is it Unknown, when does it get its taint? Seconds. */
function story(tickSeconds: number) {
  const sim = new Simulation(['a', 'b', 'c'])
  for (let at = 0; at <= 120 && sim.taintedAt.size === 0; at += tickSeconds)
    sim.tick(at, (name) => name !== 'a')
  return { unknownAt: sim.unknownAt.get('a'), taintedAt: Math.floor(sim.taintedAt.get('a') ?? -1) }
}

/** Nodes and a monitor, without an API: what the monitor asks for happens at once. */
class Simulation {
  readonly nodes = new Map<string, Stored<Node>>()
  readonly unknownAt = new Map<string, number>()
  readonly taintedAt = new Map<string, number>()
  readonly events: string[] = []
  #now = T0
  #renewed = new Map<string, number>()
  #wake: number | undefined
  readonly #queued: string[] = []
  readonly monitor: NodeMonitor

  constructor(names: readonly string[], more: (name: string) => NodeCase = () => ({})) {
    for (const name of names) this.nodes.set(name, node({ name, ready: 'True', ...more(name) }))
    const host: MonitorHost = {
      now: () => this.#now,
      renewTimeOf: (name) => formatTime(this.#renewed.get(name) ?? T0),
      queue: (name) => this.#queued.push(name),
      wakeAfter: (delayMs) => {
        this.#wake = Math.min(this.#wake ?? Number.POSITIVE_INFINITY, this.#now + delayMs)
      },
      registered: (it) => this.events.push(`registered ${it.metadata.name}`),
      removed: (name) => this.events.push(`removed ${name}`),
    }
    this.monitor = new NodeMonitor(host, { ...GRACES, ...RATES })
  }

  /** Taint passes due before `at` seconds, then one tick. */
  tick(at: number, alive: (name: string) => boolean): void {
    const due = T0 + at * 1000
    while (this.#wake !== undefined && this.#wake < due) {
      this.#now = Math.max(this.#now, this.#wake)
      this.#wake = undefined
      this.monitor.taintPass()
      this.#work()
    }
    this.#now = due
    for (const name of this.nodes.keys()) if (alive(name)) this.#renewed.set(name, due)
    this.monitor.tick([...this.nodes.values()])
    this.#work()
  }

  revive(name: string): void {
    const before = this.nodes.get(name)!
    const taints = before.spec.taints?.map((it) => `${it.key}:${it.effect}`)
    this.nodes.set(name, node({ name, ready: 'True', heartbeat: (this.#now - T0) / 1000, taints }))
  }

  #work(): void {
    for (let name = this.#queued.shift(); name !== undefined; name = this.#queued.shift()) {
      this.#apply(name, this.monitor.takeTask(name))
    }
  }

  #apply(name: string, task: NodeTask): void {
    const seconds = (this.#now - T0) / 1000
    let it = this.nodes.get(name)
    if (it === undefined) return
    if (task.conditions !== undefined) {
      it = { ...it, status: { conditions: task.conditions } }
      this.unknownAt.set(name, seconds)
    }
    if (task.fellSilent) this.events.push(`${name} fell silent`)
    const taints = taintsAfter(it, task.noExecute ?? 'leave', this.#now)
    if (taints.some((taint) => taint.effect === 'NoExecute') && !this.taintedAt.has(name))
      this.taintedAt.set(name, seconds)
    this.nodes.set(name, { ...it, spec: { ...it.spec, taints } })
  }
}

describe('the monitor', () => {
  const noExecute = (sim: Simulation) =>
    [...sim.nodes]
      .filter(([, it]) => it.spec.taints?.some((taint) => taint.effect === 'NoExecute'))
      .map(([name]) => name)

  test('tells of each node once, and of its end', () => {
    const sim = new Simulation(['a', 'b'])
    sim.tick(0, () => true)
    sim.tick(5, () => true)
    sim.nodes.delete('b')
    sim.tick(10, () => true)
    expect(sim.events).toEqual(['registered a', 'registered b', 'removed b'])
  })

  test('a node that reports again loses its taints at the next tick', () => {
    const sim = new Simulation(['a', 'b', 'c'])
    for (let at = 0; at <= 70; at += 5) sim.tick(at, (name) => name !== 'a')
    expect(noExecute(sim)).toEqual(['a'])
    sim.revive('a')
    sim.tick(75, () => true)
    expect(noExecute(sim)).toEqual([])
    expect(sim.events).toContain('a fell silent')
  })

  test('when all nodes are silent none is tainted, and all get a new grace period once one is back', () => {
    const sim = new Simulation(['a', 'b', 'c'])
    for (let at = 0; at <= 200; at += 5) sim.tick(at, (name) => at === 0 && name !== '')
    expect([...sim.unknownAt.keys()]).toEqual(['a', 'b', 'c'])
    expect(noExecute(sim)).toEqual([])
    sim.revive('a')
    sim.tick(205, (name) => name === 'a')
    for (let at = 210; at <= 260; at += 5) sim.tick(at, (name) => name === 'a')
    expect(noExecute(sim).sort()).toEqual(['b', 'c'])
  })

  test('a small zone that is more than half down is left alone', () => {
    const names = ['a', 'b', 'c', 'd', 'e']
    const sim = new Simulation(names)
    for (let at = 0; at <= 120; at += 5) sim.tick(at, (name) => name === 'a' || name === 'b')
    expect(noExecute(sim)).toEqual([])
    expect(sim.unknownAt.size).toBe(3)
  })

  test('zones are told apart by region and zone', () => {
    const labels = { 'topology.kubernetes.io/region': 'r', 'topology.kubernetes.io/zone': 'z' }
    expect(zoneOf(node({ labels }))).toBe('r:\x00:z')
    expect(zoneOf(node({}))).toBe('')
  })
})

describe('taints', () => {
  test('those of others stay, in their place', () => {
    const before = node({
      ready: 'False',
      taints: ['mine:NoSchedule', 'node.kubernetes.io/unreachable:NoSchedule'],
    })
    expect(taintsAfter(before, 'leave', T0)).toEqual([
      { key: 'mine', effect: 'NoSchedule' },
      { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule', timeAdded: formatTime(T0) },
    ])
  })

  test('the two NoExecute taints exclude each other', () => {
    const before = node({ ready: 'False', taints: ['node.kubernetes.io/unreachable:NoExecute'] })
    expect(taintsAfter(before, 'apply', T0).map((it) => `${it.key}:${it.effect}`)).toEqual([
      'node.kubernetes.io/not-ready:NoSchedule',
      'node.kubernetes.io/not-ready:NoExecute',
    ])
  })

  test('a healthy node is left as it is', () => {
    const before = node({ ready: 'True', taints: ['mine:NoExecute'] })
    expect(taintsAfter(before, 'apply', T0)).toBe(before.spec.taints)
  })
})

/** Taints that mirror what a node says about itself. */
import type { Node, Taint } from '../../api/core/node.ts'
import { sameTaint } from '../../api/core/toleration.ts'
import { formatTime } from '../../api/time.ts'
import type { Readiness } from './health.ts'

export const NOT_READY = 'node.kubernetes.io/not-ready'
export const UNREACHABLE = 'node.kubernetes.io/unreachable'
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable'

/** Condition type -> status -> key of the NoSchedule taint. */
const CONDITION_TAINTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Ready: { False: NOT_READY, Unknown: UNREACHABLE },
  MemoryPressure: { True: 'node.kubernetes.io/memory-pressure' },
  DiskPressure: { True: 'node.kubernetes.io/disk-pressure' },
  NetworkUnavailable: { True: 'node.kubernetes.io/network-unavailable' },
  PIDPressure: { True: 'node.kubernetes.io/pid-pressure' },
}

const MIRRORED: ReadonlySet<string> = new Set([
  UNSCHEDULABLE,
  ...Object.values(CONDITION_TAINTS).flatMap((it) => Object.values(it)),
])

/** What is to happen to the NoExecute taints: put the one that fits the Ready condition, or take both away. */
export type NoExecute = 'apply' | 'clear' | 'leave'

/** Keys of the NoSchedule taints that the node's conditions and spec ask for. */
export function noScheduleKeys(node: Node): readonly string[] {
  const keys: string[] = []
  for (const { type, status } of node.status?.conditions ?? []) {
    const key = CONDITION_TAINTS[type]?.[status]
    if (key !== undefined) keys.push(key)
  }
  return node.spec.unschedulable === true ? [...keys, UNSCHEDULABLE] : keys
}

export function noExecuteKey(ready: Readiness | undefined): string | undefined {
  return ready === 'False' ? NOT_READY : ready === 'Unknown' ? UNREACHABLE : undefined
}

export function hasNoExecute(node: Node, key: string): boolean {
  return node.spec.taints?.some((it) => it.key === key && it.effect === 'NoExecute') === true
}

/** The taints as they should be; the same list when nothing changes. Taints of others stay where they are. */
export function taintsAfter(node: Node, noExecute: NoExecute, now: number): readonly Taint[] {
  const before = node.spec.taints ?? []
  const wanted = noScheduleKeys(node).map((key): Taint => ({ key, effect: 'NoSchedule' }))
  const ready = node.status?.conditions?.find((it) => it.type === 'Ready')?.status as Readiness | undefined
  const key = noExecute === 'apply' ? noExecuteKey(ready) : undefined
  if (key !== undefined) wanted.push({ key, effect: 'NoExecute' })

  const replaced = noExecute === 'clear' || key !== undefined
  const ours = (it: Taint) =>
    it.effect === 'NoSchedule'
      ? MIRRORED.has(it.key)
      : replaced && it.effect === 'NoExecute' && (it.key === NOT_READY || it.key === UNREACHABLE)
  const kept = before.filter((it) => !ours(it) || wanted.some((taint) => sameTaint(taint, it)))
  const added = wanted.filter((taint) => !before.some((it) => sameTaint(taint, it)))
  if (added.length === 0 && kept.length === before.length) return before
  const timeAdded = formatTime(now)
  return [...kept, ...added.map((it) => ({ ...it, timeAdded }))]
}

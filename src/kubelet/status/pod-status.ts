/** A pod's whole status from what the kubelet knows (upstream: pkg/kubelet/kubelet_pods.go, generateAPIPodStatus). */
import type { ContainerStatus, Pod, PodCondition, PodStatus } from '../../api/core/pod.ts'
import type { Stored } from '../../api/kind.ts'
import { formatTime } from '../../api/time.ts'
import { sizedObject } from '../../kernel/sized-object.ts'
import type { ContainerNotes } from '../container-notes.ts'
import { containerStatus, type StatusSource } from './container-status.ts'
import { podConditions, type Verdict } from './pod-conditions.ts'
import { type PodPhase, podPhase } from './pod-phase.ts'

/** Why a pod ends before its time: eviction, deadline, rejection. */
export interface Sentence {
  readonly reason: string
  readonly message: string
  /** DisruptionTarget, when the node disturbs the pod. */
  readonly disruption?: Verdict
}

export interface PodView {
  readonly pod: Stored<Pod>
  readonly notes: readonly ContainerNotes[]
  readonly sandboxReady: boolean
  /** Of the sandbox; kept from the status when it is gone. */
  readonly ips: readonly string[]
  readonly hostIps: readonly string[]
  /** Nothing of the pod will be started any more. */
  readonly terminal: boolean
  /** Nothing of it runs any more: a terminal phase may be written. */
  readonly stopped: boolean
  readonly sentence: Sentence | undefined
  readonly resize?: readonly (Verdict & { readonly type: string })[]
  /** Ms since the epoch. */
  readonly now: number
}

const TERMINAL: ReadonlySet<string> = new Set(['Failed', 'Succeeded'])

export function isTerminalPhase(phase: string | undefined): boolean {
  return phase !== undefined && TERMINAL.has(phase)
}

export function podStatus(view: PodView, source: StatusSource): PodStatus {
  const { pod, notes, sentence } = view
  const old = pod.status ?? {}
  const hasInit = (pod.spec.initContainers?.length ?? 0) > 0
  const over = view.terminal && view.stopped
  // Once a pod has begun, a container that cannot be found counts as failed.
  const begun =
    over && !hasInit ? true : over && notes.some((it) => it.role === 'regular' && it.current !== undefined)
  const init: ContainerStatus[] = []
  const regular: ContainerStatus[] = []
  const ephemeral: ContainerStatus[] = []
  const byName = new Map<string, ContainerStatus>()
  for (const it of notes) {
    const lost = it.role === 'regular' && begun && sentence === undefined
    const status = containerStatus(it, source, hasInit, lost)
    if (it.role === 'ephemeral') ephemeral.push(status)
    else {
      byName.set(it.name, status)
      if (it.role === 'regular') regular.push(status)
      else init.push(status)
    }
  }
  if (regular.length > 1) regular.sort((a, b) => (a.name < b.name ? -1 : 1))

  let phase: PodPhase
  if (isTerminalPhase(old.phase)) phase = old.phase as PodPhase
  else {
    phase = sentence !== undefined ? 'Failed' : podPhase(pod.spec, byName, view.terminal)
    if (over && !isTerminalPhase(phase)) phase = 'Failed'
    else if (isTerminalPhase(phase) && !view.stopped) phase = (old.phase as PodPhase | undefined) ?? 'Pending'
  }
  const ending = isTerminalPhase(phase)
  const ips = view.ips.length > 0 ? view.ips : (old.podIPs?.map((it) => it.ip) ?? [])
  const condemned = ending && sentence !== undefined ? sentence : undefined
  // A pod that was turned away at the door tells nothing of containers (upstream: rejectPod).
  const rejected = condemned !== undefined && old.containerStatuses === undefined
  const resize = view.resize ?? []
  const extra =
    condemned?.disruption === undefined
      ? resize
      : [{ type: 'DisruptionTarget', ...condemned.disruption }, ...resize]
  const now = formatTime(view.now)
  return withoutAbsent({
    phase,
    conditions: shared(
      podConditions({
        spec: pod.spec,
        statuses: byName,
        phase,
        sandboxReady: view.sandboxReady,
        old: old.conditions ?? [],
        extra,
        now,
      }),
    ),
    message: condemned?.message ?? old.message,
    reason: condemned?.reason ?? old.reason,
    nominatedNodeName: old.nominatedNodeName,
    hostIP: view.hostIps[0],
    hostIPs: hostIpsOf(view.hostIps),
    podIP: ips[0],
    podIPs: ips.length === 0 ? undefined : ips.map((ip) => ({ ip })),
    startTime: old.startTime ?? now,
    initContainerStatuses: init.length === 0 || rejected ? undefined : init,
    containerStatuses: rejected ? undefined : exact(regular),
    ephemeralContainerStatuses: ephemeral.length === 0 ? undefined : ephemeral,
    qosClass: old.qosClass,
    resize: old.resize,
    resourceClaimStatuses: old.resourceClaimStatuses,
    observedGeneration: old.observedGeneration,
  })
}

/** Pods that became ready within one second have the very same conditions: they share the list of them too. */
function shared(conditions: readonly PodCondition[]): readonly PodCondition[] {
  const known = recent.find(
    (it) => it.length === conditions.length && it.every((c, i) => c === conditions[i]),
  )
  if (known !== undefined) return known
  const list = exact(conditions)
  recent[oldest] = list
  oldest = (oldest + 1) % RECENT_MAX
  return list
}

const RECENT_MAX = 8
const recent: (readonly PodCondition[])[] = []
let oldest = 0

/** The list without the room that pushing leaves: it is kept as long as its pod. */
function exact<T>(list: readonly T[]): readonly T[] {
  return list.slice()
}

/** Absent fields are left out, not undefined: the API server then takes the object as it is. */
function withoutAbsent(status: PodStatus): PodStatus {
  let fields = 0
  for (const name in status) if (status[name as keyof PodStatus] !== undefined) fields++
  const present = sizedObject(fields) as Record<string, unknown>
  for (const name in status) {
    const value = status[name as keyof PodStatus]
    if (value !== undefined) present[name] = value
  }
  return present as PodStatus
}

const hostIpCache = new WeakMap<readonly string[], readonly { readonly ip: string }[]>()

/** One list for all pods of a node. */
function hostIpsOf(ips: readonly string[]): readonly { readonly ip: string }[] {
  let list = hostIpCache.get(ips)
  if (list === undefined) hostIpCache.set(ips, (list = Object.freeze(ips.map((ip) => Object.freeze({ ip })))))
  return list
}

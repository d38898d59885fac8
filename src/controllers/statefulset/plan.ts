/**
 * What one sync of a StatefulSet does, in which order, and where it stops to wait
 * (statefulset/stateful_set_control.go updateStatefulSet).
 */
import type { StatefulSet, StatefulSetStatus } from '../../api/apps/stateful-set.ts'
import type { Pod } from '../../api/core/pod.ts'
import type { Stored } from '../../api/kind.ts'
import { isPodAvailable, isPodReady, isPodTerminal } from '../shared/pod.ts'
import { scaled } from '../shared/scaled.ts'
import {
  isAtCurrentRevision,
  isInRange,
  ordinalOf,
  revisionOfPod,
  setReplicas,
  startOrdinal,
} from './identity.ts'

export type Step =
  | { readonly do: 'create'; readonly ordinal: number; readonly revision: 'current' | 'update' }
  /** Claims that may be missing, of a pod that waits for them. */
  | { readonly do: 'claims'; readonly ordinal: number }
  /** Identity and ownership of its claims, if they are not as they should be. */
  | { readonly do: 'repair'; readonly ordinal: number; readonly pod: Stored<Pod> }
  | { readonly do: 'delete'; readonly ordinal: number; readonly pod: Stored<Pod> }

/** The pods of a set by place. */
export interface Slots {
  /** One per ordinal in range, from the lowest. */
  readonly replicas: readonly (Stored<Pod> | undefined)[]
  /** Out of range, highest ordinal first. */
  readonly condemned: readonly Stored<Pod>[]
}

export interface PlanOptions {
  readonly updateRevision: string
  readonly now: number
  /** The gate MaxUnavailableStatefulSet, off in 1.33. */
  readonly maxUnavailable?: boolean
}

export function slotsOf(set: Stored<StatefulSet>, pods: Iterable<Stored<Pod>>): Slots {
  const replicas: (Stored<Pod> | undefined)[] = Array(setReplicas(set)).fill(undefined)
  const condemned: Stored<Pod>[] = []
  for (const pod of pods) {
    const ordinal = ordinalOf(set, pod)
    if (isInRange(set, ordinal)) replicas[ordinal - startOrdinal(set)] = pod
    else if (ordinal >= 0) condemned.push(pod)
  }
  condemned.sort((a, b) => ordinalOf(set, b) - ordinalOf(set, a))
  return { replicas, condemned }
}

/** @returns the steps in order; later ones are only right if the earlier ones worked */
export function planSync(set: Stored<StatefulSet>, slots: Slots, options: PlanOptions): readonly Step[] {
  if (set.metadata.deletionTimestamp !== undefined) return []
  const ordered = set.spec.podManagementPolicy !== 'Parallel'
  const replicas = planReplicas(set, slots.replicas, ordered, options.now)
  const repairs = slots.condemned.map((pod): Step => ({ do: 'repair', ordinal: ordinalOf(set, pod), pod }))
  if (replicas.stop) return replicas.steps
  const condemned = planCondemned(set, slots, ordered, options.now)
  const before = [...replicas.steps, ...repairs, ...condemned.steps]
  if (condemned.stop) return before
  const gone = new Set(before.filter((it) => it.do === 'delete').map((it) => it.ordinal))
  return [...before, ...planUpdate(set, slots.replicas, options).filter((it) => !gone.has(it.ordinal))]
}

/**
 * The pods in range, from the lowest. OrderedReady goes on only past a pod that is available; Parallel lets nothing
 * stop it, not even a pod that has failed (runForAll).
 */
function planReplicas(set: Stored<StatefulSet>, replicas: Slots['replicas'], ordered: boolean, now: number) {
  const steps: Step[] = []
  for (const [i, pod] of replicas.entries()) {
    const ordinal = startOrdinal(set) + i
    if (pod === undefined) {
      steps.push({
        do: 'create',
        ordinal,
        revision: isAtCurrentRevision(set, ordinal) ? 'current' : 'update',
      })
      if (ordered) return { steps, stop: true }
      continue
    }
    if (isPodTerminal(pod)) {
      // The new one comes when this one has left the API; even a Succeeded pod has no business ending.
      if (!isTerminating(pod)) steps.push({ do: 'delete', ordinal, pod })
      if (ordered) return { steps, stop: true }
      continue
    }
    if (pod.status?.phase === 'Pending') steps.push({ do: 'claims', ordinal })
    if (ordered && (isTerminating(pod) || !isAvailable(set, pod, now))) return { steps, stop: true }
    steps.push({ do: 'repair', ordinal, pod })
  }
  return { steps, stop: false }
}

/** The pods out of range, from the highest. OrderedReady deletes one, and none while a lower pod is in trouble. */
function planCondemned(
  set: Stored<StatefulSet>,
  { replicas, condemned }: Slots,
  ordered: boolean,
  now: number,
) {
  const steps: Step[] = []
  const unhealthy = firstUnhealthy(replicas, condemned)
  for (const pod of condemned) {
    if (isTerminating(pod)) {
      if (ordered) return { steps, stop: true }
      continue
    }
    if (ordered && pod !== unhealthy && !isAvailable(set, pod, now)) return { steps, stop: true }
    steps.push({ do: 'delete', ordinal: ordinalOf(set, pod), pod })
    if (ordered) return { steps, stop: true }
  }
  return { steps, stop: false }
}

/** Pods of an old revision, from the highest down to the partition; one at a time, and each must be well first. */
export function planUpdate(
  set: Stored<StatefulSet>,
  replicas: Slots['replicas'],
  options: PlanOptions,
): readonly Step[] {
  const strategy = set.spec.updateStrategy
  if (strategy?.type === 'OnDelete') return []
  const partition = strategy?.rollingUpdate?.partition ?? 0
  const budget = options.maxUnavailable ? updateBudget(set, replicas) : 1
  const steps: Step[] = []
  for (let i = replicas.length - 1; i >= partition && steps.length < budget; i--) {
    const pod = replicas[i]
    if (pod !== undefined && revisionOfPod(pod) !== options.updateRevision && !isTerminating(pod)) {
      steps.push({ do: 'delete', ordinal: startOrdinal(set) + i, pod })
    } else if (!options.maxUnavailable && !isHealthy(pod)) return steps
  }
  return steps
}

/** Percentages round down; at least one pod may always be unavailable. */
export function maxUnavailableOf(value: number | string | undefined, replicas: number): number {
  return Math.max(1, scaled(value ?? 1, replicas, 'down'))
}

function updateBudget(set: StatefulSet, replicas: Slots['replicas']): number {
  const unhealthy = replicas.filter((it) => !isHealthy(it)).length
  return (
    maxUnavailableOf(set.spec.updateStrategy?.rollingUpdate?.maxUnavailable, setReplicas(set)) - unhealthy
  )
}

/** The lowest in range, else the lowest out of range. A slot without a pod is the first of all. */
function firstUnhealthy(
  replicas: Slots['replicas'],
  condemned: readonly Stored<Pod>[],
): Stored<Pod> | undefined {
  const missing = replicas.findIndex((it) => !isHealthy(it))
  return missing >= 0 ? replicas[missing] : [...condemned].reverse().find((it) => !isHealthy(it))
}

export function statusAfter(
  set: Stored<StatefulSet>,
  { replicas, condemned }: Slots,
  revisions: { readonly current: string; readonly update: string; readonly collisionCount: number },
  now: number,
): StatefulSetStatus {
  const pods = [...replicas, ...condemned].filter((it) => it !== undefined)
  const alive = pods.filter((it) => !isTerminating(it))
  const count = (list: readonly Pod[], test: (pod: Pod) => boolean) =>
    list.reduce((sum, it) => sum + (test(it) ? 1 : 0), 0)
  const status = {
    observedGeneration: set.metadata.generation ?? 0,
    replicas: pods.length,
    readyReplicas: count(pods, isRunningAndReady),
    availableReplicas: count(pods, (it) => isAvailable(set, it, now)),
    currentReplicas: count(alive, (it) => revisionOfPod(it) === revisions.current),
    updatedReplicas: count(alive, (it) => revisionOfPod(it) === revisions.update),
    currentRevision: revisions.current,
    updateRevision: revisions.update,
    collisionCount: revisions.collisionCount,
    ...(set.status?.conditions && { conditions: set.status.conditions }),
  }
  return completeUpdate(set, status)
}

/** When all pods are updated and ready, the update revision becomes the current one. OnDelete never gets there. */
export function completeUpdate(set: StatefulSet, status: StatefulSetStatus): StatefulSetStatus {
  const wanted = setReplicas(set)
  const complete =
    set.spec.updateStrategy?.type !== 'OnDelete' &&
    (status.updatedReplicas ?? 0) === wanted &&
    (status.readyReplicas ?? 0) === wanted &&
    status.replicas === wanted
  if (!complete) return status
  return { ...status, currentReplicas: status.updatedReplicas, currentRevision: status.updateRevision }
}

export function isTerminating(pod: Pod): boolean {
  return pod.metadata?.deletionTimestamp !== undefined
}

function isRunningAndReady(pod: Pod): boolean {
  return pod.status?.phase === 'Running' && isPodReady(pod)
}

function isHealthy(pod: Pod | undefined): boolean {
  return pod !== undefined && isRunningAndReady(pod) && !isTerminating(pod)
}

function isAvailable(set: StatefulSet, pod: Pod, now: number): boolean {
  return isRunningAndReady(pod) && isPodAvailable(pod, set.spec.minReadySeconds ?? 0, now)
}

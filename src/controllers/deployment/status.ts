/** What a Deployment says about itself: counts, conditions, progress (deployment/progress.go, sync.go). */
import type { Deployment, DeploymentCondition, DeploymentStatus } from '../../api/apps/deployment.ts'
import type { ReplicaSet } from '../../api/apps/replica-set.ts'
import { formatTime } from '../../api/time.ts'
import { timeOf } from '../shared/times.ts'
import { maxUnavailableOf, wantedReplicas } from './fenceposts.ts'
import { totalActual, totalAvailable, totalReady, totalSpec } from './replica-sets.ts'

/** A deadline of MaxInt32 means none. */
const NO_DEADLINE = 2147483647

export function hasProgressDeadline(deployment: Deployment): boolean {
  const deadline = deployment.spec.progressDeadlineSeconds
  return deadline !== undefined && deadline !== NO_DEADLINE
}

/** Counts and the Available condition. */
export function calculateStatus(
  deployment: Deployment,
  all: readonly ReplicaSet[],
  newReplicaSet: ReplicaSet | undefined,
  now: number,
): DeploymentStatus {
  const available = totalAvailable(all)
  const wanted = wantedReplicas(deployment)
  const enough = available >= wanted - maxUnavailableOf(deployment)
  const collisionCount = deployment.status?.collisionCount
  const status: DeploymentStatus = {
    observedGeneration: deployment.metadata?.generation ?? 0,
    ...count('replicas', totalActual(all)),
    ...count('updatedReplicas', newReplicaSet?.status?.replicas ?? 0),
    ...count('readyReplicas', totalReady(all)),
    ...count('availableReplicas', available),
    // Wanted by the ReplicaSets, not by the Deployment: a surge counts.
    ...count('unavailableReplicas', Math.max(0, totalSpec(all) - available)),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    ...(deployment.status?.conditions === undefined ? {} : { conditions: deployment.status.conditions }),
  }
  return withCondition(
    status,
    enough
      ? condition(
          'Available',
          'True',
          'MinimumReplicasAvailable',
          'Deployment has minimum availability.',
          now,
        )
      : condition(
          'Available',
          'False',
          'MinimumReplicasUnavailable',
          'Deployment does not have minimum availability.',
          now,
        ),
  )
}

/** The whole status of a rollout: counts, availability, progress, failures of the ReplicaSets. */
export function rolloutStatus(
  deployment: Deployment,
  all: readonly ReplicaSet[],
  newReplicaSet: ReplicaSet | undefined,
  now: number,
): DeploymentStatus {
  const counted = calculateStatus(deployment, all, newReplicaSet, now)
  return withReplicaFailure(withProgress(deployment, counted, newReplicaSet, now), all, newReplicaSet, now)
}

/** More updated, fewer old, more ready or more available pods than before. */
export function isProgressing(old: DeploymentStatus | undefined, status: DeploymentStatus): boolean {
  const gone = (it: DeploymentStatus | undefined) => (it?.replicas ?? 0) - (it?.updatedReplicas ?? 0)
  return (
    (status.updatedReplicas ?? 0) > (old?.updatedReplicas ?? 0) ||
    gone(status) < gone(old) ||
    (status.readyReplicas ?? 0) > (old?.readyReplicas ?? 0) ||
    (status.availableReplicas ?? 0) > (old?.availableReplicas ?? 0)
  )
}

export function isComplete(deployment: Deployment, status: DeploymentStatus | undefined): boolean {
  const wanted = wantedReplicas(deployment)
  return (
    (status?.updatedReplicas ?? 0) === wanted &&
    (status?.replicas ?? 0) === wanted &&
    (status?.availableReplicas ?? 0) === wanted &&
    (status?.observedGeneration ?? 0) >= (deployment.metadata?.generation ?? 0)
  )
}

export function isTimedOut(deployment: Deployment, status: DeploymentStatus, now: number): boolean {
  if (!hasProgressDeadline(deployment)) return false
  const progress = findCondition(status, 'Progressing')
  if (progress === undefined || progress.reason === 'NewReplicaSetAvailable') return false
  if (progress.reason === 'ProgressDeadlineExceeded') return true
  return deadlineOf(deployment, progress) < now
}

/** When to look again for a rollout that may be stuck; undefined: no need to. A second is added against skew. */
export function recheckAfterMs(
  deployment: Deployment,
  status: DeploymentStatus,
  now: number,
): number | undefined {
  const progress = findCondition(deployment.status, 'Progressing')
  if (!hasProgressDeadline(deployment) || progress === undefined) return undefined
  if (isComplete(deployment, status) || progress.reason === 'ProgressDeadlineExceeded') return undefined
  return Math.max(0, deadlineOf(deployment, progress) - now) + 1000
}

function deadlineOf(deployment: Deployment, progress: DeploymentCondition): number {
  return timeOf(progress.lastUpdateTime!) + deployment.spec.progressDeadlineSeconds! * 1000
}

function withProgress(
  deployment: Deployment,
  status: DeploymentStatus,
  newReplicaSet: ReplicaSet | undefined,
  now: number,
): DeploymentStatus {
  if (!hasProgressDeadline(deployment)) return withoutCondition(status, 'Progressing')
  const current = findCondition(deployment.status, 'Progressing')
  // One ReplicaSet with everything: no rollout is under way, so there is no progress to estimate.
  const settled =
    (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && current?.reason === 'NewReplicaSetAvailable'
  if (settled) return status

  const who =
    newReplicaSet === undefined
      ? `Deployment "${deployment.metadata?.name}"`
      : `ReplicaSet "${newReplicaSet.metadata?.name}"`
  if (isComplete(deployment, status)) {
    return withCondition(
      status,
      condition('Progressing', 'True', 'NewReplicaSetAvailable', `${who} has successfully progressed.`, now),
    )
  }
  if (isProgressing(deployment.status, status)) {
    const progressing = condition('Progressing', 'True', 'ReplicaSetUpdated', `${who} is progressing.`, now)
    // Removed first, so that every step of progress renews lastUpdateTime even with an equal reason.
    return withCondition(
      withoutCondition(status, 'Progressing'),
      current?.status === 'True'
        ? { ...progressing, lastTransitionTime: current.lastTransitionTime }
        : progressing,
    )
  }
  if (isTimedOut(deployment, status, now)) {
    return withCondition(
      status,
      condition('Progressing', 'False', 'ProgressDeadlineExceeded', `${who} has timed out progressing.`, now),
    )
  }
  return status
}

function withReplicaFailure(
  status: DeploymentStatus,
  all: readonly ReplicaSet[],
  newReplicaSet: ReplicaSet | undefined,
  now: number,
): DeploymentStatus {
  const failureOf = (it: ReplicaSet) => it.status?.conditions?.find((cond) => cond.type === 'ReplicaFailure')
  const failure =
    (newReplicaSet && failureOf(newReplicaSet)) ?? all.map(failureOf).find((it) => it !== undefined)
  if (failure === undefined) return withoutCondition(status, 'ReplicaFailure')
  const time = failure.lastTransitionTime ?? formatTime(now)
  return withCondition(status, {
    type: 'ReplicaFailure',
    status: failure.status,
    lastUpdateTime: time,
    lastTransitionTime: time,
    reason: failure.reason,
    message: failure.message,
  })
}

export function findCondition(
  status: DeploymentStatus | undefined,
  type: string,
): DeploymentCondition | undefined {
  return status?.conditions?.find((it) => it.type === type)
}

export function condition(
  type: string,
  status: 'True' | 'False' | 'Unknown',
  reason: string,
  message: string,
  now: number,
): DeploymentCondition {
  const time = formatTime(now)
  return { type, status, lastUpdateTime: time, lastTransitionTime: time, reason, message }
}

/** A condition with the same status and reason stays as it is; otherwise it moves to the end of the list. */
export function withCondition(status: DeploymentStatus, next: DeploymentCondition): DeploymentStatus {
  const current = findCondition(status, next.type)
  if (current !== undefined && current.status === next.status && current.reason === next.reason) return status
  const kept =
    current?.status === next.status ? { ...next, lastTransitionTime: current.lastTransitionTime } : next
  return { ...status, conditions: [...(status.conditions ?? []).filter((it) => it.type !== next.type), kept] }
}

export function withoutCondition(status: DeploymentStatus, type: string): DeploymentStatus {
  if (findCondition(status, type) === undefined) return status
  return { ...status, conditions: status.conditions!.filter((it) => it.type !== type) }
}

/** Go leaves out counts of zero. */
function count<K extends string>(key: K, value: number): Partial<Record<K, number>> {
  return value === 0 ? {} : ({ [key]: value } as Partial<Record<K, number>>)
}

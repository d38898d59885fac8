/** What a ReplicaSet says about its pods (replicaset/replica_set_utils.go). */
import type { ReplicaSetCondition, ReplicaSetStatus } from '../../api/apps/replica-set.ts'
import type { Pod } from '../../api/core/pod.ts'
import { formatTime } from '../../api/time.ts'
import { isPodAvailable, isPodReady } from '../shared/pod.ts'
import { bySharedLabels, type Labels } from '../shared/shared-labels.ts'

export interface ReplicaFailure {
  /** Active pods less wanted ones, before the failed writes. */
  readonly surplus: number
  readonly message: string
}

export interface Counted {
  readonly generation: number
  readonly templateLabels: Readonly<Record<string, string>>
  readonly minReadySeconds: number
}

/** @param pods the active ones; @param failure why creating or deleting did not work this time */
export function calculateStatus(
  old: ReplicaSetStatus | undefined,
  counted: Counted,
  pods: readonly Pod[],
  failure: ReplicaFailure | undefined,
  now: number,
): ReplicaSetStatus {
  const fullyLabeled = bySharedLabels(hasAll(counted.templateLabels))
  let labeled = 0
  let ready = 0
  let available = 0
  for (const pod of pods) {
    if (fullyLabeled(pod.metadata?.labels)) labeled++
    if (!isPodReady(pod)) continue
    ready++
    if (isPodAvailable(pod, counted.minReadySeconds, now)) available++
  }
  const conditions = conditionsAfter(old?.conditions ?? [], failure, now)
  return {
    replicas: pods.length,
    ...(labeled > 0 && { fullyLabeledReplicas: labeled }),
    ...(ready > 0 && { readyReplicas: ready }),
    ...(available > 0 && { availableReplicas: available }),
    observedGeneration: counted.generation,
    ...(conditions.length > 0 && { conditions }),
  }
}

function hasAll(wanted: Readonly<Record<string, string>>): (labels: Labels) => boolean {
  const entries = Object.entries(wanted)
  return (labels) => entries.every(([key, value]) => labels?.[key] === value)
}

/** ReplicaFailure appears with the first failure and stays as it is until a pass without one. */
function conditionsAfter(
  conditions: readonly ReplicaSetCondition[],
  failure: ReplicaFailure | undefined,
  now: number,
): readonly ReplicaSetCondition[] {
  const known = conditions.some((it) => it.type === 'ReplicaFailure')
  if (failure === undefined)
    return known ? conditions.filter((it) => it.type !== 'ReplicaFailure') : conditions
  if (known) return conditions
  const reason = failure.surplus < 0 ? 'FailedCreate' : failure.surplus > 0 ? 'FailedDelete' : ''
  return [
    ...conditions,
    {
      type: 'ReplicaFailure',
      status: 'True',
      lastTransitionTime: formatTime(now),
      ...(reason !== '' && { reason }),
      message: failure.message,
    },
  ]
}

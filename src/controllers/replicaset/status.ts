/** What a ReplicaSet says about its pods (replicaset/replica_set_utils.go). */
import type { ReplicaSetCondition, ReplicaSetStatus } from '../../api/apps/replica-set.ts'
import { formatTime } from '../../api/time.ts'
import type { PodCounts } from './tally.ts'

export interface ReplicaFailure {
  /** Active pods less wanted ones, before the failed writes. */
  readonly surplus: number
  readonly message: string
}

/** @param failure why creating or deleting did not work this time */
export function calculateStatus(
  old: ReplicaSetStatus | undefined,
  generation: number,
  { active, labeled, ready, available }: PodCounts,
  failure: ReplicaFailure | undefined,
  now: number,
): ReplicaSetStatus {
  const conditions = conditionsAfter(old?.conditions ?? [], failure, now)
  return {
    replicas: active,
    ...(labeled > 0 && { fullyLabeledReplicas: labeled }),
    ...(ready > 0 && { readyReplicas: ready }),
    ...(available > 0 && { availableReplicas: available }),
    observedGeneration: generation,
    ...(conditions.length > 0 && { conditions }),
  }
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

/** The steps of a rolling update: one decision a sync, the new ReplicaSet first (deployment/rolling.go). */
import type { Deployment } from '../../api/apps/deployment.ts'
import type { ReplicaSet } from '../../api/apps/replica-set.ts'
import { isRollingUpdate, maxSurgeOf, maxUnavailableOf, wantedReplicas } from './fenceposts.ts'
import {
  byAge,
  isActive,
  type OwnedReplicaSet,
  specReplicas,
  totalAvailable,
  totalSpec,
} from './replica-sets.ts'

export interface ScaleStep {
  readonly replicaSet: OwnedReplicaSet
  readonly replicas: number
}

/** Size of the new ReplicaSet, at its creation and while it grows; `all` includes it. */
export function newReplicaSetSize(
  deployment: Deployment,
  all: readonly ReplicaSet[],
  newSize: number,
): number {
  const wanted = wantedReplicas(deployment)
  if (!isRollingUpdate(deployment)) return wanted
  const room = wanted + maxSurgeOf(deployment) - totalSpec(all)
  return room <= 0 ? newSize : newSize + Math.min(room, wanted - newSize)
}

/** Where the new ReplicaSet goes next; its present size when nothing is to be done. */
export function nextNewSize(
  deployment: Deployment,
  all: readonly ReplicaSet[],
  newReplicaSet: ReplicaSet,
): number {
  const size = specReplicas(newReplicaSet)
  const wanted = wantedReplicas(deployment)
  return size >= wanted ? wanted : newReplicaSetSize(deployment, all, size)
}

/**
 * How old ReplicaSets shrink: first pods that are not available anyway, then available ones as far as enough stay.
 * A ReplicaSet may appear twice, as it is scaled twice upstream, with an event each.
 */
export function planOldReplicaSets(
  deployment: Deployment,
  old: readonly OwnedReplicaSet[],
  newReplicaSet: ReplicaSet,
): readonly ScaleStep[] {
  const active = old.filter(isActive).sort(byAge)
  if (active.length === 0) return []
  const minAvailable = wantedReplicas(deployment) - maxUnavailableOf(deployment)
  const newUnavailable = specReplicas(newReplicaSet) - (newReplicaSet.status?.availableReplicas ?? 0)
  const budget = totalSpec(active) + specReplicas(newReplicaSet) - minAvailable - newUnavailable
  if (budget <= 0) return []

  const cleaned = removeUnhealthy(active, budget)
  const shrunk = active.map((it) => resized(it, cleaned))
  return [...cleaned, ...removeAvailable(shrunk, totalAvailable([...active, newReplicaSet]) - minAvailable)]
}

/** Removes up to `budget` replicas that are not available, oldest ReplicaSet first. */
export function removeUnhealthy(old: readonly OwnedReplicaSet[], budget: number): ScaleStep[] {
  const steps: ScaleStep[] = []
  let left = budget
  for (const replicaSet of old) {
    const size = specReplicas(replicaSet)
    const count = Math.min(left, size - (replicaSet.status?.availableReplicas ?? 0))
    if (left <= 0) break
    if (size === 0 || count <= 0) continue
    steps.push({ replicaSet, replicas: size - count })
    left -= count
  }
  return steps
}

/** Removes up to `count` replicas, oldest ReplicaSet first. */
export function removeAvailable(old: readonly OwnedReplicaSet[], count: number): ScaleStep[] {
  const steps: ScaleStep[] = []
  let left = count
  for (const replicaSet of old) {
    if (left <= 0) break
    const size = specReplicas(replicaSet)
    if (size === 0) continue
    const removed = Math.min(size, left)
    steps.push({ replicaSet, replicas: size - removed })
    left -= removed
  }
  return steps
}

function resized(replicaSet: OwnedReplicaSet, steps: readonly ScaleStep[]): OwnedReplicaSet {
  const step = steps.find((it) => it.replicaSet === replicaSet)
  return step === undefined ? replicaSet : withSize(replicaSet, step.replicas)
}

export function withSize(replicaSet: OwnedReplicaSet, replicas: number): OwnedReplicaSet {
  return { ...replicaSet, spec: { ...replicaSet.spec!, replicas } }
}

/**
 * Scaling in the middle of a rollout, or while paused: every active ReplicaSet keeps its share
 * (deployment/sync.go `scale`, util/deployment_util.go `GetReplicaSetProportion`).
 */
import type { Deployment } from '../../api/apps/deployment.ts'
import { DESIRED_REPLICAS, MAX_REPLICAS } from './annotations.ts'
import { isRollingUpdate, maxSurgeOf, wantedReplicas } from './fenceposts.ts'
import { byAge, compare, isActive, type OwnedReplicaSet, specReplicas, totalSpec } from './replica-sets.ts'
import type { ScaleStep } from './rolling.ts'

/** The sizes to set; ReplicaSets already right are listed too when only their annotations may be outdated. */
export function planScale(
  deployment: Deployment,
  newReplicaSet: OwnedReplicaSet | undefined,
  old: readonly OwnedReplicaSet[],
): readonly ScaleStep[] {
  const wanted = wantedReplicas(deployment)
  const all = newReplicaSet === undefined ? old : [...old, newReplicaSet]
  const active = all.filter(isActive)
  if (active.length <= 1) {
    const only = active[0] ?? newReplicaSet ?? [...old].sort(byAge).at(-1)
    return only === undefined || specReplicas(only) === wanted ? [] : [{ replicaSet: only, replicas: wanted }]
  }
  if (newReplicaSet !== undefined && isSaturated(deployment, newReplicaSet)) {
    return old.filter(isActive).map((replicaSet) => ({ replicaSet, replicas: 0 }))
  }
  return isRollingUpdate(deployment) ? spread(deployment, active) : []
}

/** It has all the pods it ever will. */
function isSaturated(deployment: Deployment, replicaSet: OwnedReplicaSet): boolean {
  const wanted = wantedReplicas(deployment)
  return (
    specReplicas(replicaSet) === wanted &&
    Number(replicaSet.metadata.annotations?.[DESIRED_REPLICAS] ?? Number.NaN) === wanted &&
    replicaSet.status?.availableReplicas === wanted
  )
}

function spread(deployment: Deployment, active: readonly OwnedReplicaSet[]): readonly ScaleStep[] {
  const wanted = wantedReplicas(deployment)
  const toAdd = (wanted > 0 ? wanted + maxSurgeOf(deployment) : 0) - totalSpec(active)
  const order = [...active].sort(toAdd > 0 ? bySizeNewer : bySizeOlder)
  let added = 0
  const steps = order.map((replicaSet) => {
    const share = shareOf(deployment, replicaSet, toAdd, added)
    added += share
    return { replicaSet, replicas: specReplicas(replicaSet) + share }
  })
  // What rounding left over goes to the largest.
  const first = steps[0]!
  steps[0] = { ...first, replicas: Math.max(0, first.replicas + toAdd - added) }
  return steps
}

function shareOf(deployment: Deployment, replicaSet: OwnedReplicaSet, toAdd: number, added: number): number {
  if (toAdd === 0 || toAdd === added) return 0
  const share = growthOf(deployment, replicaSet)
  const left = toAdd - added
  return toAdd > 0 ? Math.min(share, left) : Math.max(share, left)
}

/** By how much its size changes when the ratio of its size to the maximum stays. */
function growthOf(deployment: Deployment, replicaSet: OwnedReplicaSet): number {
  const size = specReplicas(replicaSet)
  const wanted = wantedReplicas(deployment)
  if (wanted === 0) return -size
  const before = Number(replicaSet.metadata.annotations?.[MAX_REPLICAS]) || (deployment.status?.replicas ?? 0)
  if (before === 0) return 0
  return roundHalfAway((size * (wanted + maxSurgeOf(deployment))) / before) - size
}

function roundHalfAway(value: number): number {
  return value < 0 ? Math.ceil(value - 0.5) : Math.floor(value + 0.5)
}

function bySizeNewer(a: OwnedReplicaSet, b: OwnedReplicaSet): number {
  return (
    specReplicas(b) - specReplicas(a) ||
    compare(b.metadata.creationTimestamp, a.metadata.creationTimestamp) ||
    compare(b.metadata.name, a.metadata.name)
  )
}

function bySizeOlder(a: OwnedReplicaSet, b: OwnedReplicaSet): number {
  return specReplicas(b) - specReplicas(a) || byAge(a, b)
}

/** Which old ReplicaSets are given up (deployment/sync.go cleanupDeployment). */
import { revisionOf } from './annotations.ts'
import { byAge, type OwnedReplicaSet, specReplicas } from './replica-sets.ts'

/**
 * The lowest revisions beyond `limit`, less those that still have pods or a say: these are skipped, and no other
 * goes in their place.
 */
export function replicaSetsToDelete(
  old: readonly OwnedReplicaSet[],
  limit: number | undefined,
): readonly OwnedReplicaSet[] {
  if (limit === undefined) return []
  const alive = old.filter((it) => it.metadata.deletionTimestamp === undefined)
  const excess = alive.length - limit
  if (excess <= 0) return []
  return alive
    .sort((a, b) => revisionOf(a) - revisionOf(b) || byAge(a, b))
    .slice(0, excess)
    .filter(isEmpty)
}

function isEmpty(replicaSet: OwnedReplicaSet): boolean {
  return (
    (replicaSet.status?.replicas ?? 0) === 0 &&
    specReplicas(replicaSet) === 0 &&
    (replicaSet.metadata.generation ?? 0) <= (replicaSet.status?.observedGeneration ?? 0)
  )
}

/** The ReplicaSets of one Deployment: which is the new one, how many pods they want and have. */

import type { Deployment } from '../../api/apps/deployment.ts'
import type { ReplicaSet } from '../../api/apps/replica-set.ts'
import type { PodTemplateSpec } from '../../api/core/pod-template.ts'
import type { Stored } from '../../api/kind.ts'
import { semanticEqual } from '../shared/semantic-equal.ts'

export const POD_TEMPLATE_HASH = 'pod-template-hash'

export type OwnedReplicaSet = Stored<ReplicaSet>

/** Equal but for the hash label, which only the template of a ReplicaSet carries. */
export function equalIgnoringHash(a: PodTemplateSpec, b: PodTemplateSpec): boolean {
  return (
    semanticEqual(a.spec, b.spec) &&
    semanticEqual(withoutHash(a.metadata ?? {}), withoutHash(b.metadata ?? {}))
  )
}

function withoutHash(metadata: NonNullable<PodTemplateSpec['metadata']>) {
  if (metadata.labels?.[POD_TEMPLATE_HASH] === undefined) return metadata
  const { [POD_TEMPLATE_HASH]: _hash, ...labels } = metadata.labels
  return { ...metadata, labels }
}

/** The oldest ReplicaSet with the Deployment's template, so that two equal ones do not fight. */
export function findNew(
  deployment: Deployment,
  replicaSets: readonly OwnedReplicaSet[],
): OwnedReplicaSet | undefined {
  const template = deployment.spec.template
  if (template === undefined) return undefined
  return [...replicaSets]
    .sort(byAge)
    .find((it) => it.spec.template !== undefined && equalIgnoringHash(it.spec.template, template))
}

/** Oldest first, then by name. */
export function byAge(a: OwnedReplicaSet, b: OwnedReplicaSet): number {
  return (
    compare(a.metadata.creationTimestamp, b.metadata.creationTimestamp) ||
    compare(a.metadata.name, b.metadata.name)
  )
}

export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

export function specReplicas(replicaSet: ReplicaSet): number {
  return replicaSet.spec.replicas ?? 1
}

export function isActive(replicaSet: ReplicaSet): boolean {
  return specReplicas(replicaSet) > 0
}

/** Pods wanted by all of them. */
export function totalSpec(replicaSets: readonly ReplicaSet[]): number {
  return replicaSets.reduce((sum, it) => sum + specReplicas(it), 0)
}

/** Pods that exist. */
export function totalActual(replicaSets: readonly ReplicaSet[]): number {
  return replicaSets.reduce((sum, it) => sum + (it.status?.replicas ?? 0), 0)
}

export function totalReady(replicaSets: readonly ReplicaSet[]): number {
  return replicaSets.reduce((sum, it) => sum + (it.status?.readyReplicas ?? 0), 0)
}

export function totalAvailable(replicaSets: readonly ReplicaSet[]): number {
  return replicaSets.reduce((sum, it) => sum + (it.status?.availableReplicas ?? 0), 0)
}

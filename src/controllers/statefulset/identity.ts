/** Names, labels, claims: what makes pod `db-0` always the same one (statefulset/stateful_set_utils.go). */
import { StatefulSet } from '../../api/apps/stateful-set.ts'
import type { PersistentVolumeClaim } from '../../api/core/persistent-volume-claim.ts'
import { Pod } from '../../api/core/pod.ts'
import type { PodTemplateSpec } from '../../api/core/pod-template.ts'
import type { Volume } from '../../api/core/volume.ts'
import type { Stored } from '../../api/kind.ts'
import type { OwnerReference } from '../../api/meta/object-meta.ts'
import { REVISION_HASH } from '../shared/controller-history.ts'
import { controllerRef } from '../shared/owner-refs.ts'

export const POD_NAME = 'statefulset.kubernetes.io/pod-name'
export const POD_INDEX = 'apps.kubernetes.io/pod-index'

export function startOrdinal(set: StatefulSet): number {
  return set.spec.ordinals?.start ?? 0
}

export function setReplicas(set: StatefulSet): number {
  return set.spec.replicas ?? 1
}

export function podName(set: Stored<StatefulSet>, ordinal: number): string {
  return `${set.metadata.name}-${ordinal}`
}

/** The ordinal in the pod's name, if the name fits the set; -1 otherwise. */
export function ordinalOf(set: Stored<StatefulSet>, pod: Pod): number {
  const match = /^(.*)-([0-9]+)$/.exec(pod.metadata?.name ?? '')
  return match?.[1] === set.metadata.name ? Number(match[2]) : -1
}

export function isInRange(set: StatefulSet, ordinal: number): boolean {
  return ordinal >= startOrdinal(set) && ordinal < startOrdinal(set) + setReplicas(set)
}

export function revisionOfPod(pod: Pod): string {
  return pod.metadata?.labels?.[REVISION_HASH] ?? ''
}

/** Below the partition (or below what status counts, for sets without one) a missing pod comes back as it was. */
export function isAtCurrentRevision(set: StatefulSet, ordinal: number): boolean {
  const strategy = set.spec.updateStrategy
  if ((strategy?.type ?? 'RollingUpdate') !== 'RollingUpdate') return false
  const kept = strategy?.rollingUpdate
    ? (strategy.rollingUpdate.partition ?? 0)
    : (set.status?.currentReplicas ?? 0)
  return ordinal < startOrdinal(set) + kept
}

export function newPod(
  set: Stored<StatefulSet>,
  template: PodTemplateSpec,
  ordinal: number,
  revision: string,
): Pod {
  const name = podName(set, ordinal)
  const { metadata, spec } = template
  return {
    metadata: {
      name,
      generateName: `${set.metadata.name}-`,
      namespace: set.metadata.namespace,
      labels: {
        ...metadata?.labels,
        [POD_NAME]: name,
        [POD_INDEX]: String(ordinal),
        [REVISION_HASH]: revision,
      },
      ...(metadata?.annotations && { annotations: metadata.annotations }),
      ...(metadata?.finalizers && { finalizers: metadata.finalizers }),
      ownerReferences: [controllerRef(StatefulSet, set)],
    },
    spec: {
      ...spec,
      hostname: name,
      ...(set.spec.serviceName && { subdomain: set.spec.serviceName }),
      volumes: volumesOf(set, spec.volumes ?? [], ordinal),
    },
  }
}

/** The claims of its own take the place of volumes with the same name. */
function volumesOf(set: Stored<StatefulSet>, volumes: readonly Volume[], ordinal: number): readonly Volume[] {
  const templates = set.spec.volumeClaimTemplates ?? []
  const claims = templates.map(
    (it): Volume => ({
      name: it.metadata?.name ?? '',
      persistentVolumeClaim: { claimName: claimName(set, it, ordinal) },
    }),
  )
  return [...claims, ...volumes.filter((it) => !claims.some((claim) => claim.name === it.name))]
}

/** Whether labels still say who the pod is. */
export function hasIdentity(set: Stored<StatefulSet>, pod: Stored<Pod>): boolean {
  const labels = pod.metadata.labels
  return labels?.[POD_NAME] === pod.metadata.name && labels[POD_INDEX] === String(ordinalOf(set, pod))
}

export function withIdentity(set: Stored<StatefulSet>, pod: Stored<Pod>): Stored<Pod> {
  const { labels, name } = pod.metadata
  const identity = { [POD_NAME]: name, [POD_INDEX]: String(ordinalOf(set, pod)) }
  return { ...pod, metadata: { ...pod.metadata, labels: { ...labels, ...identity } } }
}

export function claimName(
  set: Stored<StatefulSet>,
  template: PersistentVolumeClaim,
  ordinal: number,
): string {
  return `${template.metadata?.name}-${set.metadata.name}-${ordinal}`
}

/** The claims that pod `ordinal` needs. */
export function claimsFor(set: Stored<StatefulSet>, ordinal: number): readonly PersistentVolumeClaim[] {
  return (set.spec.volumeClaimTemplates ?? []).map((template) => ({
    metadata: {
      ...template.metadata,
      name: claimName(set, template, ordinal),
      namespace: set.metadata.namespace,
      labels: { ...template.metadata?.labels, ...set.spec.selector.matchLabels },
    },
    spec: template.spec,
  }))
}

export interface RetentionPolicy {
  readonly whenDeleted: 'Retain' | 'Delete'
  readonly whenScaled: 'Retain' | 'Delete'
}

export function retentionOf(set: StatefulSet): RetentionPolicy {
  const policy = set.spec.persistentVolumeClaimRetentionPolicy
  return {
    whenDeleted: policy?.whenDeleted === 'Delete' ? 'Delete' : 'Retain',
    whenScaled: policy?.whenScaled === 'Delete' ? 'Delete' : 'Retain',
  }
}

/** Who the claims of a pod belong to: the garbage collector deletes them together with their owner. */
export function claimOwner(
  { whenDeleted, whenScaled }: RetentionPolicy,
  inRange: boolean,
): 'set' | 'pod' | 'nobody' {
  if (whenScaled === 'Delete' && !inRange) return 'pod'
  return whenDeleted === 'Delete' ? 'set' : 'nobody'
}

/** Owner references of a claim as they should be; a claim that somebody else controls keeps only what is not ours. */
export function claimOwnerReferences(
  set: Stored<StatefulSet>,
  pod: Stored<Pod>,
  claim: Stored<PersistentVolumeClaim>,
): readonly OwnerReference[] {
  const ours = ({ kind, name }: OwnerReference) =>
    (kind === 'StatefulSet' && name === set.metadata.name) || (kind === 'Pod' && name === pod.metadata.name)
  const others = (claim.metadata.ownerReferences ?? []).filter((it) => !ours(it))
  if (others.some((it) => it.controller === true)) return others
  const owner = claimOwner(retentionOf(set), isInRange(set, ordinalOf(set, pod)))
  if (owner === 'nobody') return others
  return [...others, owner === 'set' ? controllerRef(StatefulSet, set) : controllerRef(Pod, pod)]
}

/** A claim that still belongs to an earlier pod of this name is about to be deleted with it. */
export function isStaleClaim(
  pod: Stored<Pod> | undefined,
  name: string,
  claim: PersistentVolumeClaim,
): boolean {
  return (
    claim.metadata?.ownerReferences?.some(
      (it) => it.kind === 'Pod' && it.name === name && it.uid !== pod?.metadata.uid,
    ) === true
  )
}

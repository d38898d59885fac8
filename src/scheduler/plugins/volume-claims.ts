/** Claims, volumes and classes as the volume plugins look them up, and what has been promised but not yet written. */
import { PersistentVolume } from '../../api/core/persistent-volume.ts'
import { PersistentVolumeClaim } from '../../api/core/persistent-volume-claim.ts'
import type { Pod } from '../../api/core/pod.ts'
import type { PodSpec } from '../../api/core/pod-spec.ts'
import type { Stored } from '../../api/kind.ts'
import { CSIDriver } from '../../api/storage/csi-driver.ts'
import { CSINode } from '../../api/storage/csi-node.ts'
import { CSIStorageCapacity } from '../../api/storage/csi-storage-capacity.ts'
import { StorageClass } from '../../api/storage/storage-class.ts'
import type { InformerFactory, Lister } from '../../client/informer.ts'
import type { PodClass } from '../cache/pod-class.ts'

export const VOLUME_KINDS = [
  PersistentVolumeClaim,
  PersistentVolume,
  StorageClass,
  CSINode,
  CSIDriver,
  CSIStorageCapacity,
]

const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed'
export const SELECTED_NODE = 'volume.kubernetes.io/selected-node'
export const BOUND_BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller'
const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class'

export type Claim = Stored<PersistentVolumeClaim>
export type Volume = Stored<PersistentVolume>

export interface VolumeListers {
  readonly claims: Lister<Claim>
  readonly volumes: Lister<Volume>
  readonly classes: Lister<Stored<StorageClass>>
  readonly csiNodes: Lister<Stored<CSINode>>
  readonly csiDrivers: Lister<Stored<CSIDriver>>
  readonly capacities: Lister<Stored<CSIStorageCapacity>>
}

export function volumeListers(informers: InformerFactory): VolumeListers {
  return {
    claims: informers.for(PersistentVolumeClaim).lister,
    volumes: informers.for(PersistentVolume).lister,
    classes: informers.for(StorageClass).lister,
    csiNodes: informers.for(CSINode).lister,
    csiDrivers: informers.for(CSIDriver).lister,
    capacities: informers.for(CSIStorageCapacity).lister,
  }
}

/** Whether pods of the class have volumes by claim at all: most have none, and cost nothing. */
export function usesClaims({ spec }: PodClass): boolean {
  return hasClaims(spec)
}

export function hasClaims({ volumes }: PodSpec): boolean {
  return volumes?.some((it) => it.persistentVolumeClaim !== undefined || it.ephemeral !== undefined) ?? false
}

export interface ClaimName {
  readonly name: string
  /** Made for this pod, from a template in it. */
  readonly isEphemeral: boolean
}

export function claimNames({ metadata, spec }: Pod): readonly ClaimName[] {
  return (spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }): ClaimName[] => {
    if (persistentVolumeClaim !== undefined)
      return [{ name: persistentVolumeClaim.claimName, isEphemeral: false }]
    return ephemeral === undefined ? [] : [{ name: `${metadata?.name}-${name}`, isEphemeral: true }]
  })
}

export function claimsOf(pod: Stored<Pod>, { claims }: VolumeListers): readonly Claim[] {
  return claimNames(pod).flatMap(({ name }) => claims.get(`${pod.metadata.namespace}/${name}`) ?? [])
}

export function isBound({ metadata, spec, status }: Claim): boolean {
  if (!spec.volumeName) return false
  return status?.phase === 'Bound' || Object.hasOwn(metadata.annotations ?? {}, BIND_COMPLETED)
}

export function className({
  metadata,
  spec,
}: {
  metadata: Claim['metadata']
  spec: { storageClassName?: string }
}): string {
  return metadata.annotations?.[BETA_CLASS] ?? spec.storageClassName ?? ''
}

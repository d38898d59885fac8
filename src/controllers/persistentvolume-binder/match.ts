/** Which volume a claim gets (volume/persistentvolume/index.go, component-helpers/storage/volume). */
import type { PersistentVolume } from '../../api/core/persistent-volume.ts'
import type { PersistentVolumeClaim } from '../../api/core/persistent-volume-claim.ts'
import type { Stored } from '../../api/kind.ts'
import { compileSelector } from '../../api/label-selector.ts'
import { compareQuantities } from '../../api/quantity.ts'

type Volume = Stored<PersistentVolume>
type Claim = Stored<PersistentVolumeClaim>

export const SELECTED_NODE = 'volume.kubernetes.io/selected-node'
export const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed'
export const BOUND_BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller'
export const STORAGE_PROVISIONER = 'volume.kubernetes.io/storage-provisioner'
export const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by'

/** Set aside for this claim by whoever made the volume, or bound to it already. */
export function isClaimedBy({ spec }: Volume, { metadata }: Claim): boolean {
  const { claimRef } = spec
  if (claimRef?.name !== metadata.name || claimRef.namespace !== metadata.namespace) return false
  return !claimRef.uid || claimRef.uid === metadata.uid
}

/** The smallest volume that fits; one set aside for the claim comes before all others. @param preboundOnly ignore free ones */
export function findVolume(
  claim: Claim,
  volumes: Iterable<Volume>,
  preboundOnly: boolean,
): Volume | undefined {
  let best: Volume | undefined
  for (const volume of volumes) {
    if (volume.metadata.deletionTimestamp !== undefined || !suits(claim, volume)) continue
    if (isClaimedBy(volume, claim)) return volume
    if (preboundOnly || volume.spec.claimRef !== undefined || volume.status?.phase !== 'Available') continue
    if (best === undefined || bySize(volume, best) < 0) best = volume
  }
  return best
}

function suits({ spec }: Claim, { spec: volume, metadata }: Volume): boolean {
  const wanted = spec.resources?.requests?.['storage'] ?? '0'
  const modes = spec.accessModes ?? []
  return (
    (volume.storageClassName ?? '') === (spec.storageClassName ?? '') &&
    (volume.volumeMode ?? 'Filesystem') === (spec.volumeMode ?? 'Filesystem') &&
    modes.every((it) => volume.accessModes?.includes(it)) &&
    compareQuantities(volume.capacity?.['storage'] ?? '0', wanted) >= 0 &&
    (spec.selector === undefined || compileSelector(spec.selector).matches(metadata.labels))
  )
}

function bySize(a: Volume, b: Volume): number {
  const size = (it: Volume) => it.spec.capacity?.['storage'] ?? '0'
  return compareQuantities(size(a), size(b)) || (a.metadata.name < b.metadata.name ? -1 : 1)
}

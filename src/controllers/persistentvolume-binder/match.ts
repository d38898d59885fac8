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
    if (!suits(claim, volume)) continue
    if (isClaimedBy(volume, claim)) return volume
    if (preboundOnly || volume.spec.claimRef !== undefined || volume.status?.phase !== 'Available') continue
    if (best === undefined || bySize(volume, best) < 0) best = volume
  }
  return best
}

/** Why a volume that a claim asks for by name cannot be its; undefined: it can. */
export function mismatch({ spec }: Claim, { spec: volume, metadata }: Volume): string | undefined {
  if (metadata.deletionTimestamp !== undefined)
    return `the volume is marked for deletion ${JSON.stringify(metadata.name)}`
  const wanted = spec.resources?.requests?.['storage'] ?? '0'
  if (compareQuantities(volume.capacity?.['storage'] ?? '0', wanted) < 0) return 'requested PV is too small'
  if ((volume.storageClassName ?? '') !== (spec.storageClassName ?? ''))
    return 'storageClassName does not match'
  if ((volume.volumeMode ?? 'Filesystem') !== (spec.volumeMode ?? 'Filesystem'))
    return 'incompatible volumeMode'
  return spec.accessModes?.every((it) => volume.accessModes?.includes(it)) === false
    ? 'incompatible accessMode'
    : undefined
}

function suits(claim: Claim, volume: Volume): boolean {
  const { selector } = claim.spec
  const selected = selector === undefined || compileSelector(selector).matches(volume.metadata.labels)
  return selected && mismatch(claim, volume) === undefined
}

function bySize(a: Volume, b: Volume): number {
  const size = (it: Volume) => it.spec.capacity?.['storage'] ?? '0'
  return compareQuantities(size(a), size(b)) || (a.metadata.name < b.metadata.name ? -1 : 1)
}

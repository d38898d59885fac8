/**
 * Stands in for the CSI drivers of a cluster: makes volumes for claims that wait for a provisioner, deletes those
 * that were given back, and enlarges those whose claims ask for more. In a real cluster each driver brings its own
 * (kubernetes-csi/external-provisioner, external-resizer).
 */
import { PersistentVolume } from '../../api/core/persistent-volume.ts'
import { PersistentVolumeClaim } from '../../api/core/persistent-volume-claim.ts'
import { isAlreadyExists, isNotFound } from '../../api/errors.ts'
import { objectKey, type Stored } from '../../api/kind.ts'
import { compareQuantities } from '../../api/quantity.ts'
import { CSIDriver } from '../../api/storage/csi-driver.ts'
import { StorageClass } from '../../api/storage/storage-class.ts'
import { PROVISIONED_BY, SELECTED_NODE, STORAGE_PROVISIONER } from '../persistentvolume-binder/match.ts'
import { defineController, type ReconcileContext, watch } from '../runtime/controller.ts'
import { isServedElsewhere } from './served.ts'

const BY_CLAIM_REF = 'claimRef'

function claimRefKeys({ spec }: PersistentVolume): readonly string[] {
  return spec.claimRef === undefined ? [] : [objectKey(spec.claimRef)]
}

type Claim = Stored<PersistentVolumeClaim>
type Context = ReconcileContext<PersistentVolumeClaim>

export const externalProvisionerController = defineController<PersistentVolumeClaim>({
  name: 'external-provisioner',
  component: 'external-provisioner',
  for: PersistentVolumeClaim,
  watches: [
    watch({
      kind: PersistentVolume,
      informer: { indexes: { [BY_CLAIM_REF]: claimRefKeys } },
      map: claimRefKeys,
    }),
    { kind: StorageClass, map: () => [] },
    { kind: CSIDriver, map: () => [] },
  ],

  async reconcile(context) {
    const { object: claim } = context
    await deleteReleased(context)
    if (claim === undefined || claim.metadata.deletionTimestamp !== undefined) return
    if (claim.spec.volumeName) await expand(context, claim)
    else await provision(context, claim)
  },
})

async function provision({ client, recorder, lister, key }: Context, claim: Claim): Promise<void> {
  const storageClass = lister(StorageClass).get(claim.spec.storageClassName ?? '')
  if (isServedElsewhere(lister(CSIDriver).get(storageClass?.provisioner ?? ''))) return
  const provisioner = claim.metadata.annotations?.[STORAGE_PROVISIONER]
  if (storageClass === undefined || provisioner !== storageClass.provisioner) return
  const delayed = storageClass.volumeBindingMode === 'WaitForFirstConsumer'
  if (delayed && claim.metadata.annotations?.[SELECTED_NODE] === undefined) return
  const volume = volumeFor(claim, storageClass)
  const name = volume.metadata!.name!
  if (lister(PersistentVolume).get(name) !== undefined) return
  recorder.event(
    claim,
    'Normal',
    'Provisioning',
    `External provisioner is provisioning volume for claim "${key}"`,
  )
  try {
    await client.create(PersistentVolume, volume)
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
  }
  recorder.event(claim, 'Normal', 'ProvisioningSucceeded', `Successfully provisioned volume ${name}`)
}

function volumeFor(claim: Claim, storageClass: Stored<StorageClass>): PersistentVolume {
  const { namespace, name, uid, resourceVersion } = claim.metadata
  const volumeName = `pvc-${uid}`
  return {
    metadata: { name: volumeName, annotations: { [PROVISIONED_BY]: storageClass.provisioner } },
    spec: {
      capacity: { storage: claim.spec.resources?.requests?.['storage'] ?? '1Gi' },
      accessModes: claim.spec.accessModes,
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid, resourceVersion },
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
      storageClassName: storageClass.metadata.name,
      volumeMode: claim.spec.volumeMode ?? 'Filesystem',
      ...(storageClass.mountOptions && { mountOptions: storageClass.mountOptions }),
      csi: { driver: storageClass.provisioner, volumeHandle: volumeName, fsType: 'ext4' },
    },
  }
}

/** Volumes of this claim's name that nobody holds any more. */
async function deleteReleased({ client, lister, key }: Context): Promise<void> {
  for (const { metadata, spec, status } of lister(PersistentVolume).byIndex(BY_CLAIM_REF, key)) {
    if (status?.phase !== 'Released') continue
    const driver = metadata.annotations?.[PROVISIONED_BY]
    const ours =
      driver !== undefined &&
      !isServedElsewhere(lister(CSIDriver).get(driver)) &&
      spec.persistentVolumeReclaimPolicy === 'Delete'
    if (!ours || metadata.deletionTimestamp !== undefined) continue
    try {
      await client.delete(PersistentVolume, { name: metadata.name })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }
}

async function expand({ client, recorder, lister }: Context, claim: Claim): Promise<void> {
  const volume = lister(PersistentVolume).get(claim.spec.volumeName ?? '')
  const wanted = claim.spec.resources?.requests?.['storage']
  const actual = claim.status?.capacity?.['storage']
  if (
    volume === undefined ||
    wanted === undefined ||
    actual === undefined ||
    compareQuantities(wanted, actual) <= 0
  )
    return
  if (volume.metadata.annotations?.[PROVISIONED_BY] === undefined) return
  recorder.event(claim, 'Normal', 'Resizing', `External resizer is resizing volume ${volume.metadata.name}`)
  if (compareQuantities(volume.spec.capacity?.['storage'] ?? '0', wanted) < 0) {
    await client.replace(PersistentVolume, {
      ...volume,
      spec: { ...volume.spec, capacity: { ...volume.spec.capacity, storage: wanted } },
    })
  }
  const status = { ...claim.status, capacity: { ...claim.status?.capacity, storage: wanted } }
  await client.updateStatus(PersistentVolumeClaim, { ...claim, status })
  recorder.event(claim, 'Normal', 'VolumeResizeSuccessful', 'Resize volume succeeded')
}

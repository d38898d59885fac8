/**
 * Disks of the cloud as volumes: claims of its storage classes get a disk, and disks follow pods from node to node
 * (upstream: the external provisioner and attacher sidecars of a CSI driver).
 */
import { PersistentVolume } from '../api/core/persistent-volume.ts'
import { PersistentVolumeClaim } from '../api/core/persistent-volume-claim.ts'
import { isAlreadyExists } from '../api/errors.ts'
import type { Stored } from '../api/kind.ts'
import { quantityValue } from '../api/quantity.ts'
import { CSIDriver } from '../api/storage/csi-driver.ts'
import { StorageClass } from '../api/storage/storage-class.ts'
import { VolumeAttachment } from '../api/storage/volume-attachment.ts'
import type { Client } from '../client/client.ts'
import type { Component } from '../client/process.ts'
import { KeyedWorker } from './keyed-worker.ts'
import type { Cloud } from './provider.ts'

/** `provisioner` of storage classes, and name of the CSI driver. */
export const DISK_DRIVER = 'disk.kubarium.dev'
const FINALIZER = `external-attacher/${DISK_DRIVER.replaceAll('.', '-')}`
const SELECTED_NODE = 'volume.kubernetes.io/selected-node'

/** Makes a disk and a PersistentVolume for every claim of a class that names this driver. */
export function diskProvisioner(cloud: Cloud): Component {
  return {
    name: 'disk-provisioner',
    start(process) {
      const { client, informers } = process
      const claims = informers.for(PersistentVolumeClaim)
      const classes = informers.for(StorageClass)
      const volumes = informers.for(PersistentVolume)
      const recorder = process.recorder(DISK_DRIVER)
      const worker = new KeyedWorker(process, 'disk-provisioner', provision, (key, error) => {
        const claim = claims.lister.get(key)
        if (claim === undefined) return
        const message = `failed to provision volume with StorageClass "${claim.spec?.storageClassName}": ${error.message}`
        recorder.event(claim, 'Warning', 'ProvisioningFailed', message)
      })
      const remover = new KeyedWorker(process, 'disk-provisioner', remove, () => {})
      const seen = (claim: Stored<PersistentVolumeClaim>) => {
        if (!claim.spec?.volumeName) worker.add(`${claim.metadata.namespace}/${claim.metadata.name}`)
      }
      claims.addHandlers({ add: seen, update: seen })
      const released = (volume: Stored<PersistentVolume>) => {
        if (volume.status?.phase === 'Released') remover.add(volume.metadata.name)
      }
      volumes.addHandlers({ add: released, update: released })

      async function provision(key: string): Promise<void> {
        const claim = claims.lister.get(key)
        if (claim === undefined || claim.spec?.volumeName || claim.metadata.deletionTimestamp !== undefined)
          return
        const storageClass = classes.lister.get(claim.spec?.storageClassName ?? '')
        if (storageClass?.provisioner !== DISK_DRIVER) return
        const node = claim.metadata.annotations?.[SELECTED_NODE]
        if (storageClass.volumeBindingMode === 'WaitForFirstConsumer' && node === undefined) return
        const name = `pvc-${claim.metadata.uid}`
        if (volumes.lister.get(name) !== undefined) return
        const storage = claim.spec?.resources?.requests?.['storage'] ?? '1Gi'
        const zone = cloud.instances().find((it) => it.name === node)?.zone ?? cloud.zones[0]!
        recorder.event(
          claim,
          'Normal',
          'Provisioning',
          `External provisioner is provisioning volume for claim "${key}"`,
        )
        const disk = await cloud.createDisk(quantityValue(storage), zone)
        await client.create(PersistentVolume, {
          metadata: { name, annotations: { 'pv.kubernetes.io/provisioned-by': DISK_DRIVER } },
          spec: {
            capacity: { storage },
            accessModes: claim.spec?.accessModes ?? ['ReadWriteOnce'],
            persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
            storageClassName: storageClass.metadata.name,
            csi: { driver: DISK_DRIVER, volumeHandle: disk.id },
            claimRef: {
              apiVersion: 'v1',
              kind: 'PersistentVolumeClaim',
              namespace: claim.metadata.namespace,
              name: claim.metadata.name,
              uid: claim.metadata.uid,
            },
          },
        })
        recorder.event(claim, 'Normal', 'ProvisioningSucceeded', `Successfully provisioned volume ${name}`)
      }

      async function remove(name: string): Promise<void> {
        const volume = volumes.lister.get(name)
        const { csi, persistentVolumeReclaimPolicy } = volume?.spec ?? {}
        if (csi?.driver !== DISK_DRIVER || persistentVolumeReclaimPolicy !== 'Delete') return
        await cloud.deleteDisk(csi.volumeHandle)
        await client.delete(PersistentVolume, { name })
      }
    },
  }
}

/** Attaches and detaches as VolumeAttachment objects ask. */
export function diskAttacher(cloud: Cloud): Component {
  return {
    name: 'disk-attacher',
    start(process) {
      const { client, informers } = process
      const attachments = informers.for(VolumeAttachment)
      const volumes = informers.for(PersistentVolume)
      const registrar = new KeyedWorker(
        process,
        'node-driver-registrar',
        () => registerDriver(client),
        () => {},
      )
      registrar.add(DISK_DRIVER)
      const worker = new KeyedWorker(process, 'disk-attacher', sync, (name, error) => {
        const attachment = attachments.lister.get(name)
        if (attachment === undefined) return
        process.spawn('disk-attacher', async () => {
          const status = { attached: false, attachError: { message: error.message } }
          try {
            await client.patch(VolumeAttachment, { name }, { status }, { subresource: 'status' })
          } catch {
            // It is tried again, and says so then.
          }
        })
      })
      const seen = (it: Stored<VolumeAttachment>) => {
        if (it.spec.attacher === DISK_DRIVER) worker.add(it.metadata.name)
      }
      attachments.addHandlers({ add: seen, update: seen })

      async function sync(name: string): Promise<void> {
        const attachment = attachments.lister.get(name)
        if (attachment === undefined) return
        const volume = volumes.lister.get(attachment.spec.source.persistentVolumeName ?? '')
        const disk = volume?.spec?.csi?.volumeHandle
        const { finalizers = [] } = attachment.metadata
        if (attachment.metadata.deletionTimestamp !== undefined) {
          if (!finalizers.includes(FINALIZER)) return
          if (disk !== undefined) await cloud.detachDisk(disk, attachment.spec.nodeName)
          const left = finalizers.filter((it) => it !== FINALIZER)
          await client.patch(VolumeAttachment, { name }, { metadata: { finalizers: left } })
          return
        }
        if (attachment.status?.attached === true || disk === undefined) return
        if (!finalizers.includes(FINALIZER)) {
          await client.patch(
            VolumeAttachment,
            { name },
            { metadata: { finalizers: [...finalizers, FINALIZER] } },
          )
          // Its watch brings it back, then to be attached.
          return
        }
        await cloud.attachDisk(disk, attachment.spec.nodeName)
        await client.patch(
          VolumeAttachment,
          { name },
          { status: { attached: true } },
          { subresource: 'status' },
        )
      }
    },
  }
}

/** Tells the cluster that the driver is there, with a provisioner and an attacher of its own. */
async function registerDriver(client: Client): Promise<void> {
  try {
    await client.create(CSIDriver, {
      metadata: { name: DISK_DRIVER, annotations: { 'kubarium.dev/served': 'true' } },
      spec: { attachRequired: true },
    })
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
  }
}

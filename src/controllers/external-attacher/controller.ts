/**
 * Stands in for the attachers that CSI drivers bring along (kubernetes-csi/external-attacher): what is to be attached
 * is attached at once, unless the driver says that it runs by itself.
 */
import { PersistentVolume } from '../../api/core/persistent-volume.ts'
import { CSIDriver } from '../../api/storage/csi-driver.ts'
import { VolumeAttachment } from '../../api/storage/volume-attachment.ts'
import { isServedElsewhere } from '../external-provisioner/served.ts'
import { defineController, type SetupContext } from '../runtime/controller.ts'
import { addFinalizer, hasFinalizer, removeFinalizer } from '../shared/finalizers.ts'

const BY_VOLUME = 'persistentVolumeName'

export const externalAttacherController = defineController<VolumeAttachment>({
  name: 'external-attacher',
  component: 'external-attacher',
  for: VolumeAttachment,
  forInformer: { indexes: { [BY_VOLUME]: volumesOf } },
  predicate: { delete: () => false },
  watches: [{ kind: CSIDriver, map: () => [] }],
  setup: releaseVolumes,

  async reconcile({ object: attachment, client, lister }) {
    if (attachment === undefined) return
    const driver = attachment.spec.attacher
    if (isServedElsewhere(lister(CSIDriver).get(driver))) return
    const finalizer = finalizerOf(driver)
    if (attachment.metadata.deletionTimestamp !== undefined) {
      await removeFinalizer(client, VolumeAttachment, attachment, finalizer)
    } else if (!hasFinalizer(attachment, finalizer)) {
      // Its watch brings it back, then to be attached: a driver must not lose sight of what it has attached.
      await addFinalizer(client, VolumeAttachment, attachment, finalizer)
    } else if (attachment.status?.attached !== true) {
      const volume = lister(PersistentVolume).get(attachment.spec.source.persistentVolumeName ?? '')
      if (volume !== undefined && volume.metadata.deletionTimestamp === undefined)
        await addFinalizer(client, PersistentVolume, volume, finalizer)
      await client.updateStatus(VolumeAttachment, { ...attachment, status: { attached: true } })
    }
  },
})

/** A volume stays until it is attached nowhere: what its attachments mean could not be told without it. */
function releaseVolumes({ client, informer, informerFor, sideWorker }: SetupContext<VolumeAttachment>) {
  const volumes = informerFor(PersistentVolume)
  const worker = sideWorker(async (name) => {
    const volume = volumes.lister.get(name)
    if (volume?.metadata.deletionTimestamp === undefined || volume.spec.csi === undefined) return
    for (const _attachment of informer.lister.byIndex(BY_VOLUME, name)) return
    await removeFinalizer(client, PersistentVolume, volume, finalizerOf(volume.spec.csi.driver))
  })
  const ifLeaving = (volume: PersistentVolume) => {
    if (volume.metadata?.deletionTimestamp !== undefined) worker.add(volume.metadata.name!)
  }
  volumes.addHandlers({ add: ifLeaving, update: ifLeaving })
  informer.addHandlers({
    delete: (it) => {
      for (const name of volumesOf(it)) worker.add(name)
    },
  })
  return undefined
}

function volumesOf({ spec }: VolumeAttachment): readonly string[] {
  const name = spec.source.persistentVolumeName
  return name ? [name] : []
}

function finalizerOf(driver: string): string {
  return `external-attacher/${driver.replaceAll('.', '-').replaceAll('/', '-')}`
}

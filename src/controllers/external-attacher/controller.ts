/**
 * Stands in for the attachers that CSI drivers bring along (kubernetes-csi/external-attacher): what is to be attached
 * is attached at once, unless the driver says that it runs by itself.
 */
import { CSIDriver } from '../../api/storage/csi-driver.ts'
import { VolumeAttachment } from '../../api/storage/volume-attachment.ts'
import { isServedElsewhere } from '../external-provisioner/served.ts'
import { defineController } from '../runtime/controller.ts'
import { addFinalizer, removeFinalizer } from '../shared/finalizers.ts'

export const externalAttacherController = defineController<VolumeAttachment>({
  name: 'external-attacher',
  component: 'external-attacher',
  for: VolumeAttachment,
  predicate: { delete: () => false },
  watches: [{ kind: CSIDriver, map: () => [] }],

  async reconcile({ object: attachment, client, lister }) {
    if (attachment === undefined) return
    const driver = attachment.spec.attacher
    if (isServedElsewhere(lister(CSIDriver).get(driver))) return
    const finalizer = `external-attacher/${driver.replaceAll('.', '-').replaceAll('/', '-')}`
    if (attachment.metadata.deletionTimestamp !== undefined) {
      await removeFinalizer(client, VolumeAttachment, attachment, finalizer)
    } else if (attachment.metadata.finalizers?.includes(finalizer) !== true) {
      // Its watch brings it back, then to be attached: a driver must not lose sight of what it has attached.
      await addFinalizer(client, VolumeAttachment, attachment, finalizer)
    } else if (attachment.status?.attached !== true) {
      await client.updateStatus(VolumeAttachment, { ...attachment, status: { attached: true } })
    }
  },
})

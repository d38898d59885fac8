/** Keeps a volume that is being deleted until no claim is bound to it any more (volume/pvprotection). */
import { PersistentVolume } from '../../api/core/persistent-volume.ts'
import type { Stored } from '../../api/kind.ts'
import { defineController } from '../runtime/controller.ts'
import { addFinalizer, hasFinalizer, removeFinalizer } from '../shared/finalizers.ts'

const FINALIZER = 'kubernetes.io/pv-protection'

export const pvProtectionController = defineController<PersistentVolume>({
  name: 'persistentvolume-protection-controller',
  component: 'persistentvolume-protection-controller',
  for: PersistentVolume,
  predicate: { create: needsWork, update: needsWork, delete: () => false },

  async reconcile({ object: volume, client }) {
    if (volume === undefined) return
    const deleting = volume.metadata.deletionTimestamp !== undefined
    if (!deleting) await addFinalizer(client, PersistentVolume, volume, FINALIZER)
    else if (volume.status?.phase !== 'Bound')
      await removeFinalizer(client, PersistentVolume, volume, FINALIZER)
  },
})

function needsWork(volume: Stored<PersistentVolume>): boolean {
  return hasFinalizer(volume, FINALIZER) === (volume.metadata.deletionTimestamp !== undefined)
}

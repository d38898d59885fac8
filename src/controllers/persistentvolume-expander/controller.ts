/** Says of claims that ask for more than they have that their CSI driver will see to it (volume/expand). */
import { PersistentVolumeClaim } from '../../api/core/persistent-volume-claim.ts'
import type { Stored } from '../../api/kind.ts'
import { compareQuantities } from '../../api/quantity.ts'
import { defineController } from '../runtime/controller.ts'

/** Volumes that kube-controller-manager can enlarge itself are history: all drivers live outside it. */
export const persistentVolumeExpander = defineController<PersistentVolumeClaim>({
  name: 'persistentvolume-expander-controller',
  component: 'volume_expand',
  for: PersistentVolumeClaim,
  predicate: {
    create: () => false,
    update: (claim, old) => claim.spec !== old.spec && wantsMore(claim),
    delete: () => false,
  },

  async reconcile({ object: claim, recorder }) {
    if (claim === undefined || !wantsMore(claim)) return
    recorder.event(
      claim,
      'Normal',
      'ExternalExpanding',
      'waiting for an external controller to expand this PVC',
    )
  },
})

function wantsMore({ spec, status }: Stored<PersistentVolumeClaim>): boolean {
  const wanted = spec.resources?.requests?.['storage']
  const actual = status?.capacity?.['storage']
  return wanted !== undefined && actual !== undefined && compareQuantities(wanted, actual) > 0
}

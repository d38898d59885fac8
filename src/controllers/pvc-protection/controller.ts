/** Keeps a claim that is being deleted until no pod on a node uses it any more (volume/pvcprotection). */
import { PersistentVolumeClaim } from '../../api/core/persistent-volume-claim.ts'
import { Pod } from '../../api/core/pod.ts'
import type { Stored } from '../../api/kind.ts'
import { defineController, watch } from '../runtime/controller.ts'
import { addFinalizer, hasFinalizer, removeFinalizer } from '../shared/finalizers.ts'
import { isPodTerminal } from '../shared/pod.ts'
import { BY_CLAIM, claimIndex, claimKeys } from '../shared/pod-claims.ts'

const FINALIZER = 'kubernetes.io/pvc-protection'

export const pvcProtectionController = defineController<PersistentVolumeClaim>({
  name: 'persistentvolumeclaim-protection-controller',
  component: 'persistentvolumeclaim-protection-controller',
  for: PersistentVolumeClaim,
  predicate: { create: needsWork, update: needsWork, delete: () => false },
  watches: [
    watch({
      kind: Pod,
      informer: { indexes: claimIndex },
      // Only the end of a pod can free a claim.
      predicate: { create: () => false, update: (pod, old) => isPodTerminal(pod) && !isPodTerminal(old) },
      map: claimKeys,
    }),
  ],

  async reconcile({ key, object: claim, client, lister }) {
    if (claim === undefined) return
    if (claim.metadata.deletionTimestamp === undefined) {
      await addFinalizer(client, PersistentVolumeClaim, claim, FINALIZER)
      return
    }
    const users = [...lister(Pod).byIndex(BY_CLAIM, key)].filter(isOnNode)
    if (users.length > 0) return
    // Live: a pod that the cache does not know yet must not find its claim gone.
    const { items } = await client.list(Pod, { namespace: claim.metadata.namespace })
    if (items.some((pod) => isOnNode(pod) && claimKeys(pod).includes(key))) return
    await removeFinalizer(client, PersistentVolumeClaim, claim, FINALIZER)
  },
})

function needsWork(claim: Stored<PersistentVolumeClaim>): boolean {
  return hasFinalizer(claim, FINALIZER) === (claim.metadata.deletionTimestamp !== undefined)
}

/** Before that no kubelet knows it, and none will start it with a claim on its way out. */
function isOnNode(pod: Pod): boolean {
  return !!pod.spec.nodeName
}

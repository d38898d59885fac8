/** Makes the claims that pods declare in themselves, for as long as they live (volume/ephemeral/controller.go). */
import { PersistentVolumeClaim } from '../../api/core/persistent-volume-claim.ts'
import { Pod } from '../../api/core/pod.ts'
import type { Volume } from '../../api/core/volume.ts'
import { objectKey, type Stored } from '../../api/kind.ts'
import { defineController, type ReconcileContext, watch } from '../runtime/controller.ts'
import { controllerRef, isControlledBy } from '../shared/owner-refs.ts'
import { BY_CLAIM, claimIndex } from '../shared/pod-claims.ts'
import { textOf } from '../shared/refusals.ts'

type Context = ReconcileContext<Pod>

export const ephemeralVolumeController = defineController<Pod>({
  name: 'ephemeral-volume-controller',
  component: 'ephemeral_volume',
  for: Pod,
  forInformer: { indexes: claimIndex },
  predicate: { create: hasEphemeralVolume, update: () => false, delete: () => false },
  watches: [
    watch({
      kind: PersistentVolumeClaim,
      // A pod gets back what somebody took away.
      predicate: { create: () => false, update: () => false },
      map: (claim, { lister }) =>
        lister(Pod)
          .byIndex(BY_CLAIM, objectKey(claim.metadata))
          .filter(hasEphemeralVolume)
          .map((it) => objectKey(it.metadata)),
    }),
  ],

  async reconcile(context) {
    const { key, object: pod, recorder } = context
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return
    for (const volume of pod.spec.volumes ?? []) {
      try {
        await ensureClaim(context, pod, volume)
      } catch (error) {
        const message = `ephemeral volume ${volume.name}: ${textOf(error)}`
        recorder.event(pod, 'Warning', 'FailedBinding', message)
        throw new Error(`pod ${key}, ${message}`)
      }
    }
  },
})

async function ensureClaim({ client, lister }: Context, pod: Stored<Pod>, volume: Volume): Promise<void> {
  const template = volume.ephemeral?.volumeClaimTemplate
  if (template === undefined) return
  const { namespace } = pod.metadata
  const name = `${pod.metadata.name}-${volume.name}`
  const existing = lister(PersistentVolumeClaim).get(objectKey({ namespace, name }))
  if (existing !== undefined) {
    if (isControlledBy(existing, pod)) return
    throw new Error(
      `PVC ${namespace}/${name} was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`,
    )
  }
  const { labels, annotations } = template.metadata ?? {}
  try {
    await client.create(PersistentVolumeClaim, {
      metadata: { name, namespace, labels, annotations, ownerReferences: [controllerRef(Pod, pod)] },
      spec: template.spec,
    })
  } catch (error) {
    throw new Error(`create PVC ${name}: ${textOf(error)}`)
  }
}

function hasEphemeralVolume(pod: Pod): boolean {
  return pod.spec.volumes?.some((it) => it.ephemeral !== undefined) === true
}

/** The PersistentVolumeClaims of a pod. */
import type { Pod } from '../../api/core/pod.ts'
import { objectKey } from '../../api/kind.ts'

/** Index of pods by the keys of the claims they use. */
export const BY_CLAIM = 'claim'

/** `namespace/claim` of every volume that is one; an ephemeral volume's claim is named after pod and volume. */
export function claimKeys(pod: Pod): readonly string[] {
  const keys: string[] = []
  for (const volume of pod.spec.volumes ?? NONE) {
    const name =
      volume.persistentVolumeClaim?.claimName ?? (volume.ephemeral && `${pod.metadata?.name}-${volume.name}`)
    if (name !== undefined) keys.push(objectKey({ namespace: pod.metadata?.namespace, name }))
  }
  return keys
}

export const claimIndex = { [BY_CLAIM]: claimKeys }

const NONE: readonly never[] = []

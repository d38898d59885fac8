/** The name by which kubelets and the attach-detach controller speak of a volume in a node's status. */
import type { PersistentVolume } from '../core/persistent-volume.ts'

/** `kubernetes.io/csi/<driver>^<handle>`; undefined for volumes that nobody attaches: hostPath, local, nfs. */
export function attachableName({ spec }: PersistentVolume): string | undefined {
  return spec.csi === undefined ? undefined : `kubernetes.io/csi/${spec.csi.driver}^${spec.csi.volumeHandle}`
}

/** Which CSI drivers have sidecars of their own in this cluster, so that nobody has to stand in for them. */
import type { CSIDriver } from '../../api/storage/csi-driver.ts'

/** On a CSIDriver: `"true"` says that its own provisioner and attacher run. */
export const SERVED = 'kubarium.dev/served'

export function isServedElsewhere(driver: CSIDriver | undefined): boolean {
  return driver?.metadata?.annotations?.[SERVED] === 'true'
}

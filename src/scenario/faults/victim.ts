import * as z from 'zod'

/** `node-1`, `kubelet/node-1`, `kube-controller-manager`. */
export function victim(description: string) {
  return z.string().min(1).meta({ description })
}

/** Usage as the resource metrics API tells it, and what both of its kinds show. */
import { addQuantities, quantityFromValue } from '../quantity.ts'
import { map, quantity } from '../schema.ts'

/** Per resource name: `cpu` in nanocores, `memory` in Ki. */
export type ResourceUsage = Readonly<Record<string, string>>

export const resourceUsage = map(quantity)

/** As metrics-server writes it: `12000000n` and `51200Ki`. */
export function usageOf(cpuMillis: number, memoryBytes: number): ResourceUsage {
  const cpu = Math.round(cpuMillis * 1e6)
  const memory = Math.ceil(memoryBytes / 1024)
  return { cpu: cpu === 0 ? '0' : `${cpu}n`, memory: memory === 0 ? '0' : `${memory}Ki` }
}

/** The sum of one resource, for a column of `kubectl get`. */
export function totalOf(resource: string, usages: readonly (ResourceUsage | undefined)[]): string {
  return usages.reduce((sum, it) => addQuantities(sum, it?.[resource] ?? '0'), quantityFromValue(0))
}

/** Prefers nodes on which cpu, memory and the like would be used to the same degree. */
import * as z from 'zod'
import { lazily } from '../../kernel/lazily.ts'
import { CPU, EPHEMERAL_STORAGE, MEMORY } from '../cache/resource-columns.ts'
import type { PluginFactory } from '../framework/plugin.ts'
import { balancedPair, balancedScore, bindResources, podRequest } from './resource-scores.ts'

export const nodeResourcesBalancedAllocationArgs = lazily(() =>
  z.strictObject({
    resources: z
      .array(z.strictObject({ name: z.string().min(1), weight: z.literal(1, 'must be 1').default(1) }))
      .default([
        { name: 'cpu', weight: 1 },
        { name: 'memory', weight: 1 },
      ]),
  }),
)

export const nodeResourcesBalancedAllocation: PluginFactory = (args, { cache }) => {
  const { resources } = args as z.output<ReturnType<typeof nodeResourcesBalancedAllocationArgs>>
  const bound = bindResources(resources, cache.columns)
  /** The default, which is worth a shorter way. */
  const isUsual = bound.length === 2 && bound[0]!.column === CPU && bound[1]!.column === MEMORY
  return {
    name: 'NodeResourcesBalancedAllocation',
    depends: 'node',
    // A pod that asks for none of the resources fits everywhere alike.
    concerns: (pod) => {
      const { cpu, memory, ephemeralStorage, scalars } = pod.requests
      const amounts = [cpu, memory, ephemeralStorage]
      return bound.some(
        ({ column }) => (amounts[column] ?? scalars.find((it) => it.column === column)?.amount ?? 0) > 0,
      )
    },
    score(pod, node) {
      const { requests } = pod.class
      const cpu = node.allocatable(CPU)
      const memory = node.allocatable(MEMORY)
      if (isUsual && cpu > 0 && memory > 0)
        return balancedPair(
          Math.min(1, (node.requested(CPU) + requests.cpu) / cpu),
          Math.min(1, (node.requested(MEMORY) + requests.memory) / memory),
        )
      const shares: number[] = []
      for (const { column } of bound) {
        const allocatable = node.allocatable(column)
        if (allocatable === 0) continue
        const wanted = podRequest(pod, column, false)
        if (wanted === 0 && column > EPHEMERAL_STORAGE) continue
        shares.push(Math.min(1, (node.requested(column) + wanted) / allocatable))
      }
      return balancedScore(shares)
    },
  }
}

import * as z from 'zod'
import { duration, durationMs } from '../fields.ts'
import { drainNode } from '../kubectl/drain.ts'
import { defineStep } from '../step.ts'

/** As `kubectl drain`. */
export const drain = defineStep({
  name: 'drain',
  schema: z
    .strictObject({
      node: z.string().min(1),
      ignoreDaemonSets: z.boolean().optional().meta({ description: 'Leaves their pods where they are.' }),
      force: z.boolean().optional().meta({ description: 'Evicts pods that no controller brings back.' }),
      deleteEmptyDirData: z
        .boolean()
        .optional()
        .meta({ description: 'Evicts pods whose files are lost then.' }),
      gracePeriodSeconds: z.int().min(0).optional(),
      timeout: duration.optional(),
    })
    .meta({
      description: 'Cordons a node and evicts its pods, as disruption budgets allow: {node: node-1}.',
    }),
  run(input, { cluster, timeoutMs }) {
    return drainNode(cluster, input.node, {
      ignoreDaemonSets: input.ignoreDaemonSets === true,
      force: input.force === true,
      deleteEmptyDirData: input.deleteEmptyDirData === true,
      gracePeriodSeconds: input.gracePeriodSeconds,
      timeoutMs: input.timeout === undefined ? timeoutMs : durationMs(input.timeout),
    })
  },
})

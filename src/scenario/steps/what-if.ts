import * as z from 'zod'
import { whatIfText } from '../../cluster/what-if-text.ts'
import { defineStep } from '../step.ts'

/** Asks about the cluster without touching it. */
export const whatIf = defineStep({
  name: 'whatIf',
  schema: z
    .strictObject({
      drain: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]).optional(),
      addNodes: z.int().min(1).max(10_000).optional(),
      fill: z.string().min(1).optional(),
    })
    .meta({
      description:
        'Shows what would happen, without doing it: {drain: node-1}, {addNodes: 2}, {fill: pod/web-1} for how many more fit.',
    }),
  async run(input, { cluster, print }) {
    print(whatIfText(cluster.whatIf(input)))
    return undefined
  },
})

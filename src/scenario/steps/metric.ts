import * as z from 'zod'
import { canonicalQuantity } from '../../api/quantity.ts'
import { defineStep } from '../step.ts'

const word = z.string().min(1)
const quantity = word.refine((it) => canonicalQuantity(it) !== undefined, {
  error: 'not a quantity: write for example 30 or 500m',
})

/** What an adapter of a monitoring system tells autoscalers from now on. */
export const metric = defineStep({
  name: 'metric',
  schema: z
    .strictObject({
      name: word.meta({ description: 'As autoscalers name it: queue_length.' }),
      value: z.union([z.number(), quantity]).meta({ description: 'A number or a quantity: 30, 500m.' }),
      of: z.strictObject({ apiVersion: word.optional(), kind: word, name: word.optional() }).optional().meta({
        description: 'Of each object of a kind, or of one. Absent: of something outside, an external metric.',
      }),
      labels: z.record(z.string(), z.string()).optional().meta({ description: 'Of the metric itself.' }),
      namespace: word.optional(),
    })
    .meta({ description: 'Sets a metric for HorizontalPodAutoscalers: {name: queue_length, value: 30}.' }),
  async run({ of, labels, namespace, ...input }, context) {
    context.cluster.metric({
      ...input,
      namespace: namespace ?? context.namespace,
      ...(of && {
        of: {
          kind: of.kind,
          ...(of.apiVersion && { apiVersion: of.apiVersion }),
          ...(of.name && { name: of.name }),
        },
      }),
      ...(labels && { labels }),
    })
    return `${input.name} is ${input.value}`
  },
})

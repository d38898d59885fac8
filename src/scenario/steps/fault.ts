import * as z from 'zod'
import { FAULTS } from '../faults/registry.ts'
import { defineStep } from '../step.ts'

const NAMES = Object.keys(FAULTS)

/** Breaks something, or mends it: one fault a step. */
export const fault = defineStep({
  name: 'fault',
  schema: z
    .strictObject(optionalSchemas())
    .refine((it) => Object.keys(it).length === 1, { error: `exactly one of ${NAMES.join(', ')} is needed` })
    .meta({ description: 'Breaks or mends something: {crash: node-1}, {pause: kube-scheduler}.' }),
  async run(input, context) {
    const [name, value] = Object.entries(input).find(([, it]) => it !== undefined)!
    return FAULTS[name]!.run(value as never, context)
  },
})

function optionalSchemas(): Record<string, z.ZodOptional<z.ZodType>> {
  return Object.fromEntries(Object.entries(FAULTS).map(([name, it]) => [name, it.schema.optional()]))
}

import * as z from 'zod'
import { duration, durationMs } from '../fields.ts'
import { defineStep } from '../step.ts'

/** Lets virtual time pass; costs next to no real time. */
export const sleep = defineStep({
  name: 'sleep',
  schema: z
    .union([duration, z.strictObject({ duration })])
    .meta({ description: 'Lets virtual time pass, as Chainsaw lets real time: 90s or {duration: 90s}.' }),
  async run(input, { cluster }) {
    await cluster.advance(durationMs(typeof input === 'string' ? input : input.duration))
    return undefined
  },
})

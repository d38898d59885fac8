import { duration, durationMs } from '../fields.ts'
import { defineStep } from '../step.ts'

/** Runs exactly so much virtual time. */
export const advance = defineStep({
  name: 'advance',
  schema: duration.meta({ description: 'Runs so much virtual time: 6m.' }),
  async run(input, { cluster }) {
    await cluster.advance(durationMs(input))
    return undefined
  },
})

import * as z from 'zod'
import { SettleError } from '../../kernel/event-loop.ts'
import { duration, durationMs } from '../fields.ts'
import { defineStep, StepFailure } from '../step.ts'

/** Runs until nobody has anything left to do; fails with who is still working. */
export const settle = defineStep({
  name: 'settle',
  schema: z.union([duration, z.strictObject({ timeout: duration.optional() }), z.null()]).meta({
    description: 'Runs until nothing is left to do: {}, or with the time that this may take at most.',
  }),
  async run(input, { cluster, timeoutMs }) {
    const given = typeof input === 'string' ? input : input?.timeout
    const from = cluster.loop.steps
    try {
      await cluster.settle(given === undefined ? timeoutMs : durationMs(given))
    } catch (error) {
      if (!(error instanceof SettleError)) throw error
      const [message, ...details] = error.message.split('\n')
      throw new StepFailure(message!, details)
    }
    return `${cluster.loop.steps - from} events`
  },
})

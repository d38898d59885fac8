import * as z from 'zod'
import { duration, durationMs } from '../fields.ts'
import { defineFault, requireController } from './fault.ts'
import { victim } from './victim.ts'

/** A controller in slow motion. */
export const slow = defineFault({
  schema: z
    .strictObject({
      controller: victim('Its name: job-controller, or job.'),
      by: duration.meta({ description: 'So much later; 0s: at once again.' }),
    })
    .meta({ description: 'Every reconcile of a controller starts so much later.' }),
  async run({ controller, by }, context) {
    requireController(context, controller).slowDown(durationMs(by))
    return `${controller} is slowed down by ${by}`
  },
})

/** A paused controller does so many reconciles. */
export const step = defineFault({
  schema: z
    .strictObject({
      controller: victim('Its name: job-controller, or job.'),
      count: z.int().min(1).optional().meta({ description: 'Default 1.' }),
    })
    .meta({ description: 'Lets a paused controller do so many reconciles.' }),
  async run({ controller, count = 1 }, context) {
    requireController(context, controller).step(count)
    return `${controller} may do ${count}`
  },
})

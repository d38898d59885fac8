import * as z from 'zod'
import { duration, durationMs } from '../fields.ts'
import { defineStep } from '../step.ts'
import { expectationFields, judge, waitForNamed } from '../traffic.ts'

/** Waits for requests that were sent under a name, and judges their answers. */
export const answers = defineStep({
  name: 'answers',
  schema: z.strictObject({ of: z.string().min(1), timeout: duration.optional(), ...expectationFields }).meta({
    description: 'Waits for the requests that were sent under this name; by default none may fail.',
  }),
  async run(input, { cluster, timeoutMs }) {
    const within = input.timeout === undefined ? timeoutMs : durationMs(input.timeout)
    return judge(await waitForNamed(cluster, input.of, within), input)
  },
})

import * as z from 'zod'
import { Job } from '../../api/batch/job.ts'
import { duration, durationMs } from '../fields.ts'
import { jobStatus, setSuspended } from '../kubectl/job.ts'
import { defineStep } from '../step.ts'

const VERBS = ['status', 'suspend', 'resume'] as const
const name = z.string().min(1)

/** Follows a Job to its end, or holds it: one verb a step. */
export const job = defineStep({
  name: 'job',
  schema: z
    .strictObject({
      status: name
        .optional()
        .meta({ description: 'Waits until the Job is complete; fails if it fails: job/batch.' }),
      suspend: name.optional().meta({ description: 'Deletes its pods, which do not count as failed.' }),
      resume: name.optional(),
      namespace: z.string().min(1).optional(),
      timeout: duration.optional().meta({ description: 'Of status.' }),
    })
    .refine((it) => VERBS.filter((verb) => it[verb] !== undefined).length === 1, {
      error: `exactly one of ${VERBS.join(', ')} is needed`,
    })
    .meta({ description: 'Follows a Job to its end, suspends or resumes it: {status: job/batch}.' }),
  async run(input, context) {
    const within = { ...context, namespace: input.namespace ?? context.namespace }
    const { status, suspend, resume, timeout } = input
    if (status !== undefined)
      return jobStatus(within, status, timeout === undefined ? context.timeoutMs : durationMs(timeout))
    return setSuspended(within, (suspend ?? resume)!, Job, suspend !== undefined)
  },
})

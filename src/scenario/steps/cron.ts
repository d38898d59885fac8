import * as z from 'zod'
import { CronJob } from '../../api/batch/cron-job.ts'
import { duration, durationMs } from '../fields.ts'
import { awaitRuns, createJobFrom, setSuspended } from '../kubectl/job.ts'
import { defineStep } from '../step.ts'

const VERBS = ['runs', 'trigger', 'suspend', 'resume'] as const
const name = z.string().min(1)

/** What is done with a CronJob: one verb a step. */
export const cron = defineStep({
  name: 'cron',
  schema: z
    .strictObject({
      runs: name
        .optional()
        .meta({ description: 'Goes on until its schedule has started `count` further runs: cronjob/tick.' }),
      count: z.int().min(1).optional().meta({ description: 'Of runs; default 1.' }),
      trigger: name
        .optional()
        .meta({ description: 'A run out of turn, as kubectl create job --from=cronjob/tick.' }),
      as: name.optional().meta({ description: "The name of trigger's Job." }),
      suspend: name.optional(),
      resume: name.optional(),
      namespace: z.string().min(1).optional(),
      timeout: duration.optional().meta({ description: 'Of runs; default 1h, and more for more runs.' }),
    })
    .refine((it) => VERBS.filter((verb) => it[verb] !== undefined).length === 1, {
      error: `exactly one of ${VERBS.join(', ')} is needed`,
    })
    .refine((it) => (it.trigger === undefined) === (it.as === undefined), {
      error: 'trigger needs as: the name of the Job',
    })
    .meta({ description: 'Waits for runs of a CronJob, triggers, suspends or resumes it.' }),
  async run(input, context) {
    const within = { ...context, namespace: input.namespace ?? context.namespace }
    const { runs, count = 1, trigger, as, suspend, resume, timeout } = input
    if (runs !== undefined) {
      const timeoutMs = timeout === undefined ? count * HOUR_MS : durationMs(timeout)
      return awaitRuns(within, runs, count, timeoutMs)
    }
    if (trigger !== undefined) return createJobFrom(within, trigger, as!)
    return setSuspended(within, (suspend ?? resume)!, CronJob, suspend !== undefined)
  },
})

/** Most schedules come at least every hour; for others the scenario says how long it waits. */
const HOUR_MS = 3_600_000

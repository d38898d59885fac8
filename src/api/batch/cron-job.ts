/** Creates jobs on a schedule. */

import { ageColumn, integer, NONE, nameColumn, orNone, podTemplateColumns, text, UNSET } from '../columns.ts'
import { defaultPodTemplate } from '../core/pod-defaults.ts'
import { IN_POD_NAMES, warnOfName, warnOfTemplate } from '../core/pod-warnings.ts'
import { objectReference } from '../core/reference.ts'
import { fill, mapField, withFields } from '../fill.ts'
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { boolean, filled, type Infer, int32, int64, kept, list, string, struct, time } from '../schema.ts'
import { age } from '../time.ts'
import { validateCronJob } from './cron-job-validation.ts'
import { jobSpec } from './job.ts'

export const CronJob = defineKind<CronJob>({
  group: 'batch',
  version: 'v1',
  kind: 'CronJob',
  resource: 'cronjobs',
  singular: 'cronjob',
  shortNames: ['cj'],
  categories: ['all'],
  namespaced: true,
  schema: () => cronJob,
  nameRule: 'dns1123Subdomain',
  generation: true,
  status: true,
  unconditionalUpdate: true,
  defaults: (object) =>
    mapField(object, 'spec', (given) => {
      const spec = fill(given, {
        concurrencyPolicy: 'Allow',
        suspend: false,
        successfulJobsHistoryLimit: 3,
        failedJobsHistoryLimit: 1,
      })
      // What else a job has by default it gets when it is made.
      return mapField(spec, 'jobTemplate', (template) =>
        mapField(template, 'spec', (job) => mapField(job, 'template', defaultPodTemplate)),
      )
    }),
  prepareForCreate: (object) => withFields(object, { status: NEVER_RUN }),
  prepareForUpdate: (object, old) => withFields(object, { status: old.status }),
  validate: validateCronJob,
  warn(object, warnings, old) {
    if (old === undefined) warnOfName(object.metadata?.name, IN_POD_NAMES, warnings)
    const { template } = object.spec.jobTemplate.spec ?? {}
    const before = old?.spec.jobTemplate.spec?.template
    if (template === undefined) return
    warnings.at('spec', () =>
      warnings.at('jobTemplate', () => warnings.at('spec', () => warnOfTemplate(template, before, warnings))),
    )
  },
  columns: [
    nameColumn,
    text('Schedule', 'When jobs are created, in cron format.', ({ spec }) => spec.schedule ?? ''),
    text('Timezone', 'The time zone of the schedule.', ({ spec }) => orNone(spec.timeZone)),
    text('Suspend', 'Whether it rests.', ({ spec }) =>
      spec.suspend === undefined ? UNSET : spec.suspend ? 'True' : 'False',
    ),
    integer('Active', 'Jobs that run now.', ({ status }) => (status?.active ?? []).length),
    text('Last Schedule', 'When a job was last due.', ({ status }, nowMs) =>
      status?.lastScheduleTime === undefined ? NONE : age(status.lastScheduleTime, nowMs),
    ),
    ageColumn,
    ...podTemplateColumns<CronJob>(
      ({ spec }) => spec.jobTemplate?.spec?.template?.spec?.containers,
      ({ spec }) => spec.jobTemplate?.spec?.selector,
    ),
  ],
})

const NEVER_RUN = Object.freeze({})

export interface CronJob extends Infer<typeof cronJob> {}
export const cronJob = struct(
  'batch/v1.CronJob',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(cronJobSpec),
    status: filled(cronJobStatus),
  }),
  'spec',
)

export interface CronJobSpec extends Infer<typeof cronJobSpec> {}
export const cronJobSpec = struct(
  'batch/v1.CronJobSpec',
  () => ({
    schedule: string,
    startingDeadlineSeconds: kept(int64),
    concurrencyPolicy: string,
    suspend: kept(boolean),
    jobTemplate: filled(jobTemplateSpec),
    successfulJobsHistoryLimit: kept(int32),
    failedJobsHistoryLimit: kept(int32),
    timeZone: kept(string),
  }),
  'schedule',
  'jobTemplate',
)

export interface JobTemplateSpec extends Infer<typeof jobTemplateSpec> {}
export const jobTemplateSpec = struct(
  'batch/v1.JobTemplateSpec',
  () => ({
    metadata: filled(objectMeta),
    spec: filled(jobSpec),
  }),
  'spec',
)

export interface CronJobStatus extends Infer<typeof cronJobStatus> {}
export const cronJobStatus = struct('batch/v1.CronJobStatus', () => ({
  active: list(objectReference),
  lastScheduleTime: time,
  lastSuccessfulTime: time,
}))

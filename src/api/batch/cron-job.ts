/** Creates jobs on a schedule. */

import { objectReference } from '../core/reference.ts'
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { boolean, filled, type Infer, int32, int64, kept, list, string, struct, time } from '../schema.ts'
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
})

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

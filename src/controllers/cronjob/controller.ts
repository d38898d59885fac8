/** Starts a Job whenever a CronJob's schedule says so. */
import { CronJob, type CronJobStatus } from '../../api/batch/cron-job.ts'
import { Job } from '../../api/batch/job.ts'
import { isAlreadyExists, isNotFound } from '../../api/errors.ts'
import type { Stored } from '../../api/kind.ts'
import { formatTime } from '../../api/time.ts'
import { controllerIndex } from '../../client/indexes.ts'
import { BY_CONTROLLER } from '../../client/informer.ts'
import { findCondition, isFinished } from '../job/decide.ts'
import { defineController, type ReconcileContext, watch } from '../runtime/controller.ts'
import { controllerRef, isControlledBy } from '../shared/owner-refs.ts'
import { isNamespaceTerminating, textOf } from '../shared/refusals.ts'
import { sameStatus } from '../shared/semantic-equal.ts'
import { jobName, jobsToForget, planRun } from './plan.ts'
import { formatTimeIn, timeZone } from './time-zone.ts'

const SCHEDULED_AT = 'batch.kubernetes.io/cronjob-scheduled-timestamp'

export const cronJobController = defineController<CronJob>({
  name: 'cronjob-controller',
  component: 'cronjob-controller',
  for: CronJob,
  concurrency: 5,
  // Its own status is no reason to look again, but for the time of the next run; that is what requeueing is for.
  owns: [watch({ kind: Job, predicate: { update: endsOrMoves }, informer: { indexes: controllerIndex } })],

  async reconcile(context) {
    if (context.object === undefined) return
    return new Sync(context, context.object).run()
  },
})

/** How its pods fare meanwhile is the Job's own affair. */
function endsOrMoves(job: Stored<Job>, old: Stored<Job>): boolean {
  return (
    isFinished(job) !== isFinished(old) ||
    job.status?.completionTime !== old.status?.completionTime ||
    job.metadata.ownerReferences !== old.metadata.ownerReferences
  )
}

type Active = NonNullable<CronJobStatus['active']>

class Sync {
  readonly #context: ReconcileContext<CronJob>
  #cronJob!: Stored<CronJob>
  #active!: Active
  #lastSuccessfulTime: string | undefined
  #lastScheduleTime: string | undefined

  constructor(context: ReconcileContext<CronJob>, cronJob: Stored<CronJob>) {
    this.#context = context
    this.#look(cronJob)
  }

  #look(cronJob: Stored<CronJob>): void {
    this.#cronJob = cronJob
    this.#active = cronJob.status?.active ?? []
    this.#lastSuccessfulTime = cronJob.status?.lastSuccessfulTime
    this.#lastScheduleTime = cronJob.status?.lastScheduleTime
  }

  async run() {
    const jobs = [...this.#context.lister(Job).byIndex(BY_CONTROLLER, this.#cronJob.metadata.uid)].sort(
      byName,
    )
    await this.#forget(jobs)
    await this.#refresh(jobs)
    const plan = planRun(this.#cronJob, this.#active, this.#context.now)
    for (const { type, reason, message } of plan.events) this.#event(type, reason, message)
    try {
      if (plan.replace) await this.#deleteActive()
      if (plan.run !== undefined) await this.#start(plan.run)
    } finally {
      await this.#writeStatus()
    }
    return { requeueAfterMs: plan.requeueAfterMs }
  }

  async #forget(jobs: readonly Stored<Job>[]): Promise<void> {
    for (const job of jobsToForget(this.#cronJob, jobs)) await this.#delete(job.metadata)
  }

  /** What status lists as active, against what there is. */
  async #refresh(jobs: readonly Stored<Job>[]): Promise<void> {
    for (const job of jobs) {
      const { name, uid } = job.metadata
      const listed = this.#active.some((it) => it.uid === uid)
      if (!listed && !isFinished(job)) {
        if (await this.#isStaleAbout(uid)) continue
        this.#event(
          'Warning',
          'UnexpectedJob',
          `Saw a job that the controller did not create or forgot: ${name}`,
        )
      } else if (listed && isFinished(job)) {
        const ended = findCondition(job, 'Complete', 'True') ? 'Complete' : 'Failed'
        this.#drop(uid)
        this.#event('Normal', 'SawCompletedJob', `Saw completed job: ${name}, condition: ${ended}`)
      }
      const { completionTime } = job.status ?? {}
      const success = findCondition(job, 'Complete', 'True') !== undefined && completionTime !== undefined
      if (success && completionTime > (this.#lastSuccessfulTime ?? ''))
        this.#lastSuccessfulTime = completionTime
    }
    for (const { name = '', uid = '' } of this.#active) {
      if (jobs.some((it) => it.metadata.uid === uid)) continue
      const live = await this.#context.client.find(Job, { namespace: this.#context.namespace, name })
      if (live !== undefined) continue
      this.#event('Normal', 'MissingJob', `Active job went missing: ${name}`)
      this.#drop(uid)
    }
  }

  /** Has the job been listed since? Then what the cache showed is replaced by what the API server has. */
  async #isStaleAbout(uid: string): Promise<boolean> {
    const { client, namespace } = this.#context
    const live = await client.find(CronJob, { namespace, name: this.#cronJob.metadata.name })
    if (!live?.status?.active?.some((it) => it.uid === uid)) return false
    this.#look(live)
    return true
  }

  async #deleteActive(): Promise<void> {
    for (const { name = '', uid = '' } of this.#active) await this.#delete({ name, uid })
  }

  async #delete({ name, uid }: { readonly name: string; readonly uid: string }): Promise<void> {
    try {
      const options = { propagationPolicy: 'Background', preconditions: { uid } } as const
      await this.#context.client.delete(Job, { namespace: this.#context.namespace, name }, options)
      this.#event('Normal', 'SuccessfulDelete', `Deleted job ${name}`)
    } catch (error) {
      if (!isNotFound(error)) {
        this.#event('Warning', 'FailedDelete', `Deleted job: ${textOf(error)}`)
        throw error
      }
    }
    this.#drop(uid)
  }

  async #start(scheduled: number): Promise<void> {
    const { client } = this.#context
    const wanted = jobOf(this.#cronJob, scheduled)
    let job: Stored<Job> | undefined
    try {
      job = await client.create(Job, wanted)
      this.#event('Normal', 'SuccessfulCreate', `Created job ${job.metadata.name}`)
    } catch (error) {
      if (isNamespaceTerminating(error)) return
      if (!isAlreadyExists(error)) {
        this.#event('Warning', 'FailedCreate', `Error creating job: ${textOf(error)}`)
        throw error
      }
      // Created before, but the status could not be written then; or somebody else's, who will know what to do.
      job = await client.find(Job, {
        namespace: this.#context.namespace,
        name: jobName(this.#cronJob, scheduled),
      })
      if (job === undefined || !isControlledBy(job, this.#cronJob)) return
    }
    const { namespace, name, uid, resourceVersion } = job.metadata
    if (!this.#active.some((it) => it.uid === uid) && !isFinished(job)) {
      this.#active = [
        ...this.#active,
        { apiVersion: 'batch/v1', kind: 'Job', namespace, name, uid, resourceVersion },
      ]
    }
    this.#lastScheduleTime = formatTime(scheduled)
  }

  #drop(uid: string): void {
    this.#active = this.#active.filter((it) => it.uid !== uid)
  }

  async #writeStatus(): Promise<void> {
    const status: CronJobStatus = {
      ...(this.#active.length > 0 && { active: this.#active }),
      ...(this.#lastScheduleTime !== undefined && { lastScheduleTime: this.#lastScheduleTime }),
      ...(this.#lastSuccessfulTime !== undefined && { lastSuccessfulTime: this.#lastSuccessfulTime }),
    }
    if (sameStatus(status, this.#cronJob.status ?? {})) return
    await this.#context.client.updateStatus(CronJob, { ...this.#cronJob, status })
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#context.recorder.event(this.#cronJob, type, reason, message)
  }
}

function jobOf(cronJob: Stored<CronJob>, scheduled: number): Job {
  const { metadata, spec } = cronJob.spec.jobTemplate
  const at = formatTimeIn(timeZone(cronJob.spec.timeZone ?? 'UTC'), scheduled)
  return {
    metadata: {
      name: jobName(cronJob, scheduled),
      namespace: cronJob.metadata.namespace,
      ...(metadata?.labels && { labels: metadata.labels }),
      annotations: { ...metadata?.annotations, [SCHEDULED_AT]: at },
      ownerReferences: [controllerRef(CronJob, cronJob)],
    },
    spec: spec!,
  }
}

function byName(a: Stored<Job>, b: Stored<Job>): number {
  return a.metadata.name < b.metadata.name ? -1 : 1
}

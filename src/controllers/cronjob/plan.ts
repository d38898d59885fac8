/** What one look at a CronJob leads to (cronjob/cronjob_controllerv2.go syncCronJob). */
import type { CronJob } from '../../api/batch/cron-job.ts'
import type { Job } from '../../api/batch/job.ts'
import type { Stored } from '../../api/kind.ts'
import { findCondition } from '../job/decide.ts'
import { timeOf } from '../shared/times.ts'
import { latestDue, requeueAfterMs } from './due.ts'
import { parseSchedule, type Schedule } from './schedule.ts'
import { timeZone } from './time-zone.ts'

export interface PlannedEvent {
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
}

export interface Plan {
  readonly events: readonly PlannedEvent[]
  /** The run to start, ms. */
  readonly run?: number
  /** Active jobs go first. */
  readonly replace?: boolean
  readonly requeueAfterMs?: number
}

/** `active`: jobs that status lists and that have not finished. */
export function planRun(cronJob: CronJob, active: readonly { readonly name?: string }[], now: number): Plan {
  if (cronJob.metadata?.deletionTimestamp !== undefined) return { events: [] }
  const read = readSchedule(cronJob)
  if (read.schedule === undefined) return { events: read.events }
  const { schedule, events } = read
  const later = { events, requeueAfterMs: requeueAfterMs(cronJob, schedule, now) }

  let due: ReturnType<typeof latestDue>
  try {
    due = latestDue(cronJob, schedule, now, true)
  } catch (error) {
    return {
      events: [
        ...events,
        warning(
          'InvalidSchedule',
          `invalid schedule: ${cronJob.spec.schedule} : ${(error as Error).message}`,
        ),
      ],
    }
  }
  const told = due.missed === 'many' ? [...events, warning('TooManyMissedTimes', TOO_MANY)] : events
  if (due.latest === undefined) return { ...later, events: told }

  const deadline = cronJob.spec.startingDeadlineSeconds
  if (deadline !== undefined && due.latest + deadline * 1000 < now) {
    return {
      ...later,
      events: [
        ...told,
        warning('MissSchedule', `Missed scheduled time to start a job: ${rfc1123(due.latest)}`),
      ],
    }
  }
  const { lastScheduleTime } = cronJob.status ?? {}
  const name = jobName(cronJob, due.latest)
  const started = lastScheduleTime !== undefined && timeOf(lastScheduleTime) === due.latest
  if (started || active.some((it) => it.name === name)) return { ...later, events: told }
  if (cronJob.spec.concurrencyPolicy === 'Forbid' && active.length > 0) {
    // The time of the run is not noted, so that it may still start, late.
    return {
      ...later,
      events: [...told, { type: 'Normal', reason: 'JobAlreadyActive', message: ALREADY_ACTIVE }],
    }
  }
  const after = {
    ...cronJob,
    status: { ...cronJob.status, lastScheduleTime: new Date(due.latest).toISOString() },
  }
  return {
    events: told,
    run: due.latest,
    replace: cronJob.spec.concurrencyPolicy === 'Replace' && active.length > 0,
    requeueAfterMs: requeueAfterMs(after, schedule, now),
  }
}

const TOO_MANY =
  'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew'
const ALREADY_ACTIVE = 'Not starting job because prior execution is running and concurrency policy is Forbid'

function readSchedule(cronJob: CronJob): {
  readonly schedule?: Schedule
  readonly events: readonly PlannedEvent[]
} {
  const { schedule: text, timeZone: zoneName, suspend } = cronJob.spec
  const prefix = /^(?:CRON_)?TZ=(\S*)\s+(.*)$/.exec(text)
  const events: PlannedEvent[] = []
  let zone = timeZone('UTC')
  if (zoneName !== undefined) {
    try {
      zone = timeZone(zoneName)
    } catch {
      return {
        events: [
          warning('UnknownTimeZone', `invalid timeZone: "${zoneName}": unknown time zone ${zoneName}`),
        ],
      }
    }
  }
  if (suspend === true) return { events: [] }
  try {
    if (prefix !== null) {
      events.push(warning('UnsupportedSchedule', unsupported(text)))
      zone = timeZone(prefix[1]!)
    }
    return { schedule: parseSchedule(prefix?.[2] ?? text, zone), events }
  } catch (error) {
    return {
      events: [
        ...events,
        warning('UnparseableSchedule', `unparseable schedule: "${text}" : ${(error as Error).message}`),
      ],
    }
  }
}

function unsupported(text: string): string {
  return `CRON_TZ or TZ used in schedule "${text}" is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details`
}

function warning(reason: string, message: string): PlannedEvent {
  return { type: 'Warning', reason, message }
}

/** By the minute, so that a run can never be started twice. */
export function jobName(cronJob: CronJob, scheduled: number): string {
  return `${cronJob.metadata?.name}-${Math.floor(scheduled / 60_000)}`
}

/** `Mon, 02 Jan 2006 15:04:05 +0000`. */
function rfc1123(ms: number): string {
  return new Date(ms).toUTCString().replace('GMT', '+0000')
}

/** Finished jobs beyond the limits of history, oldest first. */
export function jobsToForget(cronJob: CronJob, jobs: readonly Stored<Job>[]): readonly Stored<Job>[] {
  const ended = (type: string) =>
    jobs.filter((it) => findCondition(it, type, 'True') !== undefined).sort(byStartTime)
  const excess = (list: readonly Stored<Job>[], limit: number | undefined) =>
    limit === undefined ? [] : list.slice(0, Math.max(0, list.length - limit))
  const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = cronJob.spec
  return [
    ...excess(ended('Complete'), successfulJobsHistoryLimit),
    ...excess(ended('Failed'), failedJobsHistoryLimit),
  ]
}

/** Those that never started come last. */
export function byStartTime(a: Job, b: Job): number {
  const [startA, startB] = [a.status?.startTime, b.status?.startTime]
  if (startA !== startB)
    return startA === undefined ? 1 : startB === undefined ? -1 : startA < startB ? -1 : 1
  const [nameA, nameB] = [a.metadata?.name ?? '', b.metadata?.name ?? '']
  return nameA < nameB ? -1 : nameA > nameB ? 1 : 0
}

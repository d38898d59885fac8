/** Which run of a CronJob is due, and when to look again (cronjob/utils.go). */
import type { CronJob } from '../../api/batch/cron-job.ts'
import { timeOf } from '../shared/times.ts'
import type { Schedule } from './schedule.ts'

/** Looks a little late rather than too early. */
const DELTA_MS = 100

export type Missed = 'none' | 'few' | 'many'

export interface Due {
  /** From where missed runs are counted, ms. */
  readonly earliest: number
  /** The latest run that should have started by now; undefined: none. */
  readonly latest: number | undefined
  readonly missed: Missed
}

/**
 * The number of missed runs is an estimate by the distance of the next two. An irregular schedule may thus yield
 * runs missed but none to start, as upstream.
 * @throws for schedules that never come twice
 */
export function latestDue(cronJob: CronJob, schedule: Schedule, now: number, withDeadline: boolean): Due {
  const { creationTimestamp = '' } = cronJob.metadata ?? {}
  const deadline = cronJob.spec.startingDeadlineSeconds
  const start = timeOf(cronJob.status?.lastScheduleTime ?? creationTimestamp)
  const earliest = withDeadline && deadline !== undefined ? Math.max(start, now - deadline * 1000) : start
  const first = schedule.next(earliest)
  const second = first === undefined ? undefined : schedule.next(first)
  if (first === undefined || second === undefined)
    throw new Error('time difference between two schedules is less than 1 second')
  if (now < first) return { earliest, latest: undefined, missed: 'none' }
  if (now < second) return { earliest, latest: first, missed: 'none' }

  const gap = Math.round((second - first) / 1000)
  const count = Math.floor((now - first) / 1000 / gap) + 1
  let latest: number | undefined
  let t = schedule.next(first + (count - 2) * gap * 1000)
  for (; t !== undefined && t <= now; t = schedule.next(t)) latest = t
  return { earliest, latest, missed: count > 100 ? 'many' : 'few' }
}

export function requeueAfterMs(cronJob: CronJob, schedule: Schedule, now: number): number | undefined {
  const next = schedule.next(lookFrom(cronJob, schedule, now))
  return next === undefined ? undefined : next + DELTA_MS - now
}

function lookFrom(cronJob: CronJob, schedule: Schedule, now: number): number {
  try {
    const { earliest, latest, missed } = latestDue(cronJob, schedule, now, false)
    return latest ?? (missed === 'none' ? earliest : now)
  } catch {
    // It never comes twice, but it may come once more.
    return now
  }
}

import { Cron } from 'croner'
import { describe, expect, test } from 'vitest'
import { CronJob, type CronJobSpec } from '../../src/api/batch/cron-job.ts'
import { Job } from '../../src/api/batch/job.ts'
import { Event } from '../../src/api/core/event.ts'
import type { KubeObject, Stored } from '../../src/api/kind.ts'
import { formatTime } from '../../src/api/time.ts'
import { buildCluster } from '../../src/cluster/create-cluster.ts'
import { latestDue, requeueAfterMs } from '../../src/controllers/cronjob/due.ts'
import { byStartTime, jobName, jobsToForget, planRun } from '../../src/controllers/cronjob/plan.ts'
import { parseSchedule } from '../../src/controllers/cronjob/schedule.ts'
import { formatTimeIn, timeZone } from '../../src/controllers/cronjob/time-zone.ts'
import { jobPod, withIndex } from '../../src/controllers/job/pod-template.ts'
import { generatePrefix } from '../../src/controllers/shared/pod-control.ts'
import { newPod } from '../../src/controllers/statefulset/identity.ts'
import { type Random, randomStream } from '../../src/kernel/random.ts'
import { vectors } from './vectors.ts'
import { template, World } from './world.ts'

const UTC = timeZone('UTC')
const iso = (ms: number | undefined) => (ms === undefined ? null : formatTime(ms))
const ms = (text: string) => Date.parse(text)

interface CronCase {
  readonly schedule: string
  readonly creationTimestamp?: string
  readonly lastScheduleTime?: string | null
  readonly startingDeadlineSeconds?: number | null
  readonly concurrencyPolicy?: string
  readonly suspend?: boolean
  readonly timeZone?: string | null
  readonly successfulJobsHistoryLimit?: number | null
  readonly failedJobsHistoryLimit?: number | null
}

function cronJob(it: CronCase): Stored<CronJob> {
  const spec: CronJobSpec = {
    schedule: it.schedule,
    concurrencyPolicy: it.concurrencyPolicy,
    suspend: it.suspend,
    timeZone: it.timeZone ?? undefined,
    startingDeadlineSeconds: it.startingDeadlineSeconds ?? undefined,
    successfulJobsHistoryLimit: it.successfulJobsHistoryLimit ?? undefined,
    failedJobsHistoryLimit: it.failedJobsHistoryLimit ?? undefined,
    jobTemplate: { spec: { template: template({}) } },
  }
  const creationTimestamp = it.creationTimestamp ?? '2016-05-19T10:00:00Z'
  return {
    metadata: { name: 'mycronjob', namespace: 'default', uid: 'c', resourceVersion: '1', creationTimestamp },
    spec,
    status: { lastScheduleTime: it.lastScheduleTime ?? undefined },
  }
}

vectors('cronjob', 'mostRecentScheduleTime', ({ input, expect: want }) => {
  const look = () =>
    latestDue(
      cronJob(input),
      parseSchedule(input.schedule, UTC),
      ms(input.now),
      input.includeStartingDeadline,
    )
  if (want.error) return expect(look).toThrow('less than 1 second')
  const due = look()
  expect({ earliest: iso(due.earliest), mostRecent: iso(due.latest), missed: due.missed }).toEqual(want)
})

vectors('cronjob', 'nextScheduleTimeDuration', ({ input, expect: want }) => {
  expect(requeueAfterMs(cronJob(input), parseSchedule(input.schedule, UTC), ms(input.now))).toBe(
    want.requeueMs,
  )
})

vectors('cronjob', 'syncCronJob', ({ input, expect: want }) => {
  // Finished jobs have left the list of active ones by the time a run is planned.
  const active = Array.from({ length: input.activeJobs }, (_, i) => ({ name: `running-${i}` }))
  const plan = planRun(cronJob(input), active, ms(input.now))
  const created = plan.run !== undefined
  expect({
    jobCreated: created,
    jobDeleted: plan.replace === true,
    activeAfter: (plan.replace ? 0 : active.length) + (created ? 1 : 0),
    warningEvents: plan.events.filter((it) => it.type === 'Warning').length,
    requeueMs: plan.requeueAfterMs ?? null,
    statusUpdate: created || input.finishedJobStillInActiveList,
  }).toEqual(want)
})

function job(name: string, startTime: string | null, ended?: string): Stored<Job> {
  return {
    metadata: { name, namespace: 'default', uid: name, resourceVersion: '1', creationTimestamp: '' },
    spec: { template: template({}) },
    status: { startTime: startTime ?? undefined, conditions: ended ? [{ type: ended, status: 'True' }] : [] },
  }
}

vectors('cronjob', 'byJobStartTime', ({ input, expect: want }) => {
  const jobs = input.jobs.map((it: { name: string; startTime: string | null }) => job(it.name, it.startTime))
  expect(jobs.sort(byStartTime).map((it: Stored<Job>) => it.metadata.name)).toEqual(want.order)
})

vectors('cronjob', 'cleanupFinishedJobs', ({ input, expect: want }) => {
  const jobs = [
    ...Array.from({ length: input.successful }, (_, i) => job(`s${i}`, `2026-01-0${i + 1}`, 'Complete')),
    ...Array.from({ length: input.failed }, (_, i) => job(`f${i}`, `2026-01-0${i + 1}`, 'Failed')),
  ]
  const names = jobsToForget(cronJob({ schedule: '* * * * *', ...input }), jobs).map((it) => it.metadata.name)
  expect(names.filter((it) => it.startsWith('s'))).toHaveLength(want.deletedSuccessful)
  expect(names.filter((it) => it.startsWith('f'))).toHaveLength(want.deletedFailed)
  if (want.deletedSuccessful > 0) expect(names[0]).toBe('s0')
})

vectors('hash_safe_encode', 'names', ({ input, expect: want }) => {
  const named = (name: string) => ({
    metadata: { name, namespace: 'default', uid: name, resourceVersion: '1', creationTimestamp: '' },
  })
  if (input.cronJob !== undefined) {
    const it = { ...cronJob({ schedule: '@daily' }), ...named(input.cronJob) }
    expect(jobName(it, ms(input.scheduled))).toBe(want.job)
  } else if (input.job !== undefined) {
    const owner = { ...named(input.job), spec: { template: template({}), completionMode: 'Indexed' } }
    const { metadata, spec } = withIndex(owner, jobPod(owner), input.index, undefined)
    expect({ generateName: metadata?.generateName, hostname: spec.hostname }).toEqual(want)
  } else if (input.statefulSet !== undefined) {
    const owner = { ...named(input.statefulSet), spec: { selector: {}, template: template({}) } }
    const revision = `${input.statefulSet}-${input.hash}`
    expect(newPod(owner, owner.spec.template, 0, revision).metadata?.labels).toMatchObject(want.podLabels)
  } else {
    expect(generatePrefix(want.replicaSet)).toBe(want.podGenerateName)
  }
})

describe('schedules', () => {
  const runs = (text: string, from: string, count: number, zone = 'UTC') => {
    const schedule = parseSchedule(text, timeZone(zone))
    const times: (string | null)[] = []
    for (let t: number | undefined = ms(from); t !== undefined && times.length < count; ) {
      t = schedule.next(t)
      times.push(iso(t))
    }
    return times
  }

  test.each([
    ['*/15 * * * *', '2026-01-01T00:07:00Z', ['2026-01-01T00:15:00Z', '2026-01-01T00:30:00Z']],
    ['0 0 31 * *', '2026-01-31T00:00:00Z', ['2026-03-31T00:00:00Z', '2026-05-31T00:00:00Z']],
    ['0 12 1 * MON', '2026-01-01T12:00:00Z', ['2026-01-05T12:00:00Z', '2026-01-12T12:00:00Z']],
    ['0 0 29 feb ?', '2026-01-01T00:00:00Z', ['2028-02-29T00:00:00Z', '2032-02-29T00:00:00Z']],
    [
      '5/20 8-10/2 * * *',
      '2026-01-01T08:06:00Z',
      ['2026-01-01T08:25:00Z', '2026-01-01T08:45:00Z', '2026-01-01T10:05:00Z'],
    ],
    ['@weekly', '2026-01-01T00:00:00Z', ['2026-01-04T00:00:00Z', '2026-01-11T00:00:00Z']],
    ['@every 1h30m', '2026-01-01T00:00:10Z', ['2026-01-01T01:30:10Z', '2026-01-01T03:00:10Z']],
    ['0 0 31 2 *', '2026-01-01T00:00:00Z', [null]],
  ])('%s', (text, from, want) => {
    expect(runs(text, from, want.length)).toEqual(want)
  })

  // Clocks went forward at 02:00 on 2026-03-29 and back at 03:00 on 2026-10-25 in Berlin.
  test('an hour that does not exist is skipped, for a night', () => {
    expect(runs('30 2 * * *', '2026-03-28T12:00:00Z', 2, 'Europe/Berlin')).toEqual([
      '2026-03-30T00:30:00Z',
      '2026-03-31T00:30:00Z',
    ])
  })

  test('an hour that comes twice runs twice', () => {
    expect(runs('30 2 * * *', '2026-10-24T12:00:00Z', 3, 'Europe/Berlin')).toEqual([
      '2026-10-25T00:30:00Z',
      '2026-10-25T01:30:00Z',
      '2026-10-26T01:30:00Z',
    ])
  })

  test('every hour stays every hour', () => {
    expect(runs('0 * * * *', '2026-03-29T00:00:00Z', 3, 'Europe/Berlin')).toEqual([
      '2026-03-29T01:00:00Z',
      '2026-03-29T02:00:00Z',
      '2026-03-29T03:00:00Z',
    ])
  })

  test('a day without midnight', () => {
    // Santiago skips from 24:00 on 2026-09-05 to 01:00.
    expect(runs('0 12 6 9 *', '2026-09-01T00:00:00Z', 1, 'America/Santiago')).toEqual([
      '2026-09-06T15:00:00Z',
    ])
  })

  /** One field of a schedule: stars, steps, ranges and lists. */
  const fieldOf = (random: Random, min: number, max: number): string => {
    const number = () => min + Math.floor(random.float() * (max - min + 1))
    const part = (): string => {
      const [a, b] = [number(), number()].sort((x, y) => x - y)
      const kind = random.float()
      if (kind < 0.5) return `${a}`
      return kind < 0.75 ? `${a}-${b}` : `${a}-${b}/${1 + Math.floor(random.float() * 5)}`
    }
    const kind = random.float()
    if (kind < 0.35) return '*'
    if (kind < 0.5) return `*/${2 + Math.floor(random.float() * Math.min(14, max - min - 2))}`
    return Array.from({ length: 1 + Math.floor(random.float() * 3) }, part).join(',')
  }
  const randomSchedule = (random: Random) =>
    [
      fieldOf(random, 0, 59),
      fieldOf(random, 0, 23),
      fieldOf(random, 1, 31),
      fieldOf(random, 1, 12),
      fieldOf(random, 0, 6),
    ].join(' ')
  const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu']

  // The two differ on purpose in the night when clocks change: croner runs what would be skipped, and nothing twice.
  test('random schedules run when croner runs them, but for days on which clocks change', () => {
    const random = randomStream(1, 'croner')
    let compared = 0
    for (let i = 0; i < 150; i++) {
      const text = randomSchedule(random)
      const name = ZONES[i % ZONES.length]!
      const zone = timeZone(name)
      const offset = (t: number) => formatTimeIn(zone, t).slice(19)
      const day = 86_400_000
      const calm = (t: number) => offset(t - day) === offset(t + day)
      const [ours, theirs] = [parseSchedule(text, zone), new Cron(text, { timezone: name, paused: true })]
      let t = Date.UTC(2026, 0, 1) + Math.floor(random.float() * 365 * day)
      for (let runs = 0; runs < 10; runs++) {
        const next = ours.next(t)
        const other = theirs.nextRun(new Date(t))?.getTime()
        if (next === undefined || next - t > 3 * 365 * day) break
        if (calm(next) && calm(other ?? next)) {
          expect(iso(next), `${text} in ${name} after ${iso(t)}`).toBe(iso(other))
          compared++
        }
        t = next
      }
    }
    expect(compared).toBeGreaterThan(900)
  })

  test('in the nights when clocks change, what runs is every minute whose hands fit', () => {
    const random = randomStream(2, 'hands')
    const nights = [
      ['Europe/Berlin', '2026-03-28T20:00:00Z'],
      ['Europe/Berlin', '2026-10-24T20:00:00Z'],
      ['America/New_York', '2026-03-08T02:00:00Z'],
      ['America/New_York', '2026-11-01T00:00:00Z'],
      ['America/Santiago', '2026-04-04T20:00:00Z'],
      ['Asia/Beirut', '2026-10-24T14:00:00Z'],
    ] as const
    for (const [name, from] of nights) {
      const format = new Intl.DateTimeFormat('en-US', {
        timeZone: name,
        hourCycle: 'h23',
        hour: 'numeric',
        minute: 'numeric',
      })
      const hands = (t: number) => {
        const parts = format.formatToParts(t)
        const of = (type: string) => Number(parts.find((it) => it.type === type)!.value)
        return [of('minute'), of('hour')] as const
      }
      const minutes = Array.from({ length: 16 * 60 }, (_, i) => ms(from) + (i + 1) * 60_000)
      const shown = minutes.map(hands)
      for (let i = 0; i < 20; i++) {
        const minute = Math.floor(random.float() * 60)
        const hour = Math.floor(random.float() * 5)
        const fits = (_: number, at: number) => shown[at]![0] === minute && shown[at]![1] === hour
        const wanted = minutes.filter(fits).map((t) => formatTime(t))
        const found = runs(`${minute} ${hour} * * *`, from, wanted.length + 1, name).slice(0, wanted.length)
        expect(found, `${minute} ${hour} in ${name} from ${from}`).toEqual(wanted)
      }
    }
  })

  test('where clocks change by half an hour, the run of a quarter past is lost, as by the library', () => {
    // Whole hours are added to midnight: after 02:00 became 01:30 they end at half past.
    expect(runs('13 3 * * *', '2026-04-04T10:00:00Z', 1, 'Australia/Lord_Howe')).toEqual([
      '2026-04-05T16:43:00Z',
    ])
    expect(runs('45 3 * * *', '2026-04-04T10:00:00Z', 1, 'Australia/Lord_Howe')).toEqual([
      '2026-04-04T17:15:00Z',
    ])
  })

  test('the time of a run is written as its zone shows it', () => {
    const at = (zone: string, text: string) => formatTimeIn(timeZone(zone), ms(text))
    expect(at('UTC', '2026-07-01T12:00:00Z')).toBe('2026-07-01T12:00:00Z')
    expect(at('Europe/Berlin', '2026-07-01T12:00:00Z')).toBe('2026-07-01T14:00:00+02:00')
    expect(at('America/St_Johns', '2026-01-01T00:00:00Z')).toBe('2025-12-31T20:30:00-03:30')
  })

  test.each([
    ['', 'empty spec string'],
    ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
    ['60 * * * *', 'end of range (60) above maximum (59): 60'],
    ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
    ['*/0 * * * *', 'step of range should be a positive number: */0'],
    ['5-1 * * * *', 'beginning of range (5) beyond end of range (1): 5-1'],
    ['x * * * *', 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
    ['@fortnightly', 'unrecognized descriptor: @fortnightly'],
  ])('refuses "%s"', (text, message) => {
    expect(() => parseSchedule(text, UTC)).toThrow(message)
  })
})

describe('through the API', () => {
  const create = (world: World, image: string, spec: Partial<CronJobSpec> = {}) => {
    const base = template({ cron: 'tick' }, image)
    const jobTemplate = { spec: { template: { ...base, spec: { ...base.spec, restartPolicy: 'Never' } } } }
    return world.create(CronJob, {
      metadata: { name: 'tick', namespace: 'default' },
      spec: { schedule: '*/5 * * * *', jobTemplate, ...spec },
    })
  }
  const events = async (world: World) =>
    (await world.list(Event)).filter((it) => it.involvedObject.kind === 'CronJob').map((it) => it.reason)

  test('a job that the cache has not heard of being listed is no surprise', async () => {
    const cluster = buildCluster({ nodes: 1 })
    const spec = {
      restartPolicy: 'Never',
      containers: [{ name: 'c', image: 'busybox', command: ['sleep', '60'] }],
    }
    await cluster.apply({
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'cj', namespace: 'default' },
      spec: { schedule: '*/5 * * * *', jobTemplate: { spec: { template: { spec } } } },
    } as KubeObject)
    await cluster.settle()
    const link = cluster.foundation.network.link('kube-controller-manager')
    link.hold('cronjobs')
    await cluster.advance('5m30s')
    link.release('cronjobs')
    await cluster.settle()
    const reasons = cluster
      .peek()
      .list<Event>(Event)
      .map((it) => it.reason)
    expect(reasons).toContain('SuccessfulCreate')
    expect(reasons).not.toContain('UnexpectedJob')
    await cluster.dispose()
  })

  test('starts jobs by the clock and forgets old ones', async () => {
    const world = await World.create()
    await create(world, 'exit-0')
    await world.advance(3610)
    const jobs = await world.list(Job)
    expect(jobs).toHaveLength(3)
    const { status } = await world.get(CronJob, 'tick')
    expect(status?.lastScheduleTime).toBe('2025-01-01T01:00:00Z')
    expect(status?.lastSuccessfulTime?.slice(0, 16)).toBe('2025-01-01T01:00')
    expect(await events(world)).toEqual(
      expect.arrayContaining(['SuccessfulCreate', 'SawCompletedJob', 'SuccessfulDelete']),
    )
  })

  test.each([
    { concurrencyPolicy: 'Forbid', jobs: 1, reason: 'JobAlreadyActive' },
    { concurrencyPolicy: 'Replace', jobs: 1, reason: 'SuccessfulDelete' },
    { concurrencyPolicy: 'Allow', jobs: 3, reason: 'SuccessfulCreate' },
  ])('runs that overlap: $concurrencyPolicy', async ({ concurrencyPolicy, jobs, reason }) => {
    const world = await World.create()
    await create(world, 'ok', { concurrencyPolicy })
    await world.advance(930)
    expect(await world.list(Job)).toHaveLength(jobs)
    expect(await events(world)).toContain(reason)
  })
})

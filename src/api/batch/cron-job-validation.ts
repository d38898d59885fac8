/** What a cron job may say. Upstream: pkg/apis/batch/validation ValidateCronJob. */
import type { FieldErrors } from '../field-errors.ts'
import { goLabelSelector } from '../go-syntax.ts'
import { validateNonNegative, validateOneOf } from '../meta/validation.ts'
import type { CronJob } from './cron-job.ts'
import { validateJobTemplate } from './job-validation.ts'

/** The job's name gets eleven characters more. */
const MAX_NAME = 52

export function validateCronJob(cronJob: CronJob, errors: FieldErrors): void {
  const { spec } = cronJob
  const name = cronJob.metadata?.name ?? ''
  if (name.length > MAX_NAME) {
    errors.at('metadata', () => errors.invalid('name', name, `must be no more than ${MAX_NAME} characters`))
  }
  errors.at('spec', () => {
    if (!spec.schedule) errors.required('schedule')
    else {
      const problem = scheduleProblem(spec.schedule)
      if (problem !== undefined) errors.invalid('schedule', spec.schedule, problem)
      if (/^(CRON_)?TZ=/.test(spec.schedule)) {
        errors.invalid(
          'schedule',
          spec.schedule,
          'cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
        )
      }
    }
    if (spec.timeZone !== undefined) {
      if (spec.timeZone === '') errors.invalid('timeZone', '', 'timeZone must be nil or non-empty string')
      else {
        const local = spec.timeZone.toLowerCase() === 'local'
        if (local) {
          errors.invalid(
            'timeZone',
            spec.timeZone,
            'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
          )
        }
        if (spec.timeZone !== 'Local' && (local || !isTimeZone(spec.timeZone))) {
          errors.invalid('timeZone', spec.timeZone, `unknown time zone ${spec.timeZone}`)
        }
      }
    }
    validateNonNegative(spec.startingDeadlineSeconds, 'startingDeadlineSeconds', errors)
    validateOneOf(spec.concurrencyPolicy, 'concurrencyPolicy', ['Allow', 'Forbid', 'Replace'], errors)
    validateNonNegative(spec.successfulJobsHistoryLimit, 'successfulJobsHistoryLimit', errors)
    validateNonNegative(spec.failedJobsHistoryLimit, 'failedJobsHistoryLimit', errors)
    errors.at('jobTemplate', () =>
      errors.at('spec', () => {
        const { selector } = spec.jobTemplate.spec
        validateJobTemplate(spec.jobTemplate.spec, errors)
        if (selector !== undefined) {
          errors.invalid('selector', goLabelSelector(selector), '`selector` will be auto-generated')
        }
        if (spec.jobTemplate.spec.manualSelector)
          errors.notSupported('manualSelector', true, ['nil', 'false'])
      }),
    )
  })
}

const DESCRIPTORS = /^@(yearly|annually|monthly|weekly|daily|midnight|hourly)$/
const FIELDS = [
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day of month', min: 1, max: 31 },
  {
    name: 'month',
    min: 1,
    max: 12,
    names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
  },
  { name: 'day of week', min: 0, max: 6, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
] as const

/** What robfig/cron would say to the schedule, or nothing. */
export function scheduleProblem(schedule: string): string | undefined {
  const text = schedule.replace(/^(CRON_)?TZ=\S+\s+/, '').trim()
  if (text.startsWith('@every ')) return undefined
  if (text.startsWith('@')) return DESCRIPTORS.test(text) ? undefined : `unrecognized descriptor: ${text}`
  const parts = text.split(/\s+/)
  if (parts.length !== 5) return `expected exactly 5 fields, found ${parts.length}: [${parts.join(' ')}]`
  for (const [index, part] of parts.entries()) {
    const problem = fieldProblem(part, FIELDS[index] as (typeof FIELDS)[number])
    if (problem !== undefined) return problem
  }
  return undefined
}

function fieldProblem(text: string, field: (typeof FIELDS)[number]): string | undefined {
  const names: readonly string[] = 'names' in field ? field.names : []
  const number = (word: string) => {
    const index = names.indexOf(word.toLowerCase())
    return index >= 0 ? index + field.min : /^\d+$/.test(word) ? Number(word) : Number.NaN
  }
  for (const item of text.split(',')) {
    const [range = '', step, ...extra] = item.split('/')
    if (extra.length > 0) return `too many slashes: ${item}`
    const [low = '', high, ...more] = range.split('-')
    if (more.length > 0) return `too many hyphens: ${item}`
    const from = low === '*' || low === '?' ? field.min : number(low)
    const to =
      high === undefined
        ? low === '*' || low === '?' || step !== undefined
          ? field.max
          : from
        : number(high)
    if (Number.isNaN(from) || Number.isNaN(to))
      return `failed to parse int from ${Number.isNaN(from) ? low : high}`
    if (from < field.min) return `beginning of range (${from}) below minimum (${field.min}): ${item}`
    if (to > field.max) return `end of range (${to}) above maximum (${field.max}): ${item}`
    if (from > to) return `beginning of range (${from}) beyond end of range (${to}): ${item}`
    if (step !== undefined && !/^[1-9]\d*$/.test(step))
      return `step of range should be a positive number: ${item}`
  }
  return undefined
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

/**
 * Cron schedules as Go's robfig/cron v3 reads them, which is what CronJobs promise: five fields, macros, `@every`.
 * Where clocks are put forward or back it behaves as that library does, since people rely on it.
 */
import { parseDuration } from '../../kernel/duration.ts'
import type { TimeZone } from './time-zone.ts'

export interface Schedule {
  /** The first time after `after` (ms), on a whole second; undefined: none within five years. */
  next(after: number): number | undefined
}

interface Field {
  readonly values: ReadonlySet<number>
  /** Written as `*` or `?`. */
  readonly any: boolean
}

interface Bounds {
  readonly min: number
  readonly max: number
  readonly names?: readonly string[]
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

const BOUNDS: readonly Bounds[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: MONTHS },
  { min: 0, max: 6, names: DAYS },
]

const MACROS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
const YEARS_MAX = 5

/** @throws Error with the library's words when the text is no schedule */
export function parseSchedule(text: string, zone: TimeZone): Schedule {
  let ofZone = parsed.get(zone)
  if (ofZone === undefined) parsed.set(zone, (ofZone = new Map()))
  let schedule = ofZone.get(text)
  if (schedule === undefined) {
    schedule = remembering(parse(text, zone))
    if (ofZone.size >= PARSED_MAX) ofZone.clear()
    ofZone.set(text, schedule)
  }
  return schedule
}

/** Many CronJobs have the same schedule, and each is asked about the same few times again and again. */
const parsed = new WeakMap<TimeZone, Map<string, Schedule>>()
const PARSED_MAX = 1000
const ANSWERS_MAX = 16

function remembering(schedule: Schedule): Schedule {
  const answers = new Map<number, number | undefined>()
  return {
    next(after) {
      let next = answers.get(after)
      if (next === undefined && !answers.has(after)) {
        next = schedule.next(after)
        if (answers.size >= ANSWERS_MAX) answers.clear()
        answers.set(after, next)
      }
      return next
    },
  }
}

function parse(text: string, zone: TimeZone): Schedule {
  if (text === '') throw new Error('empty spec string')
  if (text.startsWith('@every ')) return every(text)
  const spec = text.startsWith('@') ? MACROS[text] : text
  if (spec === undefined) throw new Error(`unrecognized descriptor: ${text}`)
  const parts = spec.trim().split(/\s+/)
  if (parts.length !== 5)
    throw new Error(`expected exactly 5 fields, found ${parts.length}: [${parts.join(' ')}]`)
  const [minute, hour, day, month, weekday] = parts.map((part, i) => parseField(part, BOUNDS[i]!))
  return new CronSchedule({ minute: minute!, hour: hour!, day: day!, month: month!, weekday: weekday! }, zone)
}

function every(text: string): Schedule {
  const ms = parseDuration(text.slice('@every '.length))
  if (ms === undefined) throw new Error(`failed to parse duration ${text}: time: invalid duration`)
  const stepMs = Math.max(1000, Math.floor(ms / 1000) * 1000)
  return { next: (after) => Math.floor(after / 1000) * 1000 + stepMs }
}

function parseField(text: string, bounds: Bounds): Field {
  const values = new Set<number>()
  let any = false
  for (const part of text.split(',')) {
    const [range = '', stepText, ...more] = part.split('/')
    if (more.length > 0) throw new Error(`too many slashes: ${part}`)
    const [lowText = '', highText, ...rest] = range.split('-')
    if (rest.length > 0) throw new Error(`too many hyphens: ${part}`)
    const star = lowText === '*' || lowText === '?'
    const low = star ? bounds.min : parseValue(lowText, bounds)
    // `5/15` means from 5 on to the end.
    const high =
      star || (highText === undefined && stepText !== undefined)
        ? bounds.max
        : highText === undefined
          ? low
          : parseValue(highText, bounds)
    const step = stepText === undefined ? 1 : parseNumber(stepText)
    if (low < bounds.min)
      throw new Error(`beginning of range (${low}) below minimum (${bounds.min}): ${part}`)
    if (high > bounds.max) throw new Error(`end of range (${high}) above maximum (${bounds.max}): ${part}`)
    if (low > high) throw new Error(`beginning of range (${low}) beyond end of range (${high}): ${part}`)
    if (step === 0) throw new Error(`step of range should be a positive number: ${part}`)
    if (star && step === 1) any = true
    for (let value = low; value <= high; value += step) values.add(value)
  }
  return { values, any }
}

function parseValue(text: string, { min, names }: Bounds): number {
  const named = names?.indexOf(text.toLowerCase()) ?? -1
  return named >= 0 ? named + min : parseNumber(text)
}

function parseNumber(text: string): number {
  if (!/^\d+$/.test(text))
    throw new Error(`failed to parse int from ${text}: strconv.Atoi: parsing "${text}": invalid syntax`)
  return Number(text)
}

interface Fields {
  readonly minute: Field
  readonly hour: Field
  readonly day: Field
  readonly month: Field
  readonly weekday: Field
}

class CronSchedule implements Schedule {
  readonly #fields: Fields
  readonly #zone: TimeZone

  constructor(fields: Fields, zone: TimeZone) {
    this.#fields = fields
    this.#zone = zone
  }

  /** Finds the month, then the day, the hour, the minute; a field that wraps around starts the search again. */
  next(after: number): number | undefined {
    let t = Math.floor(after / 1000) * 1000 + 1000
    const lastYear = this.#wall(t).year + YEARS_MAX
    while (this.#wall(t).year <= lastYear) {
      const found = this.#advance(t)
      if (found.done) return found.time
      t = found.time
    }
    return undefined
  }

  #advance(start: number): { readonly time: number; readonly done: boolean } {
    const { month, hour, minute } = this.#fields
    const zone = this.#zone
    let t = start
    let wall = this.#wall(t)
    for (; !month.values.has(wall.month); wall = this.#wall(t)) {
      t = zone.toUtc(wall.year, wall.month + 1, 1, 0, 0)
      if (this.#wall(t).month === 1) return { time: t, done: false }
    }
    for (; !this.#dayMatches(wall); wall = this.#wall(t)) {
      t = this.#midnight(zone.toUtc(wall.year, wall.month, wall.day + 1, 0, 0))
      if (this.#wall(t).day === 1) return { time: t, done: false }
    }
    if (!hour.values.has(wall.hour)) t = zone.toUtc(wall.year, wall.month, wall.day, wall.hour, 0)
    for (; !hour.values.has(wall.hour); wall = this.#wall(t)) {
      // Elapsed hours, not hands of a clock: an hour that is skipped tonight is skipped by the schedule.
      t += HOUR_MS
      if (this.#wall(t).hour === 0) return { time: t, done: false }
    }
    for (; !minute.values.has(wall.minute); wall = this.#wall(t)) {
      t = Math.floor(t / MINUTE_MS) * MINUTE_MS + MINUTE_MS
      if (this.#wall(t).minute === 0) return { time: t, done: false }
    }
    // Schedules know no seconds: only the full minute fits.
    if (wall.second === 0) return { time: t, done: true }
    const next = Math.floor(t / MINUTE_MS) * MINUTE_MS + MINUTE_MS
    return { time: next, done: false }
  }

  /** Some zones have days without midnight. */
  #midnight(t: number): number {
    const { hour } = this.#wall(t)
    if (hour === 0) return t
    return hour > 12 ? t + (24 - hour) * HOUR_MS : t - hour * HOUR_MS
  }

  /** Both restricted: either is enough. */
  #dayMatches({ day, weekday }: { readonly day: number; readonly weekday: number }): boolean {
    const dayFits = this.#fields.day.values.has(day)
    const weekdayFits = this.#fields.weekday.values.has(weekday)
    const both = this.#fields.day.any || this.#fields.weekday.any
    return both ? dayFits && weekdayFits : dayFits || weekdayFits
  }

  #wall(t: number) {
    return this.#zone.wall(t)
  }
}

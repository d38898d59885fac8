/**
 * Times of the API: RFC 3339 in UTC, whole seconds (`Time`) or microseconds (`MicroTime`), to and from
 * milliseconds since 1970. Calendar arithmetic is done here with integers: the same on every machine, and
 * several times cheaper than a Date.
 */

const DAY_MS = 86_400_000

/** `2026-01-02T03:04:05Z`; fractions of a second are cut off. */
export function formatTime(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  if (seconds === cachedSeconds) return cachedText
  cachedSeconds = seconds
  return (cachedText = `${formatSeconds(seconds)}Z`)
}

// Many objects are stamped within one second of virtual time.
let cachedSeconds = Number.NaN
let cachedText = ''

/** `2026-01-02T03:04:05.123000Z`. */
export function formatMicroTime(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  const micros = Math.floor((ms - seconds * 1000) * 1000)
  return `${formatSeconds(seconds)}.${String(micros).padStart(6, '0')}Z`
}

/** Milliseconds since 1970, fraction included; NaN when the text is no RFC 3339 time. */
export function parseTime(text: string): number {
  const match = RFC3339.exec(text)
  if (match === null) return Number.NaN
  const [, year, month, day, hour, minute, second, fraction, sign, zoneHours, zoneMinutes] = match
  const m = Number(month)
  const d = Number(day)
  if (m < 1 || m > 12 || d < 1 || d > daysIn(Number(year), m)) return Number.NaN
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return Number.NaN
  const days = daysFromCivil(Number(year), m, d)
  let ms = days * DAY_MS + Number(hour) * 3_600_000 + Number(minute) * 60_000 + Number(second) * 1000
  if (fraction !== undefined) ms += Number(`0.${fraction}`) * 1000
  if (sign !== undefined) {
    const zone = (Number(zoneHours) * 60 + Number(zoneMinutes)) * 60_000
    ms += sign === '-' ? zone : -zone
  }
  return ms
}

/** Whether the text is just as `formatTime` would print it. */
export function isTime(text: string): boolean {
  if (text === validTime) return true
  if (text.length !== 20 || text.charCodeAt(19) !== Z || !isDateTime(text)) return false
  validTime = text
  return true
}

/** Whether the text is just as `formatMicroTime` would print it. */
export function isMicroTime(text: string): boolean {
  if (text === validMicroTime) return true
  if (text.length !== 27 || text.charCodeAt(19) !== DOT || text.charCodeAt(26) !== Z) return false
  for (let i = 20; i < 26; i++) if (!(digitAt(text, i) <= 9)) return false
  if (!isDateTime(text)) return false
  validMicroTime = text
  return true
}

// Objects stamped within one second share their stamps, and leases are renewed together.
let validTime = ''
let validMicroTime = ''

const [DASH, COLON, DOT, T, Z, ZERO] = [0x2d, 0x3a, 0x2e, 0x54, 0x5a, 0x30]

/** Whether a text begins with `2026-01-02T03:04:05` of the calendar. Every request that carries times asks this. */
function isDateTime(text: string): boolean {
  if (text.charCodeAt(4) !== DASH || text.charCodeAt(7) !== DASH || text.charCodeAt(10) !== T) return false
  if (text.charCodeAt(13) !== COLON || text.charCodeAt(16) !== COLON) return false
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2)
  const month = twoDigits(text, 5)
  const day = twoDigits(text, 8)
  // NaN, of what is no digit, fails every comparison.
  if (!(year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month))) return false
  return twoDigits(text, 11) <= 23 && twoDigits(text, 14) <= 59 && twoDigits(text, 17) <= 59
}

function twoDigits(text: string, at: number): number {
  return digitAt(text, at) * 10 + digitAt(text, at + 1)
}

function digitAt(text: string, at: number): number {
  const digit = text.charCodeAt(at) - ZERO
  return digit >= 0 && digit <= 9 ? digit : Number.NaN
}

const RFC3339 =
  /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9})\d*)?(?:[Zz]|([+-])([01]\d|2[0-4]):([0-5]\d))$/

/** What kubectl prints as an age: `5s`, `3m12s`, `4h`, `2d`, `3y15d`. Upstream: apimachinery duration.HumanDuration. */
export function humanDuration(ms: number): string {
  // Clocks that differ by a second or two are no reason to say <invalid>.
  const seconds = Math.trunc(ms / 1000)
  if (seconds < -1) return '<invalid>'
  if (seconds < 0) return '0s'
  if (seconds < 120) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 10) return withRest(minutes, 'm', seconds % 60, 's')
  if (minutes < 180) return `${minutes}m`
  const hours = Math.floor(minutes / 60)
  if (hours < 8) return withRest(hours, 'h', minutes % 60, 'm')
  if (hours < 48) return `${hours}h`
  const days = Math.floor(hours / 24)
  if (hours < 24 * 8) return withRest(days, 'd', hours % 24, 'h')
  if (hours < 24 * 365 * 2) return `${days}d`
  const years = Math.floor(hours / (24 * 365))
  if (hours < 24 * 365 * 8) return withRest(years, 'y', days % 365, 'd')
  return `${years}y`
}

function withRest(big: number, bigUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${big}${bigUnit}` : `${big}${bigUnit}${small}${smallUnit}`
}

/** The age of something stamped at `time`, or `<unknown>` when it has no stamp. */
export function age(time: string | undefined | null, nowMs: number): string {
  const ms = time ? parseTime(time) : Number.NaN
  return Number.isNaN(ms) ? '<unknown>' : humanDuration(nowMs - ms)
}

function formatSeconds(seconds: number): string {
  const days = Math.floor(seconds / 86_400)
  const rest = seconds - days * 86_400
  const hour = Math.floor(rest / 3600)
  const minute = Math.floor((rest % 3600) / 60)
  const [year, month, day] = civilFromDays(days)
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(rest % 60)}`
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value)
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** Days since 1970-01-01 of a date of the Gregorian calendar; years start in March, so that leap days come last. */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

function civilFromDays(days: number): [year: number, month: number, day: number] {
  const z = days + 719_468
  const era = Math.floor(z / 146_097)
  const dayOfEra = z - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shifted = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1
  const month = shifted < 10 ? shifted + 3 : shifted - 9
  return [yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day]
}

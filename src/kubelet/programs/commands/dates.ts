/** Dates as `date` and `touch` read and print them; the time zone is UTC. */

export const MONTHS: readonly string[] = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')
const LONG_MONTHS =
  'January February March April May June July August September October November December'.split(' ')
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ')
const UNIT_MS: Readonly<Record<string, number>> = {
  sec: 1000,
  second: 1000,
  min: 60_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
}

/** Ms since the epoch; undefined: it is no date. */
export function parseDate(text: string, now: number): number | undefined {
  const trimmed = text.trim()
  if (/^@-?\d+(\.\d+)?$/.test(trimmed)) return Number(trimmed.slice(1)) * 1000
  if (trimmed === 'now') return now
  const relative = /^([-+]?\d+)\s*(sec|second|min|minute|hour|day|week)s?(\s+ago)?$/.exec(trimmed)
  if (relative !== null) {
    const [, amount, unit, ago] = relative
    return now + Number(amount) * UNIT_MS[unit!]! * (ago === undefined ? 1 : -1)
  }
  const midnight = Math.floor(now / 86_400_000) * 86_400_000
  const clock = /^(\d{1,2}):(\d\d)(?::(\d\d))?$/.exec(trimmed)
  if (clock !== null) {
    const [, hour, minute, second = '0'] = clock
    return midnight + (Number(hour) * 3600 + Number(minute) * 60 + Number(second)) * 1000
  }
  // [[[[CC]YY]MM]DD]hhmm[.ss]
  const compact = /^(?:(?:(?:(\d{4}|\d\d))?(\d\d))?(\d\d))?(\d\d)(\d\d)(?:\.(\d\d))?$/.exec(trimmed)
  if (compact !== null) {
    const today = new Date(now)
    const [, year, month, day, hour, minute, second = '0'] = compact
    const years =
      year === undefined ? today.getUTCFullYear() : year.length === 2 ? 2000 + Number(year) : Number(year)
    return checked(
      years,
      month === undefined ? today.getUTCMonth() + 1 : Number(month),
      day === undefined ? today.getUTCDate() : Number(day),
      Number(hour),
      Number(minute),
      Number(second),
    )
  }
  const full =
    /^(\d{4})[-.](\d\d)[-.](\d\d)(?:[T -](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?)?(Z|[-+]\d\d:?\d\d)?$/.exec(
      trimmed,
    )
  if (full === null) return undefined
  const [, year, month, day, hour = '0', minute = '0', second = '0', zone = 'Z'] = full
  const at = checked(...([year, month, day, hour, minute, second].map(Number) as SixNumbers))
  if (at === undefined || zone === 'Z') return at
  const [, sign, hours, minutes] = /^([-+])(\d\d):?(\d\d)$/.exec(zone)!
  const offset = (Number(hours) * 60 + Number(minutes)) * 60_000
  return sign === '-' ? at + offset : at - offset
}

type SixNumbers = [number, number, number, number, number, number]

function checked(...[year, month, day, hour, minute, second]: SixNumbers): number | undefined {
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60)
    return undefined
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

/** strftime's conversions; unknown ones stay as they are. */
export function formatDate(ms: number, format: string): string {
  const at = new Date(ms)
  const two = (n: number) => String(n).padStart(2, '0')
  const hour12 = at.getUTCHours() % 12 || 12
  const startOfYear = Date.UTC(at.getUTCFullYear(), 0, 1)
  const iso = at.toISOString()
  const fields: Readonly<Record<string, () => string>> = {
    A: () => DAYS[at.getUTCDay()]!,
    a: () => DAYS[at.getUTCDay()]!.slice(0, 3),
    B: () => LONG_MONTHS[at.getUTCMonth()]!,
    b: () => MONTHS[at.getUTCMonth()]!,
    h: () => MONTHS[at.getUTCMonth()]!,
    C: () => two(Math.floor(at.getUTCFullYear() / 100)),
    c: () => formatDate(ms, '%a %b %e %H:%M:%S %Y'),
    D: () => formatDate(ms, '%m/%d/%y'),
    d: () => two(at.getUTCDate()),
    e: () => String(at.getUTCDate()).padStart(2),
    F: () => iso.slice(0, 10),
    H: () => two(at.getUTCHours()),
    I: () => two(hour12),
    j: () => String(Math.floor((ms - startOfYear) / 86_400_000) + 1).padStart(3, '0'),
    k: () => String(at.getUTCHours()).padStart(2),
    l: () => String(hour12).padStart(2),
    M: () => two(at.getUTCMinutes()),
    m: () => two(at.getUTCMonth() + 1),
    N: () => `${iso.slice(20, 23)}000000`,
    n: () => '\n',
    P: () => (at.getUTCHours() < 12 ? 'am' : 'pm'),
    p: () => (at.getUTCHours() < 12 ? 'AM' : 'PM'),
    R: () => iso.slice(11, 16),
    r: () => formatDate(ms, '%I:%M:%S %p'),
    S: () => two(at.getUTCSeconds()),
    s: () => String(Math.floor(ms / 1000)),
    T: () => iso.slice(11, 19),
    t: () => '\t',
    u: () => String(at.getUTCDay() || 7),
    w: () => String(at.getUTCDay()),
    X: () => iso.slice(11, 19),
    x: () => formatDate(ms, '%m/%d/%y'),
    Y: () => String(at.getUTCFullYear()),
    y: () => two(at.getUTCFullYear() % 100),
    Z: () => 'UTC',
    z: () => '+0000',
    '%': () => '%',
  }
  return format.replace(/%[-_0]?(.)/g, (whole, letter: string) => {
    const text = fields[letter]?.()
    if (text === undefined) return whole
    return whole[1] === '-' && whole.length === 3 ? text.replace(/^[0 ]+(?=.)/, '') : text
  })
}

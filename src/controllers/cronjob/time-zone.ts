/** Wall clocks of the IANA time zones, from the data that the JavaScript engine carries. */
export interface WallTime {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  /** 0 is Sunday. */
  readonly weekday: number
}

export interface TimeZone {
  wall(ms: number): WallTime
  /** As Go's time.Date: values out of range carry over; a time that does not exist or exists twice is one of the two. */
  toUtc(year: number, month: number, day: number, hour: number, minute: number): number
}

/** @throws Error when there is no such zone */
export function timeZone(name: string): TimeZone {
  let zone = zones.get(name)
  if (zone === undefined) {
    zone = name === 'UTC' || name === 'Local' ? zoneOf(() => 0) : zoneOf(offsetsOf(name))
    zones.set(name, zone)
  }
  return zone
}

/** RFC 3339 as the clocks of the zone show it: `2025-01-01T09:30:00+01:00`, or with a `Z` where that is UTC. */
export function formatTimeIn(zone: TimeZone, ms: number): string {
  const { year, month, day, hour, minute, second } = zone.wall(ms)
  const wall = Date.UTC(year, month - 1, day, hour, minute, second)
  const minutes = Math.round((wall - Math.floor(ms / 1000) * 1000) / 60_000)
  const text = new Date(wall).toISOString().slice(0, 19)
  if (minutes === 0) return `${text}Z`
  const two = (it: number) => String(it).padStart(2, '0')
  const size = Math.abs(minutes)
  return `${text}${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
}

const zones = new Map<string, TimeZone>()

function zoneOf(offsetAt: (ms: number) => number): TimeZone {
  return {
    wall(ms) {
      const local = new Date(ms + offsetAt(ms))
      return {
        year: local.getUTCFullYear(),
        month: local.getUTCMonth() + 1,
        day: local.getUTCDate(),
        hour: local.getUTCHours(),
        minute: local.getUTCMinutes(),
        second: local.getUTCSeconds(),
        weekday: local.getUTCDay(),
      }
    },
    toUtc(year, month, day, hour, minute) {
      const wall = Date.UTC(year, month - 1, day, hour, minute)
      return wall - offsetAt(wall - offsetAt(wall))
    },
  }
}

const QUARTER_MS = 900_000

/** Offset from UTC, ms. It changes on quarters of an hour only, so each quarter is asked about once. */
function offsetsOf(name: string): (ms: number) => number {
  // A fixed locale: what is read is numbers, the same on every machine.
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: name,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  const known = new Map<number, number>()
  return (ms) => {
    const quarter = Math.floor(ms / QUARTER_MS)
    let offset = known.get(quarter)
    if (offset === undefined) {
      offset = readOffset(format, quarter * QUARTER_MS)
      if (known.size >= 4096) known.clear()
      known.set(quarter, offset)
    }
    return offset
  }
}

function readOffset(format: Intl.DateTimeFormat, ms: number): number {
  const parts: Record<string, number> = {}
  for (const { type, value } of format.formatToParts(new Date(ms))) parts[type] = Number(value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
  return Date.UTC(year, month - 1, day, hour, minute, second) - ms
}

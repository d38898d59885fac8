/** How `kubectl get events` prints an event. Upstream: pkg/printers/internalversion/printers.go, printEvent. */
import { nameColumn, text, wide } from '../columns.ts'
import type { Column } from '../kind.ts'
import { age, humanDuration, parseTime } from '../time.ts'
import type { Event } from './event.ts'

export const eventColumns: readonly Column<Event>[] = [
  text('Last Seen', 'When it last happened, and how often.', lastSeen),
  text('Type', 'Normal or Warning.', ({ type }) => type ?? ''),
  text('Reason', 'Why, in one word.', ({ reason }) => reason ?? ''),
  text('Object', 'What it is about.', ({ involvedObject }) => objectText(involvedObject)),
  wide(
    text(
      'Subobject',
      'The part of the object it is about.',
      ({ involvedObject }) => involvedObject?.fieldPath ?? '',
    ),
  ),
  wide(text('Source', 'Who reported it.', source)),
  text('Message', 'What happened, for people.', ({ message }) => (message ?? '').trim()),
  wide(text('First Seen', 'When it first happened.', firstSeen)),
  wide(
    text('Count', 'How often it happened.', ({ series, count }) =>
      String(series?.count ?? Math.max(count ?? 0, 1)),
    ),
  ),
  wide(nameColumn),
]

function objectText(reference: Event['involvedObject'] | undefined): string {
  const kind = (reference?.kind ?? '').toLowerCase()
  return kind === '' ? (reference?.name ?? '') : `${kind}/${reference?.name ?? ''}`
}

function lastSeen(event: Event, nowMs: number): string {
  const { series, firstTimestamp, lastTimestamp, eventTime, count } = event
  const first = firstTimestamp ?? eventTime
  if (series !== undefined) return interval(series.lastObservedTime, series.count ?? 0, first, nowMs)
  if ((count ?? 0) > 1) return interval(lastTimestamp, count ?? 0, first, nowMs)
  return age(first, nowMs)
}

function interval(last: string | undefined, count: number, first: string | undefined, nowMs: number): string {
  return `${age(last, nowMs)} (x${count} over ${age(first, nowMs)})`
}

function firstSeen({ firstTimestamp, eventTime }: Event, nowMs: number): string {
  const first = firstTimestamp ?? eventTime
  return first === undefined ? '<unknown>' : humanDuration(nowMs - parseTime(first))
}

function source({ source, reportingComponent, reportingInstance }: Event): string {
  const component = source?.component || reportingComponent || ''
  const host = source?.host || reportingInstance || ''
  return host === '' ? component : `${component}, ${host}`
}

/** How `kubectl get events` prints an event. Upstream: pkg/printers/internalversion/printers.go, printEvent. */
import { integer, nameColumn, text, wide } from '../columns.ts'
import type { Column } from '../kind.ts'
import { age, humanDuration, parseTime } from '../time.ts'
import type { Event } from './event.ts'

export const eventColumns: readonly Column<Event>[] = [
  text('Last Seen', 'When it last happened.', lastSeen),
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
  wide(integer('Count', 'How often it happened.', ({ series, count }) => series?.count ?? (count || 1))),
  wide(nameColumn),
]

function objectText(reference: Event['involvedObject'] | undefined): string {
  const kind = (reference?.kind ?? '').toLowerCase()
  return reference?.name ? `${kind}/${reference.name}` : kind
}

function lastSeen(event: Event, nowMs: number): string {
  const { series, firstTimestamp, lastTimestamp, eventTime } = event
  if (series !== undefined) return age(series.lastObservedTime, nowMs)
  return age(lastTimestamp ?? firstTimestamp ?? eventTime, nowMs)
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

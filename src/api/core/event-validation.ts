/** What an event may say. Upstream: pkg/apis/core/validation/events.go. */
import type { FieldErrors } from '../field-errors.ts'
import { checkQualifiedName } from '../names.ts'
import type { Event } from './event.ts'

const NOTE_MAX = 1024
const WORD_MAX = 128

export function validateEvent(event: Event, errors: FieldErrors): void {
  const namespace = event.metadata?.namespace ?? ''
  const about = event.involvedObject?.namespace ?? ''
  if (about === '' ? namespace !== 'default' && namespace !== 'kube-system' : namespace !== about) {
    errors.at('involvedObject', () => errors.invalid('namespace', about, 'does not match event.namespace'))
  }
  // Events of the newer form name their time; the older ones may say nearly anything.
  if (event.eventTime === undefined) return
  if (!event.reportingComponent) errors.required('reportingController')
  else
    for (const problem of checkQualifiedName(event.reportingComponent)) {
      errors.invalid('reportingController', event.reportingComponent, problem)
    }
  if (!event.reportingInstance) errors.required('reportingInstance')
  else tooLong(event.reportingInstance, WORD_MAX, 'reportingInstance', errors)
  if (!event.action) errors.required('action')
  else tooLong(event.action, WORD_MAX, 'action', errors)
  if (!event.reason) errors.required('reason')
  else tooLong(event.reason, WORD_MAX, 'reason', errors)
  if (event.type !== 'Normal' && event.type !== 'Warning') {
    errors.invalid('type', event.type ?? '', `has invalid value: ${event.type ?? ''}`)
  }
  tooLong(event.message ?? '', NOTE_MAX, 'message', errors)
  if (event.series !== undefined && (event.series.count ?? 0) < 2) {
    errors.at('series', () => errors.invalid('count', event.series?.count ?? 0, 'should be at least 2'))
  }
}

function tooLong(text: string, max: number, field: string, errors: FieldErrors): void {
  if (text.length > max) errors.invalid(field, '', `can have at most ${max} characters`)
}

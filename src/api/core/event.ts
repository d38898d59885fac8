/** A report that something happened to an object; dropped after an hour. */

import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { filled, type Infer, int32, kept, microTime, string, struct, time } from '../schema.ts'
import { eventColumns } from './event-columns.ts'
import { validateEvent } from './event-validation.ts'
import { objectReference } from './reference.ts'

export const Event = defineKind<Event>({
  group: '',
  version: 'v1',
  kind: 'Event',
  resource: 'events',
  singular: 'event',
  shortNames: ['ev'],
  namespaced: true,
  schema: () => event,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: false,
  unconditionalUpdate: true,
  heartbeat: true,
  createOnUpdate: true,
  storagePrefix: 'events',
  ttlSeconds: 3600,
  validate: validateEvent,
  selectableFields: {
    'involvedObject.kind': ({ involvedObject: it }) => it?.kind ?? '',
    'involvedObject.namespace': ({ involvedObject: it }) => it?.namespace ?? '',
    'involvedObject.name': ({ involvedObject: it }) => it?.name ?? '',
    'involvedObject.uid': ({ involvedObject: it }) => it?.uid ?? '',
    'involvedObject.apiVersion': ({ involvedObject: it }) => it?.apiVersion ?? '',
    'involvedObject.resourceVersion': ({ involvedObject: it }) => it?.resourceVersion ?? '',
    'involvedObject.fieldPath': ({ involvedObject: it }) => it?.fieldPath ?? '',
    reason: ({ reason }) => reason ?? '',
    reportingComponent: ({ reportingComponent }) => reportingComponent ?? '',
    source: ({ source, reportingComponent }) => source?.component || reportingComponent || '',
    type: ({ type }) => type ?? '',
  },
  columns: eventColumns,
})

export interface Event extends Infer<typeof event> {}
export const event = struct(
  'core/v1.Event',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    involvedObject: filled(objectReference),
    reason: string,
    message: string,
    source: filled(eventSource),
    firstTimestamp: time,
    lastTimestamp: time,
    count: int32,
    type: string,
    eventTime: microTime,
    series: eventSeries,
    action: string,
    related: objectReference,
    reportingComponent: kept(string),
    reportingInstance: kept(string),
  }),
  'metadata',
  'involvedObject',
)

export interface EventSource extends Infer<typeof eventSource> {}
export const eventSource = struct('core/v1.EventSource', () => ({
  component: string,
  host: string,
}))

export interface EventSeries extends Infer<typeof eventSeries> {}
export const eventSeries = struct('core/v1.EventSeries', () => ({
  count: int32,
  lastObservedTime: microTime,
}))

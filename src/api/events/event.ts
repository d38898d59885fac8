/** An event in the form of the events.k8s.io group. */

import { eventSource } from '../core/event.ts'
import { objectReference } from '../core/reference.ts'
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { filled, type Infer, int32, microTime, string, struct, time } from '../schema.ts'

export const Event = defineKind<Event>({
  group: 'events.k8s.io',
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
})

export interface Event extends Infer<typeof event> {}
export const event = struct(
  'events/v1.Event',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    eventTime: microTime,
    series: eventSeries,
    reportingController: string,
    reportingInstance: string,
    action: string,
    reason: string,
    regarding: filled(objectReference),
    related: objectReference,
    note: string,
    type: string,
    deprecatedSource: filled(eventSource),
    deprecatedFirstTimestamp: time,
    deprecatedLastTimestamp: time,
    deprecatedCount: int32,
  }),
  'eventTime',
)

export interface EventSeries extends Infer<typeof eventSeries> {}
export const eventSeries = struct(
  'events/v1.EventSeries',
  () => ({
    count: int32,
    lastObservedTime: microTime,
  }),
  'count',
  'lastObservedTime',
)

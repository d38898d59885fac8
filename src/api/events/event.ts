/** An event in the form of the events.k8s.io group. */

import { Event as CoreEvent, eventSource } from '../core/event.ts'
import { eventColumns } from '../core/event-columns.ts'
import { objectReference } from '../core/reference.ts'
import { deepFreeze } from '../freeze.ts'
import type { KindDefinition, KubeObject } from '../kind.ts'
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
  stored: { kind: () => CoreEvent as unknown as KindDefinition, encode: toCore, decode: fromCore },
  selectableFields: {
    'regarding.kind': ({ regarding: it }) => it?.kind ?? '',
    'regarding.namespace': ({ regarding: it }) => it?.namespace ?? '',
    'regarding.name': ({ regarding: it }) => it?.name ?? '',
    'regarding.uid': ({ regarding: it }) => it?.uid ?? '',
    'regarding.apiVersion': ({ regarding: it }) => it?.apiVersion ?? '',
    'regarding.resourceVersion': ({ regarding: it }) => it?.resourceVersion ?? '',
    'regarding.fieldPath': ({ regarding: it }) => it?.fieldPath ?? '',
    reason: ({ reason }) => reason ?? '',
    reportingController: ({ reportingController }) => reportingController ?? '',
    type: ({ type }) => type ?? '',
  },
  columns: eventColumns.map((column) => ({
    ...column,
    cell: (object, nowMs) => column.cell(toCore(object), nowMs),
  })),
})

/** Names of the two groups for the same things. */
const CORE_NAMES: Readonly<Record<string, string>> = {
  note: 'message',
  regarding: 'involvedObject',
  reportingController: 'reportingComponent',
  deprecatedSource: 'source',
  deprecatedFirstTimestamp: 'firstTimestamp',
  deprecatedLastTimestamp: 'lastTimestamp',
  deprecatedCount: 'count',
}
const NEW_NAMES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(CORE_NAMES).map(([name, core]) => [core, name]),
)

function toCore(object: KubeObject): CoreEvent {
  return renamed(object, CORE_NAMES, 'v1') as CoreEvent
}

function fromCore(object: KubeObject): Event {
  return renamed(object, NEW_NAMES, 'events.k8s.io/v1') as Event
}

function renamed(object: KubeObject, names: Readonly<Record<string, string>>, apiVersion: string): unknown {
  const copy: Record<string, unknown> = {}
  for (const key in object) copy[names[key] ?? key] = object[key as keyof KubeObject]
  copy['apiVersion'] = apiVersion
  return deepFreeze(copy)
}

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

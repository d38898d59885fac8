/** `kubectl describe`, one form for all kinds: names, labels, the object as YAML, and its Events. */
import { Event } from '../../api/core/event.ts'
import type { KindDefinition, KubeObject } from '../../api/kind.ts'
import { humanDuration, parseTime } from '../../api/time.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import { alignColumns } from './table.ts'
import { formatYaml } from './yaml.ts'

export function describeObject(cluster: Cluster, kind: KindDefinition, object: KubeObject): string {
  const { metadata } = object
  const { apiVersion: _a, kind: _k, metadata: _m, ...rest } = object
  const head = alignColumns([
    ['Name:', metadata?.name ?? ''],
    ...(kind.namespaced ? [['Namespace:', metadata?.namespace ?? '']] : []),
    ['Labels:', pairs(metadata?.labels)],
    ['Annotations:', pairs(metadata?.annotations)],
    ...(metadata?.ownerReferences ?? []).map((it) => ['Controlled By:', `${it.kind}/${it.name}`]),
  ])
  const about = eventsAbout(cluster, object)
  const events =
    about.length === 0 ? ['Events:   <none>'] : ['Events:', ...formatEvents(about, cluster.now).map(indent)]
  return [...head, ...formatYaml(rest), ...events].join('\n')
}

/** Events that name the object, oldest first. */
function eventsAbout(cluster: Cluster, object: KubeObject): readonly Event[] {
  const all = cluster.peek().list<Event>(Event, object.metadata?.namespace ?? 'default')
  return inOrder(all.filter((it) => subjectOf(it)?.uid === object.metadata?.uid))
}

/** By the time they were last seen; Events of one moment stay in storage order. */
export function inOrder(events: readonly Event[]): readonly Event[] {
  return [...events].sort((a, b) => lastSeen(a) - lastSeen(b))
}

/** The table of `kubectl get events`, header first. */
export function formatEvents(events: readonly Event[], nowMs: number): string[] {
  const rows = events.map((it) => [
    humanDuration(nowMs - lastSeen(it)),
    it.type ?? '',
    it.reason ?? '',
    `${subjectOf(it)?.kind?.toLowerCase()}/${subjectOf(it)?.name}`,
    `${messageOf(it)}${countOf(it) > 1 ? ` (x${countOf(it)})` : ''}`,
  ])
  return alignColumns([['LAST SEEN', 'TYPE', 'REASON', 'OBJECT', 'MESSAGE'], ...rows])
}

/** Events of the newer API (events.k8s.io) have other names for two of their fields. */
interface NewerFields {
  readonly regarding?: Event['involvedObject']
  readonly note?: string
  readonly series?: { readonly count?: number }
}

/** What the Event is about. */
export function subjectOf(event: Event & NewerFields): Event['involvedObject'] | undefined {
  return event.involvedObject ?? event.regarding
}

function messageOf(event: Event & NewerFields): string {
  return event.message ?? event.note ?? ''
}

function countOf(event: Event & NewerFields): number {
  return event.count ?? event.series?.count ?? 1
}

function lastSeen(event: Event): number {
  const time =
    event.series?.lastObservedTime ??
    event.lastTimestamp ??
    event.eventTime ??
    event.metadata?.creationTimestamp
  return time === undefined ? 0 : parseTime(time)
}

function pairs(map: Readonly<Record<string, string>> | undefined): string {
  const entries = Object.entries(map ?? {})
  return entries.length === 0 ? '<none>' : entries.map(([key, value]) => `${key}=${value}`).join(', ')
}

function indent(line: string): string {
  return `  ${line}`
}

/**
 * Tells a stretch of the journal as a person would: what happened to which object, by whom and why. Routine (status
 * counters, heartbeats, requests) is left out, and what happens to many objects alike is told once.
 */
import type { Journal, JournalEntry } from '../kernel/journal.ts'

/** One line of the timeline. */
export interface TimelineRow {
  /** Virtual time, ms since the epoch: of the first, when several were told as one. */
  readonly time: number
  readonly component: string
  readonly object: string
  readonly text: string
  /** What led to it, in a few words; '' when the text says it all. */
  readonly why: string
}

/** Rows for the entries `(from, to]` that are still kept, oldest first. */
export function timelineOf(journal: Journal, from: number, to: number): TimelineRow[] {
  const moments: Moment[] = []
  for (let id = from + 1; id <= to; id++) {
    const entry = journal.get(id)
    const moment = entry === undefined ? undefined : momentOf(entry, journal)
    if (moment !== undefined) moments.push(moment)
  }
  return coalesce(moments)
}

/** A row before it is told together with others like it. */
interface Moment extends TimelineRow {
  /** The part of the text in which alike moments may differ (a node's name, an image). */
  readonly varies?: string
}

/** Kinds whose changes are bookkeeping of somebody else's doing. */
const ROUTINE_KINDS: ReadonlySet<string> = new Set(['Lease', 'Event', 'Endpoints', 'ControllerRevision'])

/** Reasons of Events that repeat what a commit tells anyway. */
const REPEATED_REASONS: ReadonlySet<string> = new Set([
  'SuccessfulCreate',
  'SuccessfulDelete',
  'Created',
  'Started',
  'NodeReady',
  'NodeNotReady',
  'NodeHasSufficientMemory',
  'NodeHasNoDiskPressure',
  'NodeHasSufficientPID',
  'NodeAllocatableEnforced',
  'RegisteredNode',
  'TaintManagerEviction',
  'Starting',
])

/** Events that say once more what another one of the same moment said better. */
const REPEATED_TEXTS = /^Failed: Error: (?:ErrImagePull|ImagePullBackOff)$/

function momentOf(entry: JournalEntry, journal: Journal): Moment | undefined {
  switch (entry.type) {
    case 'fault':
      return { ...plain(entry), component: 'fault' }
    case 'process':
      // What a fault did to a process, the fault has told.
      return journal.get(entry.cause)?.type === 'fault' ? undefined : plain(entry)
    case 'event':
      return eventMoment(entry)
    case 'commit':
      return commitMoment(entry, journal)
    case 'request':
      return refusalMoment(entry)
    case 'reconcile':
      return reconcileMoment(entry)
    default:
      return undefined
  }
}

function plain(entry: JournalEntry): Moment {
  return { time: entry.time, component: entry.actor, object: entry.object, text: entry.text, why: '' }
}

/** Events that differ from each other in one word: what is told once, and the word that varies. */
const VARYING: readonly [pattern: RegExp, text: string][] = [
  [/^Scheduled: Successfully assigned \S+ to (\S+)$/, 'Scheduled: assigned to'],
  [/^Killing: Stopping container (\S+)$/, 'Killing: Stopping container'],
]

/** Details of an Event's text that nobody needs to follow the story. */
const TRIMMED =
  / \([^()]* including waiting\)\. Image size: \d+ bytes\.$|(?<=^Unhealthy: \w+ probe failed): .*(?:connection refused|statuscode: 503)$/

/** A lost race is how optimistic concurrency works: the controller reads again and retries. */
const LOST_RACE = /the object has been modified|object is being deleted/

function eventMoment(entry: JournalEntry): Moment | undefined {
  const reason = entry.text.slice(0, Math.max(0, entry.text.indexOf(':')))
  if (REPEATED_REASONS.has(reason) || REPEATED_TEXTS.test(entry.text) || LOST_RACE.test(entry.text)) {
    return undefined
  }
  for (const [pattern, text] of VARYING) {
    const varies = pattern.exec(entry.text)?.[1]
    if (varies !== undefined) return { ...plain(entry), text, varies }
  }
  return { ...plain(entry), text: entry.text.replace(TRIMMED, '') }
}

function reconcileMoment(entry: JournalEntry): Moment | undefined {
  return entry.text.startsWith('reconcile failed') &&
    !/ not found/.test(entry.text) &&
    !LOST_RACE.test(entry.text)
    ? plain(entry)
    : undefined
}

/** Answers with a code are refusals; a request that was granted is told by its commit. */
function refusalMoment(entry: JournalEntry): Moment | undefined {
  const code = /: ([45]\d\d) /.exec(entry.text)?.[1]
  return code === undefined || code === '404' || code === '409' ? undefined : plain(entry)
}

function commitMoment(entry: JournalEntry, journal: Journal): Moment | undefined {
  const kind = entry.object.slice(0, entry.object.indexOf(' '))
  if (ROUTINE_KINDS.has(kind)) return undefined
  const request = journal.get(entry.cause)
  const work = request === undefined ? undefined : journal.get(request.cause)
  const byController = work?.type === 'reconcile'
  const component = byController ? work.actor : (request?.actor ?? entry.actor)
  const changes = entry.text.split(', ').filter((change) => isTold(change, kind, component))
  if (changes.length === 0) return undefined
  return {
    time: entry.time,
    component,
    object: entry.object,
    text: changes.map((it) => it.replace(/^(?:spec|status)\./, '')).join(', '),
    why: byController ? reasonOf(work, entry.object) : '',
  }
}

/** `Deployment default/web modified` of the queue's reason; the object itself need not be named again. */
function reasonOf(work: JournalEntry, object: string): string {
  const why = work.text.replace(/^reconcile(?:: )?/, '')
  return why.startsWith(`${object} `) ? why.slice(object.length + 1) : why
}

/** A change worth telling: a beginning, an end, what somebody asked for, a condition or a phase that turned. */
function isTold(change: string, kind: string, component: string): boolean {
  if (/^(?:created|deleted|deletion requested|grace )/.test(change)) return true
  // The Deployment's own Event tells how it scales its ReplicaSets.
  if (kind === 'ReplicaSet' && component === 'deployment-controller') return false
  if (change.startsWith('spec.nodeName')) return false // Told by Scheduled.
  if (change.startsWith('spec.')) return true
  return isCondition(change) || /phase \S+ -> /.test(change)
}

const TOLD_CONDITIONS =
  /^(?:Ready|Available|Progressing|Complete|Failed|Suspended|DisruptionTarget|ReplicaFailure|Established) /

/** One that turned, or came up true; that a condition starts out false says nothing. */
function isCondition(change: string): boolean {
  if (!TOLD_CONDITIONS.test(change)) return false
  return change.includes(' -> ') || (change.endsWith(' True') && !change.startsWith('Progressing'))
}

// -- telling many as one ------------------------------------------------------------------------------------

/** Moments further apart than this are never told as one, ms. */
const WINDOW_MS = 2000
/** Names and values listed of a group; the rest is counted. */
const LISTED = 4

interface Group {
  readonly first: Moment
  readonly components: Set<string>
  readonly objects: Set<string>
  readonly varying: Set<string>
  last: number
}

function coalesce(moments: readonly Moment[]): TimelineRow[] {
  const groups: Group[] = []
  const open = new Map<string, Group>()
  for (const moment of moments) {
    const key = likeness(moment)
    let group = open.get(key)
    if (group === undefined || moment.time - group.last > WINDOW_MS) {
      group = {
        first: moment,
        components: new Set(),
        objects: new Set(),
        varying: new Set(),
        last: moment.time,
      }
      groups.push(group)
      open.set(key, group)
    }
    group.last = moment.time
    group.components.add(moment.component)
    group.objects.add(moment.object)
    if (moment.varies !== undefined) group.varying.add(moment.varies)
  }
  return groups.map(rowOf)
}

/** Moments with one key differ only in names: of their object, its pod, or the node they were on. */
function likeness({ component, object, text, why }: Moment): string {
  const [kind, name = ''] = splitRef(object)
  const bare = name.slice(name.indexOf('/') + 1)
  const unnamed = (it: string) => withoutNames(it, bare)
  return [family(component), kind, stem(name), unnamed(text), unnamed(why)].join('\n')
}

function rowOf({ first, components, objects, varying }: Group): TimelineRow {
  const values = [...varying]
  const text = values.length === 0 ? first.text : `${first.text} ${listed(values)}`
  if (objects.size === 1 && components.size === 1) {
    return { time: first.time, component: first.component, object: first.object, text, why: first.why }
  }
  const [kind, name = ''] = splitRef(first.object)
  const bare = name.slice(name.indexOf('/') + 1)
  return {
    time: first.time,
    component: components.size === 1 ? first.component : `${family(first.component)} x${components.size}`,
    object: objects.size === 1 ? first.object : `${objects.size} ${kind}s ${stem(name)}*`,
    text: objects.size === 1 ? text : withoutNames(text, bare),
    why: objects.size === 1 ? first.why : withoutNames(first.why, bare),
  }
}

/** Names and addresses, in which alike moments differ, become `*`. */
function withoutNames(text: string, name: string): string {
  const unnamed = name === '' ? text : text.replaceAll(name, '*')
  return unnamed.replace(/\b\d+\.\d+\.\d+\.\d+\b/g, '*')
}

function listed(values: readonly string[]): string {
  const sorted = [...values].sort()
  const shown = sorted.slice(0, LISTED).join(', ')
  return sorted.length > LISTED ? `${shown} and ${sorted.length - LISTED} more` : shown
}

/** `kubelet` of `kubelet/node-1`. */
function family(component: string): string {
  const slash = component.indexOf('/')
  return slash < 0 ? component : component.slice(0, slash)
}

/** `default/web-7d9-` of `default/web-7d9-x2k4p`: what generated names of one owner share. */
function stem(name: string): string {
  return name.slice(0, name.lastIndexOf('-') + 1)
}

function splitRef(object: string): [kind: string, name: string | undefined] {
  const space = object.indexOf(' ')
  return space < 0 ? [object, undefined] : [object.slice(0, space), object.slice(space + 1)]
}

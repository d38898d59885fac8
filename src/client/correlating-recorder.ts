/**
 * Records core/v1 Events with client-go's correlation (tools/record/events_cache.go): the same event again raises
 * a count, ten that differ only in their message within ten minutes become one "combined", floods are dropped.
 */
import { Event } from '../api/core/event.ts'
import type { ObjectReference } from '../api/core/reference.ts'
import type { KubeObject } from '../api/kind.ts'
import { formatTime } from '../api/time.ts'
import { clip, EventNames, journalEvent, referenceTo } from './event-name.ts'
import type { EventRecorder, RecorderOptions } from './event-recorder.ts'
import type { Process } from './process.ts'

const SIMILAR_MAX = 10
const SIMILAR_WITHIN_SECONDS = 600
const SPAM_BURST = 25
const SPAM_REFILL_MS = 300_000
const OBJECTS_MAX = 4096
/** Per object; upstream bounds only the whole. */
const EVENTS_MAX = 64
/** Kinds of Events that a recorder has records in common for. */
const SORTS_MAX = 256
const COMBINED = '(combined from similar events): '

/** What Events of many objects have in common. */
interface Sort {
  readonly type: string
  readonly reason: string
  readonly fieldPath: string | undefined
}

/** One Event as it was last written. */
interface Written {
  readonly sort: Sort
  /** '' for the one that stands for all similar ones. */
  readonly message: string
  name: string
  count: number
  /** Whole seconds since 1970: milliseconds would each take a heap number. */
  lastSeconds: number
  /** It counts towards "similar" until ten minutes without any such event have passed. */
  recent: boolean
  /** The one before: a list that costs no array. */
  next: Written | undefined
}

interface Subject {
  /** Events it may still cause; refilled by one every five minutes. */
  tokens: number
  refilledMs: number
  /** Newest first. */
  written: Written | undefined
  count: number
  /** What the last Event said it was about: the next ones mostly say the same, and share it. */
  reference: ObjectReference | undefined
}

export class CorrelatingRecorder implements EventRecorder {
  readonly #process: Process
  readonly #component: string
  readonly #source: { readonly component: string; readonly host?: string }
  readonly #names: EventNames
  readonly #sorts = new Map<string, Sort>()
  // Oldest first; the subject that was met first is forgotten first.
  readonly #subjects = new Map<string, Subject>()

  constructor(process: Process, component: string, options: RecorderOptions = {}) {
    this.#process = process
    this.#component = component
    this.#source = Object.freeze(
      options.host === undefined ? { component } : { component, host: options.host },
    )
    this.#names = new EventNames(`${process.name}/${component}`)
  }

  event(
    about: KubeObject,
    type: 'Normal' | 'Warning',
    reason: string,
    text: string,
    options?: { readonly fieldPath?: string },
  ): void {
    if (!this.#process.alive) return
    const now = this.#process.clock.stamp()
    const fieldPath = options?.fieldPath
    const subject = this.#subjectOf(about, now)
    const message = clip(text)
    const combined = this.#isOneTooMany(subject, type, reason, message, now)
    const sort = this.#sortOf(type, reason, combined ? undefined : fieldPath)
    const written = find(subject, sort, combined ? '' : message)
    if (!this.#maySpeak(subject, now)) return
    written.lastSeconds = Math.floor(now / 1000)
    written.count++
    journalEvent(this.#process, this.#component, about, reason, message)
    const shown = combined ? COMBINED + message : message
    subject.reference = referenceTo(about, fieldPath, subject.reference)
    if (written.count > 1) this.#raise(about, subject.reference, written, shown, now)
    else this.#create(about, subject.reference, written, shown, now)
  }

  #create(
    about: KubeObject,
    involvedObject: ObjectReference,
    written: Written,
    message: string,
    now: number,
  ): void {
    const { name = '', namespace } = about.metadata ?? {}
    const combined = message.startsWith(COMBINED)
    written.name = this.#names.next(name, now)
    const time = formatTime(now)
    const event: Event = {
      kind: 'Event',
      apiVersion: 'v1',
      metadata: { name: written.name, namespace: namespace || 'default' },
      involvedObject,
      reason: written.sort.reason,
      message,
      source: this.#source,
      firstTimestamp: time,
      lastTimestamp: time,
      count: written.count,
      type: written.sort.type,
      // What stands for several names nobody, as upstream's does.
      reportingComponent: combined ? '' : this.#component,
      reportingInstance: combined ? '' : (this.#source.host ?? ''),
    }
    // Recording never fails: an Event that the server refuses is lost.
    this.#process.transport.request(this.#process.requests.create(Event, event))
  }

  /** The Event may have run out meanwhile (an hour): then it is written anew, with its count. */
  #raise(
    about: KubeObject,
    involvedObject: ObjectReference,
    written: Written,
    message: string,
    now: number,
  ): void {
    const { transport, requests } = this.#process
    const ref = { namespace: about.metadata?.namespace || 'default', name: written.name }
    const patch = { count: written.count, lastTimestamp: formatTime(now), message }
    transport.request(requests.patch(Event, ref, patch), (response) => {
      if (!response.ok && response.code === 404) this.#create(about, involvedObject, written, message, now)
    })
  }

  /** True when ten different messages of this kind came within ten minutes of one another. */
  #isOneTooMany(subject: Subject, type: string, reason: string, message: string, now: number): boolean {
    let similar = 0
    let known = false
    let last = Number.NEGATIVE_INFINITY
    for (let it = subject.written; it !== undefined; it = it.next) {
      if (it.sort.reason !== reason || it.sort.type !== type) continue
      if (it.lastSeconds > last) last = it.lastSeconds
      if (!it.recent || it.message === '') continue
      similar++
      if (it.message === message) known = true
    }
    if (Math.floor(now / 1000) - last > SIMILAR_WITHIN_SECONDS) {
      for (let it = subject.written; it !== undefined; it = it.next) {
        if (it.sort.reason === reason && it.sort.type === type) it.recent = false
      }
      return false
    }
    return !known && similar >= SIMILAR_MAX - 1
  }

  #sortOf(type: string, reason: string, fieldPath: string | undefined): Sort {
    const key = `${type} ${reason} ${fieldPath ?? ''}`
    let sort = this.#sorts.get(key)
    if (sort === undefined) {
      if (this.#sorts.size >= SORTS_MAX) this.#sorts.clear()
      sort = { type, reason, fieldPath }
      this.#sorts.set(key, sort)
    }
    return sort
  }

  #maySpeak(subject: Subject, now: number): boolean {
    const refill = Math.floor((now - subject.refilledMs) / SPAM_REFILL_MS)
    if (refill > 0) {
      subject.tokens = Math.min(SPAM_BURST, subject.tokens + refill)
      subject.refilledMs += refill * SPAM_REFILL_MS
    }
    if (subject.tokens === 0) return false
    subject.tokens--
    return true
  }

  #subjectOf(about: KubeObject, now: number): Subject {
    const { uid, namespace = '', name = '' } = about.metadata ?? {}
    const key = uid ?? `${about.kind} ${namespace}/${name}`
    let subject = this.#subjects.get(key)
    if (subject === undefined) {
      subject = { tokens: SPAM_BURST, refilledMs: now, written: undefined, count: 0, reference: undefined }
      this.#subjects.set(key, subject)
      if (this.#subjects.size > OBJECTS_MAX) {
        for (const oldest of this.#subjects.keys()) {
          this.#subjects.delete(oldest)
          break
        }
      }
    }
    return subject
  }
}

function find(subject: Subject, sort: Sort, message: string): Written {
  for (let it = subject.written; it !== undefined; it = it.next) {
    if (it.message !== message || (it.sort !== sort && !sameSort(it.sort, sort))) continue
    it.recent = true
    return it
  }
  const next = subject.count < EVENTS_MAX ? subject.written : undefined // A flood of texts: start over.
  const written = { sort, message, name: '', count: 0, lastSeconds: 0, recent: true, next }
  subject.written = written
  subject.count = next === undefined ? 1 : subject.count + 1
  return written
}

function sameSort(a: Sort, b: Sort): boolean {
  return a.reason === b.reason && a.type === b.type && a.fieldPath === b.fieldPath
}

/**
 * Records events.k8s.io/v1 Events (client-go tools/events/event_broadcaster.go): the same action, reason and object
 * again starts a series, whose count is written when it starts and when it ends, six minutes after its last.
 */
import { Event } from '../api/events/event.ts'
import type { KubeObject } from '../api/kind.ts'
import { formatMicroTime } from '../api/time.ts'
import type { Timer } from '../kernel/event-loop.ts'
import { clip, EventNames, journalEvent, referenceTo } from './event-name.ts'
import type { EventRecorder, RecorderOptions } from './event-recorder.ts'
import type { Process } from './process.ts'

const SERIES_ENDS_MS = 6 * 60_000
/** As long as it is only one event, it is remembered for so many others. */
const SINGLES_MAX = 4096

interface Series {
  readonly namespace: string
  readonly name: string
  count: number
  lastMs: number
  /** Runs once there is a series to end. */
  timer: Timer | undefined
}

export class SeriesRecorder implements EventRecorder {
  readonly #process: Process
  readonly #component: string
  readonly #instance: string
  readonly #names: EventNames
  readonly #series = new Map<string, Series>()

  constructor(process: Process, component: string, options: RecorderOptions = {}) {
    this.#process = process
    this.#component = component
    this.#instance = options.host ?? [component, process.name].join('-')
    this.#names = new EventNames(`${process.name}/${component}`)
  }

  event(
    about: KubeObject,
    type: 'Normal' | 'Warning',
    reason: string,
    text: string,
    options: { readonly fieldPath?: string; readonly action?: string; readonly related?: KubeObject } = {},
  ): void {
    if (!this.#process.alive) return
    const now = this.#process.clock.stamp()
    const action = options.action ?? reason
    const { uid = '', namespace = '', name = '' } = about.metadata ?? {}
    // Joined, not concatenated: it is kept, and would be kept as a tree of its parts.
    const key = [uid, namespace, name, type, reason, action, options.fieldPath ?? ''].join(' ')
    const series = this.#series.get(key)
    const note = clip(text)
    journalEvent(this.#process, this.#component, about, reason, note)
    if (series !== undefined && now - series.lastMs <= SERIES_ENDS_MS) {
      this.#again(key, series, now)
      return
    }

    const started: Series = {
      namespace: namespace || 'default',
      name: this.#names.next(name, now),
      count: 1,
      lastMs: now,
      timer: undefined,
    }
    this.#remember(key, started)
    const event: Event = {
      kind: 'Event',
      apiVersion: 'events.k8s.io/v1',
      metadata: { name: started.name, namespace: started.namespace },
      eventTime: formatMicroTime(now),
      reportingController: this.#component,
      reportingInstance: this.#instance,
      action,
      reason,
      regarding: referenceTo(about, options.fieldPath),
      ...(options.related !== undefined && { related: referenceTo(options.related) }),
      note,
      type,
    }
    // Recording never fails: an Event that the server refuses is lost.
    this.#process.transport.request(this.#process.requests.create(Event, event))
  }

  #again(key: string, series: Series, now: number): void {
    series.count++
    series.lastMs = now
    if (series.timer !== undefined) return
    this.#write(series)
    this.#watchForEnd(key, series, SERIES_ENDS_MS)
  }

  #watchForEnd(key: string, series: Series, afterMs: number): void {
    const check = () => {
      const quietMs = this.#process.clock.stamp() - series.lastMs
      if (quietMs < SERIES_ENDS_MS) return this.#watchForEnd(key, series, SERIES_ENDS_MS - quietMs)
      if (this.#series.get(key) === series) this.#series.delete(key)
      if (series.count > 2) this.#write(series)
    }
    series.timer = this.#process.clock.after(afterMs, check, { background: true, label: 'event series ends' })
  }

  #write({ namespace, name, count, lastMs }: Series): void {
    const { transport, requests } = this.#process
    const patch = { series: { count, lastObservedTime: formatMicroTime(lastMs) } }
    transport.request(requests.patch(Event, { namespace, name }, patch))
  }

  #remember(key: string, series: Series): void {
    this.#series.delete(key)
    this.#series.set(key, series)
    if (this.#series.size <= SINGLES_MAX) return
    for (const [oldest, { timer }] of this.#series) {
      if (timer !== undefined) continue
      this.#series.delete(oldest)
      return
    }
  }
}

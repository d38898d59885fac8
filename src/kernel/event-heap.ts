/** A binary heap of events ordered by (due, sequence). Cancelled events stay until they surface or outnumber the rest. */
import type { Context, Timer } from './event-loop.ts'

export class ScheduledEvent implements Timer {
  cancelled = false
  readonly due: number
  readonly sequence: number
  readonly run: () => void
  readonly background: boolean
  readonly label: string | undefined
  readonly context: Context
  readonly #heap: EventHeap

  constructor(
    heap: EventHeap,
    due: number,
    sequence: number,
    run: () => void,
    background: boolean,
    label: string | undefined,
    context: Context,
  ) {
    this.#heap = heap
    this.due = due
    this.sequence = sequence
    this.run = run
    this.background = background
    this.label = label
    this.context = context
  }

  /** Cancelling twice, or after it ran, does nothing. */
  cancel(): void {
    if (this.cancelled) return
    this.cancelled = true
    this.#heap.forget(this)
  }
}

/** Below this many items sweeping is not worth it. */
const SWEEP_ABOVE = 1024

export class EventHeap {
  /** Foreground events pending. */
  foreground = 0
  /** Events pending. */
  size = 0
  #items: ScheduledEvent[] = []
  /** When each of them is due: most comparisons need nothing else, and most events are far apart in memory. */
  #dues: number[] = []
  #sequence = 0

  push(
    due: number,
    run: () => void,
    background: boolean,
    label: string | undefined,
    context: Context,
  ): ScheduledEvent {
    const event = new ScheduledEvent(this, due, this.#sequence++, run, background, label, context)
    this.size++
    if (!background) this.foreground++
    const items = this.#items
    const dues = this.#dues
    let at = items.length
    items.push(event)
    dues.push(due)
    // Nothing that waits has a higher sequence, so that of two due together the new one goes last.
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (due >= dues[parent]!) break
      items[at] = items[parent]!
      dues[at] = dues[parent]!
      at = parent
    }
    items[at] = event
    dues[at] = due
    return event
  }

  peek(): ScheduledEvent | undefined {
    while (this.#items.length > 0 && this.#items[0]!.cancelled) this.#removeTop()
    return this.#items[0]
  }

  /** The event that `peek` returned. */
  pop(): ScheduledEvent {
    const event = this.#items[0]!
    this.#removeTop()
    event.cancelled = true
    this.forget(event)
    return event
  }

  /** All pending events due at the same instant as `first`, oldest first. Linear: only for the explorer. */
  dueWith(first: ScheduledEvent): ScheduledEvent[] {
    return this.#items
      .filter((event) => !event.cancelled && event.due === first.due)
      .sort((a, b) => a.sequence - b.sequence)
  }

  take(event: ScheduledEvent): ScheduledEvent {
    event.cancel()
    return event
  }

  *foregroundEvents(): Iterable<ScheduledEvent> {
    for (const event of this.#items) if (!event.cancelled && !event.background) yield event
  }

  forget(event: ScheduledEvent): void {
    this.size--
    if (!event.background) this.foreground--
    if (this.#items.length > SWEEP_ABOVE && this.#items.length > 2 * this.size) this.#sweep()
  }

  /** Drops cancelled events, so that long timers which rarely fire do not pile up. A sorted array is a heap. */
  #sweep(): void {
    this.#items = this.#items.filter((event) => !event.cancelled).sort((a, b) => (before(a, b) ? -1 : 1))
    this.#dues = this.#items.map((event) => event.due)
  }

  #removeTop(): void {
    const items = this.#items
    const dues = this.#dues
    const last = items.pop()!
    const due = dues.pop()!
    const count = items.length
    if (count === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= count) break
      const next = child + 1
      if (next < count && precedes(dues[next]!, items[next]!, dues[child]!, items[child]!)) child = next
      if (!precedes(dues[child]!, items[child]!, due, last)) break
      items[at] = items[child]!
      dues[at] = dues[child]!
      at = child
    }
    items[at] = last
    dues[at] = due
  }
}

function precedes(aDue: number, a: ScheduledEvent, bDue: number, b: ScheduledEvent): boolean {
  return aDue < bDue || (aDue === bDue && a.sequence < b.sequence)
}

function before(a: ScheduledEvent, b: ScheduledEvent): boolean {
  return a.due < b.due || (a.due === b.due && a.sequence < b.sequence)
}

/**
 * What happened, in order, and why: every entry names the entry that caused it. Timeline, `why`, reports and
 * golden tests are readers of this one journal.
 */
import { EventEmitter } from 'eventemitter3'
import type { EventLoop } from './event-loop.ts'
import { RunningHash } from './hash.ts'

/**
 * `request` an API call was answered; `commit` an object changed in the store; `reconcile` a controller worked
 * on a key; `schedule` a scheduling cycle; `cri` a call to a container runtime; `container` a container
 * program did something; `network` traffic; `cloud` a provider call; `event` an API Event was recorded;
 * `fault` something was broken on purpose; `process` a process started, stopped or crashed; `step` a
 * scenario step or a user's call; `note` anything else.
 */
export type EntryType =
  | 'request'
  | 'commit'
  | 'reconcile'
  | 'schedule'
  | 'cri'
  | 'container'
  | 'network'
  | 'cloud'
  | 'event'
  | 'fault'
  | 'process'
  | 'step'
  | 'note'

export interface JournalEntry {
  /** 1, 2, 3 ...; ids are never reused and grow with time. */
  readonly id: number
  /** Virtual time, ms since the epoch. */
  readonly time: number
  readonly type: EntryType
  /** Process or component that did it: `kube-scheduler`, `replicaset-controller`, `kubelet/node-1`, `user`. */
  readonly actor: string
  /** `Pod default/web-1`, or '' when it is about no object. */
  readonly object: string
  /** What happened, for people: `created`, `bound to node-2`. */
  readonly text: string
  /** Entry that caused this one; 0 is the outside world. */
  readonly cause: number
  /** Facts for programs; frozen, not part of the run hash. */
  readonly detail?: unknown
}

/** `full` keeps everything, a number keeps the last so many, `off` records and hashes nothing. */
export type JournalMode = 'full' | 'off' | number

export class Journal {
  readonly #loop: EventLoop
  readonly #listeners = new EventEmitter<{ entry: [JournalEntry] }>()
  readonly #hash = new RunningHash()
  readonly #keep: number
  /** False in mode `off`: callers skip building texts. */
  readonly enabled: boolean
  #entries: JournalEntry[] = []
  #nextId = 1

  constructor(loop: EventLoop, mode: JournalMode = 'full') {
    this.#loop = loop
    this.enabled = mode !== 'off'
    this.#keep = typeof mode === 'number' ? mode : Number.POSITIVE_INFINITY
  }

  /** Records an entry caused by what runs now; returns its id, or the current cause when nothing is recorded. */
  record(type: EntryType, actor: string, object: string, text: string, detail?: unknown): number {
    if (!this.enabled) return this.#loop.context.cause
    const id = this.#nextId++
    const time = this.#loop.now
    const entry: JournalEntry = {
      id,
      time,
      type,
      actor,
      object,
      text,
      cause: this.#loop.context.cause,
      detail,
    }
    this.#hash.add(`${time}\n${type}\n${actor}\n${object}\n${text}`)
    this.#entries.push(entry)
    if (this.#entries.length > 2 * this.#keep) this.#entries = this.#entries.slice(-this.#keep)
    this.#listeners.emit('entry', entry)
    return id
  }

  get(id: number): JournalEntry | undefined {
    const first = this.#entries[0]
    return first === undefined ? undefined : this.#entries[id - first.id]
  }

  /** Kept entries, oldest first. */
  entries(): readonly JournalEntry[] {
    return this.#entries.length > this.#keep ? this.#entries.slice(-this.#keep) : this.#entries
  }

  /** Entries recorded so far, kept or not. */
  get length(): number {
    return this.#nextId - 1
  }

  /** The entry, what caused it, what caused that, ...: nearest first, as far as entries are kept. */
  chain(id: number): JournalEntry[] {
    const chain: JournalEntry[] = []
    for (let entry = this.get(id); entry !== undefined; entry = this.get(entry.cause)) chain.push(entry)
    return chain
  }

  /** Hears every entry as it is recorded; returns the function that stops it. */
  subscribe(listener: (entry: JournalEntry) => void): () => void {
    this.#listeners.on('entry', listener)
    return () => this.#listeners.off('entry', listener)
  }

  /** 16 hex digits over all entries so far: same version, seed and inputs give the same one everywhere. */
  hash(): string {
    return this.#hash.digest()
  }
}

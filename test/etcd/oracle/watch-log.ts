/**
 * What watches of one stream have said since the last look, by watch. A live etcd cuts and interleaves
 * responses as it likes; what must agree is each watch's sequence of announcements and events.
 */

import type { KvEvent } from '../../../src/etcd/messages.ts'
import type { WatchStreamResponse } from '../../../src/etcd/watch-stream.ts'
import { hash32 } from '../../../src/kernel/hash.ts'
import { encodeEvent } from './encode.ts'

type Item = string | KvEvent<string>

export class WatchLog {
  #items = new Map<number, Item[]>()
  /** Of each watch, since the beginning. */
  readonly totals = new Map<number, number>()
  /** Items that were no events, of all watches together. */
  announcements = 0
  /** Set to see the digested lines themselves. */
  explain = false

  add(response: WatchStreamResponse<string>): void {
    const { watchId, revision, created, canceled, compactRevision, cancelReason, events } = response
    if (events.length > 0) this.#push(watchId, events)
    else
      this.#announce(
        watchId,
        `${created ? '+' : ''}${canceled ? '-' : ''}${revision} ${compactRevision} ${cancelReason}`,
      )
  }

  total(watchId: number): number {
    return this.totals.get(watchId) ?? 0
  }

  /** Drops events that are not compared, of what a watch has told since its total was `since`. */
  forget(watchId: number, since: number, matches: (event: KvEvent<string>) => boolean): void {
    const items = this.#items.get(watchId) ?? []
    const old = items.length - (this.total(watchId) - since)
    const kept = items.filter((item, index) => index < old || typeof item === 'string' || !matches(item))
    this.#items.set(watchId, kept)
    this.totals.set(watchId, this.total(watchId) - (items.length - kept.length))
  }

  /** One line about everything since the last call: per watch, how many items and their hash. */
  digest(): string {
    const parts = [...this.#items]
      .sort(([a], [b]) => a - b)
      .filter(([, items]) => items.length > 0)
      .map(([watchId, items]) => {
        const lines = items.map((item) => (typeof item === 'string' ? item : encodeEvent(item)))
        const text = lines.join('\n')
        return this.explain
          ? `${watchId}:\n${text}\n`
          : `${watchId}:${lines.length}:${hash32(text, 0).toString(36)}`
      })
    this.#items = new Map()
    return parts.join(' ')
  }

  #announce(watchId: number, text: string): void {
    this.announcements++
    this.#push(watchId, [text])
  }

  #push(watchId: number, items: readonly Item[]): void {
    const list = this.#items.get(watchId)
    if (list === undefined) this.#items.set(watchId, [...items])
    else list.push(...items)
    this.totals.set(watchId, this.total(watchId) + items.length)
  }
}

/**
 * The log of all writes since compaction, in the order in which they happened: what watches replay and
 * compaction walks. Positions count from the first write ever logged and never change.
 *
 * Kept in chunks: dropping old ones is cheap, and a clone copies at most one when it writes.
 */
import type { KvRecord } from './record.ts'

const CHUNK = 256

export class History<V> {
  #chunks: KvRecord<V>[][] = []
  /** Position of the first record of the first chunk. */
  #base = 0
  #start = 0
  #end = 0
  /** True while another history may hold the same arrays. */
  #shared = false

  /** Position of the oldest record kept. */
  get start(): number {
    return this.#start
  }

  /** Position that the next record will get. */
  get end(): number {
    return this.#end
  }

  at(position: number): KvRecord<V> {
    const offset = position - this.#base
    return this.#chunks[(offset / CHUNK) | 0]![offset % CHUNK]!
  }

  append(record: KvRecord<V>): void {
    if (this.#shared) this.#unshare()
    const offset = this.#end - this.#base
    if (offset % CHUNK === 0) this.#chunks.push([record])
    else this.#chunks[this.#chunks.length - 1]!.push(record)
    this.#end++
  }

  /** Exchanges a record for one that says the same, at its position. */
  replace(position: number, record: KvRecord<V>): void {
    if (this.#shared) this.#unshare()
    const offset = position - this.#base
    const index = (offset / CHUNK) | 0
    const chunk = this.#chunks[index]!.slice()
    chunk[offset % CHUNK] = record
    this.#chunks[index] = chunk
  }

  /** Position of the first record at or after `revision`; `end` when there is none. */
  seek(revision: number): number {
    let low = this.#start
    let high = this.#end
    while (low < high) {
      const middle = low + ((high - low) >> 1)
      if (this.at(middle).modRevision < revision) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Forgets everything before `position`. */
  dropBefore(position: number): void {
    this.#start = position
    const whole = ((position - this.#base) / CHUNK) | 0
    if (whole === 0) return
    if (this.#shared) this.#unshare()
    this.#chunks.splice(0, whole)
    this.#base += whole * CHUNK
  }

  clone(): History<V> {
    const copy = new History<V>()
    copy.#chunks = this.#chunks
    copy.#base = this.#base
    copy.#start = this.#start
    copy.#end = this.#end
    copy.#shared = this.#shared = true
    return copy
  }

  #unshare(): void {
    this.#chunks = this.#chunks.slice()
    const last = this.#chunks.length - 1
    if (last >= 0) this.#chunks[last] = this.#chunks[last]!.slice()
    this.#shared = false
  }
}

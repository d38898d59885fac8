/** One write of one key, linked to the write before it. */
import type { KeyValue } from './messages.ts'

export const NO_LEASE = 0n

/**
 * A deletion is a record of version 0 without a value. The chain through `previous` ends where compaction
 * cut it; nothing else of a record ever changes.
 */
export class KvRecord<V> implements KeyValue<V> {
  readonly key: string
  /** Undefined in a deletion, which is never handed out as a KeyValue. */
  readonly value: V
  readonly createRevision: number
  readonly modRevision: number
  readonly version: number
  readonly lease: bigint
  previous: KvRecord<V> | undefined

  constructor(
    key: string,
    value: V,
    createRevision: number,
    modRevision: number,
    version: number,
    lease: bigint,
    previous: KvRecord<V> | undefined,
  ) {
    this.key = key
    this.value = value
    this.createRevision = createRevision
    this.modRevision = modRevision
    this.version = version
    this.lease = lease
    this.previous = previous
  }

  /** The next write of the same key. */
  static put<V>(
    key: string,
    value: V,
    revision: number,
    lease: bigint,
    previous: KvRecord<V> | undefined,
  ): KvRecord<V> {
    if (previous === undefined) return new KvRecord(key, value, revision, revision, 1, lease, undefined)
    // Reusing the first key string lets every later copy of it be collected.
    return previous.version === 0
      ? new KvRecord(previous.key, value, revision, revision, 1, lease, previous)
      : new KvRecord(
          previous.key,
          value,
          previous.createRevision,
          revision,
          previous.version + 1,
          lease,
          previous,
        )
  }

  static deletion<V>(revision: number, previous: KvRecord<V>): KvRecord<V> {
    return new KvRecord(previous.key, undefined as V, 0, revision, 0, NO_LEASE, previous)
  }
}

/** What `head`'s key held at a revision; undefined when it did not exist then. */
export function recordAt<V>(head: KvRecord<V> | undefined, revision: number): KvRecord<V> | undefined {
  let record = head
  while (record !== undefined && record.modRevision > revision) record = record.previous
  return record === undefined || record.version === 0 ? undefined : record
}

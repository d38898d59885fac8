/** Answers range requests over one state of the keys (upstream: etcdserver/apply.go, Range). */
import { EtcdError } from './errors.ts'
import type { History } from './history.ts'
import type { KeyTree } from './key-tree.ts'
import type { KeyRange, KeyValue, RangeRequest, RangeResponse, SortTarget } from './messages.ts'
import { KvRecord, recordAt } from './record.ts'

/** What a reader must know of the store. */
export interface RangeSource<V> {
  readonly tree: KeyTree<KvRecord<V>>
  readonly history: History<V>
  /** Revision of the newest write in the tree. */
  readonly revision: number
  readonly compactRevision: number
}

export type ValueComparer<V> = (a: V, b: V) => number

/** A key range as two bounds: `[start, end)`, open when `end` is undefined. */
export interface Bounds {
  readonly start: string
  readonly end: string | undefined
}

export function toBounds({ key, rangeEnd = '' }: KeyRange): Bounds {
  if (rangeEnd === '') return { start: key, end: `${key}\0` }
  return { start: key === '\0' ? '' : key, end: rangeEnd === '\0' ? undefined : rangeEnd }
}

/** The revision to read: the current one for 0, a refusal for one that is gone or has not been. */
export function readRevision(
  requested: number | undefined,
  source: { revision: number; compactRevision: number },
): number {
  if (requested === undefined || requested <= 0) return source.revision
  if (requested > source.revision) throw new EtcdError('FutureRevision')
  if (requested < source.compactRevision) throw new EtcdError('Compacted')
  return requested
}

export function range<V>(
  source: RangeSource<V>,
  request: RangeRequest,
  compareValues: ValueComparer<V>,
): RangeResponse<V> {
  const revision = readRevision(request.revision, source)
  const { start, end } = toBounds(request)
  const { limit = 0, sortTarget = 'KEY', sortOrder = 'NONE' } = request
  if (request.countOnly) {
    return { revision: source.revision, kvs: [], more: false, count: count(source, start, end, revision) }
  }

  const filters = makeFilters(request)
  // One more than asked for tells whether there are more.
  const inKeyOrder = sortOrder === 'NONE' || (sortOrder === 'ASCEND' && sortTarget === 'KEY')
  const fetchMax = limit > 0 && inKeyOrder && filters.length === 0 ? limit + 1 : Number.POSITIVE_INFINITY
  const fetched = collect(source, start, end, revision, fetchMax)
  const total = fetched.length < fetchMax ? fetched.length : count(source, start, end, revision)
  let kvs = filters.length === 0 ? fetched : fetched.filter((kv) => filters.every((holds) => holds(kv)))
  if (sortTarget !== 'KEY' || sortOrder === 'DESCEND') {
    // Ties keep the order of their keys, in both directions.
    const compare = comparerOf(sortTarget, compareValues)
    kvs.sort(sortOrder === 'DESCEND' ? (a, b) => compare(b, a) : compare)
  }
  const more = limit > 0 && kvs.length > limit
  if (more) kvs = kvs.slice(0, limit)
  return {
    revision: source.revision,
    kvs: request.keysOnly ? kvs.map(withoutValue) : kvs,
    more,
    count: total,
  }
}

/** Visits the live keys of `[start, end)` at a revision, in order, until `visit` returns false. */
export function scan<V>(
  source: RangeSource<V>,
  start: string,
  end: string | undefined,
  revision: number,
  visit: (kv: KvRecord<V>) => boolean,
): void {
  if (revision >= source.revision) {
    source.tree.scan(start, end, (head) => head.version === 0 || visit(head))
    return
  }
  source.tree.scan(start, end, (head) => {
    const record = recordAt(head, revision)
    return record === undefined || visit(record)
  })
}

/** Live keys in `[start, end)` at a revision. */
export function count<V>(
  source: RangeSource<V>,
  start: string,
  end: string | undefined,
  revision: number,
): number {
  const { tree, history } = source
  const live = tree.countLive(start, end)
  if (revision >= source.revision) return live
  const from = history.seek(revision + 1)
  if (history.end - from > tree.size) {
    let found = 0
    scan(source, start, end, revision, () => {
      found++
      return true
    })
    return found
  }
  // Undoing the births and deaths since then beats visiting every key: pages of a long list ask this.
  let births = 0
  for (let position = from; position < history.end; position++) {
    const record = history.at(position)
    if (record.key < start || (end !== undefined && record.key >= end)) continue
    if (record.version === 0) births--
    else if (record.version === 1) births++
  }
  return live - births
}

function collect<V>(
  source: RangeSource<V>,
  start: string,
  end: string | undefined,
  revision: number,
  max: number,
): KvRecord<V>[] {
  const kvs: KvRecord<V>[] = []
  scan(source, start, end, revision, (kv) => kvs.push(kv) < max)
  return kvs
}

type Filter = (kv: KeyValue<unknown>) => boolean

function makeFilters(request: RangeRequest): Filter[] {
  const { minModRevision = 0, maxModRevision = 0, minCreateRevision = 0, maxCreateRevision = 0 } = request
  const filters: Filter[] = []
  if (maxModRevision !== 0) filters.push((kv) => kv.modRevision <= maxModRevision)
  if (minModRevision !== 0) filters.push((kv) => kv.modRevision >= minModRevision)
  if (maxCreateRevision !== 0) filters.push((kv) => kv.createRevision <= maxCreateRevision)
  if (minCreateRevision !== 0) filters.push((kv) => kv.createRevision >= minCreateRevision)
  return filters
}

function comparerOf<V>(
  target: SortTarget,
  compareValues: ValueComparer<V>,
): (a: KeyValue<V>, b: KeyValue<V>) => number {
  switch (target) {
    case 'KEY':
      return (a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)
    case 'VERSION':
      return (a, b) => a.version - b.version
    case 'CREATE':
      return (a, b) => a.createRevision - b.createRevision
    case 'MOD':
      return (a, b) => a.modRevision - b.modRevision
    case 'VALUE':
      return (a, b) => compareValues(a.value, b.value)
  }
}

function withoutValue<V>(kv: KeyValue<V>): KeyValue<undefined> {
  return new KvRecord(kv.key, undefined, kv.createRevision, kv.modRevision, kv.version, kv.lease, undefined)
}

/** The store's two doors, by example. The differential and the transcripts hold the rest to a real etcd. */
import { describe, expect, test } from 'vitest'
import { EtcdError, type EtcdErrorReason } from '../../src/etcd/errors.ts'
import type { KvEvent, WatchResponse } from '../../src/etcd/messages.ts'
import { prefixEnd, Store, type StoreClock } from '../../src/etcd/store.ts'

function storeWith(keys: Record<string, string>): Store<string> {
  const store = new Store<string>()
  for (const [key, value] of Object.entries(keys)) store.put({ key, value })
  return store
}

function reasonOf(run: () => unknown): EtcdErrorReason | undefined {
  try {
    run()
  } catch (error) {
    if (error instanceof EtcdError) return error.reason
    throw error
  }
  return undefined
}

function brief(event: KvEvent<string>): string {
  const previous = event.prevKv === undefined ? '' : ` (${event.prevKv.value})`
  return event.type === 'PUT'
    ? `${event.kv.key}=${event.kv.value}@${event.kv.modRevision}${previous}`
    : `${event.kv.key} gone@${event.kv.modRevision}${previous}`
}

/** Collects responses as text, one line each. */
function collector() {
  const lines: string[] = []
  return {
    lines,
    events: (response: WatchResponse<string>) => {
      lines.push(response.events.map(brief).join(', ') || `progress ${response.revision}`)
    },
    closed: ({ compactRevision }: { compactRevision: number }) => {
      lines.push(`closed ${compactRevision}`)
    },
  }
}

class ManualClock implements StoreClock {
  ms = 0
  readonly #timers = new Set<{ due: number; run: () => void }>()

  now(): number {
    return this.ms
  }

  after(delayMs: number, run: () => void) {
    const timer = { due: this.ms + delayMs, run }
    this.#timers.add(timer)
    return { cancel: () => this.#timers.delete(timer) }
  }

  get pending(): number {
    return this.#timers.size
  }

  advance(ms: number): void {
    const end = this.ms + ms
    for (;;) {
      const due = [...this.#timers].filter((it) => it.due <= end).sort((a, b) => a.due - b.due)[0]
      if (due === undefined) break
      this.#timers.delete(due)
      this.ms = due.due
      due.run()
    }
    this.ms = end
  }
}

describe('revisions', () => {
  test('an empty store is at 1, and every mutation takes exactly one', () => {
    const store = new Store<string>()
    expect(store.revision).toBe(1)
    expect(store.put({ key: 'a', value: '1' }).revision).toBe(2)
    expect(store.put({ key: 'a', value: '1' }).revision).toBe(3)
    expect(store.deleteRange({ key: 'nothing' }).revision).toBe(3)
    const txn = store.txn({ success: [{ put: { key: 'b', value: '1' } }, { put: { key: 'c', value: '1' } }] })
    expect(txn.revision).toBe(4)
    expect(store.get('b')?.modRevision).toBe(4)
    expect(store.get('c')?.modRevision).toBe(4)
  })

  test('a key keeps its creation and counts its writes until it is deleted', () => {
    const store = storeWith({ a: '1' })
    store.put({ key: 'a', value: '2' })
    expect(store.get('a')).toMatchObject({ createRevision: 2, modRevision: 3, version: 2, value: '2' })
    store.deleteRange({ key: 'a' })
    expect(store.get('a')).toBeUndefined()
    store.put({ key: 'a', value: '3' })
    expect(store.get('a')).toMatchObject({ createRevision: 5, modRevision: 5, version: 1 })
    expect(store.get('a', 3)?.value).toBe('2')
    expect(store.get('a', 4)).toBeUndefined()
  })
})

describe('the narrow door', () => {
  test('create refuses a key that exists, compareAndSwap one that moved on', () => {
    const store = new Store<string>()
    const created = store.create('a', '1')
    expect(created).toMatchObject({ key: 'a', value: '1', modRevision: 2, version: 1 })
    expect(store.create('a', 'again')).toBeUndefined()
    expect(store.compareAndSwap('a', 1, 'lost')).toBeUndefined()
    expect(store.compareAndSwap('a', 2, '2')).toMatchObject({ value: '2', modRevision: 3, version: 2 })
    expect(store.compareAndDelete('a', 2)).toBeUndefined()
    expect(store.compareAndDelete('a', 3)).toBe(4)
    expect(store.compareAndDelete('a', 3)).toBeUndefined()
    expect(store.compareAndSwap('a', 0, 'new')).toMatchObject({ createRevision: 5 })
    expect(store.revision).toBe(5)
  })

  test('list pages through a prefix at one revision', () => {
    const store = storeWith({ '/a': '0', '/p/1': '1', '/p/2': '2', '/p/3': '3', '/q': '4' })
    const first = store.list('/p/', { limit: 2 })
    expect(first).toMatchObject({ revision: 6, more: true })
    expect(first.kvs.map((kv) => kv.key)).toEqual(['/p/1', '/p/2'])
    store.deleteRange({ key: '/p/3' })
    const rest = store.list('/p/', { limit: 2, startKey: '/p/2\0', revision: first.revision })
    expect(rest).toMatchObject({ revision: 6, more: false })
    expect(rest.kvs.map((kv) => kv.key)).toEqual(['/p/3'])
    expect(store.count('/p/')).toBe(2)
    expect(store.count('/p/', { revision: 6 })).toBe(3)
    expect(store.count('/p/', { revision: 6, startKey: '/p/2\0' })).toBe(1)
  })

  test('a page that ends exactly at the last key says that there is no more', () => {
    const store = storeWith({ '/p/1': '1', '/p/2': '2' })
    expect(store.list('/p/', { limit: 2 }).more).toBe(false)
  })

  test.each([
    { prefix: 'a', want: 'b' },
    { prefix: '/pods/', want: '/pods0' },
    { prefix: 'a\xff', want: 'b' },
    { prefix: '\xff\xff', want: undefined },
    { prefix: '', want: undefined },
  ])('prefixEnd of $prefix', ({ prefix, want }) => {
    expect(prefixEnd(prefix)).toBe(want)
  })
})

describe('watch', () => {
  test('tells each commit at once, in the order of its operations', () => {
    const store = storeWith({ b: 'old' })
    const seen = collector()
    store.watch({ key: '\0', rangeEnd: '\0', prevKv: true }, seen)
    store.put({ key: 'a', value: '1' })
    store.txn({ success: [{ deleteRange: { key: 'b' } }, { put: { key: 'a', value: '2' } }] })
    expect(seen.lines).toEqual(['a=1@3', 'b gone@4 (old), a=2@4 (1)'])
  })

  test('starts in the past, and is refused below compaction', () => {
    const store = storeWith({ a: '1', b: '2', c: '3' })
    const past = collector()
    store.watch({ key: 'a', rangeEnd: 'z', startRevision: 3 }, past)
    expect(past.lines).toEqual(['b=2@3, c=3@4'])
    store.compact(4)
    const gone = collector()
    expect(store.watch({ key: 'a', startRevision: 3 }, gone).active).toBe(false)
    expect(gone.lines).toEqual(['closed 4'])
  })

  test.each([
    { name: 'means now before any compaction', compact: undefined, want: ['b=1@4'] },
    { name: 'is refused after a compaction, even of nothing', compact: 0, want: ['closed 0'] },
    { name: 'is refused after a compaction', compact: 2, want: ['closed 2'] },
  ])('a negative start $name', ({ compact, want }) => {
    const store = storeWith({ a: '1', b: '0' })
    if (compact !== undefined) store.compact(compact)
    const seen = collector()
    store.watch({ key: 'a', rangeEnd: 'z', startRevision: -1 }, seen)
    store.put({ key: 'b', value: '1' })
    expect(seen.lines).toEqual(want)
  })

  test('a sink that writes does not reorder what others see', () => {
    const store = new Store<string>()
    const other = collector()
    store.watch(
      { key: 'a' },
      {
        events: ({ revision }) => {
          if (revision < 4) store.put({ key: 'a', value: 'nested' })
        },
      },
    )
    store.watch({ key: 'a' }, other)
    store.put({ key: 'a', value: '1' })
    expect(other.lines).toEqual(['a=1@2', 'a=nested@3', 'a=nested@4'])
  })

  test('a paused watch reads on from the history, or ends if that is gone', () => {
    const store = new Store<string>()
    const seen = collector()
    const watch = store.watch({ key: 'a' }, seen)
    store.put({ key: 'a', value: '1' })
    watch.pause()
    store.put({ key: 'a', value: '2' })
    store.put({ key: 'a', value: '3' })
    expect(seen.lines).toEqual(['a=1@2'])
    watch.resume()
    expect(seen.lines).toEqual(['a=1@2', 'a=2@3, a=3@4'])
    watch.pause()
    store.put({ key: 'a', value: '4' })
    store.put({ key: 'a', value: '5' })
    store.compact(6)
    watch.resume()
    expect(seen.lines.slice(2)).toEqual(['closed 6'])
    expect(watch.active).toBe(false)
  })

  test('a watch that paused while nothing happened to its keys survives compaction', () => {
    const store = storeWith({ a: '1', z: '1' })
    const seen = collector()
    const watch = store.watch({ key: 'a' }, seen)
    for (const value of ['2', '3', '4']) store.put({ key: 'z', value })
    watch.pause()
    store.compact(6)
    watch.resume()
    store.put({ key: 'a', value: '2' })
    expect(seen.lines).toEqual(['a=2@7'])
  })

  test('catches up in batches of 1,000 revisions and may be cancelled between them', () => {
    const store = new Store<string>()
    for (let i = 0; i < 2500; i++) store.put({ key: 'a', value: `${i}` })
    const sizes: number[] = []
    store.watch({ key: 'a', startRevision: 2 }, { events: ({ events }) => sizes.push(events.length) })
    expect(sizes).toEqual([1000, 1000, 500])

    let batches = 0
    let cancel: () => void = () => undefined
    store.watch(
      { key: 'a', startRevision: 2 },
      {
        opened: (watch) => {
          cancel = () => watch.cancel()
        },
        events: () => {
          batches++
          cancel()
        },
      },
    )
    expect(batches).toBe(1)
  })

  test('the history that watchers have yet to hear of outlives a compaction from a sink', () => {
    const store = storeWith({ a: '1' })
    const seen = collector()
    store.watch(
      { key: 'a' },
      {
        events: ({ revision }) => {
          if (revision !== 3) return
          store.put({ key: 'a', value: '3' })
          store.put({ key: 'a', value: '4' })
          store.compact(5)
        },
      },
    )
    store.watch({ key: 'a' }, seen)
    store.put({ key: 'a', value: '2' })
    expect(seen.lines).toEqual(['a=2@3', 'a=3@4', 'a=4@5'])
    expect(store.historySize).toBe(1)
  })

  test('a sink that throws fails the writer after everybody was told', () => {
    const store = new Store<string>()
    const seen = collector()
    store.watch(
      { key: 'a' },
      {
        events: () => {
          throw new Error('broken sink')
        },
      },
    )
    store.watch({ key: 'a' }, seen)
    let thrown: unknown
    try {
      store.put({ key: 'a', value: '1' })
    } catch (error) {
      thrown = error
    }
    expect(thrown).toEqual(new Error('broken sink'))
    expect(seen.lines).toEqual(['a=1@2'])
    expect(store.get('a')?.value).toBe('1')
  })

  test('progress tells where a level watcher stands, now and when nothing happened for long', () => {
    const clock = new ManualClock()
    const store = new Store<string>({ clock })
    const seen = collector()
    const watch = store.watch({ key: 'a', progressNotify: true }, seen)
    store.put({ key: 'b', value: '1' })
    watch.progress()
    clock.advance(600_000)
    store.put({ key: 'a', value: '1' })
    clock.advance(600_000)
    clock.advance(600_000)
    expect(seen.lines).toEqual(['progress 2', 'progress 2', 'a=1@3', 'progress 3'])
    watch.cancel()
    clock.advance(600_000)
    expect(clock.pending).toBe(0)
  })
})

describe('leases', () => {
  test('a lease takes its keys along, in order and in one revision', () => {
    const clock = new ManualClock()
    const store = new Store<string>({ clock })
    const { id, ttl } = store.leaseGrant({ ttl: 10 })
    expect(ttl).toBe(10)
    store.create('b', '1', id)
    store.create('a', '1', id)
    store.create('c', '1', id)
    store.put({ key: 'c', value: '2' }) // Detaches.
    const seen = collector()
    store.watch({ key: '\0', rangeEnd: '\0' }, seen)
    clock.advance(9_000)
    expect(store.leaseTimeToLive(id, { keys: true })).toMatchObject({
      ttl: 1,
      grantedTtl: 10,
      keys: ['a', 'b'],
    })
    store.leaseKeepAlive(id)
    clock.advance(9_999)
    expect(seen.lines).toEqual([])
    clock.advance(1)
    expect(seen.lines).toEqual(['a gone@6, b gone@6'])
    expect(store.leaseTimeToLive(id).ttl).toBe(-1)
    expect(store.get('c')?.value).toBe('2')
    expect(clock.pending).toBe(0)
  })

  test('refusals', () => {
    const store = new Store<string>()
    expect(reasonOf(() => store.create('a', '1', 5n))).toBe('LeaseNotFound')
    expect(reasonOf(() => store.leaseRevoke(5n))).toBe('LeaseNotFound')
    store.leaseGrant({ id: 5n, ttl: 5 })
    expect(reasonOf(() => store.leaseGrant({ id: 5n, ttl: 5 }))).toBe('LeaseExists')
    expect(reasonOf(() => store.leaseGrant({ ttl: 9_000_000_001 }))).toBe('LeaseTtlTooLarge')
    expect(store.leaseKeepAlive(7n).ttl).toBe(0)
  })
})

describe('compaction', () => {
  test('keeps the state at its revision and forgets what led there', () => {
    const store = storeWith({ a: '1', b: '1' })
    store.put({ key: 'a', value: '2' })
    store.deleteRange({ key: 'b' })
    store.put({ key: 'a', value: '3' })
    store.compact(5)
    expect(store.get('a', 5)?.value).toBe('2')
    expect(reasonOf(() => store.get('a', 4))).toBe('Compacted')
    expect(reasonOf(() => store.get('a', 7))).toBe('FutureRevision')
    expect(reasonOf(() => store.compact(5))).toBe('Compacted')
    expect(reasonOf(() => store.compact(7))).toBe('FutureRevision')
    expect(store.tree.size).toBe(1)
  })

  test('happens by itself when told how much to keep', () => {
    const store = new Store<string>({ retainRevisions: 100 })
    for (let i = 0; i < 1000; i++) store.put({ key: `k${i % 7}`, value: `${i}` })
    expect(store.compactRevision).toBeGreaterThan(700)
    expect(store.historySize).toBeLessThanOrEqual(200)
    expect(store.get('k0', store.compactRevision)).toBeDefined()
  })
})

test('a store told to keep 100 revisions compacts when it has 200', () => {
  const store = new Store<string>({ retainRevisions: 100 })
  while (store.revision < 200) store.put({ key: 'a', value: '' })
  expect(store.compactRevision).toBe(-1)
  store.put({ key: 'a', value: '' })
  expect(store.compactRevision).toBe(101)
  while (store.revision < 300) store.put({ key: 'a', value: '' })
  expect(store.compactRevision).toBe(101)
  store.put({ key: 'a', value: '' })
  expect(store.compactRevision).toBe(201)
})

test('a clone keeps its own keys under its leases', () => {
  const store = new Store<string>()
  store.leaseGrant({ id: 7n, ttl: 60 })
  store.create('a', '1', 7n)
  const copy = store.clone()
  store.create('b', '1', 7n)
  copy.put({ key: 'a', value: '2' })
  copy.create('c', '1', 7n)
  const keysOf = (it: Store<string>) => it.leaseTimeToLive(7n, { keys: true }).keys
  expect(keysOf(store)).toEqual(['a', 'b'])
  expect(keysOf(copy)).toEqual(['c'])
  copy.leaseKeepAlive(7n)
  copy.leaseRevoke(7n)
  expect(copy.list('').kvs.map((kv) => kv.key)).toEqual(['a'])
  expect(keysOf(store)).toEqual(['a', 'b'])
  expect(store.leaseRevoke(7n).revision).toBe(4)
  expect(store.size).toBe(0)
})

test('one timer serves all leases', () => {
  const clock = new ManualClock()
  const store = new Store<string>({ clock })
  for (const ttl of [30, 20, 10, 40]) store.leaseGrant({ ttl, id: BigInt(ttl) })
  expect(clock.pending).toBe(1)
  store.leaseKeepAlive(10n)
  store.leaseRevoke(10n)
  expect(clock.pending).toBe(1)
  clock.advance(20_000)
  expect(store.leaseLeases().leases).toEqual([30n, 40n])
  expect(clock.pending).toBe(1)
  clock.advance(20_000)
  expect(clock.pending).toBe(0)
})

describe('copies', () => {
  test('a clone has the same past and its own future', () => {
    const store = storeWith({ a: '1', b: '1' })
    store.put({ key: 'a', value: '2' })
    const copy = store.clone()
    store.put({ key: 'a', value: 'left' })
    copy.put({ key: 'b', value: 'right' })
    expect([store.get('a')?.value, store.get('b')?.value]).toEqual(['left', '1'])
    expect([copy.get('a')?.value, copy.get('b')?.value]).toEqual(['2', 'right'])
    expect(copy.get('a', 2)?.value).toBe('1')
    store.compact(5)
    expect(copy.get('a', 2)?.value).toBe('1')
    expect(copy.revision).toBe(5)
    const seen = collector()
    copy.watch({ key: '\0', rangeEnd: '\0', startRevision: 4, prevKv: true }, seen)
    expect(seen.lines).toEqual(['a=2@4 (1), b=right@5 (1)'])
  })

  test('a snapshot restores state, history and leases', () => {
    const clock = new ManualClock()
    const store = new Store<string>({ clock })
    store.leaseGrant({ id: 7n, ttl: 10 })
    store.create('a', '1')
    store.create('leased', '1', 7n)
    store.put({ key: 'a', value: '2' })
    store.deleteRange({ key: 'a' })
    store.compact(4)
    store.create('b', '1')
    clock.advance(4_000)
    const copy = Store.restore(JSON.parse(JSON.stringify(store.snapshot())), { clock })
    expect(copy.snapshot()).toEqual(store.snapshot())
    expect(copy.get('a', 4)?.value).toBe('2')
    expect(reasonOf(() => copy.get('a', 3))).toBe('Compacted')
    clock.advance(6_000)
    expect(copy.get('leased')).toBeUndefined()
    expect(copy.revision).toBe(7)
  })

  test('a mirror follows foreign revisions', () => {
    const mirror = new Store<string>()
    const seen = collector()
    mirror.watch({ key: '\0', rangeEnd: '\0', prevKv: true }, seen)
    mirror.apply(10, [
      {
        type: 'PUT',
        kv: { key: 'a', value: '1', createRevision: 8, modRevision: 10, version: 3, lease: 9n },
      },
    ])
    mirror.apply(12, [{ type: 'DELETE', kv: { key: 'a' } }])
    expect(seen.lines).toEqual(['a=1@10', 'a gone@12 (1)'])
    expect(mirror.get('a', 11)).toMatchObject({ createRevision: 8, version: 3, lease: 9n })
    expect(() => mirror.apply(12, [])).toThrow(RangeError)
  })
})

test('watches of nothing do not disturb the routing of others', () => {
  const store = new Store<string>()
  const seen = collector()
  const ends = ['m', 'c', 'x', 'a']
  const empty = ends.map((rangeEnd) => store.watch({ key: 'y', rangeEnd }, { events: () => undefined }))
  const other = store.watch({ key: 'b', rangeEnd: 'n' }, { events: () => undefined })
  store.watch({ key: 'a', rangeEnd: 'z' }, seen)
  for (const watch of empty) watch.cancel()
  other.cancel()
  for (const key of ['a', 'b', 'm', 'n', 'y']) store.put({ key, value: '1' })
  expect(seen.lines.length).toBe(5)
})

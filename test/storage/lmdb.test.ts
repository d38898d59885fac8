/** A store that outlives its process. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isCompacted } from '../../src/etcd/errors.ts'
import { openDataDirectory } from '../../src/storage/lmdb.ts'
import { checkKillPoints } from './kill-points.ts'

interface Value {
  readonly text: string
}

const codec = {
  encode: (value: Value) => JSON.stringify(value),
  decode: (text: string): Value => Object.freeze(JSON.parse(text)),
}

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kubarium-lmdb-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

test('state, versions and leases come back; old revisions do not', async () => {
  {
    using first = await openDataDirectory(directory, codec)
    const store = first.openStore()
    expect([store.revision, store.compactRevision]).toEqual([1, -1])
    const { id } = store.leaseGrant({ ttl: 60 })
    store.create('a', { text: 'one\ntwo' })
    store.create('é\xff', { text: 'bytes' })
    store.create('leased', { text: 'brief' }, id)
    store.put({ key: 'a', value: { text: 'ü' } })
    store.deleteRange({ key: 'é\xff' })
    store.txn({
      success: [{ put: { key: 'b', value: { text: 'b' } } }, { put: { key: 'c', value: { text: 'c' } } }],
    })
    expect(store.revision).toBe(7)
  }
  using second = await openDataDirectory(directory, codec)
  const store = second.openStore()
  expect(
    store.list('').kvs.map((kv) => [kv.key, kv.value.text, kv.createRevision, kv.modRevision, kv.version]),
  ).toEqual([
    ['a', 'ü', 2, 5, 2],
    ['b', 'b', 7, 7, 1],
    ['c', 'c', 7, 7, 1],
    ['leased', 'brief', 4, 4, 1],
  ])
  const lease = store.get('leased')!.lease
  expect(store.leaseTimeToLive(lease, { keys: true })).toMatchObject({ ttl: 60, keys: ['leased'] })
  expect(store.revision).toBe(8)
  let refused: unknown
  try {
    store.get('a', 7)
  } catch (error) {
    refused = error
  }
  expect(isCompacted(refused)).toBe(true)
  expect(store.compareAndSwap('a', 5, { text: 'next' })?.modRevision).toBe(9)
})

test('revisions go on above those of every earlier run', async () => {
  const seen: number[] = []
  for (let run = 0; run < 3; run++) {
    using opened = await openDataDirectory(directory, codec)
    const { lastRevision } = opened
    seen.push(lastRevision, opened.openStore().revision)
  }
  expect(seen).toEqual([0, 1, 1, 2, 2, 3])
})

test('a write that cannot be saved fails, and so does every later one', async () => {
  using opened = await openDataDirectory(directory, codec)
  const store = opened.openStore()
  opened[Symbol.dispose]()
  expect(() => store.create('a', { text: 'after the end' })).toThrow()
  expect(() => store.create('b', { text: 'and again' })).toThrow('could not be written')
})

test('a directory belongs to one process', async () => {
  using opened = await openDataDirectory(directory, codec)
  await expect(openDataDirectory(directory, codec)).rejects.toThrow(`is in use by process ${process.pid}`)
  opened[Symbol.dispose]()
  // No process has this id: the lock was left by one that was killed.
  writeFileSync(join(directory, 'kubarium.lock'), '4194304999')
  const again = await openDataDirectory(directory, codec)
  again[Symbol.dispose]()
})

test('nothing acknowledged is lost when the process is killed', { timeout: 60_000 }, async () => {
  const { acknowledged } = await checkKillPoints(4, 1)
  expect(acknowledged).toBeGreaterThan(10)
})

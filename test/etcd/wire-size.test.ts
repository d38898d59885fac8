/** Sizes against protobuf's own encoder, and what depends on them: refusals and split responses. */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { KvEvent, PutRequest, TxnRequest } from '../../src/etcd/messages.ts'
import { Store } from '../../src/etcd/store.ts'
import type { WatchStreamResponse } from '../../src/etcd/watch-stream.ts'
import {
  emptyResponseSize,
  eventSize,
  putEntrySize,
  REQUEST_BYTES_MAX,
  RESPONSE_BYTES_MAX,
  txnEntrySize,
} from '../../src/etcd/wire-size.ts'

const sizeOf = (value: string) => value.length

interface MessageType {
  fromObject(object: object): object
  encode(message: object): { finish(): Uint8Array }
}

interface ProtobufRoot {
  lookupType(name: string): MessageType
}

const main = createRequire(import.meta.url).resolve('etcd3')
const protobuf: { loadSync(file: string): ProtobufRoot } = createRequire(
  createRequire(main).resolve('@grpc/proto-loader'),
)('protobufjs')
const root = protobuf.loadSync(join(dirname(main), '../proto/rpc.proto'))

function encodedSize(type: string, object: object): number {
  const message = root.lookupType(type)
  return message.encode(message.fromObject(object)).finish().length
}

const base64 = (text: string) => Buffer.from(text, 'latin1').toString('base64')

/** A raft entry wraps its request in one field, beside a header of 13 bytes. */
function entry(size: number): number {
  return 13 + 1 + varint(size) + size
}

function varint(value: number): number {
  return value < 128 ? 1 : 1 + varint(Math.floor(value / 128))
}

describe('requests', () => {
  test.each<PutRequest<string>>([
    { key: 'a', value: '' },
    { key: 'a', value: 'b' },
    { key: 'k'.repeat(127), value: 'v'.repeat(128) },
    { key: 'k'.repeat(128), value: 'v'.repeat(20_000), prevKv: true },
    { key: 'a', ignoreValue: true, lease: 5n },
    { key: 'a', value: 'b', lease: 300n, prevKv: true },
    { key: 'a', value: 'b', lease: -1n, ignoreLease: true },
  ])('put %#', (request) => {
    const size = encodedSize('etcdserverpb.PutRequest', {
      key: base64(request.key),
      ...(request.value ? { value: base64(request.value) } : {}),
      ...(request.lease === undefined ? {} : { lease: request.lease.toString() }),
      ...(request.prevKv ? { prevKv: true } : {}),
      ...(request.ignoreValue ? { ignoreValue: true } : {}),
      ...(request.ignoreLease ? { ignoreLease: true } : {}),
    })
    expect(putEntrySize(request, sizeOf)).toBe(entry(size))
  })

  test('txn', () => {
    const request: TxnRequest<string> = {
      compare: [
        { key: 'a', rangeEnd: 'b', target: 'VALUE', result: 'EQUAL', value: 'v'.repeat(200) },
        { key: 'a', target: 'VERSION', result: 'LESS', version: 300 },
        { key: 'a', target: 'LEASE', result: 'NOT_EQUAL', lease: 5n },
        { key: 'a', target: 'MOD', result: 'GREATER', modRevision: 70_000 },
        { key: 'a', target: 'CREATE', result: 'EQUAL', createRevision: 127 },
      ],
      success: [
        { put: { key: 'a', value: 'x'.repeat(1_000) } },
        { range: { key: 'a', rangeEnd: 'b' } },
        { txn: { success: [{ put: { key: 'b', value: 'y' } }] } },
      ],
      failure: [{ deleteRange: { key: 'c' } }],
    }
    const put = (key: string, value: string) => ({ requestPut: { key: base64(key), value: base64(value) } })
    const size = encodedSize('etcdserverpb.TxnRequest', {
      compare: [
        { target: 'Value', key: base64('a'), rangeEnd: base64('b'), value: base64('v'.repeat(200)) },
        { result: 'Less', key: base64('a'), version: 300 },
        { result: 'NotEqual', target: 'Lease', key: base64('a'), lease: 5 },
        { result: 'Greater', target: 'Mod', key: base64('a'), modRevision: 70_000 },
        { target: 'Create', key: base64('a'), createRevision: 127 },
      ],
      success: [
        put('a', 'x'.repeat(1_000)),
        { requestRange: { key: base64('a'), rangeEnd: base64('b') } },
        { requestTxn: { success: [put('b', 'y')] } },
      ],
      failure: [{ requestDeleteRange: { key: base64('c') } }],
    })
    expect(txnEntrySize(request, sizeOf)).toBe(entry(size))
  })
})

test('the largest request is taken, one byte more is refused', () => {
  const store = new Store<string>({ sizeOf })
  const value = (length: number) => 'v'.repeat(length)
  const putOverhead = putEntrySize({ key: 'a', value: value(1_500_000) }, sizeOf) - 1_500_000
  const room = REQUEST_BYTES_MAX - putOverhead
  expect(store.put({ key: 'a', value: value(room) }).revision).toBe(2)
  expect(() => store.put({ key: 'a', value: value(room + 1) })).toThrow('etcdserver: request is too large')

  const txn = (length: number): TxnRequest<string> => ({
    success: [{ put: { key: 'a', value: value(length) } }],
  })
  const txnRoom = REQUEST_BYTES_MAX - (txnEntrySize(txn(1_500_000), sizeOf) - 1_500_000)
  expect(store.txn(txn(txnRoom)).revision).toBe(3)
  expect(() => store.txn(txn(txnRoom + 1))).toThrow('etcdserver: request is too large')
  expect(store.revision).toBe(3)
})

describe('responses', () => {
  const kv = (value: string, revision: number, lease = 0n) => ({
    key: 'key',
    value,
    createRevision: 2,
    modRevision: revision,
    version: 3,
    lease,
  })
  test.each<KvEvent<string>>([
    { type: 'PUT', kv: kv('v', 5) },
    { type: 'PUT', kv: kv('v'.repeat(300), 500, 7n), prevKv: kv('', 4) },
    { type: 'DELETE', kv: { key: 'key', modRevision: 70_000 } },
    { type: 'DELETE', kv: { key: 'key', modRevision: 9 }, prevKv: kv('gone', 8) },
  ])('event %#', (event) => {
    const toWire = (it: {
      key: string
      value?: string
      createRevision?: number
      modRevision: number
      version?: number
      lease?: bigint
    }) => ({
      key: base64(it.key),
      ...(it.value ? { value: base64(it.value) } : {}),
      ...(it.createRevision === undefined ? {} : { createRevision: it.createRevision, version: it.version }),
      modRevision: it.modRevision,
      ...(it.lease ? { lease: it.lease.toString() } : {}),
    })
    const response = {
      events: [
        {
          ...(event.type === 'DELETE' ? { type: 1 } : {}),
          kv: toWire(event.kv),
          ...(event.prevKv === undefined ? {} : { prevKv: toWire(event.prevKv) }),
        },
      ],
    }
    expect(eventSize(event, sizeOf)).toBe(encodedSize('etcdserverpb.WatchResponse', response))
  })

  test('a split response fills its parts up to the limit', () => {
    const store = new Store<string>({ sizeOf })
    for (let i = 0; i < 45; i++)
      store.put({ key: `k${String(i).padStart(2, '0')}`, value: 'v'.repeat(100_000) })
    const watch = (fragment: boolean) => {
      const responses: WatchStreamResponse<string>[] = []
      store
        .watchStream((response) => responses.push(response))
        .request({ create: { key: 'k', rangeEnd: 'l', startRevision: 2, fragment } })
      return responses.slice(1)
    }
    expect(watch(false).map((it) => it.events.length)).toEqual([45])
    const parts = watch(true)
    expect(parts.map((it) => [it.events.length, it.fragment])).toEqual([
      [20, true],
      [20, true],
      [5, false],
    ])
    expect(parts.flatMap((it) => it.events.map((event) => event.kv.modRevision))).toEqual(
      Array.from({ length: 45 }, (_, i) => i + 2),
    )
  })

  test('a response just below the limit stays whole, one byte more splits it', () => {
    const lengths = (first: number) => {
      const store = new Store<string>({ sizeOf })
      store.txn({ success: [{ put: { key: 'a', value: 'v'.repeat(first) } }] })
      store.put({ key: 'b', value: 'v'.repeat(1_000_000) })
      const parts: number[] = []
      store
        .watchStream((response) => parts.push(response.events.length))
        .request({ create: { key: 'a', rangeEnd: 'c', startRevision: 2, fragment: true } })
      return parts.slice(1)
    }
    const event = (key: string, length: number, revision: number) =>
      eventSize<string>(
        {
          type: 'PUT',
          kv: {
            key,
            value: 'v'.repeat(length),
            createRevision: revision,
            modRevision: revision,
            version: 1,
            lease: 0n,
          },
        },
        sizeOf,
      )
    const rest = event('b', 1_000_000, 3) + emptyResponseSize(0, false)
    const overhead = event('a', 1_090_000, 2) - 1_090_000
    const fits = RESPONSE_BYTES_MAX - 1 - rest - overhead
    expect(lengths(fits)).toEqual([2])
    expect(lengths(fits + 1)).toEqual([1, 1])
  })

  test('a single event is never split', () => {
    const store = new Store<string>({ sizeOf: () => 5_000_000 })
    store.create('a', 'pretends to be large')
    const parts: WatchStreamResponse<string>[] = []
    store
      .watchStream((response) => parts.push(response))
      .request({ create: { key: 'a', startRevision: 2, fragment: true } })
    expect(parts.slice(1).map((it) => [it.events.length, it.fragment])).toEqual([[1, false]])
  })
})

/**
 * How many bytes messages would take on etcd's wire (protobuf). etcd's limits are counted in these, so a
 * store that is told the size of its values refuses and splits at the same byte.
 */
import type { Compare, KeyValue, KvEvent, PutRequest, RequestOp, TxnRequest } from './messages.ts'
import { NO_LEASE } from './record.ts'

export type SizeOf<V> = (value: V) => number

/** Of one raft entry; the default of etcd's --max-request-bytes. */
export const REQUEST_BYTES_MAX = 1_572_864

/** Above it a watch response with `fragment` is split: a request's limit and what gRPC may add. */
export const RESPONSE_BYTES_MAX = REQUEST_BYTES_MAX + 512 * 1024

/** Header of a raft entry: its 63-bit id. */
const RAFT_HEADER_BYTES = 13
/** Cluster id, member id, revision and raft term of a response. */
const RESPONSE_HEADER_BYTES = 30

export function putEntrySize<V>(request: PutRequest<V>, sizeOf: SizeOf<V>): number {
  return RAFT_HEADER_BYTES + field(putSize(request, sizeOf))
}

export function txnEntrySize<V>(request: TxnRequest<V>, sizeOf: SizeOf<V>): number {
  return RAFT_HEADER_BYTES + field(txnSize(request, sizeOf))
}

/** Of one event inside a watch response. */
export function eventSize<V>(event: KvEvent<V>, sizeOf: SizeOf<V>): number {
  const kv =
    event.type === 'PUT'
      ? kvSize(event.kv, sizeOf)
      : field(event.kv.key.length) + number(event.kv.modRevision)
  const type = event.type === 'PUT' ? 0 : 2
  return field(type + field(kv) + (event.prevKv === undefined ? 0 : field(kvSize(event.prevKv, sizeOf))))
}

/** Of a watch response without its events. */
export function emptyResponseSize(watchId: number, fragment: boolean): number {
  return RESPONSE_HEADER_BYTES + number(watchId) + (fragment ? 2 : 0)
}

function putSize<V>(request: PutRequest<V>, sizeOf: SizeOf<V>): number {
  return (
    bytes(request.key.length) +
    (request.value === undefined ? 0 : bytes(sizeOf(request.value))) +
    leaseSize(request.lease) +
    flags(request.prevKv, request.ignoreValue, request.ignoreLease)
  )
}

function txnSize<V>(request: TxnRequest<V>, sizeOf: SizeOf<V>): number {
  let size = 0
  for (const compare of request.compare ?? []) size += field(compareSize(compare, sizeOf))
  for (const branch of [request.success, request.failure]) {
    for (const op of branch ?? []) size += field(field(opSize(op, sizeOf)))
  }
  return size
}

function compareSize<V>(compare: Compare<V>, sizeOf: SizeOf<V>): number {
  const endLength = compare.rangeEnd?.length ?? 0
  // The end is field 64, whose tag takes two bytes.
  const range = bytes(compare.key.length) + bytes(endLength) + (endLength === 0 ? 0 : 1)
  const result = compare.result === 'EQUAL' ? 0 : 2
  return range + result + (compare.target === 'VERSION' ? 0 : 2) + compareTargetSize(compare, sizeOf)
}

/** What is chosen among alternatives is written down even when it is 0 or empty. */
function compareTargetSize<V>(compare: Compare<V>, sizeOf: SizeOf<V>): number {
  switch (compare.target) {
    case 'VERSION':
      return 1 + varint(compare.version)
    case 'CREATE':
      return 1 + varint(compare.createRevision)
    case 'MOD':
      return 1 + varint(compare.modRevision)
    case 'LEASE':
      return 1 + varint(Number(BigInt.asUintN(64, compare.lease)))
    case 'VALUE':
      return field(sizeOf(compare.value))
  }
}

function opSize<V>(op: RequestOp<V>, sizeOf: SizeOf<V>): number {
  if ('put' in op) return putSize(op.put, sizeOf)
  if ('txn' in op) return txnSize(op.txn, sizeOf)
  const { key, rangeEnd } = 'range' in op ? op.range : op.deleteRange
  return bytes(key.length) + bytes(rangeEnd?.length ?? 0)
}

function kvSize<V>(kv: KeyValue<V>, sizeOf: SizeOf<V>): number {
  return (
    bytes(kv.key.length) +
    number(kv.createRevision) +
    number(kv.modRevision) +
    number(kv.version) +
    bytes(sizeOf(kv.value)) +
    leaseSize(kv.lease)
  )
}

/** A tag, a length and so many bytes. */
function field(length: number): number {
  return 1 + varint(length) + length
}

/** Like `field`, but left out when empty. */
function bytes(length: number): number {
  return length === 0 ? 0 : field(length)
}

function number(value: number): number {
  return value === 0 ? 0 : 1 + varint(value)
}

function leaseSize(lease = NO_LEASE): number {
  return lease === NO_LEASE ? 0 : 1 + varint(Number(BigInt.asUintN(64, lease)))
}

function flags(...set: (boolean | undefined)[]): number {
  return set.reduce((size, it) => size + (it ? 2 : 0), 0)
}

function varint(value: number): number {
  let length = 1
  for (let rest = value; rest >= 128; rest /= 128) length++
  return length
}

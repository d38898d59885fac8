/**
 * Writes answers as short lines of text. Revisions are told by their distance from the header's, which is
 * small and repeats: fifty transcripts of 20,000 answers fit in a few megabytes.
 */
import type { KeyValue, KvEvent, RangeResponse, ResponseOp, TxnResponse } from '../../../src/etcd/messages.ts'
import { KEYS } from './generator.ts'

const KEY_NAMES = new Map(KEYS.map((key, index) => [key, String.fromCharCode(97 + index)]))

export function encodeRange({ revision, kvs, more, count }: RangeResponse<string>): string {
  return `${revision}${more ? '+' : ' '}${count}${encodeKvs(kvs, revision)}`
}

export function encodePut(response: { revision: number; prevKv?: KeyValue<string> | undefined }): string {
  const { revision, prevKv } = response
  return `${revision}${prevKv === undefined ? '' : encodeKv(prevKv, revision)}`
}

export function encodeDelete(response: {
  revision: number
  deleted: number
  prevKvs: readonly KeyValue<string>[]
}): string {
  return `${response.revision} ${response.deleted}${encodeKvs(response.prevKvs, response.revision)}`
}

/** Headers inside a transaction are told by their distance from its own. */
export function encodeTxn(response: TxnResponse<string>, outer = response.revision): string {
  const parts = response.responses.map((op) => encodeOp(op, outer))
  return `${response.revision}${response.succeeded ? 'y' : 'n'}${parts.join('')}`
}

function encodeOp(op: ResponseOp<string>, outer: number): string {
  if ('range' in op) {
    const { revision, kvs, more, count } = op.range
    return `[r${outer - revision}${more ? '+' : ' '}${count}${encodeKvs(kvs, revision)}`
  }
  if ('put' in op) {
    const { revision, prevKv } = op.put
    return `[p${outer - revision}${prevKv === undefined ? '' : encodeKv(prevKv, revision)}`
  }
  if ('deleteRange' in op) {
    const { revision, deleted, prevKvs } = op.deleteRange
    return `[d${outer - revision} ${deleted}${encodeKvs(prevKvs, revision)}`
  }
  return `[t${encodeTxn(op.txn, outer)}]`
}

function encodeKvs(kvs: readonly KeyValue<string | undefined>[], revision: number): string {
  let text = ''
  for (const kv of kvs) text += encodeKv(kv, revision)
  return text
}

function encodeKv(kv: KeyValue<string | undefined>, revision: number): string {
  const { key, value, createRevision, modRevision, version, lease } = kv
  const leased = lease === 0n ? '' : `~${lease}`
  return ` ${encodeKey(key)}${encodeValue(value)};${revision - modRevision},${modRevision - createRevision},${version}${leased}`
}

export function encodeEvent(event: KvEvent<string>): string {
  const { modRevision, key } = event.kv
  const previous = event.prevKv === undefined ? '' : ` was${encodeKv(event.prevKv, modRevision)}`
  return event.type === 'PUT'
    ? `${modRevision}${encodeKv(event.kv, modRevision)}${previous}`
    : `${modRevision}-${encodeKey(key)}${previous}`
}

export function encodeKey(key: string): string {
  return KEY_NAMES.get(key) ?? `?${JSON.stringify(key)}`
}

function encodeValue(value: string | undefined): string {
  // On the wire, no value is an empty one.
  if (value === undefined || value === '') return ''
  return value.length > 20 ? `${value[0]}*${value.length}` : value
}

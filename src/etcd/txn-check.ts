/** What etcd refuses before it looks at its data (upstream: etcdserver/api/v3rpc/key.go). */
import { EtcdError } from './errors.ts'
import type { PutRequest, RangeRequest, RequestOp, TxnRequest } from './messages.ts'
import { NO_LEASE } from './record.ts'

export const TXN_OPS_MAX = 128

export function checkKey(request: { readonly key: string }): void {
  if (request.key === '') throw new EtcdError('EmptyKey')
}

export function checkRange(request: RangeRequest): void {
  checkKey(request)
}

/** @param isEmpty tells the values that count as none */
export function checkPut<V>(request: PutRequest<V>, isEmpty: (value: V) => boolean): void {
  checkKey(request)
  if (request.ignoreValue && request.value !== undefined && !isEmpty(request.value)) {
    throw new EtcdError('ValueProvided')
  }
  if (request.ignoreLease && (request.lease ?? NO_LEASE) !== NO_LEASE) throw new EtcdError('LeaseProvided')
}

export function checkTxn<V>(request: TxnRequest<V>, isEmpty: (value: V) => boolean): void {
  checkOps(request, TXN_OPS_MAX, isEmpty)
  collectWrites(request.success)
  collectWrites(request.failure)
}

function checkOps<V>(request: TxnRequest<V>, opsMax: number, isEmpty: (value: V) => boolean): void {
  const { compare = [], success = [], failure = [] } = request
  const ops = Math.max(compare.length, success.length, failure.length)
  if (ops > opsMax) throw new EtcdError('TooManyOps')
  for (const it of compare) checkKey(it)
  for (const branch of [success, failure]) {
    for (const op of branch) {
      if ('range' in op) checkRange(op.range)
      else if ('put' in op) checkPut(op.put, isEmpty)
      else if ('deleteRange' in op) checkKey(op.deleteRange)
      else checkOps(op.txn, opsMax - ops, isEmpty)
    }
  }
}

interface Writes {
  readonly puts: Set<string>
  readonly deletions: Interval[]
}

interface Interval {
  readonly start: string
  /** Exclusive. */
  readonly end: string
}

const NO_WRITES: Writes = { puts: new Set(), deletions: [] }

/** Collects what one branch may write, and refuses it when a key would be written twice. */
function collectWrites<V>(ops: readonly RequestOp<V>[] | undefined): Writes {
  if (ops === undefined || ops.length === 0) return NO_WRITES
  const puts = new Set<string>()
  const deletions: Interval[] = []
  const claim = (key: string, exclusiveWith?: Set<string>) => {
    if (puts.has(key) && !exclusiveWith?.has(key)) throw new EtcdError('DuplicateKey')
    if (deletions.some((it) => contains(it, key))) throw new EtcdError('DuplicateKey')
    puts.add(key)
  }

  for (const op of ops) {
    if (!('deleteRange' in op)) continue
    const { key, rangeEnd = '' } = op.deleteRange
    deletions.push({ start: key, end: rangeEnd === '' ? `${key}\0` : rangeEnd })
  }
  for (const op of ops) {
    if (!('txn' in op)) continue
    const then = collectWrites(op.txn.success)
    const otherwise = collectWrites(op.txn.failure)
    for (const key of then.puts) claim(key)
    // Only one of the two branches runs, so they may repeat each other's keys.
    for (const key of otherwise.puts) claim(key, then.puts)
    deletions.push(...then.deletions, ...otherwise.deletions)
  }
  for (const op of ops) if ('put' in op) claim(op.put.key)
  return { puts, deletions }
}

/**
 * The zero byte that means "to the last key" is taken for an ordinary end here, as etcd does, so such a
 * deletion may overlap puts.
 */
function contains(interval: Interval, key: string): boolean {
  return key >= interval.start && key < interval.end
}

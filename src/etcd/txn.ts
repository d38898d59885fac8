/**
 * Runs a transaction (upstream: etcdserver/apply.go, Txn). Which branches run, those of nested transactions
 * too, is decided on the state before it; everything that can fail is checked next; then nothing can.
 */
import { EtcdError } from './errors.ts'
import type {
  Compare,
  CompareResult,
  DeleteRangeRequest,
  KeyValue,
  PutRequest,
  RequestOp,
  ResponseOp,
  TxnRequest,
  TxnResponse,
} from './messages.ts'
import {
  type Bounds,
  type RangeSource,
  range,
  readRevision,
  scan,
  toBounds,
  type ValueComparer,
} from './range.ts'
import { type KvRecord, NO_LEASE } from './record.ts'

/** What a transaction may do to its store. */
export interface TxnTarget<V> extends RangeSource<V> {
  applyPut(request: PutRequest<V>, revision: number): KvRecord<V> | undefined
  applyDeleteRange(request: DeleteRangeRequest, revision: number): KvRecord<V>[]
  hasLease(id: bigint): boolean
}

/** A txn with its branch chosen. */
interface Plan<V> {
  readonly succeeded: boolean
  readonly ops: readonly PlannedOp<V>[]
}

type PlannedOp<V> = Exclude<RequestOp<V>, { txn: TxnRequest<V> }> | { readonly txn: Plan<V> }

/** Writes under the next revision of `target`, if anything; the caller commits it. */
export function runTxn<V>(
  target: TxnTarget<V>,
  request: TxnRequest<V>,
  compareValues: ValueComparer<V>,
): TxnResponse<V> {
  const plan = choose(target, request, compareValues)
  checkPuts(target, plan, [])
  checkRanges(target, plan)
  const run = new TxnRun(target, compareValues)
  const responses = run.execute(plan)
  return { revision: run.revision, succeeded: plan.succeeded, responses }
}

function choose<V>(target: TxnTarget<V>, request: TxnRequest<V>, compareValues: ValueComparer<V>): Plan<V> {
  const succeeded = (request.compare ?? []).every((it) => holds(target, it, compareValues))
  const ops = (succeeded ? request.success : request.failure) ?? []
  return {
    succeeded,
    ops: ops.map((op) => ('txn' in op ? { txn: choose(target, op.txn, compareValues) } : op)),
  }
}

function holds<V>(target: TxnTarget<V>, compare: Compare<V>, compareValues: ValueComparer<V>): boolean {
  const { start, end } = toBounds(compare)
  let found = false
  let all = true
  scan(target, start, end, target.revision, (kv) => {
    found = true
    all = satisfies(compare.result, difference(compare, kv, compareValues))
    return all
  })
  if (found) return all
  // A missing key has zeros in all its fields, but no value: no comparison with it holds.
  return (
    compare.target !== 'VALUE' && satisfies(compare.result, difference(compare, undefined, compareValues))
  )
}

/** Negative, 0 or positive. */
function difference<V>(
  compare: Compare<V>,
  kv: KeyValue<V> | undefined,
  compareValues: ValueComparer<V>,
): number {
  switch (compare.target) {
    case 'VERSION':
      return (kv?.version ?? 0) - compare.version
    case 'CREATE':
      return (kv?.createRevision ?? 0) - compare.createRevision
    case 'MOD':
      return (kv?.modRevision ?? 0) - compare.modRevision
    case 'LEASE': {
      const lease = kv?.lease ?? NO_LEASE
      return lease < compare.lease ? -1 : lease > compare.lease ? 1 : 0
    }
    case 'VALUE':
      return kv === undefined ? 0 : compareValues(kv.value, compare.value)
  }
}

function satisfies(result: CompareResult, difference: number): boolean {
  switch (result) {
    case 'EQUAL':
      return difference === 0
    case 'GREATER':
      return difference > 0
    case 'LESS':
      return difference < 0
    case 'NOT_EQUAL':
      return difference !== 0
  }
}

/** @param deleted what the operations before these delete, in the order of execution */
function checkPuts<V>(target: TxnTarget<V>, plan: Plan<V>, deleted: Bounds[]): void {
  for (const op of plan.ops) {
    if ('txn' in op) checkPuts(target, op.txn, deleted)
    if ('deleteRange' in op) deleted.push(toBounds(op.deleteRange))
    if (!('put' in op)) continue
    const { key, lease = NO_LEASE, ignoreValue, ignoreLease } = op.put
    if (ignoreValue || ignoreLease) {
      const head = target.tree.get(key)
      // That deletions to the last key may overlap puts makes etcd 3.4 crash here; a refusal will do.
      const gone = deleted.some((it) => key >= it.start && (it.end === undefined || key < it.end))
      if (head === undefined || head.version === 0 || gone) throw new EtcdError('KeyNotFound')
    }
    if (lease !== NO_LEASE && !target.hasLease(lease)) throw new EtcdError('LeaseNotFound')
  }
}

function checkRanges<V>(target: TxnTarget<V>, plan: Plan<V>): void {
  for (const op of plan.ops) {
    if ('txn' in op) checkRanges(target, op.txn)
    if (!('range' in op)) continue
    const { revision = 0 } = op.range
    // A negative revision means the current one elsewhere; here etcd compares it like any other.
    if (revision < 0 && revision < target.compactRevision) throw new EtcdError('Compacted')
    readRevision(revision, target)
  }
}

class TxnRun<V> {
  readonly #target: TxnTarget<V>
  readonly #compareValues: ValueComparer<V>
  readonly #begin: number
  readonly #historyBefore: number

  constructor(target: TxnTarget<V>, compareValues: ValueComparer<V>) {
    this.#target = target
    this.#compareValues = compareValues
    this.#begin = target.revision
    this.#historyBefore = target.history.end
  }

  /** The one that a reader inside the transaction is at: the next one as soon as something was written. */
  get revision(): number {
    return this.#target.history.end > this.#historyBefore ? this.#begin + 1 : this.#begin
  }

  execute(plan: Plan<V>): ResponseOp<V>[] {
    return plan.ops.map((op) => this.#executeOp(op))
  }

  #executeOp(op: PlannedOp<V>): ResponseOp<V> {
    const target = this.#target
    if ('range' in op) {
      const { tree, history, compactRevision } = target
      const source: RangeSource<V> = { tree, history, compactRevision, revision: this.revision }
      return { range: range(source, op.range, this.#compareValues) }
    }
    if ('put' in op) {
      const previous = target.applyPut(op.put, this.#begin + 1)
      return { put: { revision: this.revision, prevKv: op.put.prevKv ? previous : undefined } }
    }
    if ('deleteRange' in op) {
      const deleted = target.applyDeleteRange(op.deleteRange, this.#begin + 1)
      return {
        deleteRange: {
          revision: this.revision,
          deleted: deleted.length,
          prevKvs: op.deleteRange.prevKv ? deleted : [],
        },
      }
    }
    return { txn: { revision: 0, succeeded: op.txn.succeeded, responses: this.execute(op.txn) } }
  }
}

/**
 * What must hold after every operation, whatever it was. The checks keep a log of their own, made from the
 * differences between one full read and the next, and never ask the store how it came to its answer.
 */
import type { KeyValue } from '../../../src/etcd/messages.ts'
import { Store } from '../../../src/etcd/store.ts'
import { randomStream } from '../../../src/kernel/random.ts'
import { type Op, OpGenerator } from '../oracle/generator.ts'
import { OurSide } from '../oracle/ours.ts'

type State = ReadonlyMap<string, KeyValue<string>>

export class Breach extends Error {}

function must(condition: boolean, rule: string, details: object = {}): void {
  if (!condition)
    throw new Breach(
      `${rule} ${JSON.stringify(details, (_, it) => (typeof it === 'bigint' ? `${it}n` : it))}`,
    )
}

/** Runs a generated history and throws a {@link Breach} at the first broken rule. */
export function checkInvariants(seed: number, operations: number): void {
  const generator = new OpGenerator(seed, { operations })
  const random = randomStream(seed, 'invariants')
  const ours = new OurSide()
  const store = ours.store as Store<string>
  /** State at each revision that may still be read. */
  const past = new Map<number, string>([[store.revision, '']])
  let before: State = new Map()
  let revisionBefore = store.revision

  for (let index = 0; index < operations; index++) {
    const op = generator.next()
    const outcome = ours.run(op)
    generator.observe(op, outcome.revision)
    const state = readAll(store)
    const grown = store.revision - revisionBefore

    if (outcome.revision === undefined) {
      must(grown === 0 && print(state) === print(before), 'a refused request changes nothing', { op })
    }
    checkStep(before, state, revisionBefore, store.revision, op)
    past.set(store.revision, print(state))
    checkPast(store, past, random.below(1_000))
    checkLeases(store, state)
    if (op.kind === 'compact' || index % 100 === 0) {
      checkMemory(store)
      checkCopies(store, past, index % 3 === 0)
    }
    checkReads(store, state, random.below(1_000_000))
    before = state
    revisionBefore = store.revision
  }
}

function readAll(store: Store<string>): State {
  const state = new Map<string, KeyValue<string>>()
  store.forEach('', {}, (kv) => {
    state.set(kv.key, kv)
    return true
  })
  return state
}

function print(state: State): string {
  return [...state.values()].map(printKv).join('|')
}

function printKv({ key, value, createRevision, modRevision, version, lease }: KeyValue<string>): string {
  return `${key}=${value.length > 40 ? value.length : value};${createRevision},${modRevision},${version},${lease}`
}

/** One operation's effect on the whole state. */
function checkStep(before: State, after: State, from: number, to: number, op: Op): void {
  const written = [...after.values()].filter((kv) => kv.modRevision > from)
  const removed = [...before.keys()].filter((key) => !after.has(key))
  const changed = written.length > 0 || removed.length > 0
  if (op.kind === 'leaseExpire')
    must(to - from >= op.keys.length, 'every put of an expiring lease counts', { from, to })
  // A transaction may put and delete one new key, which leaves no trace but its revision.
  else if (op.kind === 'txn')
    must(to - from === 1 || (to === from && !changed), 'a txn takes one revision or none', { from, to })
  else must(to - from === (changed ? 1 : 0), 'a mutation takes exactly one revision', { op, from, to })

  for (const kv of after.values()) {
    must(kv.createRevision >= 2 && kv.modRevision >= kv.createRevision, 'mod >= create', kv)
    must(kv.modRevision <= to, 'no key is from the future', kv)
    must((kv.version === 1) === (kv.modRevision === kv.createRevision), 'version 1 is a creation', kv)
    const old = before.get(kv.key)
    if (kv.modRevision <= from)
      must(old !== undefined && printKv(old) === printKv(kv), 'unwritten keys stay as they were', kv)
    else if (old !== undefined && kv.createRevision === old.createRevision) {
      must(kv.version === old.version + 1 || op.kind === 'leaseExpire', 'a write adds one to the version', {
        old,
        kv,
      })
    }
  }
}

/** Reading at a revision gives the same until it is compacted, and then a refusal. */
function checkPast(store: Store<string>, past: Map<number, string>, draw: number): void {
  const oldest = Math.max(1, store.compactRevision)
  for (const revision of past.keys()) if (revision < oldest) past.delete(revision)
  const known = [...past.keys()]
  for (const revision of new Set([known[0]!, known[draw % known.length]!])) {
    const kvs: string[] = []
    store.forEach('', { revision }, (kv) => {
      kvs.push(printKv(kv))
      return true
    })
    must(kvs.join('|') === past.get(revision), 'state(r) never changes', { revision, now: store.revision })
    must(store.count('', { revision }) === kvs.length, 'count(r) counts state(r)', { revision })
  }
  if (store.compactRevision < 2) return
  let refused = false
  try {
    store.get('a', store.compactRevision - 1)
  } catch {
    refused = true
  }
  must(refused, 'below compaction nothing is read', { compactRevision: store.compactRevision })
}

function checkLeases(store: Store<string>, state: State): void {
  const { leases } = store.leaseLeases()
  const attached = new Map(leases.map((id) => [id, [] as string[]]))
  for (const kv of state.values()) {
    if (kv.lease === 0n) continue
    must(attached.has(kv.lease), 'a key is under a live lease', kv)
    attached.get(kv.lease)!.push(kv.key)
  }
  for (const [id, keys] of attached) {
    const told = store.leaseTimeToLive(id, { keys: true }).keys
    must(told.join() === keys.join(), 'a lease has the keys that name it', { id, told, keys })
  }
}

/** What is kept: live keys, and the writes since compaction. */
function checkMemory(store: Store<string>): void {
  let records = 0
  store.tree.scan('', undefined, (head) => {
    for (let record = head as typeof head | undefined; record !== undefined; record = record.previous)
      records++
    return true
  })
  // A write that is kept may still hold on to the one it replaced.
  must(records <= store.size + 2 * store.historySize, 'memory is bounded by live keys and history', {
    records,
    live: store.size,
    history: store.historySize,
  })
  must(store.tree.size <= store.size + store.historySize, 'deleted keys vanish with their history')
  const oldest = store.historySize === 0 ? undefined : store.history.at(store.history.start)
  must(oldest === undefined || oldest.modRevision >= store.compactRevision, 'compacted history is dropped')
  for (let i = store.history.start + 1; i < store.history.end; i++) {
    const [a, b] = [store.history.at(i - 1), store.history.at(i)]
    must(a.modRevision <= b.modRevision, 'history is in order')
  }
}

function checkCopies(store: Store<string>, past: Map<number, string>, thaw: boolean): void {
  const copies = [store.clone(), Store.restore(store.snapshot())]
  for (const copy of copies) {
    must(print(readAll(copy)) === print(readAll(store)), 'a copy holds the same')
    must(
      JSON.stringify(copy.snapshot()) ===
        JSON.stringify({ ...store.snapshot(), leases: copy.snapshot().leases }),
      'a copy remembers the same',
    )
    copy.put({ key: 'only in the copy', value: '1' })
    copy.deleteRange({ key: 'a', rangeEnd: 'b' })
    if (thaw) copy.compact(copy.revision)
    for (const [revision, text] of past) {
      if (revision < copy.compactRevision) continue
      const kvs: string[] = []
      copy.forEach('', { revision }, (kv) => {
        kvs.push(printKv(kv))
        return true
      })
      must(kvs.join('|') === text, 'a copy that goes on keeps the past', { revision })
    }
  }
  must(store.get('only in the copy') === undefined, 'what a copy does stays there')
}

/** The narrow door agrees with a plain filter over everything. */
function checkReads(store: Store<string>, state: State, draw: number): void {
  const keys = [...state.keys()]
  const prefix = ['', 'a', 'a/', 'b', 'b\xff', 'k1', 'none', '\xff'][draw % 8]!
  const want = keys.filter((key) => key.startsWith(prefix))
  const limit = draw % 5
  const list = store.list(prefix, { limit })
  const page = limit === 0 ? want : want.slice(0, limit)
  must(list.kvs.map((kv) => kv.key).join() === page.join(), 'list gives the first keys of a prefix', {
    prefix,
    limit,
  })
  must(list.more === page.length < want.length, 'more says whether there are more', { prefix, limit })
  must(store.count(prefix) === want.length, 'count counts a prefix', { prefix })
  must(store.size === keys.length, 'size counts live keys')
  const key = keys[draw % Math.max(1, keys.length)] ?? 'a'
  const kv = state.get(key)
  must(store.get(key) === kv, 'get gives what list gives', { key })
  must(store.create(key, 'x') === undefined || kv === undefined, 'create refuses a key that exists', { key })
  if (kv === undefined) store.deleteRange({ key })
  must(
    store.compareAndSwap(key, (kv?.modRevision ?? 0) + 1, 'x') === undefined,
    'a swap of another revision is refused',
  )
  must(
    store.compareAndDelete(key, (kv?.modRevision ?? 0) + 1) === undefined,
    'a deletion of another revision is refused',
  )
}

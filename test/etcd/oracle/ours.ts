/** Runs generated operations on the store and says what it answered, as text. */
import { EtcdError, GRPC_CODE_NUMBER } from '../../../src/etcd/errors.ts'
import { Store, type StoreClock } from '../../../src/etcd/store.ts'
import type { WatchStream, WatchStreamRequest } from '../../../src/etcd/watch-stream.ts'
import { encodeDelete, encodePut, encodeRange, encodeTxn } from './encode.ts'
import type { Op } from './generator.ts'
import { WatchLog } from './watch-log.ts'

export interface Outcome {
  readonly text: string
  /** Undefined after a refusal. */
  readonly revision: number | undefined
}

/** Time passes only where an operation waits for it. */
class VirtualClock implements StoreClock {
  #now = 0
  readonly #timers = new Set<{ readonly due: number; readonly run: () => void }>()

  now(): number {
    return this.#now
  }

  after(delayMs: number, run: () => void) {
    const timer = { due: this.#now + delayMs, run }
    this.#timers.add(timer)
    return { cancel: () => this.#timers.delete(timer) }
  }

  advance(ms: number): void {
    this.#now += ms
    for (const timer of [...this.#timers].sort((a, b) => a.due - b.due)) {
      if (timer.due <= this.#now && this.#timers.delete(timer)) timer.run()
    }
  }
}

export const EXPIRING_TTL = 2

/** The part of Store that is compared. */
export type ComparedStore = Pick<
  Store<string>,
  | 'revision'
  | 'compactRevision'
  | 'get'
  | 'range'
  | 'put'
  | 'deleteRange'
  | 'txn'
  | 'compact'
  | 'leaseGrant'
  | 'leaseRevoke'
  | 'leaseTimeToLive'
  | 'leaseKeepAlive'
  | 'leaseLeases'
  | 'watchStream'
>

export class OurSide {
  readonly store: ComparedStore
  readonly log = new WatchLog()
  readonly #clock = new VirtualClock()
  readonly #stream: WatchStream<string>

  constructor(StoreClass: typeof Store = Store) {
    this.store = new StoreClass<string>({ clock: this.#clock, sizeOf: (value) => value.length })
    this.#stream = this.store.watchStream((response) => this.log.add(response))
  }

  run(op: Op): Outcome {
    try {
      return this.#run(op)
    } catch (error) {
      if (!(error instanceof EtcdError)) throw error
      return { text: `!${GRPC_CODE_NUMBER[error.code]} ${error.message}`, revision: undefined }
    }
  }

  #run(op: Op): Outcome {
    const { store } = this
    switch (op.kind) {
      case 'range': {
        const response = store.range(op.request)
        return { text: encodeRange(response), revision: response.revision }
      }
      case 'put': {
        const response = store.put(op.request)
        return { text: encodePut(response), revision: response.revision }
      }
      case 'deleteRange': {
        const response = store.deleteRange(op.request)
        return { text: encodeDelete(response), revision: response.revision }
      }
      case 'txn': {
        const response = store.txn(op.request)
        return { text: encodeTxn(response), revision: response.revision }
      }
      case 'compact':
        return plain(store.compact(op.revision).revision)
      case 'leaseGrant': {
        const { revision, ttl } = store.leaseGrant(op)
        return { text: `${revision} ${ttl}`, revision }
      }
      case 'leaseBrief': {
        const { id, ttl } = store.leaseGrant(op)
        const { revision } = store.leaseRevoke(id)
        return { text: `${revision} ${ttl}`, revision }
      }
      case 'leaseRevoke':
        return plain(store.leaseRevoke(op.id).revision)
      case 'leaseTimeToLive': {
        const { revision, ttl, grantedTtl, keys } = store.leaseTimeToLive(op.id, { keys: true })
        return { text: encodeTimeToLive(revision, ttl, grantedTtl, keys), revision }
      }
      case 'leaseKeepAlive': {
        const { revision, ttl } = store.leaseKeepAlive(op.id)
        return { text: `${revision} ${ttl}`, revision }
      }
      case 'leaseLeases': {
        const { revision, leases } = store.leaseLeases()
        return { text: encodeLeases(revision, leases), revision }
      }
      case 'leaseExpire': {
        store.leaseGrant({ id: op.id, ttl: EXPIRING_TTL })
        for (const key of op.keys) store.put({ key, value: 'brief', lease: op.id })
        this.#clock.advance(EXPIRING_TTL * 1000)
        return plain(store.revision)
      }
      case 'watch':
        this.#watch(op.request)
        return { text: '', revision: store.revision }
      case 'barrier':
        return { text: this.log.digest(), revision: store.revision }
    }
  }

  #watch(request: WatchStreamRequest): void {
    const watchId = 'create' in request ? (request.create.watchId ?? 0) : 0
    const before = this.log.total(watchId)
    this.#stream.request(request)
    if (!('create' in request) || this.log.total(watchId) === before) return
    // etcd 3.4 forgets deletions of the compacted revision itself (fixed upstream later, etcd #19179): a
    // watch that starts right there misses them. Ours tells them.
    const { compactRevision } = this.store
    if (request.create.startRevision !== compactRevision) return
    this.log.forget(
      watchId,
      before,
      (event) =>
        event.kv.modRevision === compactRevision &&
        this.store.get(event.kv.key, compactRevision) === undefined,
    )
  }
}

function plain(revision: number): Outcome {
  return { text: `${revision}`, revision }
}

/** How much is left depends on when one asks. */
export function encodeTimeToLive(
  revision: number,
  ttl: number,
  grantedTtl: number,
  keys: readonly string[],
): string {
  const left = ttl > 0 ? 'alive' : ttl
  return `${revision} ${left} ${grantedTtl} ${JSON.stringify([...keys].sort())}`
}

/** Leases that end almost together have no order worth comparing. */
export function encodeLeases(revision: number, leases: readonly bigint[]): string {
  return `${revision} ${[...leases].sort((a, b) => (a < b ? -1 : 1)).join(',')}`
}

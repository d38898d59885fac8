/** A connection to a real etcd (npm `etcd3`, an optional dependency), as the mirror in `etcd/` wants it. */
import type { Etcd3, IKeyValue, IOptions, IWatchResponse, Watcher } from 'etcd3'
import type { KeyValue, KvEvent } from '../etcd/messages.ts'
import {
  type EtcdConnection,
  EtcdUnavailableError,
  type EtcdWatchSink,
  type TxnOutcome,
} from '../etcd/mirror.ts'
import { realAfter, realNow } from '../kernel/wall-clock.ts'

/** An answer that takes longer is given up: the API server has to answer its own client within 5 s. */
const DEADLINE_MS = 3_000
const PAGE = 500
/** As upstream's API servers agree on who compacts (storage/etcd3/compact.go). */
const COMPACT_KEY = 'compact_rev_key'
/** gRPC says Unavailable before a request has left as well as after: only these texts are sure. */
const NEVER_SENT =
  /ECONNREFUSED|No connection established|Name resolution failed|etcdserver: no leader|not capable/i

type Policy = NonNullable<NonNullable<IOptions['faultHandling']>['global']>

/** Calls once and never again: a write that is repeated after a lost answer would meet itself. */
const ONCE = { execute: async (call: (context: object) => unknown) => call({}) } as unknown as Policy

/**
 * Connects to one or more members of an etcd cluster and asks for its revision.
 * @param url  `http://127.0.0.1:2379`; several members are separated by commas
 * @throws Error in words when the package is missing or nobody answers
 */
export async function connectEtcd(url: string): Promise<EtcdConnection> {
  const etcd3 = await import('etcd3').catch((cause: unknown) => {
    throw new Error('keeping state in an etcd needs the package etcd3: npm install etcd3', { cause })
  })
  const client = new etcd3.Etcd3({
    hosts: url.split(',').map((it) => it.trim()),
    faultHandling: { global: ONCE, host: () => ONCE },
    defaultCallOptions: ({ isStream }) =>
      isStream ? {} : { deadline: performance.timeOrigin + realNow() + DEADLINE_MS },
    grpcOptions: { 'grpc.max_receive_message_length': -1, 'grpc.initial_reconnect_backoff_ms': 100 },
  })
  const connection = new Connection(client)
  try {
    await connection.revision()
  } catch (error) {
    connection.close()
    throw error
  }
  return connection
}

class Connection implements EtcdConnection {
  readonly after = realAfter
  readonly #client: Etcd3

  constructor(client: Etcd3) {
    this.#client = client
  }

  async revision(): Promise<number> {
    const { header } = await ask(this.#client.get(COMPACT_KEY).exec(), 'not applied')
    return Number(header.revision)
  }

  put(key: string, value: string, modRevision: number, lease: bigint): Promise<TxnOutcome> {
    const name = Buffer.from(key, 'latin1')
    const put = this.#client.put(name).value(value)
    return this.#txn(name, modRevision, lease === 0n ? put : put.lease(lease.toString()))
  }

  delete(key: string, modRevision: number): Promise<TxnOutcome> {
    const name = Buffer.from(key, 'latin1')
    return this.#txn(name, modRevision, this.#client.delete().key(name))
  }

  async grantLease(ttlSeconds: number): Promise<bigint> {
    const { ID } = await ask(this.#client.leaseClient.leaseGrant({ TTL: ttlSeconds, ID: 0 }), 'not applied')
    return BigInt(ID)
  }

  async load(visit: (kv: KeyValue<string>) => void): Promise<number> {
    let start = Buffer.from([0])
    let revision = 0
    for (;;) {
      const page = this.#client
        .getAll()
        .inRange({ start, end: Buffer.from([0]) })
        .limit(PAGE)
      if (revision > 0) page.revision(revision)
      const { kvs, header, more } = await ask(page.exec(), 'not applied')
      if (revision === 0) revision = Number(header.revision)
      for (const kv of kvs) visit(toKeyValue(kv))
      if (!more) return revision
      start = Buffer.concat([kvs.at(-1)!.key, Buffer.from([0])])
    }
  }

  watch(revision: number, sink: EtcdWatchSink): { stop(): void } {
    let over = false
    const end = (reason: 'disconnected' | 'compacted', message: string) => {
      if (over) return
      over = true
      // Left to itself it would go on from a revision that it may not have told of.
      void watcher.cancel().catch(() => undefined)
      sink.ended(reason, message)
    }
    const watcher: Watcher = this.#client
      .watch()
      .inRange({ start: Buffer.from([0]), end: Buffer.from([0]) })
      .startRevision(String(revision))
      .watcher()
    watcher.on('connected', () => {
      if (!over) sink.opened()
    })
    watcher.on('data', (response) => {
      if (!over) sink.events(response.events.map(toEvent))
    })
    watcher.on('disconnected', (error) => end('disconnected', textOf(error)))
    watcher.on('error', (error) => {
      end(/compacted/.test(textOf(error)) ? 'compacted' : 'disconnected', textOf(error))
    })
    return {
      stop: () => {
        over = true
        void watcher.cancel().catch(() => undefined)
      },
    }
  }

  async compact(revision: number): Promise<void> {
    const { version, value } = await this.#compactState()
    if (Number(value) >= revision) return
    const mine = await ask(
      this.#client
        .if(COMPACT_KEY, 'Version', '==', version)
        .then(this.#client.put(COMPACT_KEY).value(String(revision)))
        .commit(),
      'unknown',
    )
    if (mine.succeeded) await ask(this.#client.kv.compact({ revision, physical: false }), 'unknown')
  }

  close(): void {
    this.#client.close()
  }

  async #txn(key: Buffer, modRevision: number, write: Parameters<TxnThen>[0]): Promise<TxnOutcome> {
    const { succeeded, header } = await ask(
      this.#client.if(key, 'Mod', '==', modRevision).then(write).commit(),
      'unknown',
    )
    return { succeeded, revision: Number(header.revision) }
  }

  async #compactState(): Promise<{ version: number; value: string }> {
    const { kvs } = await ask(this.#client.get(COMPACT_KEY).exec(), 'not applied')
    const kv = kvs[0]
    return kv === undefined
      ? { version: 0, value: '0' }
      : { version: Number(kv.version), value: kv.value.toString() }
  }
}

type TxnThen = ReturnType<Etcd3['if']>['then']

function toEvent({ type, kv }: IWatchResponse['events'][number]): KvEvent<string> {
  if (type === 'Put') return { type: 'PUT', kv: toKeyValue(kv) }
  return { type: 'DELETE', kv: { key: kv.key.toString('latin1'), modRevision: Number(kv.mod_revision) } }
}

function toKeyValue(kv: IKeyValue): KeyValue<string> {
  return {
    key: kv.key.toString('latin1'),
    value: kv.value.toString('utf8'),
    createRevision: Number(kv.create_revision),
    modRevision: Number(kv.mod_revision),
    version: Number(kv.version),
    lease: BigInt(kv.lease),
  }
}

async function ask<T>(answer: Promise<T>, outcome: 'not applied' | 'unknown'): Promise<T> {
  try {
    return await answer
  } catch (error) {
    const message = textOf(error)
    throw new EtcdUnavailableError(message, NEVER_SENT.test(message) ? 'not applied' : outcome, error)
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/**
 * Keeps a store in an LMDB database (npm `lmdb`, an optional dependency), so that state outlives the process.
 *
 * Each commit is one durable LMDB transaction, made before any other watcher hears of it and before the
 * write returns: what was acknowledged survives `kill -9`. Only the current state is kept. After a restart
 * the store begins at a revision that was never used before, and everything older is compacted: clients
 * that ask for it get 410 and list again.
 */
import { mkdirSync } from 'node:fs'
import type { Database, RootDatabase } from 'lmdb'
import type { KeyValue, KvEvent } from '../etcd/messages.ts'
import { Store, type StoredWrite, type StoreOptions } from '../etcd/store.ts'
import { lockDirectory } from './directory-lock.ts'

/** Turns values into text and back. What `decode` returns is stored as it is: freeze it there. */
export interface ValueCodec<V> {
  encode(value: V): string
  decode(text: string): V
}

export interface DataDirectory<V> extends Disposable {
  /** Where the last run ended; 0 for a new directory. */
  readonly lastRevision: number
  /**
   * The store that the directory holds; to be called once.
   * @param options  leases start anew with their full time to live
   */
  openStore(options?: StoreOptions<V>): Store<V>
}

const FORMAT = '1'

interface SavedKey {
  readonly createRevision: number
  readonly modRevision: number
  readonly version: number
  /** Decimal; left out when there is none. */
  readonly lease?: string
}

/** Opens or creates the database in a directory, which no other process may use meanwhile. */
export async function openDataDirectory<V>(
  directory: string,
  codec: ValueCodec<V>,
): Promise<DataDirectory<V>> {
  const lmdb = await import('lmdb').catch((cause: unknown) => {
    throw new Error('keeping state in a directory needs the package lmdb: npm install lmdb', { cause })
  })
  mkdirSync(directory, { recursive: true })
  const unlock = lockDirectory(directory)
  try {
    const root = lmdb.open({
      path: directory,
      name: 'kubarium',
      // The transaction call returns when its data is on the disk, not before.
      overlappingSync: false,
    })
    const files = new LmdbFiles(root, codec)
    return {
      lastRevision: files.savedRevision ?? 0,
      openStore: (options = {}) => files.load(options),
      [Symbol.dispose]() {
        files.close()
        unlock()
      },
    }
  } catch (error) {
    unlock()
    throw error
  }
}

class LmdbFiles<V> {
  readonly #root: RootDatabase
  readonly #codec: ValueCodec<V>
  readonly #meta: Database<string, string>
  readonly #keys: Database<Buffer, Buffer>
  /** Seconds to live by id, of every lease that a key was ever written with and that still lives. */
  readonly #leases: Database<string, string>
  readonly #savedLeases = new Set<bigint>()
  #broken: unknown

  constructor(root: RootDatabase, codec: ValueCodec<V>) {
    this.#root = root
    this.#codec = codec
    this.#meta = root.openDB({ name: 'meta', encoding: 'string' })
    this.#keys = root.openDB({ name: 'keys', encoding: 'binary', keyEncoding: 'binary' })
    this.#leases = root.openDB({ name: 'leases', encoding: 'string' })
  }

  get savedRevision(): number | undefined {
    const saved = this.#meta.get('revision')
    return saved === undefined ? undefined : Number(saved)
  }

  load(options: StoreOptions<V>): Store<V> {
    const format = this.#meta.get('format') ?? FORMAT
    if (format !== FORMAT)
      throw new Error(`the data directory has format ${format}, this version reads ${FORMAT}`)
    const saved = this.savedRevision
    // A client may have seen the last revision, with a deletion that is no longer known: start above it.
    const revision = saved === undefined ? 1 : saved + 1
    const base: StoredWrite<V>[] = []
    for (const { key, value } of this.#keys.getRange()) base.push(this.#decode(key.toString('latin1'), value))
    const leases = [...this.#leases.getRange()].map(({ key, value }) => ({
      id: key,
      ttlSeconds: Number(value),
      remainingMs: Number(value) * 1000,
    }))
    const compactRevision = saved === undefined ? -1 : revision
    const store = Store.restore({ revision, compactRevision, base, events: [], leases }, options)
    this.#root.transactionSync(() => {
      this.#meta.putSync('format', FORMAT)
      this.#meta.putSync('revision', String(revision))
      for (const { id } of leases) {
        if (store.leaseTimeToLive(BigInt(id), { keys: true }).keys.length > 0)
          this.#savedLeases.add(BigInt(id))
        else this.#leases.removeSync(id)
      }
    })
    // The first to be told of a commit.
    store.watch(
      { key: '\0', rangeEnd: '\0' },
      { events: ({ revision, events }) => this.#save(revision, events, store) },
    )
    return store
  }

  /** One commit. When it fails, so does the write that caused it, and every later one. */
  #save(revision: number, events: readonly KvEvent<V>[], store: Store<V>): void {
    if (this.#broken !== undefined)
      throw new Error('the data directory could not be written', { cause: this.#broken })
    try {
      this.#root.transactionSync(() => {
        for (const event of events) {
          const key = Buffer.from(event.kv.key, 'latin1')
          if (event.type === 'DELETE') {
            this.#keys.removeSync(key)
          } else {
            this.#keys.putSync(key, this.#encode(event.kv))
            this.#saveLease(event.kv.lease, store)
          }
        }
        this.#meta.putSync('revision', String(revision))
      })
    } catch (error) {
      this.#broken = error
      throw error
    }
  }

  close(): void {
    // Everything is on the disk; what is left to close needs no waiting.
    void this.#root.close()
  }

  #saveLease(id: bigint, store: Store<V>): void {
    if (id === 0n || this.#savedLeases.has(id)) return
    this.#leases.putSync(id.toString(), String(store.leaseTimeToLive(id).grantedTtl))
    this.#savedLeases.add(id)
  }

  /** A line about the write, then the value. */
  #encode({ value, createRevision, modRevision, version, lease }: KeyValue<V>): Buffer {
    const about: SavedKey = {
      createRevision,
      modRevision,
      version,
      ...(lease === 0n ? {} : { lease: lease.toString() }),
    }
    return Buffer.from(`${JSON.stringify(about)}\n${this.#codec.encode(value)}`, 'utf8')
  }

  #decode(key: string, bytes: Buffer): StoredWrite<V> {
    const text = bytes.toString('utf8')
    const line = text.indexOf('\n')
    const about: SavedKey = JSON.parse(text.slice(0, line))
    return { key, value: this.#codec.decode(text.slice(line + 1)), ...about }
  }
}

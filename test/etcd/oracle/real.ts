/** Runs generated operations on a real etcd and says what it answered, in the same words as `ours.ts`. */
import { encodeDelete, encodePut, encodeRange, encodeTxn } from './encode.ts'
import type { Op } from './generator.ts'
import { EXPIRING_TTL, encodeLeases, encodeTimeToLive, type Outcome } from './ours.ts'
import { WatchLog } from './watch-log.ts'
import { type WireClient, WireError } from './wire.ts'

/** How long watches may stay silent while they still owe something. */
const SILENCE_MS_MAX = 3_000
const POLL_MS = 2
/** etcd looks every 100 ms for watches that start in the past; until then compaction may end them. */
const SYNC_MS = 400

export class RealSide {
  readonly log = new WatchLog()
  readonly #client: WireClient
  readonly #stream: ReturnType<WireClient['watchStream']>
  #received = 0
  /** Watches that start in the past and were silent so far, by when they were asked for. */
  readonly #unsynced = new Map<number, number>()

  constructor(client: WireClient) {
    this.#client = client
    this.#stream = client.watchStream((response) => {
      this.#received++
      this.log.add(response)
    })
  }

  /**
   * Before an operation that watches must not lag behind: waits until they have told as much as `expected`,
   * since a real etcd tells them in its own time, or until they have nothing more to say.
   */
  async settle(op: Op, expected: WatchLog): Promise<void> {
    if (op.kind === 'compact' || op.kind === 'barrier') {
      await this.#until(() => [...expected.totals].every(([id, total]) => this.log.total(id) >= total))
      if (op.kind === 'compact') await this.#untilSynced()
    } else if (op.kind === 'watch' && 'cancel' in op.request) {
      const { watchId } = op.request.cancel
      await this.#until(() => this.log.total(watchId) >= expected.total(watchId))
    }
  }

  /** @param expected what watches have told on the other side, this operation included */
  async run(op: Op, expected: WatchLog): Promise<Outcome> {
    try {
      return await this.#run(op, expected)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      return { text: `!${error.code} ${error.message}`, revision: undefined }
    }
  }

  close(): void {
    this.#stream.end()
  }

  async #run(op: Op, expected: WatchLog): Promise<Outcome> {
    const client = this.#client
    switch (op.kind) {
      case 'range': {
        const response = await client.range(op.request)
        return { text: encodeRange(response), revision: response.revision }
      }
      case 'put': {
        const response = await client.put(op.request)
        return { text: encodePut(response), revision: response.revision }
      }
      case 'deleteRange': {
        const response = await client.deleteRange(op.request)
        return { text: encodeDelete(response), revision: response.revision }
      }
      case 'txn': {
        const response = await client.txn(op.request)
        return { text: encodeTxn(response), revision: response.revision }
      }
      case 'compact':
        return plain((await client.compact(op.revision)).revision)
      case 'leaseGrant': {
        const { revision, ttl } = await client.leaseGrant(op)
        return { text: `${revision} ${ttl}`, revision }
      }
      case 'leaseBrief': {
        const { id, ttl } = await client.leaseGrant(op)
        const { revision } = await client.leaseRevoke(id)
        return { text: `${revision} ${ttl}`, revision }
      }
      case 'leaseRevoke':
        return plain((await client.leaseRevoke(op.id)).revision)
      case 'leaseTimeToLive': {
        const { revision, ttl, grantedTtl, keys } = await client.leaseTimeToLive(op.id)
        return { text: encodeTimeToLive(revision, ttl, grantedTtl, keys), revision }
      }
      case 'leaseKeepAlive': {
        const { revision, ttl } = await client.leaseKeepAlive(op.id)
        return { text: `${revision} ${ttl}`, revision }
      }
      case 'leaseLeases': {
        const { revision, leases } = await client.leaseLeases()
        return { text: encodeLeases(revision, leases), revision }
      }
      case 'leaseExpire': {
        await client.leaseGrant({ id: op.id, ttl: EXPIRING_TTL })
        for (const key of op.keys) await client.put({ key, value: 'brief', lease: op.id })
        return plain(await this.#untilExpired(op.id))
      }
      case 'watch':
        this.#stream.send(op.request)
        if ('create' in op.request && (op.request.create.startRevision ?? 0) !== 0) {
          this.#unsynced.set(op.request.create.watchId ?? 0, performance.now())
        }
        await this.#until(() => this.log.announcements >= expected.announcements)
        return { text: '', revision: 0 }
      case 'barrier':
        return { text: this.log.digest(), revision: 0 }
    }
  }

  async #untilSynced(): Promise<void> {
    let latest = 0
    // One announcement is that of its creation; whatever follows shows that it was looked at.
    for (const [watchId, askedAt] of this.#unsynced) if (this.log.total(watchId) < 2) latest = askedAt
    this.#unsynced.clear()
    const wait = latest + SYNC_MS - performance.now()
    if (wait > 0) await sleep(wait)
  }

  async #until(level: () => boolean): Promise<void> {
    let received = this.#received
    let silentMs = 0
    while (!level() && silentMs < SILENCE_MS_MAX) {
      await sleep(POLL_MS)
      silentMs = this.#received === received ? silentMs + POLL_MS : 0
      received = this.#received
    }
  }

  async #untilExpired(id: bigint): Promise<number> {
    for (let tries = 0; tries < 200; tries++) {
      const { ttl, revision } = await this.#client.leaseTimeToLive(id)
      if (ttl === -1) return revision
      await sleep(100)
    }
    throw new Error(`lease ${id} did not expire`)
  }
}

function plain(revision: number): Outcome {
  return { text: `${revision}`, revision }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/**
 * Concurrent clients of a real etcd: their histories must fit the model that our store is held to.
 * Environment: HISTORIES (default 1,000), ETCD_BINARY.
 */
import { expect, test } from 'vitest'
import { randomStream } from '../../src/kernel/random.ts'
import { learn, nextInput } from './checks/concurrent-clients.ts'
import { type KvInput, type KvOperation, type KvOutput, kvModel } from './checks/kv-model.ts'
import { isLinearizable } from './checks/linearizability.ts'
import { findEtcd, startEtcd } from './oracle/etcd-process.ts'
import { WireClient } from './oracle/wire.ts'

const histories = Number(process.env['HISTORIES'] ?? 1_000)
const CLIENTS = 5
const OPERATIONS_EACH = 6

test(`${histories} histories of ${CLIENTS} clients`, { timeout: 60_000 + histories * 1_000 }, async () => {
  const binary = findEtcd()
  if (binary === undefined) throw new Error('no etcd found: install etcd-server or set ETCD_BINARY')
  await using etcd = await startEtcd(binary)
  const wires = Array.from({ length: CLIENTS }, () => new WireClient(etcd.endpoint))
  try {
    for (let seed = 1; seed <= histories; seed++) {
      const { revision } = await wires[0]!.deleteRange({ key: '\0', rangeEnd: '\0' })
      const history: KvOperation[] = []
      await Promise.all(wires.map((wire, client) => act(wire, seed * 100 + client, history)))
      expect(isLinearizable(kvModel(revision), history), `history ${seed}: ${JSON.stringify(history)}`).toBe(
        true,
      )
    }
  } finally {
    for (const wire of wires) wire.close()
  }
})

async function act(wire: WireClient, seed: number, history: KvOperation[]): Promise<void> {
  const random = randomStream(seed, 'concurrent-clients')
  const known = new Map<string, number>()
  for (let i = 0; i < OPERATIONS_EACH; i++) {
    const input = nextInput(random, known, seed * 10 + i)
    const call = performance.now()
    const output = await serve(wire, input)
    history.push({ input, output, call, return: performance.now() })
    learn(known, input, output)
  }
}

async function serve(wire: WireClient, input: KvInput): Promise<KvOutput> {
  const { key } = input
  switch (input.kind) {
    case 'get': {
      const { kvs, revision } = await wire.range({ key })
      return { revision, value: kvs[0]?.value, modRevision: kvs[0]?.modRevision }
    }
    case 'put':
      return { revision: (await wire.put({ key, value: input.value })).revision }
    case 'delete': {
      const { deleted, revision } = await wire.deleteRange({ key })
      return { revision, done: deleted === 1 }
    }
    case 'swap': {
      const { modRevision, value } = input
      const { succeeded, revision } = await wire.txn({
        compare: [{ key, target: 'MOD', result: 'EQUAL', modRevision }],
        success: [{ put: { key, value } }],
      })
      return { revision, done: succeeded }
    }
  }
}

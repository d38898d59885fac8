/**
 * The store against a living etcd, on fresh seeds. Environment: SEEDS (how many, default 10), SEED (the
 * first; default: drawn from the clock and printed), OPERATIONS (of each, default 20,000), ETCD_BINARY.
 */
import { expect, test } from 'vitest'
import { compareLive } from './oracle/differential.ts'
import { findEtcd, startEtcd } from './oracle/etcd-process.ts'
import { WireClient } from './oracle/wire.ts'

const count = Number(process.env['SEEDS'] ?? 10)
const first = Number(process.env['SEED'] ?? Date.now() % 1_000_000_000)
const operations = Number(process.env['OPERATIONS'] ?? 20_000)
const seeds = Array.from({ length: count }, (_, i) => first + i)

test.concurrent.each(seeds)(
  `seed %i, ${operations} operations`,
  { timeout: operations * 100 },
  async (seed) => {
    const binary = findEtcd()
    if (binary === undefined) throw new Error('no etcd found: install etcd-server or set ETCD_BINARY')
    await using etcd = await startEtcd(binary)
    const client = new WireClient(etcd.endpoint)
    try {
      const { divergence } = await compareLive(seed, operations, client)
      expect(divergence).toBeUndefined()
    } finally {
      client.close()
    }
  },
)

/**
 * Writes `transcripts/` from a living etcd. Environment: SEEDS (how many, default 50), SEED (the first,
 * default 1), ETCD_BINARY. It stops at a divergence: a transcript is of use only if the store agrees.
 */
import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { compareLive } from './oracle/differential.ts'
import { findEtcd, startEtcd } from './oracle/etcd-process.ts'
import { writeTranscript } from './oracle/transcripts.ts'
import { WireClient } from './oracle/wire.ts'

const OPERATIONS = 20_000
const count = Number(process.env['SEEDS'] ?? 50)
const first = Number(process.env['SEED'] ?? 1)
const seeds = Array.from({ length: count }, (_, i) => first + i)

test.concurrent.each(seeds)('seed %i', { timeout: OPERATIONS * 100 }, async (seed) => {
  const binary = findEtcd()
  if (binary === undefined) throw new Error('no etcd found: install etcd-server or set ETCD_BINARY')
  const version = /etcd Version: (\S+)/.exec(execFileSync(binary, ['--version'], { encoding: 'utf8' }))?.[1]
  await using etcd = await startEtcd(binary)
  const client = new WireClient(etcd.endpoint)
  try {
    const { divergence, answers } = await compareLive(seed, OPERATIONS, client)
    expect(divergence).toBeUndefined()
    writeTranscript({ seed, etcd: version ?? 'unknown', answers })
  } finally {
    client.close()
  }
})

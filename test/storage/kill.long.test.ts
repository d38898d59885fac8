/** Kills a writing process at many random points. Environment: POINTS (default 1,000), SEED (default 1). */
import { expect, test } from 'vitest'
import { findEtcd, startEtcd } from '../etcd/oracle/etcd-process.ts'
import { checkKillPoints, checkKillPointsOnEtcd } from './kill-points.ts'

const points = Number(process.env['POINTS'] ?? 1_000)
const etcdPoints = Math.ceil(points / 5)
const seed = Number(process.env['SEED'] ?? 1)

test(`a data directory, killed at ${points} points`, { timeout: 60_000 + points * 10_000 }, async () => {
  const { acknowledged } = await checkKillPoints(points, seed)
  expect(acknowledged).toBeGreaterThan(points)
})

test(`a real etcd behind, killed at ${etcdPoints} points`, {
  timeout: 60_000 + etcdPoints * 10_000,
}, async () => {
  const binary = findEtcd()
  if (binary === undefined) throw new Error("needs etcd: install Debian's etcd-server, or set ETCD_BINARY")
  await using etcd = await startEtcd(binary)
  const { acknowledged } = await checkKillPointsOnEtcd(etcdPoints, seed, `http://${etcd.endpoint}`)
  expect(acknowledged).toBeGreaterThan(etcdPoints)
})

import { beforeAll, expect, test } from 'vitest'
import { CronJob } from '../../src/api/batch/cron-job.ts'
import { runWorkload } from './chaos.ts'
import { ACTS, BRIEF } from './chaos-workload.ts'
import { World } from './world.ts'

let calm: string

beforeAll(async () => {
  calm = await runWorkload(undefined, BRIEF)
}, 60_000)

// `npm run test:long` goes through a thousand, with more time for things to go wrong.
const SEEDS = Array.from({ length: 10 }, (_, i) => i * 5 + 1)

test.each(SEEDS)(
  'five runs with crashes, delays and stale caches from seed %i on end like one without',
  { timeout: 60_000 },
  async (first) => {
    for (let seed = first; seed < first + 5; seed++)
      expect(await runWorkload(seed, BRIEF), `seed ${seed}`).toBe(calm)
  },
)

test('the run without faults did what was asked', () => {
  const line = (start: string) => calm.split('\n').find((it) => it.startsWith(`${start} `)) ?? ''
  const count = (start: string) => calm.split('\n').filter((it) => it.startsWith(start)).length
  expect(line('Deployment default/web')).toContain('"availableReplicas":5')
  expect(line('StatefulSet default/db')).toContain('"availableReplicas":3')
  expect(line('StatefulSet default/par')).toContain('"replicas":1')
  expect(line('DaemonSet default/agent')).toContain('"numberAvailable":4')
  expect(line('ReplicationController default/rc')).toContain('"readyReplicas":3')
  expect(line('ReplicaSet shop/crowd')).toContain('"readyReplicas":3')
  expect(line('ReplicaSet default/auto-6d948f46fd')).toContain('"replicas":3')
  expect(line('ReplicaSet default/auto-6d948f46fd')).not.toContain('ownerReferences')
  expect(line('Job default/batch')).toContain('"succeeded":5')
  expect(line('Job default/indexed')).toContain('"completedIndexes":"0-2"')
  expect(line('Job default/fails')).toContain('"reason":"BackoffLimitExceeded"')
  expect(line('Job default/later')).toContain('"succeeded":2')
  expect(count('Job default/tick-')).toBe(2)
  expect(line('PersistentVolumeClaim default/grows')).toContain('"capacity":{"storage":"2Gi"}')
  expect(count('VolumeAttachment ')).toBe(4)
  expect(line('ClusterRole all')).toContain('"resources":["pods"]')
  expect(count('EndpointSlice default/')).toBe(3) // That of `kubernetes` too.
  expect(line('Secret default/token-of-default')).toContain('"token"')
  for (const gone of ['ReplicaSet default/old', 'Deployment default/auto', 'Namespace temp', 'Node node-4'])
    expect(line(gone)).toBe('')
  for (const gone of ['Job default/passing', 'Pod default/scratch', 'Secret default/token-of-robot'])
    expect(line(gone)).toBe('')
})

test('on a settled cluster no controller writes for an hour, but for runs of the CronJob and what upstream repeats', async () => {
  const world = await World.create({ nodes: 4 })
  for (const play of ACTS) {
    await play(world)
    await world.advance(60)
  }
  await world.update(CronJob, 'tick', (it) => ({ ...it, spec: { ...it.spec, suspend: true } }))
  await world.advance(700)
  await world.settle()
  const writes: string[] = []
  world.harness.network.link('kube-controller-manager').faults = {
    outbound(request) {
      if (!['get', 'list', 'watch'].includes(request.verb))
        writes.push(`${request.verb} ${request.resource}/${request.name ?? ''}`)
      return undefined
    },
  }
  await world.advance(3600)
  // An autoscaler whose target is gone says so every 15 seconds, as upstream's: by Events alone.
  expect([...new Set(writes)].filter((it) => !/^(create|patch) events\//.test(it))).toEqual([])
}, 60_000)

import { beforeAll, expect, test } from 'vitest'
import { runWorkload } from './chaos.ts'

let calm: string

beforeAll(async () => {
  calm = await runWorkload(undefined)
}, 60_000)

// `npm run test:long` goes through a thousand.
const SEEDS = Array.from({ length: 10 }, (_, i) => i * 5 + 1)

test.each(SEEDS)(
  'five runs with crashes and delays from seed %i on end like one without',
  { timeout: 60_000 },
  async (first) => {
    for (let seed = first; seed < first + 5; seed++)
      expect(await runWorkload(seed), `seed ${seed}`).toBe(calm)
  },
)

test('the run without faults did what was asked', () => {
  expect(calm).toContain(
    'Deployment web 5 5,5,5,5 Available=True MinimumReplicasAvailable,Progressing=True NewReplicaSetAvailable',
  )
  expect(calm).toContain('StatefulSet db 3,3,3 true')
  expect(calm).toContain('DaemonSet agent 4,4,4')
  expect(calm).toContain('Job batch 5 0  SuccessCriteriaMet=True,Complete=True')
  expect(calm).toContain('Job indexed 4 0 0-3 SuccessCriteriaMet=True,Complete=True')
  expect(calm).not.toContain('Pods of ReplicaSet old')
})

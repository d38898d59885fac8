/** Our own controllers under a twelfth of all single faults; `npm run explore:self` tries all, and random plans. */
import { expect, test } from 'vitest'
import { BUILT_IN } from '../../src/controllers/registry.ts'
import { formatPlan } from '../../src/testing/explore/plan.ts'
import { search } from '../../src/testing/explore/search.ts'
import { reportFailure } from '../../src/testing/report/failure-report.ts'
import { textReport } from '../../src/testing/report/text.ts'
import { MORE_STORIES } from './more-stories.ts'
import { SELF_STORIES } from './self-stories.ts'

const STORIES = { ...SELF_STORIES, ...MORE_STORIES }
const RUNS = Number(process.env.EXPLORE_RUNS ?? 0)
const SEED = Number(process.env.EXPLORE_SEED ?? 1)

test('there is a story for every controller, the scheduler, the kubelet and the cloud', () => {
  const told = Object.values(STORIES).flatMap(({ controllers, process }) => [
    ...(typeof controllers === 'function'
      ? [process]
      : (controllers as { readonly name: string }[]).map((it) => it.name)),
  ])
  expect(told).toEqual(expect.arrayContaining(BUILT_IN.map((it) => it.name)))
  expect(told).toEqual(
    expect.arrayContaining(['kube-scheduler', 'kubelet/node-1', 'cloud-controller-manager']),
  )
})

test.each(Object.entries(STORIES))(
  '%s survives single faults',
  async (name, spec) => {
    const shard = RUNS === 0 ? { index: 0, of: 12 } : undefined
    const result = await search(spec, { randomRuns: RUNS, seed: SEED, shard })
    const { failure } = result
    if (failure === undefined) {
      expect(result.runs).toBeGreaterThan(3 + RUNS)
      return
    }
    const report = await reportFailure(name, result, failure)
    expect.fail(textReport(report, `EXPLORE_RUNS=${RUNS} EXPLORE_SEED=${SEED} (${formatPlan(failure.plan)})`))
  },
  3_600_000,
)

/** Our own controllers under a third of all single faults; `npm run explore:self` tries all, and random plans. */
import { expect, test } from 'vitest'
import { formatPlan } from '../../src/testing/explore/plan.ts'
import { search } from '../../src/testing/explore/search.ts'
import { reportFailure } from '../../src/testing/report/failure-report.ts'
import { textReport } from '../../src/testing/report/text.ts'
import { MORE_STORIES } from './more-stories.ts'
import { SELF_STORIES } from './self-stories.ts'

const RUNS = Number(process.env.EXPLORE_RUNS ?? 0)
const SEED = Number(process.env.EXPLORE_SEED ?? 1)

test.each(Object.entries({ ...SELF_STORIES, ...MORE_STORIES }))(
  '%s survives every single fault',
  async (name, spec) => {
    const result = await search(spec, { randomRuns: RUNS, seed: SEED })
    const { failure } = result
    if (failure === undefined) {
      expect(result.runs).toBeGreaterThan(10 + RUNS)
      return
    }
    const report = await reportFailure(name, result, failure)
    expect.fail(textReport(report, `EXPLORE_RUNS=${RUNS} EXPLORE_SEED=${SEED} (${formatPlan(failure.plan)})`))
  },
  3_600_000,
)

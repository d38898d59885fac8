/** `simTest`: a vitest test that searches for what breaks a controller, keeps what it finds, and says how to replay it. */
import { expect, test } from 'vitest'
import { compileSpec } from './explore/compiled-spec.ts'
import { type ExhaustiveOptions, exhaust } from './explore/exhaustive.ts'
import { formatPlan, parsePlan } from './explore/plan.ts'
import { type SearchOptions, type SearchResult, search } from './explore/search.ts'
import type { OutsideSystem, SimSpec } from './explore/spec.ts'
import { reportFailure } from './report/failure-report.ts'
import { htmlReport } from './report/html.ts'
import { textReport } from './report/text.ts'
import { SavedPlans } from './saved-plans.ts'

export type SimTestOptions = Pick<SearchOptions, 'randomRuns' | 'seed' | 'unpruned'> & {
  /** Real milliseconds; default 60 s. */
  readonly timeoutMs?: number
}

type Spec<O extends Record<string, OutsideSystem>> = SimSpec<O>

interface SimTest {
  /** The reference run, every single fault, and as many random plans as `randomRuns` says. */
  <O extends Record<string, OutsideSystem>>(name: string, spec: Spec<O>, options?: SimTestOptions): void
  only<O extends Record<string, OutsideSystem>>(name: string, spec: Spec<O>, options?: SimTestOptions): void
  skip<O extends Record<string, OutsideSystem>>(name: string, spec: Spec<O>, options?: SimTestOptions): void
  /** Every combination of up to `depth` faults, as far as `maxRuns` goes. */
  exhaustive<O extends Record<string, OutsideSystem>>(
    name: string,
    spec: Spec<O>,
    options?: ExhaustiveOptions & { readonly timeoutMs?: number },
  ): void
}

const DEFAULT_TIMEOUT_MS = 60_000
/** A plan to run instead of the search: `SIM_REPLAY='site: sees MODIFIED Site/a #2 = lag' npx vitest -t "stays published"`. */
const REPLAY = 'SIM_REPLAY'

function define(how: typeof test | typeof test.only | typeof test.skip) {
  return <O extends Record<string, OutsideSystem>>(
    name: string,
    spec: Spec<O>,
    options: SimTestOptions = {},
  ) => how(name, () => check(name, spec, options), options.timeoutMs ?? DEFAULT_TIMEOUT_MS)
}

export const simTest: SimTest = Object.assign(define(test), {
  only: define(test.only),
  skip: define(test.skip),
  exhaustive: <O extends Record<string, OutsideSystem>>(
    name: string,
    spec: Spec<O>,
    options: ExhaustiveOptions & { readonly timeoutMs?: number } = {},
  ) =>
    test(
      name,
      async () => {
        const result = await exhaust(compileSpec(spec), options)
        await conclude(name, result, plansOf(name))
      },
      options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    ),
})

async function check<O extends Record<string, OutsideSystem>>(
  name: string,
  spec: Spec<O>,
  options: SimTestOptions,
): Promise<void> {
  const replay = process.env[REPLAY]
  const plans = plansOf(name)
  if (replay !== undefined) {
    const pinned = { ...spec, faults: () => parsePlan(replay) }
    await conclude(name, await search(pinned), undefined)
    return
  }
  await conclude(name, await search(spec, { ...options, saved: plans?.read() }), plans)
}

/** Throws the report of a failure, and keeps its plan; clears the report of one that is no more. */
async function conclude(name: string, result: SearchResult, plans: SavedPlans | undefined): Promise<void> {
  const { failure } = result
  if (failure === undefined) {
    plans?.passed()
    return
  }
  const report = await reportFailure(name, result, failure)
  const command = `npx vitest run ${plans === undefined ? '' : `${plans.testFile} `}-t '${name.replaceAll("'", '.')}'`
  const replay = failure.plan.length === 0 ? command : `${REPLAY}='${formatPlan(failure.plan)}' ${command}`
  plans?.save(failure.plan, htmlReport(report, replay))
  const text = textReport(report, replay)
  const error = new Error(plans === undefined ? text : `${text}\n  html     ${plans.htmlFile}`)
  error.stack = error.message // Where the search was started says nothing about the failure.
  throw error
}

function plansOf(name: string): SavedPlans | undefined {
  const { testPath } = expect.getState()
  return testPath === undefined ? undefined : new SavedPlans(testPath, name)
}

/** For property tests: searches and throws the report of what it finds. */
export const sim = {
  async check<O extends Record<string, OutsideSystem>>(
    spec: SimSpec<O>,
    options: SearchOptions & { readonly name?: string } = {},
  ): Promise<SearchResult> {
    const result = await search(spec, options)
    await conclude(options.name ?? 'simulation', result, undefined)
    return result
  },
}

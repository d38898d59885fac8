/** `kubarium explore`: searches for what breaks the controllers of a file, in as many processes as wanted. */
import { fork } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import pc from 'picocolors'
import { InputError } from '../cluster/input-error.ts'
import { formatPlan, parsePlan } from '../testing/explore/plan.ts'
import { type Failure, search } from '../testing/explore/search.ts'
import type { SimSpec } from '../testing/explore/spec.ts'
import { reportFailure } from '../testing/report/failure-report.ts'
import { htmlReport } from '../testing/report/html.ts'
import { textReport } from '../testing/report/text.ts'
import { SavedPlans } from '../testing/saved-plans.ts'
import { simulateGlobals } from '../testing/simulated-globals.ts'
import { importProgram } from './program.ts'

interface Options {
  readonly runs: number
  readonly seed: number
  readonly budget?: number
  readonly workers: number
  readonly shard?: { readonly index: number; readonly of: number }
  readonly replay?: string
  readonly only?: string
  readonly unpruned?: boolean
  readonly output: 'text' | 'json'
  readonly report?: string
  readonly save: boolean
}

interface Outcome {
  readonly name: string
  readonly runs: number
  readonly histories: number
  readonly singles: { readonly tried: number; readonly pruned: number }
  /** The budget ended it before all was tried. */
  readonly stopped: boolean
  readonly seconds: number
  readonly failure?: Pick<Failure, 'foundBy'> & {
    readonly plan: string
    readonly oracle: string
    readonly message: string
  }
}

/** What a worker tells who started it. */
type News =
  | { readonly type: 'progress'; readonly name: string; readonly done: number; readonly planned: number }
  | { readonly type: 'outcome'; readonly outcome: Outcome }

export function register(program: Command): void {
  program
    .command('explore')
    .description('search for faults and orders that break controllers')
    .argument('<file>', 'a module that exports simulations: export const rollout = simulation({ ... })')
    .option('--runs <number>', 'random runs after all single faults', parseCount, 1000)
    .option('--seed <number>', 'seed of the random runs', parseCount, 1)
    .option('--budget <seconds>', 'stop after so many real seconds, shared by all simulations', parseCount)
    .option('--workers <number>', 'processes that share the search', parseCount, 1)
    .option('--shard <i/n>', 'only the i-th of n shares (from 1), for many machines', parseShard)
    .option('--only <name>', 'just the simulation of this name')
    .option('--replay <plan>', 'run just this plan and report')
    .option('--unpruned', 'try single faults also where they cannot make a difference')
    .option('-o, --output <format>', 'text or json', parseFormat, 'text')
    .option('--report <directory>', 'write an HTML report of each failure there')
    .option('--no-save', 'keep failing plans out of __sim__ beside the file')
    .addHelpText(
      'after',
      `
Exit code: 0 if nothing was found, 1 if something was, 2 if the input is wrong.

Examples:
  kubarium explore examples/controllers/website.ts --runs 10000
  kubarium explore sims.ts --workers 4 --budget 600
  kubarium explore sims.ts --shard "$((JOB_COMPLETION_INDEX + 1))/20" --runs 100000`,
    )
    .action(async (file: string, options: Options) => {
      process.exitCode = (await explore(file, options)) ? 0 : 1
    })
}

async function explore(file: string, options: Options): Promise<boolean> {
  const specs = await load(file, options.only)
  const outcomes =
    options.workers > 1 && options.replay === undefined
      ? await exploreInWorkers(file, options)
      : await exploreHere(file, specs, options)
  if (process.send !== undefined && process.env[WORKER] !== undefined) return true
  for (const outcome of outcomes) await show(file, new Map(specs).get(outcome.name)!, outcome, options)
  if (options.output === 'json') process.stdout.write(`${JSON.stringify(outcomes, null, 2)}\n`)
  return outcomes.every((it) => it.failure === undefined)
}

/** What is left of the budget is shared by the simulations that are left. */
async function exploreHere(
  file: string,
  specs: readonly (readonly [string, SimSpec])[],
  options: Options,
): Promise<Outcome[]> {
  const { budget } = options
  const end = budget === undefined ? undefined : now() + budget
  const outcomes: Outcome[] = []
  for (const [i, [name, spec]] of specs.entries()) {
    const until = end === undefined ? undefined : now() + (end - now()) / (specs.length - i)
    const outcome = await exploreOne(file, name, spec, options, until)
    outcomes.push(outcome)
    if (process.env[WORKER] !== undefined) process.send?.({ type: 'outcome', outcome } satisfies News)
  }
  return outcomes
}

async function exploreOne(
  file: string,
  name: string,
  spec: SimSpec,
  options: Options,
  until: number | undefined,
): Promise<Outcome> {
  const { runs, seed, shard, unpruned, replay } = options
  const started = now()
  const pinned = replay === undefined ? spec : { ...spec, faults: () => parsePlan(replay) }
  const saved = options.save ? new SavedPlans(file, name).read() : []
  const result = await search(pinned, {
    randomRuns: runs,
    seed,
    shard,
    unpruned,
    saved,
    progress: (done, planned) => {
      if (done % 50 === 0) tell({ type: 'progress', name, done, planned }, options)
      return until === undefined || now() < until
    },
  })
  clearLine(options)
  const { failure, histories, singles, stopped } = result
  const found = failure && {
    plan: formatPlan(failure.plan),
    oracle: failure.violation.oracle,
    message: failure.violation.message,
    foundBy: failure.foundBy,
  }
  return { name, runs: result.runs, histories, singles, stopped, seconds: now() - started, failure: found }
}

async function show(file: string, spec: SimSpec, outcome: Outcome, options: Options): Promise<void> {
  const { name, failure, runs, histories, singles, seconds, stopped } = outcome
  const text = options.output === 'text'
  const counts = `${runs} runs, ${histories} different histories, ${singles.pruned} single faults left out, ${seconds.toFixed(1)} s`
  if (failure === undefined) {
    if (text)
      process.stdout.write(
        `${pc.green('ok')}    ${name}   (${counts}${stopped ? ', stopped by the budget' : ''})\n`,
      )
    return
  }
  const plan = parsePlan(failure.plan)
  const result = await search(plan.length === 0 ? spec : { ...spec, faults: () => plan })
  if (result.failure === undefined) throw new Error(`${name}: the plan does not fail again: ${failure.plan}`)
  const report = await reportFailure(name, result, { ...result.failure, foundBy: failure.foundBy })
  const command = `kubarium explore ${file} --only ${name}`
  const replay = failure.plan === '' ? command : `${command} --replay '${failure.plan}'`
  const html = htmlReport(report, replay)
  if (text) process.stdout.write(`${pc.red('FAIL')}  ${textReport(report, replay)}\n  (${counts})\n`)
  const byHand = typeof spec.faults === 'function'
  if (options.save && !byHand && options.replay === undefined) new SavedPlans(file, name).save(plan, html)
  if (options.report === undefined) return
  mkdirSync(options.report, { recursive: true })
  const path = join(options.report, `${name.replace(/[^A-Za-z0-9]+/g, '-')}.html`)
  writeFileSync(path, html)
  if (text) process.stdout.write(`  html     ${path}\n`)
}

// -- workers ----------------------------------------------------------------------------------------------

/** Set in the environment of workers. */
const WORKER = 'KUBARIUM_EXPLORE_WORKER'

/** Every worker is this command again with a share of the search. */
async function exploreInWorkers(file: string, options: Options): Promise<Outcome[]> {
  const { workers, shard = { index: 0, of: 1 } } = options
  const of = shard.of * workers
  const all = await Promise.all(
    Array.from({ length: workers }, (_, i) =>
      runWorker(file, options, `${shard.index * workers + i + 1}/${of}`),
    ),
  )
  clearLine(options)
  const [first = []] = all
  return first.map(({ name }, at) =>
    merged(
      name,
      all.flatMap((it) => it[at] ?? []),
    ),
  )
}

function merged(name: string, outcomes: readonly Outcome[]): Outcome {
  const sum = (of: (it: Outcome) => number) => outcomes.reduce((total, it) => total + of(it), 0)
  const failures = outcomes.flatMap((it) => it.failure ?? [])
  return {
    name,
    runs: sum((it) => it.runs),
    histories: Math.max(...outcomes.map((it) => it.histories)),
    singles: { tried: sum((it) => it.singles.tried), pruned: outcomes[0]!.singles.pruned },
    stopped: outcomes.some((it) => it.stopped),
    seconds: Math.max(...outcomes.map((it) => it.seconds)),
    // The shortest plan tells most.
    failure: failures.toSorted((a, b) => a.plan.length - b.plan.length)[0],
  }
}

function runWorker(file: string, options: Options, shard: string): Promise<Outcome[]> {
  const args = ['explore', file, '--shard', shard, '--seed', String(options.seed)]
  args.push('--runs', String(Math.ceil(options.runs / options.workers)))
  if (options.budget !== undefined) args.push('--budget', String(options.budget))
  if (options.unpruned) args.push('--unpruned')
  if (!options.save) args.push('--no-save')
  if (options.only !== undefined) args.push('--only', options.only)
  const outcomes: Outcome[] = []
  return new Promise((done, fail) => {
    const worker = fork(process.argv[1]!, args, { env: { ...process.env, [WORKER]: shard } })
    worker.on('message', (news: News) => {
      if (news.type === 'outcome') outcomes.push(news.outcome)
      else tell({ ...news, name: `${news.name}, worker ${shard}` }, options)
    })
    worker.on('exit', (code) =>
      code === 0 ? done(outcomes) : fail(new InputError(`worker ${shard} ended with exit code ${code}`)),
    )
  })
}

/** Progress goes to whoever started us, or to the terminal. */
function tell(news: Extract<News, { type: 'progress' }>, { output }: Options): void {
  if (process.env[WORKER] !== undefined) process.send?.(news)
  else if (output === 'text' && process.stderr.isTTY)
    process.stderr.write(`\r${pc.dim(`${news.name}: ${news.done} of ${news.planned} runs`)}\x1b[K`)
}

function clearLine({ output }: Options): void {
  if (output === 'text' && process.stderr.isTTY && process.env[WORKER] === undefined)
    process.stderr.write('\r\x1b[K')
}

/** Real seconds. */
function now(): number {
  return Number(process.hrtime.bigint()) / 1e9
}

/** The simulations that a module exports, by the names that it gives them. */
async function load(file: string, only: string | undefined): Promise<[string, SimSpec][]> {
  simulateGlobals()
  const module = await importProgram(file)
  const all = Object.entries(module).filter(([, it]) => isSpec(it)) as [string, SimSpec][]
  if (all.length === 0) {
    throw new InputError(
      `${file} exports no simulation`,
      undefined,
      'export const mine = simulation({ controllers, scenario })',
    )
  }
  const specs = only === undefined ? all : all.filter(([name]) => name === only)
  if (specs.length === 0) {
    const names = all.map(([name]) => name)
    throw new InputError(`${file} exports no simulation ${only}`, undefined, `it has ${names.join(', ')}`)
  }
  return specs
}

function isSpec(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'controllers' in value && 'scenario' in value
}

function parseCount(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('it is no whole number.')
  return Number(text)
}

function parseShard(text: string): { index: number; of: number } {
  const [, i, n] = /^(\d+)\/(\d+)$/.exec(text) ?? []
  if (Number(i) < 1 || Number(i) > Number(n) || n === undefined)
    throw new InvalidArgumentError('write i/n, i from 1 to n.')
  return { index: Number(i) - 1, of: Number(n) }
}

function parseFormat(text: string): string {
  if (text !== 'text' && text !== 'json') throw new InvalidArgumentError('it is text or json.')
  return text
}

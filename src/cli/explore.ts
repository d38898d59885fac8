/** `kubarium explore`: searches for what breaks the controllers of a file, in as many processes as wanted. */
import { fork } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import pc from 'picocolors'
import { InputError } from '../cluster/input-error.ts'
import { formatPlan, parsePlan } from '../testing/explore/plan.ts'
import { type SearchResult, search } from '../testing/explore/search.ts'
import type { SimSpec } from '../testing/explore/spec.ts'
import { reportFailure } from '../testing/report/failure-report.ts'
import { htmlReport } from '../testing/report/html.ts'
import { textReport } from '../testing/report/text.ts'
import { simulateGlobals } from '../testing/simulated-globals.ts'
import { importProgram } from './program.ts'

interface Options {
  readonly runs: number
  readonly seed: number
  readonly budget?: number
  readonly workers: number
  readonly shard?: { readonly index: number; readonly of: number }
  readonly replay?: string
  readonly unpruned?: boolean
  readonly output: 'text' | 'json'
  readonly report?: string
}

interface Outcome {
  readonly name: string
  readonly runs: number
  readonly histories: number
  readonly singles: number
  readonly stopped: boolean
  readonly failure?: {
    readonly plan: string
    readonly oracle: string
    readonly message: string
    readonly foundBy: string
  }
}

export function register(program: Command): void {
  program
    .command('explore')
    .description('search for faults and orders that break controllers')
    .argument('<file>', 'a module that exports simulations: export const rollout = simulation({ ... })')
    .option('--runs <number>', 'random runs after all single faults', parseCount, 1000)
    .option('--seed <number>', 'seed of the random runs', parseCount, 1)
    .option('--budget <seconds>', 'stop after so many real seconds', parseCount)
    .option('--workers <number>', 'processes that share the search', parseCount, 1)
    .option('--shard <i/n>', 'only the i-th of n shares (from 1), for many machines', parseShard)
    .option('--replay <plan>', 'run just this plan and report')
    .option('--unpruned', 'try single faults also where they cannot make a difference')
    .option('-o, --output <format>', 'text or json', parseFormat, 'text')
    .option('--report <directory>', 'write an HTML report of each failure there')
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
  if (options.workers > 1) return exploreInWorkers(file, options)
  const specs = await load(file)
  const outcomes: Outcome[] = []
  for (const [name, spec] of specs) outcomes.push(await exploreOne(file, name, spec, options))
  if (options.output === 'json') process.stdout.write(`${JSON.stringify(outcomes, null, 2)}\n`)
  return outcomes.every((it) => it.failure === undefined)
}

async function exploreOne(file: string, name: string, spec: SimSpec, options: Options): Promise<Outcome> {
  const { runs, seed, shard, unpruned, budget, replay } = options
  const until = budget === undefined ? undefined : process.hrtime.bigint() + BigInt(budget) * 1_000_000_000n
  const started = process.hrtime.bigint()
  const showing = options.output === 'text' && process.stderr.isTTY
  const pinned = replay === undefined ? spec : { ...spec, faults: () => parsePlan(replay) }
  const result = await search(pinned, {
    randomRuns: runs,
    seed,
    shard,
    unpruned,
    progress: (done, planned) => {
      if (showing && done % 50 === 0)
        process.stderr.write(`\r${pc.dim(`${name}: ${done} of ${planned} runs`)}\x1b[K`)
      return until === undefined || process.hrtime.bigint() < until
    },
  })
  if (showing) process.stderr.write('\r\x1b[K')
  const seconds = Number(process.hrtime.bigint() - started) / 1e9
  if (options.output === 'text') await show(file, name, result, options, seconds)
  return outcomeOf(name, result)
}

async function show(
  file: string,
  name: string,
  result: SearchResult,
  options: Options,
  seconds: number,
): Promise<void> {
  const { failure, runs, histories } = result
  const counts = `${runs} runs, ${histories} different histories, ${seconds.toFixed(1)} s`
  if (failure === undefined) {
    process.stdout.write(
      `${pc.green('ok')}    ${name}   (${counts}${result.stopped ? ', stopped by the budget' : ''})\n`,
    )
    return
  }
  const report = await reportFailure(name, result, failure)
  const replay = `kubarium explore ${file} --replay '${formatPlan(failure.plan)}'`
  process.stdout.write(`${pc.red('FAIL')}  ${textReport(report, replay)}\n  (${counts})\n`)
  if (options.report === undefined) return
  mkdirSync(options.report, { recursive: true })
  const path = join(options.report, `${name.replace(/[^A-Za-z0-9]+/g, '-')}.html`)
  writeFileSync(path, htmlReport(report, replay))
  process.stdout.write(`  html     ${path}\n`)
}

function outcomeOf(name: string, { failure, runs, histories, singles, stopped }: SearchResult): Outcome {
  const found =
    failure === undefined
      ? undefined
      : {
          plan: formatPlan(failure.plan),
          oracle: failure.violation.oracle,
          message: failure.violation.message,
          foundBy: failure.foundBy,
        }
  return { name, runs, histories, singles: singles.tried, stopped, failure: found }
}

/** Every worker is this command again with a share of the search; the first that fails is enough. */
async function exploreInWorkers(file: string, options: Options): Promise<boolean> {
  const { workers, shard = { index: 0, of: 1 } } = options
  const of = shard.of * workers
  const codes = await Promise.all(
    Array.from({ length: workers }, (_, i) =>
      runWorker(file, options, `${shard.index * workers + i + 1}/${of}`),
    ),
  )
  return codes.every((code) => code === 0)
}

function runWorker(file: string, options: Options, shard: string): Promise<number> {
  const args = ['explore', file, '--shard', shard, '--seed', String(options.seed), '--output', options.output]
  args.push('--runs', String(Math.ceil(options.runs / options.workers)))
  if (options.budget !== undefined) args.push('--budget', String(options.budget))
  if (options.unpruned) args.push('--unpruned')
  if (options.report !== undefined) args.push('--report', options.report)
  return new Promise((done) => {
    fork(process.argv[1]!, args, { stdio: 'inherit' }).on('exit', (code) => done(code ?? 1))
  })
}

/** The simulations that a module exports, by the names that it gives them. */
async function load(file: string): Promise<[string, SimSpec][]> {
  simulateGlobals()
  const module = await importProgram(file)
  const specs = Object.entries(module).filter(([, it]) => isSpec(it)) as [string, SimSpec][]
  if (specs.length === 0) {
    throw new InputError(
      `${file} exports no simulation`,
      undefined,
      'export const mine = simulation({ controllers, scenario })',
    )
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

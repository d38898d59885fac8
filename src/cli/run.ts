/** `kubarium run`: scenarios, plain manifests and TypeScript programs. */
import { closeSync, openSync, readFileSync, statSync, writeSync } from 'node:fs'
import { dirname, isAbsolute, relative, resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import pc from 'picocolors'
import type { Cluster, ClusterOptions } from '../cluster/cluster.ts'
import { createCluster } from '../cluster/create-cluster.ts'
import { InputError } from '../cluster/input-error.ts'
import { parseStrictDuration } from '../scenario/fields.ts'
import { type LoadedScenario, loadScenario } from '../scenario/load.ts'
import { journalLine, jsonReport } from '../scenario/report/json.ts'
import { junitReport } from '../scenario/report/junit.ts'
import { TextReport } from '../scenario/report/text.ts'
import { type RunObserver, runScenario, type ScenarioResult } from '../scenario/run.ts'
import { Progress } from './progress.ts'

interface Options {
  readonly seed?: number
  readonly until?: number
  readonly controllers?: string
  readonly output: 'text' | 'json' | 'junit'
  readonly timeline?: string
  readonly quiet?: boolean
}

/** Files larger than this are refused unread. */
const FILE_BYTES_MAX = 64 * 1024 * 1024

export function register(program: Command): void {
  program
    .command('run')
    .description('run scenarios or manifests and report what happened')
    .argument('<file...>', 'a Scenario, a Kubernetes manifest (applied and settled), or a TypeScript program')
    .option('--seed <number>', "seed of chance, instead of the scenario's own", parseSeed)
    .option(
      '--controllers <list>',
      "as kube-controller-manager's flag: *,-job; instead of the scenario's own",
    )
    .option('--until <duration>', 'end the run at this virtual time: 90s, 6m', parseUntil)
    .option('-o, --output <format>', 'text, json or junit', parseFormat, 'text')
    .option('--timeline <file>', 'write the whole journal to this file, one JSON object a line')
    .option('-q, --quiet', 'show failures and verdicts only')
    .addHelpText(
      'after',
      `
Exit code: 0 if every step held, 1 if one did not, 2 if the input is wrong.

Examples:
  kubarium run examples/php-nginx.yaml --seed 7
  kubarium run deployment.yaml --until 10m
  kubarium run scenarios/*.yaml --output junit > report.xml`,
    )
    .action(async (files: string[], options: Options) => {
      process.exitCode = (await runAll(files, options)) ? 0 : 1
    })
}

async function runAll(files: readonly string[], options: Options): Promise<boolean> {
  const programs = files.filter((it) => /\.[cm]?[jt]s$/.test(it))
  if (programs.length > 0) {
    if (files.length > 1) throw new InputError('a program runs alone: name one file')
    const { runProgram } = await import('./program.ts')
    return runProgram(programs[0]!, options)
  }
  // All are read before the first runs: a slip in the last one should not cost a long wait.
  const scenarios: LoadedScenario[] = []
  for (const file of files) scenarios.push(await loadScenario(readInput(file), file, readRelative))
  const results: { readonly result: ScenarioResult; readonly realMs: number }[] = []
  const timeline = options.timeline === undefined ? undefined : new TimelineFile(options.timeline)
  for (const [i, scenario] of scenarios.entries()) {
    if (i > 0 && options.output === 'text') process.stdout.write('\n')
    results.push(await runOne(scenario, options, timeline))
  }
  timeline?.close()
  if (options.output === 'json') {
    const reports = results.map(({ result, realMs }) => jsonReport(result, realMs))
    process.stdout.write(`${JSON.stringify(reports.length === 1 ? reports[0] : reports, null, 2)}\n`)
  }
  if (options.output === 'junit') process.stdout.write(`${junitReport(results.map((it) => it.result))}\n`)
  return results.every(({ result }) => result.held)
}

async function runOne(
  scenario: LoadedScenario,
  options: Options,
  timeline: TimelineFile | undefined,
): Promise<{ readonly result: ScenarioResult; readonly realMs: number }> {
  const started = process.hrtime.bigint()
  const report = options.output === 'text' ? textReport(options) : undefined
  const progress = new Progress(process.stderr, scenario.steps.length)
  const observers: RunObserver[] = [progress, ...(report === undefined ? [] : [report])]
  const result = await runScenario(scenario, {
    createCluster: async (clusterOptions: ClusterOptions): Promise<Cluster> => {
      const { controllers = clusterOptions.controllers } = options
      const cluster = await createCluster({ ...clusterOptions, controllers })
      timeline?.follow(cluster)
      return cluster
    },
    seed: options.seed,
    untilMs: options.until,
    observer: together(observers),
  }).finally(() => progress.clear())
  const realMs = Number(process.hrtime.bigint() - started) / 1e6
  report?.finish(result, realMs)
  return { result, realMs }
}

function textReport(options: Options): TextReport {
  return new TextReport({
    write: (line) => process.stdout.write(`${line}\n`),
    palette: pc,
    width: process.stdout.columns ?? 120,
    quiet: options.quiet ?? false,
  })
}

/** One observer that tells several, in order. */
function together(observers: readonly RunObserver[]): RunObserver {
  return {
    started(...args) {
      for (const it of observers) it.started?.(...args)
    },
    stepStarted(...args) {
      for (const it of observers) it.stepStarted?.(...args)
    },
    operationFinished(...args) {
      for (const it of observers) it.operationFinished?.(...args)
    },
    stepFinished(...args) {
      for (const it of observers) it.stepFinished?.(...args)
    },
  }
}

/** The whole journal as JSON lines. */
class TimelineFile {
  readonly #file: number
  #lines: string[] = []

  constructor(path: string) {
    try {
      this.#file = openSync(path, 'w')
    } catch (error) {
      throw new InputError(`cannot write ${path}: ${reason(error)}`)
    }
  }

  follow(cluster: Cluster): void {
    for (const entry of cluster.journal.entries()) this.#write(journalLine(entry))
    cluster.journal.subscribe((entry) => this.#write(journalLine(entry)))
  }

  close(): void {
    this.#flush()
    closeSync(this.#file)
  }

  #write(line: string): void {
    this.#lines.push(line)
    if (this.#lines.length >= 1000) this.#flush()
  }

  #flush(): void {
    if (this.#lines.length > 0) writeSync(this.#file, `${this.#lines.join('\n')}\n`)
    this.#lines = []
  }
}

function readInput(file: string): string {
  try {
    const path = file === '-' ? 0 : file
    if (typeof path === 'string' && statSync(path).size > FILE_BYTES_MAX) {
      throw new InputError('the file is too large', { file, line: 0, column: 0 })
    }
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof InputError) throw error
    throw new InputError(`cannot read ${file}: ${reason(error)}`)
  }
}

async function readRelative(name: string, from: string): Promise<{ text: string; file: string }> {
  const path = isAbsolute(name) ? name : resolve(dirname(from), name)
  return { text: readInput(path), file: isAbsolute(name) ? name : relative('.', path) }
}

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ENOENT') return 'there is no such file'
  if (code === 'EISDIR') return 'it is a directory'
  if (code === 'EACCES') return 'permission denied'
  return message
}

function parseSeed(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('A seed is a whole number from 0 on.')
  return Number(text)
}

function parseUntil(text: string): number {
  const ms = parseStrictDuration(text)
  if (ms === undefined) throw new InvalidArgumentError('Write for example 90s, 6m or 1h30m.')
  return ms
}

function parseFormat(text: string): Options['output'] {
  if (text === 'text' || text === 'json' || text === 'junit') return text
  throw new InvalidArgumentError('It is one of text, json, junit.')
}

/** Runs a loaded scenario on a cluster, step by step, and says of each whether it held. */
import { ApiError } from '../api/errors.ts'
import type { Cluster, ClusterOptions } from '../cluster/cluster.ts'
import { formatPlace, InputError, type Place } from '../cluster/input-error.ts'
import { formatDuration } from '../kernel/duration.ts'
import { SettleError } from '../kernel/event-loop.ts'
import { UncontrolledAwaitError } from '../kernel/task.ts'
import { ExpressionError } from './expression.ts'
import type { LoadedOperation, LoadedScenario, LoadedStep } from './load.ts'
import { type StepContext, StepFailure } from './step.ts'

export type Verdict = 'held' | 'failed' | 'skipped'

/** One line about what went wrong, more lines below it, and where in the scenario it stands. */
export interface Failure {
  readonly message: string
  readonly details: readonly string[]
  readonly place: Place | undefined
}

/** What one operation did. Entries `(fromEntry, toEntry]` of the journal were recorded meanwhile. */
export interface OperationResult {
  readonly name: string
  readonly verdict: Verdict
  /** What was done, in one line. */
  readonly note: string | undefined
  readonly failure: Failure | undefined
  /** What the operation showed to the reader. */
  readonly output: readonly string[]
  /** Virtual time, ms since the epoch. */
  readonly from: number
  readonly to: number
  readonly fromEntry: number
  readonly toEntry: number
}

export interface StepResult {
  readonly title: string
  readonly verdict: Verdict
  readonly operations: readonly OperationResult[]
  readonly from: number
  readonly to: number
}

export interface ScenarioResult {
  readonly name: string
  readonly file: string
  /** Whether every step held. */
  readonly held: boolean
  readonly steps: readonly StepResult[]
  /** What `catch` and `finally` of the whole scenario did. */
  readonly closing: readonly OperationResult[]
  readonly from: number
  readonly to: number
  readonly seed: number
  readonly runHash: string
  /** Events of the loop. */
  readonly events: number
  /** Virtual ms since the start at which `until` ended the run; undefined: it ran to its end. */
  readonly stoppedAt: number | undefined
}

/** Hears of everything as it happens; all optional. */
export interface RunObserver {
  started?(cluster: Cluster, scenario: LoadedScenario): void
  stepStarted?(step: LoadedStep, index: number): void
  operationFinished?(result: OperationResult, cluster: Cluster): void
  stepFinished?(result: StepResult, index: number, cluster: Cluster): void
}

export interface RunOptions {
  readonly createCluster: (options: ClusterOptions) => Promise<Cluster>
  /** Overrides the scenario's own. */
  readonly seed?: number | undefined
  /** Ends the run at this virtual time after the start, ms. */
  readonly untilMs?: number | undefined
  readonly observer?: RunObserver | undefined
}

/** Rejects only for what is no answer of the scenario: a cluster that cannot be made, a defect of kubarium. */
export async function runScenario(scenario: LoadedScenario, options: RunOptions): Promise<ScenarioResult> {
  const { seed = scenario.cluster.seed } = options
  const clusterOptions = { ...scenario.cluster, ...(seed === undefined ? {} : { seed }) }
  const cluster = await options.createCluster(clusterOptions).catch((error: unknown) => {
    if (!(error instanceof InputError)) throw error
    // The message starts with the name of the option that it is about.
    const option = error.problem.slice(0, error.problem.indexOf(':'))
    throw new InputError(error.problem, scenario.placeOfOption(option), error.hint)
  })
  try {
    return await new Run(scenario, cluster, options).run()
  } finally {
    await cluster.dispose()
  }
}

/** `until` was reached while something still ran. */
class UntilReached extends Error {
  override readonly name = 'UntilReached'
}

class Run {
  readonly #scenario: LoadedScenario
  readonly #cluster: Cluster
  readonly #observer: RunObserver
  readonly #untilMs: number | undefined
  #stopped = false

  constructor(scenario: LoadedScenario, cluster: Cluster, options: RunOptions) {
    this.#scenario = scenario
    this.#cluster = cluster
    this.#observer = options.observer ?? {}
    this.#untilMs = options.untilMs
  }

  async run(): Promise<ScenarioResult> {
    const cluster = this.#cluster
    const from = cluster.now
    if (this.#untilMs !== undefined) {
      const stop = () => {
        this.#stopped = true
        throw new UntilReached()
      }
      cluster.loop.at(from + this.#untilMs, stop, { background: true, label: 'end of the run' })
    }
    this.#observer.started?.(cluster, this.#scenario)
    const steps: StepResult[] = []
    let failed = false
    for (const [i, step] of this.#scenario.steps.entries()) {
      const result: StepResult = failed || this.#stopped ? this.#skip(step) : await this.#step(step, i)
      failed ||= result.verdict === 'failed'
      steps.push(result)
      this.#observer.stepFinished?.(result, i, cluster)
    }
    const closing = await this.#close(failed)
    return {
      name: this.#scenario.name,
      file: this.#scenario.file,
      held: steps.every((it) => it.verdict === 'held') && closing.every((it) => it.verdict === 'held'),
      steps,
      closing,
      from,
      to: cluster.now,
      seed: cluster.seed,
      runHash: cluster.runHash(),
      events: cluster.loop.steps,
      stoppedAt: this.#stopped ? this.#untilMs : undefined,
    }
  }

  async #close(failed: boolean): Promise<OperationResult[]> {
    if (this.#stopped) return []
    const operations = [...(failed ? this.#scenario.catch : []), ...this.#scenario.finally]
    const results: OperationResult[] = []
    for (const it of operations) results.push(await this.#operation(it))
    return results
  }

  #skip(step: LoadedStep): StepResult {
    const now = this.#cluster.now
    return { title: step.title, verdict: 'skipped', operations: [], from: now, to: now }
  }

  async #step(step: LoadedStep, index: number): Promise<StepResult> {
    this.#observer.stepStarted?.(step, index)
    const from = this.#cluster.now
    const operations: OperationResult[] = []
    for (const it of step.operations) {
      const result = await this.#operation(it)
      operations.push(result)
      if (result.verdict !== 'held') break
    }
    const failed = operations.some((it) => it.verdict === 'failed')
    if (failed) for (const it of step.catch) operations.push(await this.#operation(it))
    if (!this.#stopped) for (const it of step.finally) operations.push(await this.#operation(it))
    return {
      title: step.title,
      verdict: verdictOf(operations),
      operations,
      from,
      to: this.#cluster.now,
    }
  }

  async #operation(operation: LoadedOperation): Promise<OperationResult> {
    const cluster = this.#cluster
    const output: string[] = []
    const context: StepContext = {
      cluster,
      namespace: this.#scenario.namespace,
      timeoutMs: this.#scenario.timeoutMs,
      objects: operation.objects,
      placeOf: operation.placeOf,
      print: (text) => output.push(...text.split('\n')),
    }
    const [from, fromEntry] = [cluster.now, cluster.journal.length]
    const outcome = await this.#outcome(operation, context)
    const result: OperationResult = {
      name: operation.step.name,
      ...outcome,
      output,
      from,
      to: cluster.now,
      fromEntry,
      toEntry: cluster.journal.length,
    }
    this.#observer.operationFinished?.(result, cluster)
    return result
  }

  async #outcome(
    { step, input, expectError, placeOf }: LoadedOperation,
    context: StepContext,
  ): Promise<Pick<OperationResult, 'verdict' | 'note' | 'failure'>> {
    try {
      const note = await step.run(input as never, context)
      if (expectError === undefined) return { verdict: 'held', note, failure: undefined }
      const message = `${step.name} was expected to fail, but it did not`
      return { verdict: 'failed', note, failure: { message, details: [], place: placeOf([]) } }
    } catch (error) {
      if (error instanceof UntilReached) {
        const note = `stopped after ${formatDuration(this.#untilMs ?? 0)}`
        return { verdict: 'skipped', note, failure: undefined }
      }
      const failure = failureOf(error, placeOf([]))
      if (expectError === undefined) return { verdict: 'failed', note: undefined, failure }
      const text = [failure.message, ...failure.details].join('\n')
      if (expectError === true || text.includes(expectError)) {
        return { verdict: 'held', note: `failed as expected: ${failure.message}`, failure: undefined }
      }
      const details = [`it failed with: ${failure.message}`, ...failure.details]
      const message = `expected an error with the text "${expectError}"`
      return { verdict: 'failed', note: undefined, failure: { message, details, place: failure.place } }
    }
  }
}

function verdictOf(operations: readonly OperationResult[]): Verdict {
  if (operations.some((it) => it.verdict === 'failed')) return 'failed'
  return operations.some((it) => it.verdict === 'skipped') ? 'skipped' : 'held'
}

/** Answers of the simulated world become failures; anything else is a defect and goes on. */
function failureOf(error: unknown, place: Place): Failure {
  if (error instanceof StepFailure) return { message: error.message, details: error.details, place }
  if (error instanceof InputError) {
    const details = error.hint === undefined ? [] : [error.hint]
    const elsewhere =
      error.place === undefined || error.place.file === place.file ? [] : [`at ${formatPlace(error.place)}`]
    return { message: error.problem, details: [...details, ...elsewhere], place: error.place ?? place }
  }
  if (error instanceof ApiError) {
    return { message: `Error from server (${error.reason}): ${error.message}`, details: [], place }
  }
  if (error instanceof ExpressionError) return { message: error.message, details: [], place }
  if (error instanceof SettleError || error instanceof UncontrolledAwaitError) {
    const [message, ...details] = error.message.split('\n')
    return { message: message!, details, place }
  }
  throw error
}

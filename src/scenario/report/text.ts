/** The report for people: a timeline under each step, then the verdict of every step. */
import type { Cluster } from '../../cluster/cluster.ts'
import { formatPlace } from '../../cluster/input-error.ts'
import { formatDuration } from '../../kernel/duration.ts'
import type { LoadedScenario, LoadedStep } from '../load.ts'
import type { OperationResult, RunObserver, ScenarioResult, StepResult, Verdict } from '../run.ts'
import { type TimelineRow, timelineOf } from '../timeline.ts'
import { formatElapsed, type Palette, shorten, wrap } from './layout.ts'

export interface TextReportOptions {
  write(line: string): void
  readonly palette: Palette
  /** Characters in a line of the terminal. */
  readonly width: number
  /** Only failures and the verdicts. */
  readonly quiet: boolean
}

const TIME = 10
const COMPONENT_MAX = 26
const OBJECT_MAX = 38

export class TextReport implements RunObserver {
  readonly #options: TextReportOptions
  #start = 0

  constructor(options: TextReportOptions) {
    this.#options = options
  }

  started(cluster: Cluster, scenario: LoadedScenario): void {
    this.#start = cluster.now
    if (this.#options.quiet) return
    const { palette } = this.#options
    const nodes = cluster.nodes().length
    const about = `${nodes} ${nodes === 1 ? 'node' : 'nodes'}, seed ${cluster.seed}`
    this.#line(`${palette.bold(scenario.name)} ${palette.dim(about)}`)
    if (scenario.description !== undefined) {
      for (const line of scenario.description.trimEnd().split('\n')) this.#paragraph(line)
    }
  }

  stepStarted(step: LoadedStep, index: number): void {
    if (this.#options.quiet) return
    this.#line('')
    this.#line(this.#options.palette.bold(`${index + 1}. ${step.title}`))
    if (step.description !== undefined) {
      for (const line of step.description.trimEnd().split('\n')) this.#paragraph(`   ${line}`)
    }
  }

  operationFinished(result: OperationResult, cluster: Cluster): void {
    const { quiet } = this.#options
    if (quiet && result.verdict !== 'failed') return
    if (!quiet) this.#rows(timelineOf(cluster.journal, result.fromEntry, result.toEntry))
    for (const line of result.output) this.#line(`   ${line}`)
    this.#verdictOf(result)
  }

  /** The last lines: every step's verdict, durations, seed and run hash. `realMs` is measured by the caller. */
  finish(result: ScenarioResult, realMs: number): void {
    const { palette } = this.#options
    if (!this.#options.quiet) this.#line('')
    const titleWidth = Math.max(...result.steps.map((it) => it.title.length))
    result.steps.forEach((step, i) => {
      const number = String(i + 1).padStart(String(result.steps.length).length)
      const time =
        step.verdict === 'skipped' ? '' : palette.dim(formatDuration(Math.round(step.to - step.from)))
      this.#line(
        `${this.#mark(step.verdict)} ${number}. ${step.title.padEnd(titleWidth)}  ${this.#words(step)} ${time}`.trimEnd(),
      )
    })
    const held = result.steps.filter((it) => it.verdict === 'held').length
    const summary = `${held} of ${result.steps.length} steps held`
    const stopped =
      result.stoppedAt === undefined ? '' : `, stopped after ${formatDuration(result.stoppedAt)}`
    this.#line(
      [
        (result.held ? palette.green : palette.red)(summary) + stopped,
        `${formatDuration(Math.round(result.to - result.from))} of virtual time in ${(realMs / 1000).toFixed(3)} s`,
        `seed ${result.seed}`,
        `run hash ${result.runHash}`,
      ].join(', '),
    )
  }

  #rows(rows: readonly TimelineRow[]): void {
    const { palette, width } = this.#options
    const component = Math.min(COMPONENT_MAX, Math.max(0, ...rows.map((it) => it.component.length)))
    const object = Math.min(OBJECT_MAX, Math.max(0, ...rows.map((it) => it.object.length)))
    const indent = TIME + component + object + 6
    // On a narrow terminal, what happened goes below who and whom.
    const below = width - indent < 30
    for (const row of rows) {
      const time = formatElapsed(row.time - this.#start).padStart(TIME)
      const who = shorten(row.component, component).padEnd(component)
      const whom = shorten(row.object, object).padEnd(object)
      const head = `${palette.dim(time)}  ${palette.cyan(who)}  ${whom}`
      const margin = below ? TIME + 4 : indent
      const lines = wrap(row.text, width - margin)
      const why = row.why === '' ? [] : wrap(`<- ${row.why}`, width - margin)
      const last = lines.at(-1)!
      const fits = why.length === 1 && last.length + 2 + why[0]!.length <= width - margin
      const told = fits
        ? [...lines.slice(0, -1), `${last}  ${palette.dim(why[0]!)}`]
        : [...lines, ...why.map((line) => palette.dim(line))]
      if (below) this.#line(head.trimEnd())
      else this.#line(`${head}  ${told.shift()}`)
      for (const line of told) this.#line(' '.repeat(margin) + line)
    }
  }

  #verdictOf({ name, verdict, note, failure }: OperationResult): void {
    const { palette } = this.#options
    if (failure === undefined) {
      const lines = wrap(note ?? name, this.#options.width - 5)
      lines.forEach((line, i) => {
        this.#line(`   ${i === 0 ? this.#mark(verdict) : ' '} ${line}`)
      })
      return
    }
    const place = failure.place === undefined ? '' : palette.dim(`  (${formatPlace(failure.place)})`)
    this.#line(`   ${this.#mark(verdict)} ${palette.red(`${name}: ${failure.message}`)}${place}`)
    for (const line of failure.details) this.#line(`       ${line}`)
  }

  #mark(verdict: Verdict): string {
    const { palette } = this.#options
    if (verdict === 'held') return palette.green('✓')
    return verdict === 'failed' ? palette.red('✗') : palette.yellow('-')
  }

  #words({ verdict }: StepResult): string {
    const { palette } = this.#options
    if (verdict === 'held') return palette.green('held')
    return verdict === 'failed' ? palette.red('failed') : palette.yellow('skipped')
  }

  #paragraph(text: string): void {
    for (const line of wrap(text, this.#options.width)) this.#line(this.#options.palette.dim(line))
  }

  #line(text: string): void {
    this.#options.write(text)
  }
}

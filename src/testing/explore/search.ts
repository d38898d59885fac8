/**
 * Looks for a plan that makes the controllers fail, cheapest first: no fault at all, every single fault, then, as
 * far as the budget goes, random combinations guided by what is new. A failure is shrunk before it is returned.
 */
import { type Random, randomStream } from '../../kernel/random.ts'
import { batchesOf } from './batch.ts'
import { type CompiledSpec, compileSpec } from './compiled-spec.ts'
import { handsFor } from './hands.ts'
import { type Choice, formatPlan, type Plan, type Site } from './plan.ts'
import { pruneSingles } from './prune.ts'
import { judge, type Reference, runReference } from './reference.ts'
import { shrink } from './shrink.ts'
import { type RunOptions, type RunResult, simulate } from './simulation.ts'
import type { SimSpec, Violation } from './spec.ts'

export interface SearchOptions {
  /** Runs after the singles, with several faults each; default 0. */
  readonly randomRuns?: number
  readonly seed?: number
  /** Tries every single fault at every place, also where its effect cannot differ; default false. */
  readonly unpruned?: boolean
  /** Plans that failed before: tried first. */
  readonly saved?: readonly Plan[]
  /** Only every `of`-th plan, starting with the `index`-th (from 0): a share of the search. */
  readonly shard?: { readonly index: number; readonly of: number }
  /** Called after every run; returning false ends the search. */
  readonly progress?: (done: number, planned: number) => boolean | undefined
}

export interface Failure {
  readonly plan: Plan
  readonly violation: Violation
  /** `single fault 212 of 380`: how it was found. */
  readonly foundBy: string
  /** As it was found, before shrinking. */
  readonly original: Plan
}

export interface SearchResult {
  readonly failure: Failure | undefined
  /** Runs made, shrinking included. */
  readonly runs: number
  /** Single faults tried, and left out because they could not make a difference. */
  readonly singles: { readonly tried: number; readonly pruned: number }
  /** Different histories among all runs. */
  readonly histories: number
  readonly referenceSteps: number
  /** True when the budget or `progress` ended it before all was tried. */
  readonly stopped: boolean
  readonly spec: CompiledSpec
}

export async function search<O extends Record<string, object>>(
  source: SimSpec<O> | CompiledSpec,
  options: SearchOptions = {},
): Promise<SearchResult> {
  const spec = 'base' in source ? source : compileSpec(source)
  return new Search(spec, options).run()
}

const USUAL_STACK = Error.stackTraceLimit

class Search {
  readonly #spec: CompiledSpec
  readonly #options: SearchOptions
  readonly #byHand: Plan | undefined
  readonly #histories = new Set<string>()
  #reference!: Reference
  /** What is true at each place of the reference run. */
  #states: ReadonlyMap<string, string> = new Map()
  #runs = 0
  #tried = 0
  #pruned = 0
  #planned = 0
  #stopped = false

  constructor(spec: CompiledSpec, options: SearchOptions) {
    this.#spec = spec
    this.#options = options
    const { faults } = spec.source
    this.#byHand =
      typeof faults === 'function' ? faults(handsFor(spec.processes.map((it) => it.name))) : undefined
  }

  async run(): Promise<SearchResult> {
    // Thousands of refused requests: nobody reads where their errors were made.
    Error.stackTraceLimit = 2
    try {
      return await this.#search()
    } finally {
      Error.stackTraceLimit = USUAL_STACK
    }
  }

  async #search(): Promise<SearchResult> {
    this.#reference = await runReference(this.#spec)
    this.#runs += 3
    this.#states = new Map(
      this.#reference.run.log.flatMap((it) => (it.type === 'site' ? [[it.at, it.state] as const] : [])),
    )
    this.#histories.add(this.#reference.run.historyHash)
    return {
      failure: await this.#find(),
      runs: this.#runs,
      singles: { tried: this.#tried, pruned: this.#pruned },
      histories: this.#histories.size,
      referenceSteps: this.#reference.run.steps,
      stopped: this.#stopped,
      spec: this.#spec,
    }
  }

  async #find(): Promise<Failure | undefined> {
    const { violation } = this.#reference
    if (violation !== undefined) return { plan: [], violation, foundBy: 'reference run', original: [] }
    if (this.#byHand !== undefined) return this.#pinned(this.#byHand)
    for (const plan of this.#options.saved ?? []) {
      const failure = await this.#try(plan, 'saved plan')
      if (failure !== undefined) return failure
    }
    return (await this.#singles()) ?? (await this.#random())
  }

  /** A place that the run does not come by would make the test say nothing. */
  async #pinned(plan: Plan): Promise<Failure | undefined> {
    const run = await this.#simulate({ plan })
    this.#count(run)
    const missing = plan.filter(({ at }) => !run.hit.includes(at))
    if (missing.length > 0 && run.violation === undefined) {
      const places = run.sites.map((it) => `  ${it.at}`).join('\n')
      throw new Error(`the run does not come by ${formatPlan(missing)}; it comes by:\n${places}`)
    }
    const violation = judge(this.#spec, this.#reference, run)
    return violation === undefined
      ? undefined
      : { plan, violation, foundBy: 'faults by hand', original: plan }
  }

  async #singles(): Promise<Failure | undefined> {
    const all = this.#singlePlans()
    const { shard } = this.#options
    const mine = shard === undefined ? all : all.filter((_, i) => i % shard.of === shard.index)
    this.#planned = mine.length + (this.#options.randomRuns ?? 0)
    const number = new Map(mine.map((it, i) => [it, i + 1]))
    const single = (choice: Choice) =>
      this.#try([choice], `single fault ${number.get(choice)} of ${mine.length}`)
    const batches = this.#options.unpruned ? mine.map((it) => [it]) : batchesOf(mine, this.#reference.run.log)
    for (const batch of batches) {
      const failure = await this.#together(batch, single)
      if (failure !== undefined) return failure
      if (this.#goOn() === false) return undefined
    }
    return undefined
  }

  /** Tries several single faults in as few runs as they allow. */
  async #together(
    batch: readonly Choice[],
    single: (choice: Choice) => Promise<Failure | undefined>,
  ): Promise<Failure | undefined> {
    this.#tried += batch.length
    let left = batch
    while (left.length > 1) {
      const run = await this.#simulate({ plan: left, sites: false, expected: this.#states })
      this.#count(run)
      const met = left.filter(({ at }) => run.hit.includes(at))
      const violation = judge(this.#spec, this.#reference, run)
      if (violation !== undefined) {
        for (const choice of met) {
          const failure = await single(choice)
          if (failure !== undefined) return failure
        }
        return this.#shrunk(met, violation, 'single faults one after another')
      }
      if (met.length === 0) break
      left = left.filter((it) => !met.includes(it))
    }
    for (const choice of left) {
      const failure = await single(choice)
      if (failure !== undefined) return failure
    }
    return undefined
  }

  #singlePlans(): readonly Choice[] {
    const { tries } = this.#spec
    const { sites, log, stepRevisions } = this.#reference.run
    if (this.#options.unpruned) {
      return sites.flatMap(({ at, faults }) =>
        faults.filter((it) => tries(at, it)).map((fault) => ({ at, fault })),
      )
    }
    const { plans, pruned } = pruneSingles(log, stepRevisions, tries)
    this.#pruned = pruned
    return plans
  }

  /** Plans of two to five faults; those that led to something new are bred from. */
  async #random(): Promise<Failure | undefined> {
    const { randomRuns = 0, seed = 1, shard } = this.#options
    const random = randomStream(seed, `explore/${shard?.index ?? 0}`)
    const pool: { readonly plan: Plan; readonly sites: readonly Site[] }[] = [
      { plan: [], sites: this.#reference.run.sites },
    ]
    const seen = new Set<string>()
    for (let i = 0; i < randomRuns; i++) {
      const parent = random.float() < 0.3 ? pool[0]! : random.pick(pool)
      const plan = this.#mutate(parent.plan, parent.sites, random)
      const run = await this.#simulate({ plan })
      this.#count(run)
      const violation = judge(this.#spec, this.#reference, run)
      if (violation !== undefined)
        return this.#shrunk(plan, violation, `random plan ${i + 1} of ${randomRuns}`)
      if (isNew(run, seen) && pool.length < 2000) pool.push({ plan, sites: run.sites })
      if (this.#goOn() === false) return undefined
    }
    return undefined
  }

  #mutate(parent: Plan, sites: readonly Site[], random: Random): Plan {
    const plan = [...parent]
    const changes = 1 + random.below(parent.length === 0 ? 4 : 2)
    for (let i = 0; i < changes; i++) {
      if (plan.length > 4 || (plan.length > 1 && random.float() < 0.2))
        plan.splice(random.below(plan.length), 1)
      const { at, faults } = random.pick(sites)
      const legal = faults.filter((it) => this.#spec.tries(at, it))
      if (legal.length > 0 && !plan.some((it) => it.at === at)) plan.push({ at, fault: random.pick(legal) })
    }
    return plan
  }

  async #try(plan: Plan, foundBy: string): Promise<Failure | undefined> {
    const run = await this.#simulate({ plan, sites: false })
    this.#count(run)
    const violation = judge(this.#spec, this.#reference, run)
    return violation === undefined ? undefined : this.#shrunk(plan, violation, foundBy)
  }

  async #shrunk(original: Plan, violation: Violation, foundBy: string): Promise<Failure> {
    const judged = async (plan: Plan) => {
      const run = await this.#simulate({ plan, sites: false })
      this.#count(run)
      return judge(this.#spec, this.#reference, run)
    }
    const { sites } = this.#reference.run
    const smallest = await shrink(original, violation, { judged, sites, tries: this.#spec.tries })
    return { ...smallest, foundBy, original }
  }

  #simulate(options: RunOptions): Promise<RunResult> {
    return simulate(this.#spec, { ...options, atRest: this.#reference.atRest })
  }

  #count(run: RunResult): void {
    this.#runs++
    this.#histories.add(run.historyHash)
  }

  #goOn(): boolean {
    const goOn = this.#options.progress?.(this.#runs, this.#planned) !== false
    if (!goOn) this.#stopped = true
    return goOn
  }
}

/** Did something follow on something that it had never followed on before? */
function isNew(run: RunResult, seen: Set<string>): boolean {
  const before = seen.size
  let last = ''
  for (const { actor, verb, target } of run.history) {
    const event = `${actor} ${verb} ${target}`
    seen.add(`${last}\n${event}`)
    last = event
  }
  return seen.size > before
}

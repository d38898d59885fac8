/**
 * Every combination of a few faults, for scenarios small enough. A plan is extended only at places that come after
 * its last fault, and only if that fault had an effect: a run whose history is that of its parent has the parent's
 * children. The history says nothing about what controllers keep in memory, so that cut is sound only for those
 * that keep nothing; otherwise the result is as good as the search was deep, and `heuristic` says so.
 */
import type { CompiledSpec } from './compiled-spec.ts'
import type { Plan } from './plan.ts'
import { judge, type Reference, runReference } from './reference.ts'
import type { Failure, SearchResult } from './search.ts'
import { simulate } from './simulation.ts'

export interface ExhaustiveOptions {
  /** Most faults in one run; default 2. */
  readonly depth?: number
  /** Default 20,000. */
  readonly maxRuns?: number
  readonly progress?: (done: number) => boolean | undefined
}

export interface ExhaustiveResult extends SearchResult {
  /** All combinations were tried or proved to be like one that was. */
  readonly complete: boolean
  /** Runs spared because their last fault changed nothing. */
  readonly reduced: number
}

export async function exhaust(
  spec: CompiledSpec,
  options: ExhaustiveOptions = {},
): Promise<ExhaustiveResult> {
  return new Exhaustive(spec, options).run()
}

class Exhaustive {
  readonly #spec: CompiledSpec
  readonly #depth: number
  readonly #maxRuns: number
  readonly #progress: ExhaustiveOptions['progress']
  readonly #histories = new Set<string>()
  #reference!: Reference
  #runs = 0
  #reduced = 0
  #stopped = false

  constructor(spec: CompiledSpec, { depth = 2, maxRuns = 20_000, progress }: ExhaustiveOptions) {
    this.#spec = spec
    this.#depth = depth
    this.#maxRuns = maxRuns
    this.#progress = progress
  }

  async run(): Promise<ExhaustiveResult> {
    this.#reference = await runReference(this.#spec)
    this.#runs += 3
    const { violation, run } = this.#reference
    const failure =
      violation === undefined
        ? await this.#breadthFirst()
        : { plan: [], violation, foundBy: 'reference run', original: [] }
    return {
      failure,
      runs: this.#runs,
      singles: { tried: 0, pruned: 0 },
      histories: this.#histories.size,
      referenceSteps: run.steps,
      stopped: this.#stopped,
      spec: this.#spec,
      complete: failure === undefined && !this.#stopped,
      reduced: this.#reduced,
    }
  }

  /** Fewest faults first: the first failure is a smallest one. */
  async #breadthFirst(): Promise<Failure | undefined> {
    const { run } = this.#reference
    let level: { plan: Plan; sites: typeof run.sites; after: number; history: string }[] = [
      { plan: [], sites: run.sites, after: 0, history: run.historyHash },
    ]
    for (let depth = 1; depth <= this.#depth; depth++) {
      const next: typeof level = []
      for (const parent of level) {
        for (let i = parent.after; i < parent.sites.length; i++) {
          const { at, faults } = parent.sites[i]!
          for (const fault of faults) {
            if (!this.#spec.tries(at, fault)) continue
            if (this.#runs >= this.#maxRuns || this.#progress?.(this.#runs) === false) {
              this.#stopped = true
              return undefined
            }
            const plan = [...parent.plan, { at, fault }]
            const child = await simulate(this.#spec, { plan })
            this.#runs++
            this.#histories.add(child.historyHash)
            const violation = judge(this.#spec, this.#reference, child)
            if (violation !== undefined) {
              return { plan, violation, foundBy: `exhaustive, depth ${depth}`, original: plan }
            }
            if (child.historyHash === parent.history) this.#reduced++
            else next.push({ plan, sites: child.sites, after: i + 1, history: child.historyHash })
          }
        }
      }
      level = next
    }
    return undefined
  }
}

/**
 * Every combination of a few faults, for scenarios small enough. Combinations are spared in two ways:
 * - faults of processes that have no kind and no outside system in common commute: each was tried without the other;
 * - runs with the same history have the same future, so only one of them is extended.
 * The history says nothing about what controllers keep in memory, so the second cut is sound only for those that
 * declare `stateless: true`; otherwise `heuristic` says that the result is as good as the search was deep.
 */
import type { CompiledSpec } from './compiled-spec.ts'
import type { Plan } from './plan.ts'
import { judge, type Reference, runReference } from './reference.ts'
import type { Failure, SearchResult } from './search.ts'
import { type RunResult, simulate } from './simulation.ts'

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
  /** Combinations spared because they are like others that were tried. */
  readonly reduced: number
  /** Some controller may remember what no history shows. */
  readonly heuristic: boolean
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
      heuristic: !this.#spec.stateless,
    }
  }

  /** Fewest faults first: the first failure is a smallest one. */
  async #breadthFirst(): Promise<Failure | undefined> {
    const { run } = this.#reference
    const footprints = footprintsOf(run)
    /** History -> the earliest place from which a run with it was extended. */
    const extended = new Map([[run.historyHash, 0]])
    let level: { plan: Plan; sites: typeof run.sites; after: number }[] = [
      { plan: [], sites: run.sites, after: 0 },
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
            if (parent.plan.length > 0 && parent.plan.every((it) => commute(footprints, it.at, at))) {
              this.#reduced++
              continue
            }
            const child = await simulate(this.#spec, { plan, atRest: this.#reference.atRest })
            this.#runs++
            this.#histories.add(child.historyHash)
            const violation = judge(this.#spec, this.#reference, child)
            if (violation !== undefined) {
              return { plan, violation, foundBy: `exhaustive, depth ${depth}`, original: plan }
            }
            const known = extended.get(child.historyHash)
            if (known !== undefined && known <= i + 1) this.#reduced++
            else {
              extended.set(child.historyHash, i + 1)
              next.push({ plan, sites: child.sites, after: i + 1 })
            }
          }
        }
      }
      level = next
    }
    return undefined
  }
}

type Footprints = ReadonlyMap<string, ReadonlySet<string>>

/** Kinds and outside systems that each process watches, reads, calls or changes without faults. */
function footprintsOf({ log }: RunResult): Footprints {
  const footprints = new Map<string, Set<string>>()
  const touch = (process: string, what: string) => {
    const known = footprints.get(process)
    if (known === undefined) footprints.set(process, new Set([what]))
    else known.add(what)
  }
  for (const it of log) {
    if (it.type === 'watch' || it.type === 'read') touch(it.process, it.resource)
    else if (it.type === 'change') touch(it.actor, it.resource)
    else if (it.type === 'site') {
      const { type, process, resource } = it.about
      if (resource !== undefined) touch(process, resource)
      // `site-controller: dns.upsert(a) #1`
      if (type === 'outside') touch(process, `outside ${it.at.slice(process.length + 2).split('.')[0]}`)
    }
  }
  return footprints
}

function commute(footprints: Footprints, a: string, b: string): boolean {
  const one = footprints.get(a.split(': ')[0]!)
  const other = footprints.get(b.split(': ')[0]!)
  if (one === undefined || other === undefined || one === other) return false
  for (const it of one) if (it !== '' && other.has(it)) return false
  return true
}

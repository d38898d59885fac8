/** What a run is compared with: runs in which nothing goes wrong, in several orders of what is due together. */
import type { CompiledSpec } from './compiled-spec.ts'
import { differences, type FinalState, isIgnored } from './final-state.ts'
import { type RunResult, simulate } from './simulation.ts'
import type { Violation } from './spec.ts'

export interface Reference {
  readonly run: RunResult
  /** Paths that differ between runs without faults: nobody can say what is right there. */
  readonly mask: readonly string[]
  /** A violation without any fault: the controller is wrong as it stands. */
  readonly violation: Violation | undefined
}

/** Orders tried beside first come, first served. */
const SHUFFLES = 2

export async function runReference(spec: CompiledSpec): Promise<Reference> {
  const run = await simulate(spec)
  if (run.violation !== undefined) return { run, mask: [], violation: run.violation }
  const lonely = judgeAlone(spec, run)
  if (lonely !== undefined) return { run, mask: [], violation: lonely }
  const mask = new Set<string>()
  for (let seed = 1; seed <= SHUFFLES; seed++) {
    const shuffled = await simulate(spec, { orderSeed: seed })
    const { violation } = shuffled
    if (violation !== undefined) {
      const message = `${violation.message} (no fault; order ${seed} of what is due together)`
      return { run, mask: [], violation: { ...violation, message } }
    }
    for (const { object, path } of differences(run.final, shuffled.final)) {
      mask.add(`${object.slice(0, object.indexOf(' '))}${path === '' ? '' : `.${path}`}`)
    }
  }
  return { run, mask: [...mask], violation: undefined }
}

/** What the reference run must not do even though nothing can be compared with it. */
function judgeAlone({ source }: CompiledSpec, run: RunResult): Violation | undefined {
  const { oracles = {} } = source
  const [quiet] = run.quietWrites
  if (quiet !== undefined && oracles.quiescence !== false) {
    return {
      oracle: 'quiescence',
      property: '',
      message: `nothing was left to do, yet: ${brief(run.quietWrites)}`,
    }
  }
  const [again] = run.restartWrites
  if (again !== undefined && oracles.idempotence !== false) {
    const message = `restarted on a settled cluster, yet: ${brief(run.restartWrites)}`
    return { oracle: 'idempotence', property: '', message }
  }
  return undefined
}

/** What a run with faults did wrong, by itself or against the reference. */
export function judge({ source }: CompiledSpec, reference: Reference, run: RunResult): Violation | undefined {
  if (run.violation !== undefined) return run.violation
  const on = (oracle: keyof NonNullable<typeof source.oracles>) => source.oracles?.[oracle] !== false
  const speak = (oracle: Violation['oracle'], message: string): Violation => ({
    oracle,
    property: '',
    message,
  })

  const ignore = [...reference.mask, ...(source.ignore ?? [])]
  const wrong = differences(reference.run.final, run.final).filter((it) => !isIgnored(it, ignore))
  const [first] = wrong
  if (first !== undefined) {
    const orphan = wrong.find((it) => on('orphans') && isOrphan(it.path, it.actual))
    if (orphan !== undefined) return speak('orphans', `${orphan.object}: its owner is gone`)
    const more = wrong.length > 1 ? `, and ${wrong.length - 1} more` : ''
    if (on('convergence')) return speak('convergence', `${explain(first)}${more}`)
  }
  if (on('ledger')) {
    for (const [line, count] of run.ledger) {
      const usual = reference.run.ledger.get(line) ?? 0
      if (line.startsWith('delete ') && count > usual)
        return speak('ledger', `${line}: ${count} times instead of ${usual}`)
    }
  }
  if (on('quiescence') && run.quietWrites.length > reference.run.quietWrites.length) {
    return speak('quiescence', `nothing was left to do, yet: ${brief(run.quietWrites)}`)
  }
  if (on('idempotence') && run.restartWrites.length > reference.run.restartWrites.length) {
    return speak('idempotence', `restarted on a settled cluster, yet: ${brief(run.restartWrites)}`)
  }
  return undefined
}

function isOrphan(path: string, actual: unknown): boolean {
  return path.endsWith('.owner') && actual === 'is gone'
}

function explain({ object, path, expected, actual }: ReturnType<typeof differences>[number]): string {
  if (path === '' && actual === undefined) return `${clip(object)} should be there and is not`
  if (path === '' && expected === undefined) return `${clip(object)} should not be there`
  return `${object}: ${path} is ${clip(JSON.stringify(actual))}, should be ${clip(JSON.stringify(expected))}`
}

function clip(text: string | undefined): string {
  if (text === undefined) return 'absent'
  return text.length > 160 ? `${text.slice(0, 160)}...` : text
}

function brief(writes: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const write of writes) counts.set(write, (counts.get(write) ?? 0) + 1)
  return [...counts]
    .slice(0, 3)
    .map(([write, count]) => (count > 1 ? `${write} (${count} times)` : write))
    .join('; ')
}

/** Two failures are the same when the same oracle speaks about the same property. */
export function sameFailure(a: Violation, b: Violation): boolean {
  return a.oracle === b.oracle && a.property === b.property
}

export type { FinalState }

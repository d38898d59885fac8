/** What a run is compared with: runs in which nothing goes wrong, in several orders of what is due together. */
import type { KubeObject, Stored } from '../../api/kind.ts'
import type { CompiledSpec } from './compiled-spec.ts'
import { type Difference, differences, type FinalState, isIgnored } from './final-state.ts'
import { type RunResult, simulate } from './simulation.ts'
import type { SimEvent, Violation } from './spec.ts'

export interface Reference {
  readonly run: RunResult
  /** Worlds in which restarted processes find nothing to do: shared by the runs that are compared with this one. */
  readonly atRest: Set<string>
  /** Paths that differ between runs without faults: nobody can say what is right there. */
  readonly mask: readonly string[]
  /** A violation without any fault: the controller is wrong as it stands. */
  readonly violation: Violation | undefined
}

/** Orders tried beside first come, first served. */
const SHUFFLES = 2

export async function runReference(spec: CompiledSpec): Promise<Reference> {
  const atRest = new Set<string>()
  const run = await simulate(spec, { observe: true, atRest })
  if (run.violation !== undefined) return { run, atRest, mask: [], violation: run.violation }
  const lonely = judgeAlone(spec, run)
  if (lonely !== undefined) return { run, atRest, mask: [], violation: lonely }
  const mask = new Set<string>()
  for (let seed = 1; seed <= SHUFFLES; seed++) {
    const shuffled = await simulate(spec, { orderSeed: seed, atRest })
    const { violation } = shuffled
    if (violation !== undefined) {
      const message = `${violation.message} (no fault; order ${seed} of what is due together)`
      return { run, atRest, mask: [], violation: { ...violation, message } }
    }
    for (const { object, path } of differences(run.final, shuffled.final)) {
      mask.add(`${object.slice(0, object.indexOf(' '))}${path === '' ? '' : `.${path}`}`)
    }
  }
  return { run, atRest, mask: [...mask], violation: undefined }
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
    const orphan = on('orphans') ? orphanAmong(wrong, run) : undefined
    if (orphan !== undefined) return speak('orphans', orphan)
    const more = wrong.length > 1 ? `, and ${wrong.length - 1} more` : ''
    if (on('convergence')) return speak('convergence', `${explain(first)}${more}`)
  }
  if (on('ledger')) {
    const usually = ledgerOf(reference.run.history)
    for (const [line, count] of ledgerOf(run.history)) {
      const usual = usually.get(line) ?? 0
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

/** `create Secret/key-2` -> how often; objects with generated names are left out. */
function ledgerOf(history: readonly SimEvent[]): Map<string, number> {
  const ledger = new Map<string, number>()
  for (const { verb, target, object, old } of history) {
    const it = object ?? old
    if (it === undefined || verb === 'update' || it.metadata.generateName) continue
    const line = `${verb} ${target}`
    ledger.set(line, (ledger.get(line) ?? 0) + 1)
  }
  return ledger
}

/**
 * Says in words what was left behind or lost, if that is what is wrong: an object whose owner is gone or that is
 * labelled for one that is, something outside that no object speaks of any more, or that one speaks of in vain.
 */
function orphanAmong(wrong: readonly Difference[], run: RunResult): string | undefined {
  for (const { object, path, expected, actual } of wrong) {
    if (path.endsWith('.owner') && actual === 'is gone') return `${object}: its owner is gone`
    if (object.startsWith('outside ')) {
      if (path === '') continue
      const [what, verdict] =
        actual === undefined && expected !== undefined
          ? [mentioned(path, run.objects), 'is not there any more, but recorded by']
          : expected === undefined
            ? [mentioned(path, run.objects) === undefined ? '' : undefined, 'is recorded by no object']
            : [undefined, '']
      if (what !== undefined) return `${object}: ${path} ${verdict}${what === '' ? '' : ` ${what}`}`
    } else if (path === '' && expected === undefined) {
      const dead = labelledForDead(object, run)
      if (dead !== undefined) return `${clip(object)}: labelled for ${dead}, which is gone`
    }
  }
  return undefined
}

/** The object that has the last part of the path (`records.a.example.com`) among its fields. */
function mentioned(path: string, objects: readonly Stored<KubeObject>[]): string | undefined {
  const key = path.slice(path.indexOf('.') + 1)
  const found = objects.find((it) => {
    const { name, namespace } = it.metadata
    return name === key || `${namespace}/${name}` === key || JSON.stringify(it).includes(JSON.stringify(key))
  })
  return found && `${found.kind}/${found.metadata.name}`
}

/** Name of an object that was deleted and whose name or uid is the value of a label of `shown`. */
function labelledForDead(shown: string, { objects, history }: RunResult): string | undefined {
  const living = new Set(objects.flatMap(({ metadata }) => [metadata.name, metadata.uid]))
  const orphan = objects.find((it) => shown.startsWith(`${it.kind} `) && shown.includes(it.metadata.name))
  const labels = new Set(Object.values(orphan?.metadata.labels ?? {}))
  for (const { object, old } of history) {
    if (object !== undefined || old === undefined) continue
    const { name, uid } = old.metadata
    if ((labels.has(name) && !living.has(name)) || labels.has(uid)) return `${old.kind}/${name}`
  }
  return undefined
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

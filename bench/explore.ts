/**
 * `npm run bench:explore`: runs a second of the explorer on one core, in CPU time, so that a busy machine does not
 * count: every single fault of a scenario, each alone, as the search makes them. `-- replay 10000` runs one failing plan
 * so often and prints the hash over its trace and all objects, versions and uids included: equal in every process.
 */
import { safe } from '../examples/controllers/database.ts'
import { careful, trusting } from '../examples/controllers/website.ts'
import { hex64 } from '../src/kernel/hash.ts'
import { compileSpec } from '../src/testing/explore/compiled-spec.ts'
import { judge, runReference } from '../src/testing/explore/reference.ts'
import { search } from '../src/testing/explore/search.ts'
import { simulate } from '../src/testing/explore/simulation.ts'
import type { SimSpec } from '../src/testing/explore/spec.ts'
import { CRASH_BUGS } from '../test/testing/bugs/crashes.ts'
import { ORDINARY_BUGS } from '../test/testing/bugs/ordinary.ts'
import { STALENESS_BUGS } from '../test/testing/bugs/staleness.ts'
import { baselineSeconds } from './baseline.ts'

/** Every scenario is searched again and again for so long, so that the compiler has seen it all; the best round counts. */
const SECONDS = 12

async function speed(name: string, spec: SimSpec): Promise<void> {
  const compiled = compileSpec(spec)
  const usual = Error.stackTraceLimit
  Error.stackTraceLimit = 2 // As the search does.
  const reference = await runReference(compiled)
  const { atRest } = reference
  const plans = reference.run.sites.flatMap(({ at, faults }) =>
    faults.filter((it) => compiled.tries(at, it)).map((fault) => [{ at, fault }]),
  )
  let best = Number.POSITIVE_INFINITY
  let steps = 0
  const started = process.cpuUsage()
  for (let spent = 0; spent < SECONDS * 1e6; ) {
    const before = process.cpuUsage()
    steps = 0
    for (const plan of plans) {
      const run = await simulate(compiled, { plan, sites: false, atRest })
      judge(compiled, reference, run)
      steps += run.steps
    }
    const { user, system } = process.cpuUsage(before)
    best = Math.min(best, (user + system) / plans.length)
    const since = process.cpuUsage(started)
    spent = since.user + since.system
  }
  Error.stackTraceLimit = usual
  print(
    `${name}: ${plans.length} single faults, ${Math.round(steps / plans.length)} events a run`,
    `${Math.round(1e6 / best)} runs/s`,
    `${Math.round(best)} us, ${Math.round(best / baselineUs)} x baseline`,
  )
}

async function replay(count: number): Promise<void> {
  const { failure, spec } = await search(trusting)
  const hashes = new Map<string, number>()
  for (let i = 0; i < count; i++) {
    const run = await simulate(spec, { plan: failure!.plan, trace: true })
    const lines = run.trace.map(({ time, actor, type, text }) => `${time} ${actor} ${type} ${text}`)
    const objects = run.objects.map((it) => JSON.stringify(it))
    const key = `${hex64([...lines, ...objects].join('\n')).slice(0, 32)} after ${run.steps} events`
    hashes.set(key, (hashes.get(key) ?? 0) + 1)
  }
  for (const [key, times] of hashes) print(key, `${times} of ${count}`, '')
}

function print(name: string, figure: string, detail: string): void {
  process.stdout.write(`${name.padEnd(58)} ${figure.padStart(16)}  ${detail}\n`)
}

let baselineUs = Number.POSITIVE_INFINITY
if (process.argv.includes('replay')) await replay(Number(process.argv.at(-1)))
else {
  for (let i = 0; i < 5; i++) baselineUs = Math.min(baselineUs, (baselineSeconds(20_000) / 20_000) * 1e6)
  print('baseline: a pod in plain objects (bench/baseline.ts)', `${baselineUs.toFixed(2)} us`, '')
  await speed('explore: website', careful)
  await speed('explore: database', safe)
  // Of what is promised, about 50 events a run: the fixed variants of the bugs that are nearest to it.
  const bugs = [...CRASH_BUGS, ...STALENESS_BUGS, ...ORDINARY_BUGS]
  for (const words of ['two secrets', 'password', 'status makes', 'clean-up failed']) {
    const bug = bugs.find((it) => it.name.includes(words))!
    await speed(`explore: "${words}"`, bug.spec(true))
  }
}

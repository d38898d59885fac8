/**
 * `npm run bench:explore`: runs a second of the explorer on one core, in CPU time, so that a busy machine does not
 * count. `-- replay 10000` runs one failing plan so often and prints the hash over all traces: equal in every process.
 */
import { safe } from '../examples/controllers/database.ts'
import { careful, trusting } from '../examples/controllers/website.ts'
import { compileSpec } from '../src/testing/explore/compiled-spec.ts'
import { search } from '../src/testing/explore/search.ts'
import { simulate } from '../src/testing/explore/simulation.ts'
import type { SimSpec } from '../src/testing/explore/spec.ts'

const RUNS = 3000

async function speed(name: string, spec: SimSpec): Promise<void> {
  const compiled = compileSpec(spec)
  for (let i = 0; i < 300; i++) await simulate(compiled) // Warms the compiler.
  Error.stackTraceLimit = 2 // As the search does.
  const before = process.cpuUsage()
  let steps = 0
  for (let i = 0; i < RUNS; i++) steps += (await simulate(compiled)).steps
  const { user, system } = process.cpuUsage(before)
  const perRun = (user + system) / RUNS
  print(
    `${name}: ${Math.round(steps / RUNS)} events a run`,
    `${Math.round(1e6 / perRun)} runs/s`,
    `${Math.round(perRun)} us`,
  )
}

async function replay(count: number): Promise<void> {
  const { failure, spec } = await search(trusting)
  const hashes = new Map<string, number>()
  for (let i = 0; i < count; i++) {
    const run = await simulate(spec, { plan: failure!.plan, trace: i % 100 === 0 })
    const key = `${run.historyHash} ${run.steps} ${run.violation?.message}`
    hashes.set(key, (hashes.get(key) ?? 0) + 1)
  }
  for (const [key, times] of hashes) print(key, `${times} of ${count}`, '')
}

function print(name: string, figure: string, detail: string): void {
  process.stdout.write(`${name.padEnd(58)} ${figure.padStart(16)}  ${detail}\n`)
}

if (process.argv.includes('replay')) await replay(Number(process.argv.at(-1)))
else {
  await speed('explore: website', careful)
  await speed('explore: database', safe)
}

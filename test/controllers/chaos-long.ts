/**
 * The long mode of the chaos test: `npm run test:long`, a thousand seeds; `npm run test:long -- 50 1200` for 50 from
 * 1200 on. Prints what ended differently, and how.
 */
import { runWorkload } from './chaos.ts'
import { FULL } from './chaos-workload.ts'

const [count = 1000, first = 1] = process.argv.slice(2).map(Number)
const calm = await runWorkload(undefined, FULL)
let failed = 0
for (let seed = first; seed < first + count; seed++) {
  const end = await runWorkload(seed, FULL).catch((error: unknown) => String(error))
  if (end === calm) continue
  failed++
  const lines = new Set(calm.split('\n'))
  const strange = end.split('\n').filter((line) => !lines.has(line))
  process.stdout.write(`seed ${seed} ends differently:\n${strange.map((line) => `  + ${line}`).join('\n')}\n`)
}
process.stdout.write(`${count - failed} of ${count} runs with faults end like the one without\n`)
process.exitCode = failed === 0 ? 0 : 1

/** The long mode of the chaos test: `npm run test:long -- 1000`, a thousand seeds by default. */
import { runWorkload } from './chaos.ts'

const count = Number(process.argv[2] ?? 1000)
const calm = await runWorkload(undefined)
let failed = 0
for (let seed = 1; seed <= count; seed++) {
  const end = await runWorkload(seed).catch((error: unknown) => String(error))
  if (end === calm) continue
  failed++
  const lines = new Set(calm.split('\n'))
  const strange = end.split('\n').filter((line) => !lines.has(line))
  process.stdout.write(`seed ${seed} ends differently:\n${strange.map((line) => `  + ${line}`).join('\n')}\n`)
}
process.stdout.write(`${count - failed} of ${count} runs with faults end like the one without\n`)
process.exitCode = failed === 0 ? 0 : 1

/** `npm run bench:scheduler [-- words of names]`: each workload in turn, with what is promised beside it. */
import { measure, WORKLOADS } from './scheduler.bench.ts'

const words = process.argv.slice(2)
const chosen = WORKLOADS.filter(({ name }) => words.every((word) => name.includes(word)))
const width = Math.max(...chosen.map(({ name }) => name.length))
for (const workload of chosen) {
  await measure({
    ...workload,
    measured: Math.min(workload.measured, 1000),
    initial: Math.min(workload.initial, 1000),
  })
  const { podsPerSecond, bound } = await measure(workload)
  const promise = workload.atLeast === undefined ? '' : `  (at least ${workload.atLeast})`
  const missing = bound === workload.measured ? '' : `  ONLY ${bound} of ${workload.measured} bound`
  const rate = Math.round(podsPerSecond)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',')
  process.stdout.write(`${workload.name.padEnd(width)}  ${rate.padStart(7)} pods/s${promise}${missing}\n`)
}

/** `npm run bench`: every figure beside the least possible code that does the same, in one run. */
import { baselineSeconds, DELIVERIES_PER_WRITE, WRITES_PER_POD } from './baseline.ts'
import { EVENTS, idleSpeed, podLife } from './cluster.bench.ts'
import { cronDay, mixedWorkload, PROMISED, TENTH } from './controllers.bench.ts'
import { etcdBenches } from './etcd.bench.ts'
import { measure, WORKLOADS } from './scheduler.bench.ts'

/** `--full`: the sizes of the promises; otherwise sizes that a laptop finishes in a minute. */
const full = process.argv.includes('--full')
const words = process.argv.slice(2).filter((it) => !it.startsWith('-'))
const chosen = (name: string) => words.length === 0 || words.some((word) => name.includes(word))

function print(name: string, figure: string, ratio = ''): void {
  process.stdout.write(`${name.padEnd(58)} ${figure.padStart(16)}  ${ratio}\n`)
}

function whole(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** The better of two runs, the first of which also warms the compiler. */
function floorPerPod(): number {
  const count = 100_000
  return (Math.min(baselineSeconds(count), baselineSeconds(count)) * 1e6) / count
}

const floor = floorPerPod()
const writesPerSecond = (WRITES_PER_POD * 1e6) / floor
print(
  `baseline: ${WRITES_PER_POD} writes, ${DELIVERIES_PER_WRITE} deliveries each, plain objects`,
  `${floor.toFixed(2)} us/pod`,
)
print('baseline: writes', `${whole(writesPerSecond)} /s`)

if (chosen('pod life')) {
  await podLife(100, 1000) // Warms the compiler.
  const sizes: readonly [nodes: number, pods: number][] = full
    ? [
        [1000, 15_000],
        [1000, 30_000],
        [5000, 150_000],
      ]
    : [
        [100, 2000],
        [1000, 10_000],
      ]
  for (const [nodes, pods] of sizes) {
    for (const events of Object.keys(EVENTS) as (keyof typeof EVENTS)[]) {
      const life = await podLife(nodes, pods, events)
      const ratio = `${(life.microsecondsPerPod / floor).toFixed(0)} x baseline`
      const memory =
        life.heapBytesPerPod > 0
          ? `, ${whole(life.heapBytesPerPod)} bytes of heap a pod, ${whole(life.heapBytesLater)} once history is compacted`
          : ''
      print(
        `pod life: ${whole(pods)} pods on ${whole(nodes)} nodes, Events ${events}`,
        `${life.microsecondsPerPod.toFixed(0)} us/pod`,
        `${ratio}, ${(life.events / pods).toFixed(1)} events a pod${memory}`,
      )
    }
  }
}
if (chosen('idle')) {
  const sizes: readonly [nodes: number, hours: number, pods: number][] = full
    ? [
        [3, 240, 0],
        [1000, 0.5, 30_000],
        [5000, 1, 0],
      ]
    : [
        [3, 240, 0],
        [1000, 0.2, 0],
        [100, 1, 3000],
      ]
  for (const [nodes, hours, pods] of sizes) {
    const what = pods > 0 ? `, ${whole(pods)} pods with two probes each` : ''
    print(
      `idle: ${whole(nodes)} nodes${what}`,
      `${whole(await idleSpeed(nodes, hours, pods))} x`,
      'real time',
    )
  }
}
if (chosen('controllers')) {
  await mixedWorkload(TENTH) // Warms the compiler.
  for (const mixture of full ? [TENTH, PROMISED] : [TENTH]) {
    const { microsecondsPerPod, eventsPerPod } = await mixedWorkload(mixture)
    print(
      `controllers: ${whole(mixture.pods)} pods of all kinds on ${whole(mixture.nodes)} nodes`,
      `${microsecondsPerPod.toFixed(0)} us/pod`,
      `${(microsecondsPerPod / floor).toFixed(0)} x baseline, ${eventsPerPod.toFixed(1)} events a pod`,
    )
  }
  const hours = full ? 24 : 1
  const { seconds, started, left } = await cronDay(200, hours)
  print(
    `controllers: ${hours} h of 200 CronJobs every 5 minutes`,
    `${seconds.toFixed(1)} s`,
    `${whole(started)} Jobs started, ${whole(left)} left`,
  )
}
for (const { name, unit, run } of etcdBenches) {
  if (!chosen(name)) continue
  const rate = run()
  const perWrite = unit.startsWith('puts') || unit.startsWith('swaps') || unit.startsWith('txns')
  print(name, `${whole(rate)} ${unit}`, perWrite ? `${(writesPerSecond / rate).toFixed(1)} x baseline` : '')
}
for (const workload of WORKLOADS) {
  const name = `scheduler: ${workload.name}`
  if (!chosen(name) || (!full && workload.nodes > 500)) continue
  const { podsPerSecond } = await measure(workload)
  print(name, `${whole(podsPerSecond)} pods/s`, `${(1e6 / podsPerSecond / floor).toFixed(0)} x baseline`)
}

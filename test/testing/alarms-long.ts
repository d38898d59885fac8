/**
 * `npm run explore:alarms [-- 100000 1]`: so many faulty runs, from that seed, of controllers that are right: the
 * examples' and the bugs' fixed variants and our own. Any alarm is printed with the plan that replays it.
 */
import * as canary from '../../examples/controllers/canary.ts'
import * as database from '../../examples/controllers/database.ts'
import * as website from '../../examples/controllers/website.ts'
import { formatPlan } from '../../src/testing/explore/plan.ts'
import { search } from '../../src/testing/explore/search.ts'
import type { SimSpec } from '../../src/testing/explore/spec.ts'
import { CRASH_BUGS } from './bugs/crashes.ts'
import { ORDINARY_BUGS } from './bugs/ordinary.ts'
import { STALENESS_BUGS } from './bugs/staleness.ts'
import { MORE_STORIES } from './more-stories.ts'
import { SELF_STORIES } from './self-stories.ts'

const [total = '100000', seed = '1'] = process.argv.slice(2)
/** Our own controllers take ten times as long: of six runs one is theirs. */
const OWN_SHARE = 1 / 6

const fixed: readonly (readonly [string, SimSpec])[] = [
  ['example website', website.careful],
  ['example database', database.safe],
  ['example canary', canary.sound],
  ...[...CRASH_BUGS, ...STALENESS_BUGS, ...ORDINARY_BUGS].map((it) => [it.name, it.spec(true)] as const),
]
const own = Object.entries({ ...SELF_STORIES, ...MORE_STORIES })

let runs = 0
let alarms = 0

async function explore(name: string, spec: SimSpec, share: number): Promise<void> {
  const { user, system } = process.cpuUsage()
  const result = await search(spec, { randomRuns: Math.ceil(share), seed: Number(seed) })
  const after = process.cpuUsage()
  runs += result.runs
  const seconds = (after.user + after.system - user - system) / 1e6
  const line = `${String(result.runs).padStart(7)} runs ${seconds.toFixed(1).padStart(7)} s  ${String(result.histories).padStart(6)} histories  ${name}`
  const { failure } = result
  if (failure === undefined) process.stdout.write(`ok    ${line}\n`)
  else {
    alarms++
    const { oracle, property, message } = failure.violation
    process.stdout.write(
      `ALARM ${line}\n      ${formatPlan(failure.plan)}\n      ${oracle} ${property}: ${message}\n`,
    )
  }
}

const count = Number(total)
for (const [name, spec] of fixed) await explore(name, spec, (count * (1 - OWN_SHARE)) / fixed.length)
for (const [name, spec] of own) await explore(name, spec, (count * OWN_SHARE) / own.length)
process.stdout.write(`${runs} faulty runs of ${own.length + fixed.length} controllers, ${alarms} alarms\n`)
process.exitCode = alarms === 0 ? 0 : 1

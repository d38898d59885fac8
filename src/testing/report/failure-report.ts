/** Runs a failing plan once more, looking closely, and gathers what a reader needs to understand it. */
import { FAULTS, type Fault, faultKind } from '../explore/faults.ts'
import { formatPlan, type Plan } from '../explore/plan.ts'
import type { Failure, SearchResult } from '../explore/search.ts'
import { type RunResult, simulate } from '../explore/simulation.ts'
import type { Violation } from '../explore/spec.ts'
import type { StaleRead, TraceEntry } from '../explore/trace.ts'
import { ObjectInBrief } from './object-in-brief.ts'

export interface FailureReport {
  readonly name: string
  readonly plan: Plan
  readonly planText: string
  readonly violation: Violation
  readonly foundBy: string
  /** `Site/a`: the object that the two columns beside the timeline are about; absent: there is none. */
  readonly focus: string | undefined
  /** The process whose view is shown. */
  readonly witness: string
  readonly rows: readonly ReportRow[]
  /** Index in `rows` of the write that acted on something no longer true, or of the first fault. */
  readonly turningPoint: number | undefined
  /** From the cause to the effect. */
  readonly because: readonly string[]
  readonly hint: string
  readonly faults: readonly (Fault & { readonly name: string; readonly at: string })[]
}

export interface ReportRow extends Pick<TraceEntry, 'time' | 'actor' | 'type' | 'text' | 'stale'> {
  /** The focus as it truly was, and as the witness had last seen it; '' where that did not change. */
  readonly truth: string
  readonly saw: string
}

export async function reportFailure(
  name: string,
  result: SearchResult,
  failure: Failure,
): Promise<FailureReport> {
  const run = await simulate(result.spec, { plan: failure.plan, trace: true })
  const { trace } = run
  const stale = firstStaleWrite(run)
  const turningPoint = stale ?? indexOfFault(run)
  const witness = failure.plan[0]?.at.split(': ')[0] ?? result.spec.processes[0]?.name ?? ''
  const focus = focusOf(trace, turningPoint, witness)
  return {
    name,
    plan: failure.plan,
    planText: formatPlan(failure.plan),
    violation: failure.violation,
    foundBy: failure.foundBy,
    focus,
    witness,
    rows: rowsOf(trace, focus, witness, turningPoint),
    turningPoint,
    because: stale === undefined ? chainOf(trace, failure) : becauseOf(trace[stale]!),
    hint: hintFor(failure, trace[stale ?? -1]?.stale),
    faults: failure.plan.map(({ at, fault }) => ({ ...FAULTS[faultKind(fault)], name: fault, at })),
  }
}

/** The first write after a fault whose reconcile had read what was no longer true. */
function firstStaleWrite({ trace }: RunResult): number | undefined {
  const fault = trace.findIndex((it) => it.type === 'fault')
  const found = trace.findIndex(
    (it, i) =>
      i > fault && fault >= 0 && (it.type === 'write' || it.type === 'outside') && it.stale !== undefined,
  )
  return found < 0 ? undefined : found
}

function indexOfFault({ trace }: RunResult): number | undefined {
  const found = trace.findIndex((it) => it.type === 'fault')
  return found < 0 ? undefined : found
}

/** What was read too old, or what the fault is about, or else what the user was concerned with before it. */
function focusOf(
  trace: readonly TraceEntry[],
  turningPoint: number | undefined,
  witness: string,
): string | undefined {
  const turn = turningPoint === undefined ? undefined : trace[turningPoint]
  const stale = turn?.stale?.[0]?.object
  if (stale !== undefined) return stale
  const names = new Set(trace.flatMap(({ truth }) => [...truth.keys()]))
  const namedIn = (text: string) => [...names].findLast((it) => text.split(/[\s(]/).includes(it))
  const named = turn?.type === 'fault' ? namedIn(turn.text) : undefined
  if (named !== undefined) return named
  const steps = trace.filter((it) => it.type === 'user')
  const known = (object: string) => trace.some(({ seen }) => seen.get(witness)?.has(object))
  const before = steps.filter((it) => turn === undefined || it.time <= turn.time).toReversed()
  for (const step of [...before, ...steps]) {
    const object = namedIn(step.text)
    if (object !== undefined && known(object)) return object
  }
  return trace.find((it) => it.target !== undefined)?.target
}

function rowsOf(
  trace: readonly TraceEntry[],
  focus: string | undefined,
  witness: string,
  turningPoint: number | undefined,
): ReportRow[] {
  const states = trace.flatMap(({ truth, seen }) => [
    truth.get(focus ?? ''),
    seen.get(witness)?.get(focus ?? ''),
  ])
  const brief = new ObjectInBrief(states.filter((it) => it !== undefined))
  let lastTruth = ''
  let lastSaw = ''
  return trace.map(({ time, actor, type, text, stale, truth, seen }, i) => {
    const row = { time, actor, type, text, stale, truth: '', saw: '' }
    if (focus === undefined) return row
    const now = brief.of(truth.get(focus))
    const view = seen.get(witness)
    const saw = view?.has(focus) ? brief.of(view.get(focus)) : '-'
    if (now !== lastTruth || i === turningPoint) row.truth = now
    if (saw !== lastSaw || i === turningPoint) row.saw = saw
    lastTruth = now
    lastSaw = saw
    return row
  })
}

function becauseOf({ stale = [], text }: TraceEntry): string[] {
  const reads = stale.map(
    ({ object, saw, truth }) => `read ${object} @rv${saw || 'none'} (true: ${truth ? `rv${truth}` : 'gone'})`,
  )
  return [...reads, text]
}

const CHAIN_MAX = 5

/** The fault, what was done next, and what came of it. */
function chainOf(trace: readonly TraceEntry[], { violation }: Failure): string[] {
  const fault = trace.findIndex((it) => it.type === 'fault')
  if (fault < 0) return []
  const acts = trace
    .slice(fault + 1)
    .filter((it) => it.type === 'user' || it.type === 'write' || it.type === 'outside')
    .map(({ actor, text }) => `${actor} ${text}`)
  const shown = acts.length > CHAIN_MAX ? [...acts.slice(0, CHAIN_MAX - 1), '...'] : acts
  return [`${trace[fault]!.text}`, ...shown, violation.message]
}

function hintFor({ violation, plan }: Failure, stale: readonly StaleRead[] | undefined): string {
  if (stale !== undefined) {
    return 'the action used a read that was no longer true; guard it with a live read, a precondition on uid or resourceVersion, or make it harmless'
  }
  const [first] = plan
  switch (first && faultKind(first.fault)) {
    case undefined:
      return 'no fault is needed: the controller does this on every run'
    case 'crash-after':
    case 'crash-before':
    case 'lost-answer':
      return 'between two writes everything may be forgotten: let every reconcile look at what is there and finish what is missing'
    case 'restart':
      return 'memory is gone after a restart: what must be known has to be read from the API or from outside'
    case 'down':
    case 'missed':
      return 'what was never seen must be found by looking: list what should not be there, or hold the object with a finalizer'
    case 'error':
    case 'throttled':
      return 'a refused call must be retried: let its error end the reconcile'
    case 'lag':
    case 'stale':
      return 'a cache is behind the truth, and behind your own writes: give what must be unique a name that follows from its cause, or look live before you act'
    case 'slow':
      return 'while a call is under way, the world goes on: look again before acting on what was read before it'
    case 'two-leaders':
      return 'another leader acted meanwhile: let every write name the version that it is about, so that the late one is refused'
    case 'clock-forward':
    case 'clock-back':
      return 'clocks jump: compare times of one clock only, or let the API server say what comes first'
    default:
      return violation.oracle === 'convergence'
        ? 'the controller had everything it needed in the end, and did not look again'
        : 'see the fault: the controller relies on what it does not promise'
  }
}

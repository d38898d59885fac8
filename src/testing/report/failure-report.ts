/** Runs a failing plan once more, looking closely, and gathers what a reader needs to understand it. */
import { FAULTS, type Fault, faultKind } from '../explore/faults.ts'
import { formatPlan, type Plan } from '../explore/plan.ts'
import type { Failure, SearchResult } from '../explore/search.ts'
import { type RunResult, simulate } from '../explore/simulation.ts'
import type { Violation } from '../explore/spec.ts'
import type { StaleRead, TraceEntry } from '../explore/trace.ts'

export interface FailureReport {
  readonly name: string
  readonly plan: Plan
  readonly planText: string
  readonly violation: Violation
  readonly foundBy: string
  readonly trace: readonly TraceEntry[]
  /** Index in `trace` of the write that acted on something no longer true, or of the first fault. */
  readonly turningPoint: number | undefined
  readonly because: string | undefined
  readonly hint: string
  readonly faults: readonly (Fault & { readonly name: string; readonly at: string })[]
}

export async function reportFailure(
  name: string,
  result: SearchResult,
  failure: Failure,
): Promise<FailureReport> {
  const run = await simulate(result.spec, { plan: failure.plan, trace: true })
  const stale = firstStaleWrite(run)
  return {
    name,
    plan: failure.plan,
    planText: formatPlan(failure.plan),
    violation: failure.violation,
    foundBy: failure.foundBy,
    trace: run.trace,
    turningPoint: stale ?? indexOfFault(run),
    because: stale === undefined ? undefined : becauseOf(run.trace[stale]!),
    hint: hintFor(failure, run.trace[stale ?? -1]?.stale),
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

function becauseOf({ stale = [], text }: TraceEntry): string {
  const reads = stale.map(
    ({ object, saw, truth }) => `read ${object} @rv${saw || 'none'} (true: ${truth ? `rv${truth}` : 'gone'})`,
  )
  return `${reads.join(', ')}  ->  ${text}`
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
    case 'down':
    case 'missed':
      return 'what was never seen must be found by looking: list what should not be there, or hold the object with a finalizer'
    case 'error':
    case 'throttled':
      return 'a refused call must be retried: let its error end the reconcile'
    case 'slow':
      return 'while a call is under way, the world goes on: look again before acting on what was read before it'
    default:
      return violation.oracle === 'convergence'
        ? 'the controller had everything it needed in the end, and did not look again'
        : 'see the fault: the controller relies on what it does not promise'
  }
}

/** The report for programs: one JSON object, stable in its field names. */
import { formatPlace } from '../../cluster/input-error.ts'
import type { JournalEntry } from '../../kernel/journal.ts'
import type { OperationResult, ScenarioResult } from '../run.ts'

/** Times are seconds of virtual time since the start of the scenario. */
export function jsonReport(result: ScenarioResult, realMs: number): object {
  const since = (ms: number) => (ms - result.from) / 1000
  const operation = (it: OperationResult) => ({
    name: it.name,
    verdict: it.verdict,
    ...(it.note === undefined ? {} : { note: it.note }),
    ...(it.failure === undefined
      ? {}
      : {
          failure: {
            message: it.failure.message,
            details: it.failure.details,
            ...(it.failure.place === undefined ? {} : { place: formatPlace(it.failure.place) }),
          },
        }),
    ...(it.output.length === 0 ? {} : { output: it.output }),
    from: since(it.from),
    to: since(it.to),
  })
  return {
    name: result.name,
    file: result.file,
    held: result.held,
    steps: result.steps.map((step) => ({
      title: step.title,
      verdict: step.verdict,
      from: since(step.from),
      to: since(step.to),
      operations: step.operations.map(operation),
    })),
    closing: result.closing.map(operation),
    virtualSeconds: since(result.to),
    realSeconds: realMs / 1000,
    ...(result.stoppedAt === undefined ? {} : { stoppedAt: result.stoppedAt / 1000 }),
    events: result.events,
    seed: result.seed,
    runHash: result.runHash,
  }
}

/** An entry as one line of JSON: `{id, time, type, actor, object, text, cause}`, time in ms since the epoch. */
export function journalLine({ id, time, type, actor, object, text, cause }: JournalEntry): string {
  return JSON.stringify({ id, time, type, actor, object, text, cause })
}

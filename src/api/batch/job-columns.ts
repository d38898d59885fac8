/** How `kubectl get jobs` prints a job. Upstream: pkg/printers/internalversion/printers.go, printJob. */
import { ageColumn, nameColumn, podTemplateColumns, text } from '../columns.ts'
import type { Column } from '../kind.ts'
import { humanDuration, parseTime } from '../time.ts'
import type { Job } from './job.ts'

export const jobColumns: readonly Column<Job>[] = [
  nameColumn,
  text('Status', 'Complete, Failed, Running, ...', jobStatus),
  text('Completions', 'Successes of those wanted.', completions),
  text('Duration', 'How long it took, or has been running.', duration),
  ageColumn,
  ...podTemplateColumns<Job>(
    ({ spec }) => spec.template?.spec?.containers,
    ({ spec }) => spec.selector,
  ),
]

function jobStatus({ metadata, status }: Job): string {
  const has = (type: string) => status?.conditions?.some((it) => it.type === type && it.status === 'True')
  if (has('Complete')) return 'Complete'
  if (has('Failed')) return 'Failed'
  if (metadata?.deletionTimestamp) return 'Terminating'
  if (has('Suspended')) return 'Suspended'
  if (has('FailureTarget')) return 'FailureTarget'
  return has('SuccessCriteriaMet') ? 'SuccessCriteriaMet' : 'Running'
}

function completions({ spec, status }: Job): string {
  const succeeded = status?.succeeded ?? 0
  if (spec.completions !== undefined) return `${succeeded}/${spec.completions}`
  const parallelism = spec.parallelism ?? 0
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`
}

function duration({ status }: Job, nowMs: number): string {
  if (status?.startTime === undefined) return ''
  const endMs = status.completionTime === undefined ? nowMs : parseTime(status.completionTime)
  return humanDuration(endMs - parseTime(status.startTime))
}

/** A failure as text for a terminal: what happened, beside the truth and what the controller saw. */
import type { FailureReport, ReportRow } from './failure-report.ts'

const TEXT_MAX = 60
const TRUTH_MAX = 44

/** @param replay the command that runs just this plan again */
export function textReport(report: FailureReport, replay: string): string {
  const { violation, plan, focus, rows, witness } = report
  const what = violation.property === '' ? violation.oracle : `${violation.oracle}: "${violation.property}"`
  const count = plan.length === 0 ? 'no fault' : plan.length === 1 ? '1 fault' : `${plan.length} faults`
  const lines = [`${report.name}   (${count}; ${report.foundBy})`, `  ${what}: ${violation.message}`, '']

  const actorWidth = Math.min(28, Math.max(8, ...rows.map((it) => it.actor.length)))
  const textWidth = Math.min(TEXT_MAX, Math.max(20, ...rows.map((it) => textOf(it).length)))
  const truthWidth = Math.min(TRUTH_MAX, Math.max(8, ...rows.map((it) => it.truth.length)))
  const columns = (start: string, text: string, truth: string, saw: string) =>
    `${start}${text.padEnd(textWidth)}  ${truth.padEnd(truthWidth)}  ${saw}`.trimEnd()
  const head = '  timeline'.padEnd(actorWidth + 16)
  lines.push(focus === undefined ? '  timeline' : columns(head, '', focus, `as ${witness} saw it`))
  for (const [i, row] of rows.entries()) {
    const start = ` ${i === report.turningPoint ? '>' : ' '}${formatTime(row.time).padStart(10)}  ${row.actor.padEnd(actorWidth)}  `
    lines.push(columns(start, textOf(row), row.truth, row.saw))
  }
  lines.push('')
  for (const [i, link] of report.because.entries())
    lines.push(`  ${i === 0 ? 'because ' : '     -> '} ${link}`)
  for (const { name, summary, legal } of report.faults)
    lines.push(`  ${name}: ${summary}`, `           legal: ${legal}`)
  lines.push(`  hint     ${report.hint}`, `  replay   ${replay}`)
  return lines.join('\n')
}

function textOf({ type, text, stale }: ReportRow): string {
  const shown = type === 'fault' ? `FAULT ${text}` : text
  return stale === undefined ? shown : `${shown} (on old reads)`
}

/** `t=240.003s`: virtual time since the start. */
export function formatTime(ms: number): string {
  return `t=${(ms / 1000).toFixed(3)}s`
}

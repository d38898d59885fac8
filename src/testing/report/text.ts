/** A failure as text for a terminal. */
import type { FailureReport } from './failure-report.ts'

/** @param replay the command that runs just this plan again */
export function textReport(report: FailureReport, replay: string): string {
  const { violation, plan } = report
  const what = violation.property === '' ? violation.oracle : `${violation.oracle}: "${violation.property}"`
  const count = plan.length === 0 ? 'no fault' : plan.length === 1 ? '1 fault' : `${plan.length} faults`
  const lines = [
    `${report.name}   (${count}; ${report.foundBy})`,
    `  ${what}: ${violation.message}`,
    '',
    '  timeline',
  ]
  const actorWidth = Math.min(28, Math.max(8, ...report.trace.map((it) => it.actor.length)))
  for (const [i, { time, actor, type, text, stale }] of report.trace.entries()) {
    const marker = i === report.turningPoint ? '>' : ' '
    const shown = type === 'fault' ? `FAULT ${text}` : text
    const seen = (stale ?? []).map((it) => ` [saw ${it.object} ${rv(it.saw)}, true ${rv(it.truth)}]`).join('')
    lines.push(` ${marker}${formatTime(time).padStart(10)}  ${actor.padEnd(actorWidth)}  ${shown}${seen}`)
  }
  lines.push('')
  if (report.because !== undefined) lines.push(`  because  ${report.because}`)
  for (const { name, summary, legal } of report.faults)
    lines.push(`  ${name}: ${summary}`, `           legal: ${legal}`)
  lines.push(`  hint     ${report.hint}`, `  replay   ${replay}`)
  return lines.join('\n')
}

/** `t=240.003s`: virtual time since the start. */
export function formatTime(ms: number): string {
  return `t=${(ms / 1000).toFixed(3)}s`
}

function rv(version: string): string {
  return version === '' ? 'absent' : `rv${version}`
}

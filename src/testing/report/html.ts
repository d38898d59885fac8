/** A failure as one self-contained HTML file: what happened beside what each actor did, the turning point marked. */
import type { FailureReport } from './failure-report.ts'
import { formatTime } from './text.ts'

export function htmlReport(report: FailureReport, replay: string): string {
  const { violation, trace } = report
  const actors = [...new Set(trace.map((it) => it.actor).filter((it) => it !== ''))]
  const rows = trace.map(({ time, actor, type, text, stale }, i) => {
    const cells = actors.map((it) => `<td>${it === actor ? escapeHtml(text) : ''}</td>`).join('')
    const saw = (stale ?? [])
      .map((it) => `${it.object}: saw rv${it.saw || '-'}, true rv${it.truth || '-'}`)
      .join('; ')
    const classes = [type, i === report.turningPoint ? 'turn' : '', stale ? 'stale' : ''].join(' ').trim()
    const phase =
      type === 'phase' ? `<td colspan="${Math.max(1, actors.length)}">${escapeHtml(text)}</td>` : cells
    return `<tr class="${classes}"><td class="time">${formatTime(time)}</td>${phase}<td class="saw">${escapeHtml(saw)}</td></tr>`
  })
  const faults = report.faults.map(
    ({ name, at, summary, legal }) =>
      `<li><b>${escapeHtml(name)}</b> at <code>${escapeHtml(at)}</code>: ${escapeHtml(summary)}.<br><small>Legal: ${escapeHtml(legal)}</small></li>`,
  )
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(report.name)}</title>
<style>
:root{color-scheme:light dark}body{font:14px/1.5 system-ui,sans-serif;margin:2rem;max-width:100rem}
h1{font-size:1.3rem}table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.15rem .6rem;border-bottom:1px solid #8883}
th{position:sticky;top:0;background:Canvas}.time,.saw{font-family:ui-monospace,monospace;white-space:nowrap;font-size:12px}
tr.fault td{background:#d9770622}tr.stale .saw{color:#b91c1c}tr.turn td{background:#dc262622;font-weight:600}tr.phase td{text-align:center;font-style:italic}
tr.user td{color:#2563eb}tr.reconcile td{opacity:.6}code,pre{font-family:ui-monospace,monospace;background:#8882;padding:.1rem .3rem}pre{padding:.6rem;overflow:auto}
</style></head><body>
<h1>${escapeHtml(report.name)}</h1>
<p><b>${escapeHtml(violation.oracle)}</b>${violation.property === '' ? '' : ` &ldquo;${escapeHtml(violation.property)}&rdquo;`}: ${escapeHtml(violation.message)} <small>(${escapeHtml(report.foundBy)})</small></p>
<ul>${faults.join('')}</ul>
${report.because === undefined ? '' : `<p><b>Because</b> ${escapeHtml(report.because)}</p>`}
<p><b>Hint</b> ${escapeHtml(report.hint)}</p>
<pre>${escapeHtml(replay)}</pre>
<table><thead><tr><th>time</th>${actors.map((it) => `<th>${escapeHtml(it)}</th>`).join('')}<th>what it saw</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody></table>
</body></html>
`
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (it) => ENTITIES[it]!)
}

/** A failure as one self-contained HTML file: what happened beside what each actor did, the turning point marked. */
import type { FailureReport } from './failure-report.ts'
import { formatTime } from './text.ts'

export function htmlReport(report: FailureReport, replay: string): string {
  const { violation, rows: all, focus, witness } = report
  const actors = [...new Set(all.map((it) => it.actor).filter((it) => it !== ''))]
  const rows = all.map(({ time, actor, type, text, stale, truth, saw }, i) => {
    const cells = actors.map((it) => `<td>${it === actor ? escapeHtml(text) : ''}</td>`).join('')
    const reads = (stale ?? [])
      .map((it) => `${it.object}: saw rv${it.saw || '-'}, true rv${it.truth || '-'}`)
      .join('; ')
    const classes = [type, i === report.turningPoint ? 'turn' : '', stale ? 'stale' : ''].join(' ').trim()
    const phase =
      type === 'phase' ? `<td colspan="${Math.max(1, actors.length)}">${escapeHtml(text)}</td>` : cells
    const view =
      focus === undefined
        ? ''
        : `<td class="saw">${escapeHtml(truth)}</td><td class="saw">${escapeHtml(saw)}</td>`
    return `<tr class="${classes}"><td class="time">${formatTime(time)}</td>${phase}${view}<td class="saw old">${escapeHtml(reads)}</td></tr>`
  })
  const heads = [
    'time',
    ...actors,
    ...(focus === undefined ? [] : [`${focus}, in truth`, `as ${witness} saw it`]),
    'old reads',
  ]
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
tr.fault td{background:#d9770622}tr.stale .old{color:#b91c1c}tr.turn td{background:#dc262622;font-weight:600}tr.phase td{text-align:center;font-style:italic}
tr.user td{color:#2563eb}tr.reconcile td{opacity:.6}code,pre{font-family:ui-monospace,monospace;background:#8882;padding:.1rem .3rem}pre{padding:.6rem;overflow:auto}
</style></head><body>
<h1>${escapeHtml(report.name)}</h1>
<p><b>${escapeHtml(violation.oracle)}</b>${violation.property === '' ? '' : ` &ldquo;${escapeHtml(violation.property)}&rdquo;`}: ${escapeHtml(violation.message)} <small>(${escapeHtml(report.foundBy)})</small></p>
<ul>${faults.join('')}</ul>
${report.because.length === 0 ? '' : `<p><b>Because</b></p><ol>${report.because.map((it) => `<li>${escapeHtml(it)}</li>`).join('')}</ol>`}
<p><b>Hint</b> ${escapeHtml(report.hint)}</p>
<pre>${escapeHtml(replay)}</pre>
<table><thead><tr>${heads.map((it) => `<th>${escapeHtml(it)}</th>`).join('')}</tr></thead>
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

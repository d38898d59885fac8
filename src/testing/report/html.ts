/** A failure as one self-contained HTML file: what happened beside what each actor did, the turning point marked. */
import type { FailureReport } from './failure-report.ts'
import { formatTime } from './text.ts'

export function htmlReport(report: FailureReport, replay: string): string {
  const { violation, rows: all, focus, witness } = report
  const actors = [...new Set(all.map((it) => it.actor).filter((it) => it !== ''))]
  let lastTruth = ''
  const rows = all.map(({ time, actor, type, text, stale, truth, saw }, i) => {
    if (truth !== '') lastTruth = truth
    const cells = actors.map((it) => `<td>${it === actor ? escapeHtml(text) : ''}</td>`).join('')
    const reads = (stale ?? [])
      .map((it) => `${it.object}: saw rv${it.saw || '-'}, true rv${it.truth || '-'}`)
      .join('; ')
    const classes = [type, i === report.turningPoint ? 'turn' : '', stale ? 'stale' : ''].join(' ').trim()
    const phase =
      type === 'phase' ? `<td colspan="${Math.max(1, actors.length)}">${escapeHtml(text)}</td>` : cells
    const old = reads === '' ? '' : `<br><span class="old">${escapeHtml(reads)}</span>`
    const view =
      focus === undefined
        ? `<td class="saw">${old}</td>`
        : `<td class="saw">${fieldsOf(truth, '')}</td><td class="saw">${fieldsOf(saw, lastTruth)}${old}</td>`
    const id = i === report.turningPoint ? ' id="turn"' : ''
    return `<tr class="${classes}"${id}><td class="time">${formatTime(time)}</td>${phase}${view}</tr>`
  })
  const heads = [
    'time',
    ...actors,
    ...(focus === undefined ? ['old reads'] : [`${focus}, in truth`, `as ${witness} saw it`]),
  ]
  const faults = report.faults.map(
    ({ name, at, summary, legal }) =>
      `<li><b>${escapeHtml(name)}</b> at <code>${escapeHtml(at)}</code>: ${escapeHtml(summary)}.<br><small>Legal: ${escapeHtml(legal)}</small></li>`,
  )
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(report.name)}</title>
<style>
:root{color-scheme:light dark}body{font:14px/1.5 system-ui,sans-serif;margin:2rem auto;padding:0 1.5rem;max-width:110rem}
h1{font-size:1.4rem;margin:0}header{border-left:.4rem solid #dc2626;padding:.3rem 0 .3rem 1rem;margin-bottom:1.2rem}header p{margin:.2rem 0}
section{display:grid;grid-template-columns:repeat(auto-fit,minmax(22rem,1fr));gap:0 2rem}h2{font-size:1rem;margin:.4rem 0}ul,ol{margin:.2rem 0;padding-left:1.4rem}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.2rem .6rem;border-bottom:1px solid #8883}
th{position:sticky;top:0;background:Canvas}.time,.saw{font-family:ui-monospace,monospace;font-size:12px}.time{white-space:nowrap}.saw span{white-space:nowrap}
.old,.differs{color:#dc2626;font-weight:600}tr.fault td{background:#d9770633;font-weight:600}tr.turn td{background:#dc262622;font-weight:600}
tr.phase td{text-align:center;font-style:italic}tr.user td{color:#2563eb}tr.reconcile td{color:#8889}tr.reconcile .saw{color:inherit}
code,pre{font-family:ui-monospace,monospace;background:#8882;padding:.1rem .3rem}pre{padding:.6rem;overflow:auto}
</style></head><body>
<header><h1>${escapeHtml(report.name)}</h1>
<p><b>${escapeHtml(violation.oracle)}</b>${violation.property === '' ? '' : ` &ldquo;${escapeHtml(violation.property)}&rdquo;`}: ${escapeHtml(violation.message)} <small>(${escapeHtml(report.foundBy)})</small></p></header>
<section>
<div><h2>What went wrong around it</h2><ul>${faults.join('') || '<li>nothing</li>'}</ul></div>
${report.because.length === 0 ? '' : `<div><h2>Because</h2><ol>${report.because.map((it) => `<li>${escapeHtml(it)}</li>`).join('')}</ol></div>`}
<div><h2>Hint</h2><p>${escapeHtml(report.hint)}</p></div>
</section>
<pre>${escapeHtml(replay)}</pre>
${report.turningPoint === undefined ? '' : '<p><a href="#turn">where it goes wrong</a></p>'}
<div class="scroll"><table><thead><tr>${heads.map((it) => `<th>${escapeHtml(it)}</th>`).join('')}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody></table></div>
</body></html>
`
}

/** `rv12 published=true`, field by field; those that the truth has otherwise are marked. */
function fieldsOf(text: string, truth: string): string {
  const known = truth === '' ? undefined : new Set(truth.split(' '))
  return text
    .split(' ')
    .map((it) => {
      const differs = known !== undefined && it.length > 1 && !known.has(it)
      return `<span${differs ? ' class="differs"' : ''}>${escapeHtml(it)}</span>`
    })
    .join(' ')
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (it) => ENTITIES[it]!)
}

/** An explanation as tables for a terminal of 100 columns. */
import type { Explanation, NodeExplanation, ScorePlugin } from '../scheduler/explain.ts'

const WIDTH = 100
/** Nodes named in one line of rejections, and rows of the points' table; more are counted. */
const NAMES_MAX = 4
const ROWS_MAX = 20

/** What built-in plugins are about, short enough for a heading. */
const HEADINGS: ReadonlyMap<string, string> = new Map([
  ['TaintToleration', 'Taints'],
  ['NodeAffinity', 'Affinity'],
  ['NodeResourcesFit', 'Room'],
  ['NodeResourcesBalancedAllocation', 'Balance'],
  ['PodTopologySpread', 'Spread'],
  ['InterPodAffinity', 'Neighbours'],
  ['ImageLocality', 'Images'],
])

export function explanationText(explanation: Explanation, isRecomputed = false): string {
  const { pod, nodes, chosen, nominated } = explanation
  const passed = nodes.filter((it) => it.verdict === 'passed')
  const rejected = nodes.filter((it) => it.verdict === 'rejected')
  const unasked = nodes.length - passed.length - rejected.length
  const end = chosen === undefined ? 'Pending' : `on ${chosen}`
  const lines = [`${pod}: ${end}${isRecomputed ? ' (as it would be decided now)' : ''}`]
  lines.push(
    `${nodes.length} nodes: ${passed.length} passed all filters, ${rejected.length} rejected${unasked > 0 ? `, ${unasked} not asked` : ''}`,
  )
  if (rejected.length > 0) lines.push('', 'REJECTED BY', ...rejections(rejected))
  if (passed.some((it) => it.points !== undefined)) lines.push('', ...pointsTable(explanation, passed))
  lines.push('', ...verdict(explanation, passed))
  if (nominated !== undefined)
    lines.push(`Preemption promised it ${nominated}: its victims have to go first.`)
  return lines.join('\n')
}

/** One line per plugin and reason, the most frequent first. */
function rejections(nodes: readonly NodeExplanation[]): string[] {
  const groups = new Map<string, NodeExplanation[]>()
  for (const it of nodes) {
    const key = `${it.plugin} ${it.reasons?.join(', ')}`
    groups.set(key, [...(groups.get(key) ?? []), it])
  }
  return [...groups.values()]
    .sort((a, b) => b.length - a.length)
    .flatMap((group) => {
      const { plugin = '', reasons = [] } = group[0]!
      const more = group.length > NAMES_MAX ? ` and ${group.length - NAMES_MAX} more` : ''
      const names = group.slice(0, NAMES_MAX).map((it) => it.node)
      return [
        `  ${plugin.padEnd(20)} ${reasons.join(', ')}`,
        `  ${' '.repeat(20)} ${names.join(', ')}${more}`,
      ]
    })
}

/** Nodes by plugins: points of 100, times the plugin's weight. */
function pointsTable({ scores, chosen }: Explanation, passed: readonly NodeExplanation[]): string[] {
  const columns = scores.map((it, i) => ({ ...it, i, heading: heading(it) })).filter((it) => !it.skipped)
  const best = [...passed].sort((a, b) => (b.total ?? 0) - (a.total ?? 0))
  const rows = best.slice(0, ROWS_MAX)
  const cell = (node: NodeExplanation, i: number) => {
    const { normalized } = node.points![i]!
    return scores[i]!.weight === 1 ? String(normalized) : `${normalized}x${scores[i]!.weight}`
  }
  const name = Math.max(4, ...rows.map((it) => it.node.length)) + 2
  const widths = columns.map(
    (it) => Math.max(it.heading.length, ...rows.map((row) => cell(row, it.i).length)) + 2,
  )
  // What does not fit the terminal is added up in one column.
  let shown = columns.length
  const total = () =>
    name + 7 + widths.slice(0, shown).reduce((sum, it) => sum + it, 0) + (shown < columns.length ? 8 : 0)
  while (shown > 1 && total() > WIDTH) shown--
  const rest = columns.slice(shown)
  const line = (first: string, cells: readonly string[], others: string, sum: string) =>
    `${first.padEnd(name)}${cells.map((it, k) => it.padStart(widths[k]!)).join('')}${rest.length > 0 ? others.padStart(8) : ''}${sum.padStart(7)}`
  const others = (row: NodeExplanation) =>
    String(rest.reduce((sum, it) => sum + row.points![it.i]!.weighted, 0))
  const lines = [
    'POINTS: each plugin gives 0 to 100, times its weight',
    line(
      '  NODE',
      columns.slice(0, shown).map((it) => it.heading),
      'Others',
      'TOTAL',
    ),
    ...rows.map((row) => {
      const cells = columns.slice(0, shown).map((it) => cell(row, it.i))
      return line(`${row.node === chosen ? '* ' : '  '}${row.node}`, cells, others(row), String(row.total))
    }),
  ]
  if (best.length > rows.length) lines.push(`  ... and ${best.length - rows.length} more with fewer points`)
  const silent = scores.filter((it) => it.skipped).map(heading)
  if (silent.length > 0) lines.push(`  nothing to say: ${silent.join(', ')}`)
  return lines
}

function heading({ name }: ScorePlugin): string {
  return HEADINGS.get(name) ?? (name.length > 14 ? `${name.slice(0, 13)}.` : name)
}

function verdict({ chosen, best, message }: Explanation, passed: readonly NodeExplanation[]): string[] {
  if (chosen === undefined) return wrap(message ?? '')
  if (passed.length === 1) return [`${chosen} was the only node left.`]
  const total = passed.find((it) => it.node === chosen)?.total
  if (!best.includes(chosen))
    return [`${chosen} was chosen then; now ${best.join(', ')} would have the most points.`]
  if (best.length === 1) return [`${chosen} has the most points: ${total}.`]
  const others = best.filter((it) => it !== chosen)
  return [
    `${best.length} nodes have the most points, ${total}: ${chosen} was drawn, it might have been ${others[0]}${others.length > 1 ? ' or another' : ''}.`,
  ]
}

function wrap(text: string): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + word.length + 1 > WIDTH) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}

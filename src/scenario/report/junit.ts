/** The report for CI systems: JUnit XML, one test case a step. Times are virtual seconds. */
import { formatPlace } from '../../cluster/input-error.ts'
import type { ScenarioResult, StepResult } from '../run.ts'

export function junitReport(results: readonly ScenarioResult[]): string {
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites>',
    ...results.flatMap(testSuite),
    '</testsuites>',
  ].join('\n')
}

function testSuite(result: ScenarioResult): string[] {
  const count = (verdict: string) => result.steps.filter((it) => it.verdict === verdict).length
  const attributes = [
    `name="${escapeXml(result.name)}"`,
    `file="${escapeXml(result.file)}"`,
    `tests="${result.steps.length}"`,
    `failures="${count('failed')}"`,
    `skipped="${count('skipped')}"`,
    `time="${seconds(result.to - result.from)}"`,
  ]
  return [
    `  <testsuite ${attributes.join(' ')}>`,
    '    <properties>',
    `      <property name="seed" value="${result.seed}"/>`,
    `      <property name="runHash" value="${result.runHash}"/>`,
    '    </properties>',
    ...result.steps.flatMap((step) => testCase(step, result.name)),
    '  </testsuite>',
  ]
}

function testCase(step: StepResult, suite: string): string[] {
  const head = `    <testcase name="${escapeXml(step.title)}" classname="${escapeXml(suite)}" time="${seconds(step.to - step.from)}"`
  if (step.verdict === 'held') return [`${head}/>`]
  if (step.verdict === 'skipped') return [`${head}>`, '      <skipped/>', '    </testcase>']
  const failures = step.operations.flatMap(({ name, failure }) => {
    if (failure === undefined) return []
    const place = failure.place === undefined ? [] : [`at ${formatPlace(failure.place)}`]
    const text = [...failure.details, ...place].join('\n')
    return [
      `      <failure message="${escapeXml(`${name}: ${failure.message}`)}">${escapeXml(text)}</failure>`,
    ]
  })
  return [`${head}>`, ...failures, '    </testcase>']
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3)
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
}

/** XML 1.0 has no way to write control characters: they are left out. */
function escapeXml(text: string): string {
  const legal = [...text].filter((it) => it >= ' ' || it === '\n' || it === '\t').join('')
  return legal.replace(/[&<>"\n]/g, (it) => ENTITIES[it]!)
}

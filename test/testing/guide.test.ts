/** Runs every code block of the guide, and compares the output that it shows with the real one. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { FAULTS } from '../../src/testing/explore/faults.ts'
import { formatPlan } from '../../src/testing/explore/plan.ts'
import { search } from '../../src/testing/explore/search.ts'
import { reportFailure } from '../../src/testing/report/failure-report.ts'
import { textReport } from '../../src/testing/report/text.ts'
import { captured } from './guide-simtest.ts'

const GUIDE = resolve(import.meta.dirname, '../../docs/testing-controllers.md')
const text = readFileSync(GUIDE, 'utf8')
const blocks = [...text.matchAll(/^```ts (\S+)( fails)?\n([\s\S]*?)^```$/gm)].map(
  ([, file, fails, code]) => ({
    file: file!,
    fails: fails !== undefined,
    code: code!,
  }),
)

const directory = mkdtempSync(join(tmpdir(), 'guide-'))
afterAll(() => rmSync(directory, { recursive: true }))

const stub = resolve(import.meta.dirname, 'guide-simtest.ts')
for (const { file, code } of blocks) {
  writeFileSync(join(directory, file), code.replaceAll("'kubarium/vitest'", `'${stub}'`))
}

test('every block of code is named, so that it is run', () => {
  expect(text.match(/^```ts.*$/gm)).toHaveLength(blocks.length)
  expect(blocks.length).toBeGreaterThan(5)
})

test('the guide names every fault', () => {
  for (const fault of Object.keys(FAULTS)) expect(text).toContain(`\`${fault}\``)
})

for (const { file, fails } of blocks.filter((it) => it.file.endsWith('.test.ts'))) {
  captured.length = 0
  describe(file, async () => {
    await import(join(directory, file))
    for (const { name, spec, options } of captured.splice(0)) {
      test(`${name} ${fails ? 'fails' : 'passes'}`, async () => {
        const result = await search(spec, options)
        if (!fails) {
          expect(result.failure && formatPlan(result.failure.plan)).toBeUndefined()
          return
        }
        expect(result.failure).toBeDefined()
        const report = textReport(
          await reportFailure(name, result, result.failure!),
          `SIM_REPLAY='${formatPlan(result.failure!.plan)}' npx vitest run ${file} -t '${name}'`,
        )
        const shown = new RegExp(`<!-- output: ${file} -->\\n\`\`\`text\\n([\\s\\S]*?)\`\`\``).exec(text)?.[1]
        if (shown !== undefined) expect(`${report}\n`).toBe(shown)
      }, 60_000)
    }
  })
}

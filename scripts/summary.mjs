// Prints "N passed, N failed" from vitest's JSON report and exits as the tests did.
// A run that broke down without a failed test (no report, a file that does not load) counts as one failure.
import { readFileSync } from 'node:fs'

const [file, code] = process.argv.slice(2)
const { passed, failed } = count(file)
const broken = failed === 0 && code !== '0' ? 1 : 0
console.log(`${passed} passed, ${failed + broken} failed`)
process.exitCode = failed + broken > 0 ? 1 : 0

function count(path) {
  try {
    const report = JSON.parse(readFileSync(path, 'utf8'))
    return { passed: report.numPassedTests, failed: report.numFailedTests }
  } catch {
    return { passed: 0, failed: 0 }
  }
}

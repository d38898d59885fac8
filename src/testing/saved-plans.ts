/** Failing plans are kept in files beside the test and tried first the next time. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { formatPlan, type Plan, parsePlan } from './explore/plan.ts'

export class SavedPlans {
  /** Name of the test's file. */
  readonly testFile: string
  readonly #file: string

  /** In `__sim__` beside the test file. */
  constructor(testFile: string, name: string) {
    this.testFile = basename(testFile)
    const file = this.testFile.replace(/(\.(test|spec))?\.\w+$/, '')
    this.#file = join(dirname(testFile), '__sim__', `${slugOf(`${file} ${name}`)}.json`)
  }

  /** The HTML report lies beside it. */
  get htmlFile(): string {
    return this.#file.replace(/\.json$/, '.html')
  }

  read(): readonly Plan[] {
    let text: string
    try {
      text = readFileSync(this.#file, 'utf8')
    } catch {
      return [] // None were saved.
    }
    const plans: unknown = JSON.parse(text)
    return Array.isArray(plans) ? plans.map((it) => parsePlan(String(it))) : []
  }

  save(plan: Plan, html: string): void {
    mkdirSync(dirname(this.#file), { recursive: true })
    writeFileSync(this.htmlFile, html)
    if (plan.length === 0) return // It fails without any fault: there is nothing to remember.
    const texts = new Set([...this.read().map(formatPlan), formatPlan(plan)])
    writeFileSync(this.#file, `${JSON.stringify([...texts], null, 2)}\n`)
  }

  /** Forgets the report of a failure that is no more; plans stay, as regression tests. */
  passed(): void {
    rmSync(this.htmlFile, { force: true })
  }
}

function slugOf(name: string): string {
  return name
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .toLowerCase()
    .slice(0, 80)
}

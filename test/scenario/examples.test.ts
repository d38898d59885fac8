import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test, vi } from 'vitest'
import { createCluster } from '../../src/cluster/create-cluster.ts'
import { loadScenario } from '../../src/scenario/load.ts'
import { runScenario } from '../../src/scenario/run.ts'

// Processes of their own, or whole stories: slow on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const ROOT = resolve(import.meta.dirname, '../..')

/** Every scenario under examples/, lessons included. */
const files = readdirSync(join(ROOT, 'examples'), { withFileTypes: true, recursive: true })
  .filter((it) => it.isFile() && it.name.endsWith('.yaml'))
  .map((it) => join(it.parentPath, it.name))
  .filter((path) => /^kind: Scenario$/m.test(readFileSync(path, 'utf8')))
  .sort()

test.each(files.map((path) => [relative(ROOT, path), path]))('%s holds', async (_name, path) => {
  const readFile = async (name: string, from: string) => {
    const file = resolve(dirname(from), name)
    return { text: readFileSync(file, 'utf8'), file }
  }
  const scenario = await loadScenario(readFileSync(path, 'utf8'), path, readFile)
  const result = await runScenario(scenario, { createCluster })
  const failures = result.steps.flatMap((it) =>
    it.operations.flatMap(({ failure }) => failure?.message ?? []),
  )
  expect(failures).toEqual([])
  expect(result.held).toBe(true)
})

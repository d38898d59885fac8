/**
 * The shell and its commands against BusyBox: scripts, and what BusyBox 1.35 printed for them when they were run one
 * after another by `sh -c` in a root of its own. Of a usage only the first line is compared.
 */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { World } from './harness.ts'

type Recorded = readonly [script: string, stdout: string, stderr: string, exitCode: number]

const recorded = JSON.parse(
  readFileSync(new URL('busybox.json', import.meta.url), 'utf8'),
) as readonly Recorded[]

const shortened = (text: string) => text.replace(/BusyBox v[\s\S]*?\nUsage: (\S+)[\s\S]*/, 'Usage: $1')

test('every script prints and ends as in BusyBox', { timeout: 60_000 }, async () => {
  const world = await new World().start()
  await world.run('box', {
    containers: [{ name: 'box', image: 'busybox', command: ['sleep', 'infinity'] }],
  })
  await world.settle()
  const differences: unknown[] = []
  for (const [script, stdout, stderr, exitCode] of recorded) {
    const got = await world.exec('box', ['sh', '-c', script])
    const mine: Recorded = [script, got.stdout, shortened(got.stderr), got.exitCode]
    const theirs: Recorded = [script, stdout, stderr, exitCode]
    if (JSON.stringify(mine) !== JSON.stringify(theirs)) differences.push({ theirs, mine })
  }
  expect(differences).toEqual([])
  expect(recorded.length).toBeGreaterThan(400)
})

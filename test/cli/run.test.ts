import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { BuiltPackage, ROOT } from './built.ts'

// Processes of their own, or whole stories: slow on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const built = new BuiltPackage()
beforeAll(() => built.build(), 60_000)
afterAll(() => built.remove())

const PHP_NGINX = 'examples/php-nginx.yaml'
const HEAD = 'apiVersion: kubarium.dev/v1alpha1\nkind: Scenario\nspec:\n'
const SMALL = `${HEAD}  steps:
  - apply: {resource: {apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, image: nginx}]}}}
  - wait: {ref: pod/a, for: {condition: {name: Ready}}}
  - assert: {timeout: 1s, resource: {apiVersion: v1, kind: Pod, metadata: {name: a}, status: {phase: Failed}}}
`
const lastLine = (text: string) => text.trimEnd().split('\n').at(-1)!
const runHash = (text: string) => /run hash ([0-9a-f]{16})$/.exec(lastLine(text))?.[1]

describe('kubarium run', () => {
  test('php-nginx: every step holds, and one seed gives one history', async () => {
    const runs = await Promise.all(
      [7, 7, 8].map((seed) => built.kubarium(['run', PHP_NGINX, '--seed', String(seed)])),
    )
    for (const { code, stdout } of runs) {
      expect(lastLine(stdout)).toMatch(
        /^6 of 6 steps held, \d+m.* of virtual time in \d+\.\d+ s, seed [78], run hash/,
      )
      expect(code).toBe(0)
    }
    const [a, b, c] = runs.map((it) => runHash(it.stdout))
    expect(a).toBe(b)
    expect(a).not.toBe(c)
    expect(runs[0]!.stdout).toContain('deployment-controller')
  })

  test('the compiled code that is kept changes nothing, and a broken one is replaced', async () => {
    const file = built.write(
      'pod.yaml',
      'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: nginx}]}\n',
    )
    const directory = join(built.directory, 'dist/cli/compiled')
    const kept = () => readdirSync(directory).filter((it) => it.startsWith('run-'))
    rmSync(directory, { recursive: true, force: true })
    const first = await built.kubarium(['run', file])
    const second = await built.kubarium(['run', file])
    expect(kept()).toHaveLength(1)
    const path = join(directory, kept()[0]!)
    writeFileSync(path, readFileSync(path).subarray(0, 1000))
    const third = await built.kubarium(['run', file])
    expect(statSync(path).size).toBeGreaterThan(100_000)
    expect(first.code).toBe(0)
    for (const it of [second, third]) {
      expect(it.stderr).toBe('')
      expect(runHash(it.stdout)).toBe(runHash(first.stdout))
    }
  })

  test('a failed step: exit code 1, the difference, the steps after it skipped, catch and finally done', async () => {
    const file = built.write(
      'failing.yaml',
      `${HEAD}  cluster: {nodes: 1}
  timeout: 10s
  steps:
  - name: wrong
    try:
    - create: {resource: {apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {x: "1"}}}
    - assert: {resource: {apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {x: "2"}}}
    catch:
    - print: caught
    finally:
    - print: and so on
  - settle: {}
  finally:
  - print: the end
`,
    )
    const { code, stdout } = await built.kubarium(['run', file])
    expect(code).toBe(1)
    expect(stdout).toContain('ConfigMap default/a is not as expected after 10s')
    expect(stdout).toContain('data.x: expected "2", found "1"')
    expect(stdout).toMatch(/failing\.yaml:10:7/)
    expect(stdout).toMatch(/caught[\s\S]*and so on[\s\S]*the end/)
    expect(stdout).toMatch(/✗ 1\. wrong +failed/)
    expect(stdout).toMatch(/- 2\. settle +skipped/)
    expect(lastLine(stdout)).toMatch(/^0 of 2 steps held/)
  })

  test('a plain manifest is applied and settled; from standard input too', async () => {
    const pod =
      'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: nginx}]}\n'
    const { code, stdout } = await built.kubarium(['run', '-'], { input: pod })
    expect(stdout).toMatch(/Pod default\/a .*Pending -> Running/)
    expect(code).toBe(0)
  })

  test('--until ends the run', async () => {
    const { code, stdout } = await built.kubarium(['run', PHP_NGINX, '--until', '20s', '--quiet'])
    expect(lastLine(stdout)).toMatch(/^1 of 6 steps held, stopped after 20s, 20s of virtual time/)
    expect(code).toBe(1)
  })

  test('--output json, junit and --timeline are for programs', async () => {
    const file = built.write('small.yaml', SMALL)
    const timeline = join(built.directory, 'timeline.jsonl')
    const json = await built.kubarium(['run', file, '--output', 'json', '--timeline', timeline])
    const report = JSON.parse(json.stdout)
    expect(report).toMatchObject({ name: 'small', held: false, seed: 1 })
    expect(report.steps.map((it: { verdict: string }) => it.verdict)).toEqual(['held', 'held', 'failed'])
    const entries = readFileSync(timeline, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(entries[0]).toMatchObject({ id: 1 })
    expect(entries.at(-1).id).toBe(entries.length)

    const junit = await built.kubarium(['run', file, '--output', 'junit'])
    expect(junit.stdout.match(/<testcase /g)).toHaveLength(3)
    expect(junit.stdout).toMatch(/<testsuite name="small" .*failures="1"/)
    expect(junit.stdout).toMatch(/<failure message="assert: Pod default\/a is not as expected after 1s">/)
  })

  test('a TypeScript program', async () => {
    // Inside the repository, where a tool that takes the types out can be found; Node's own leaves node_modules alone.
    mkdirSync(join(ROOT, '.cache'), { recursive: true })
    const directory = mkdtempSync(join(ROOT, '.cache/program-'))
    const file = join(directory, 'program.ts')
    writeFileSync(
      file,
      `export default async ({ createCluster, seed }: { createCluster: (o: object) => Promise<any>; seed: number }) => {
  const cluster = await createCluster({ nodes: 2 })
  if (cluster.seed !== seed) throw new Error('another seed')
  if (seed === 6) throw new Error('six' as string)
}`,
    )
    const good = await built.kubarium(['run', file, '--seed', '5'])
    const bad = await built.kubarium(['run', file, '--seed', '6'])
    rmSync(directory, { recursive: true })
    expect(good.stdout).toMatch(/^held, .* seed 5, run hash [0-9a-f]{16}$/m)
    expect(good.code).toBe(0)
    expect(bad.stderr).toContain('Error: six')
    expect(bad.code).toBe(1)
  })
})

describe('wrong input: exit code 2, the place, and nothing is run', () => {
  test.each([
    {
      name: 'no such file',
      file: undefined,
      want: /error: cannot read nowhere\.yaml: there is no such file/,
    },
    { name: 'broken YAML', file: 'a: [', want: /error: .*input\.yaml:1:\d+: / },
    { name: 'ten megabytes', file: `a: ${'x'.repeat(10_000_000)}`, want: /the file is too large: 9\.5 MB/ },
  ])('$name', async ({ file, want }) => {
    const path = file === undefined ? 'nowhere.yaml' : built.write('input.yaml', file)
    const { code, stderr, stdout } = await built.kubarium(['run', path])
    expect(stderr).toMatch(want)
    expect(stderr).not.toMatch(/\n\s+at /)
    expect(stdout).toBe('')
    expect(code).toBe(2)
  })

  test.each([
    { args: ['run'], want: /missing required argument 'file'/ },
    { args: ['run', PHP_NGINX, '--seed', '-1'], want: /A seed is a whole number/ },
    { args: ['run', PHP_NGINX, '--until', '-5m'], want: /Write for example 90s, 6m or 1h30m/ },
    { args: ['run', PHP_NGINX, '--output', 'xml'], want: /text, json, junit/ },
    { args: ['rnu'], want: /unknown command 'rnu'\n\(Did you mean run\?\)/ },
    { args: ['run', PHP_NGINX, '--sede', '1'], want: /unknown option '--sede'\n\(Did you mean --seed\?\)/ },
  ])('kubarium $args', async ({ args, want }) => {
    const { code, stderr } = await built.kubarium(args)
    expect(stderr).toMatch(want)
    expect(code).toBe(2)
  })
})

test('--help lists the commands and explains each', async () => {
  const { stdout, code } = await built.kubarium(['--help'])
  expect(stdout).toMatch(/run +run scenarios or manifests/)
  expect(code).toBe(0)
  expect((await built.kubarium(['run', '--help'])).stdout).toContain('Exit code: 0 if every step held')
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BuiltPackage } from './built.ts'

const built = new BuiltPackage()
beforeAll(() => built.build(), 60_000)
afterAll(() => built.remove())

const PHP_NGINX = 'examples/php-nginx.yaml'
const HEAD = 'apiVersion: kubarium.dev/v1alpha1\nkind: Scenario\nspec:\n'
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

  test('--output json and --timeline are for programs', async () => {
    const timeline = join(built.directory, 'timeline.jsonl')
    const { stdout } = await built.kubarium(['run', PHP_NGINX, '--output', 'json', '--timeline', timeline])
    const report = JSON.parse(stdout)
    expect(report).toMatchObject({ name: 'php-nginx', held: true, seed: 1 })
    expect(report.steps).toHaveLength(6)
    const entries = readFileSync(timeline, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(entries[0]).toMatchObject({ id: 1 })
    expect(entries.at(-1).id).toBe(entries.length)
  })

  test('--output junit has a case for each step', async () => {
    const { stdout } = await built.kubarium(['run', PHP_NGINX, '--output', 'junit'])
    expect(stdout.match(/<testcase /g)).toHaveLength(6)
    expect(stdout).toMatch(/<testsuite name="php-nginx" .*failures="0"/)
  })

  test('a TypeScript program', async () => {
    const file = built.write(
      'program.ts',
      `export default async ({ createCluster, seed }: { createCluster: (o: object) => Promise<any>; seed: number }) => {
  const cluster = await createCluster({ nodes: 2 })
  if (cluster.seed !== seed) throw new Error('another seed')
  if (cluster.nodes().length !== 2) throw new Error('another size')
}`,
    )
    const good = await built.kubarium(['run', file, '--seed', '5'])
    expect(good.stdout).toMatch(/^held, .* seed 5, run hash [0-9a-f]{16}$/m)
    expect(good.code).toBe(0)
    const bad = await built.kubarium(['run', built.write('bad.ts', 'throw new Error("no" as string)')])
    expect(bad.stderr).toContain('Error: no')
    expect(bad.code).toBe(1)
  })
})

describe('wrong input: exit code 2, the place, and nothing is run', () => {
  const podOf = (more: string) => `apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n${more}`
  test.each([
    {
      name: 'no such file',
      file: undefined,
      want: /error: cannot read nowhere\.yaml: there is no such file/,
    },
    { name: 'broken YAML', file: 'a: [', want: /error: .*input\.yaml:1:\d+: / },
    {
      name: 'an unknown step',
      file: `${HEAD}  steps: [{aply: x}]`,
      want: /input\.yaml:4:12: unknown field "aply": did you mean "apply"\?/,
    },
    {
      name: 'no object',
      file: 'just text',
      want: /input\.yaml:1:1: expected a Kubernetes object, found a string/,
    },
    {
      name: 'a duplicate',
      file: `${podOf('')}---\n${podOf('')}`,
      want: /input\.yaml:7:12: Pod default\/a occurs twice; first at .*:3:12/,
    },
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

  test.each([
    {
      name: 'an unknown kind',
      steps: '  - apply: {resource: {apiVersion: v1, kind: Pdo, metadata: {name: a}}}',
      want: /no matches for kind "Pdo" in version "v1": did you mean Pod\?.*input\.yaml:5:40/,
    },
    {
      name: 'an unknown field',
      steps: '  - apply: {resource: {apiVersion: v1, kind: ConfigMap, metadata: {name: a}, dta: {}}}',
      want: /unknown field "dta".*input\.yaml:5:76/,
    },
    {
      name: 'an unknown node',
      steps: '  - fault: {crash: node-7}',
      want: /there is no node or process "node-7": did you mean node-1\?/,
    },
    {
      name: 'a wait that nothing can satisfy',
      steps: '  - wait: {ref: pod/nobody, timeout: 1h, for: {condition: {name: Ready}}}',
      want: /pods "nobody" not found/,
    },
  ])('$name fails its step', async ({ steps, want }) => {
    const { code, stdout } = await built.kubarium([
      'run',
      built.write('input.yaml', `${HEAD}  steps:\n${steps}\n`),
    ])
    expect(stdout).toMatch(want)
    expect(code).toBe(1)
  })
})

test('--help lists the commands and explains each', async () => {
  const { stdout, code } = await built.kubarium(['--help'])
  expect(stdout).toMatch(/run +run scenarios or manifests/)
  expect(code).toBe(0)
  expect((await built.kubarium(['run', '--help'])).stdout).toContain('Exit code: 0 if every step held')
})

import { describe, expect, test } from 'vitest'
import { createCluster } from '../../src/cluster/create-cluster.ts'
import { loadScenario } from '../../src/scenario/load.ts'
import { runScenario, type ScenarioResult } from '../../src/scenario/run.ts'

const HEAD = 'apiVersion: kubarium.dev/v1alpha1\nkind: Scenario\nspec:\n'

/** Runs steps, which start on line 5, on a cluster of one node. */
async function run(
  steps: string,
  options: { untilMs?: number; timeout?: string } = {},
): Promise<ScenarioResult> {
  const timeout = options.timeout === undefined ? '' : `  timeout: ${options.timeout}\n`
  const text = `${HEAD}  steps:\n${steps}\n${timeout}`
  const loaded = await loadScenario(text, 'x.yaml', () => Promise.reject(new Error('no files')))
  return runScenario(loaded, { createCluster, untilMs: options.untilMs })
}

/** One line about each operation: its verdict, and what it said. */
function told(result: ScenarioResult): string[] {
  return result.steps.flatMap((step) =>
    step.operations.map((it) =>
      [it.verdict, it.name, it.failure?.message ?? it.note].filter(Boolean).join(' '),
    ),
  )
}

const POD =
  '{apiVersion: v1, kind: Pod, metadata: {name: a, labels: {app: a}}, spec: {containers: [{name: a, image: nginx}]}}'
const WEB =
  '{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 2, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: a, image: "nginx:1"}]}}}}'

test('an option of the cluster that it refuses is named with its place', async () => {
  const text = `${HEAD}  cluster: {controllers: '*,-depolyment'}\n  steps: [{settle: {}}]`
  const loaded = await loadScenario(text, 'x.yaml', () => Promise.reject(new Error('no files')))
  await expect(runScenario(loaded, { createCluster })).rejects.toMatchObject({
    message: 'x.yaml:4:13: controllers: "-depolyment" is not in the list of known controllers',
    hint: 'did you mean deployment?',
  })
})

describe('a failed step says what is wrong and where', () => {
  test.each<{ name: string; step: string; want: string | RegExp; place?: string }>([
    {
      name: 'an unknown kind',
      step: 'apply: {resource: {apiVersion: v1, kind: Pdo, metadata: {name: a}}}',
      want: 'no matches for kind "Pdo" in version "v1": did you mean Pod?',
      place: 'x.yaml:5:40',
    },
    {
      name: 'an unknown field',
      step: 'apply: {resource: {apiVersion: v1, kind: ConfigMap, metadata: {name: a}, dta: {}}}',
      want: /unknown field "dta"/,
      place: 'x.yaml:5:78',
    },
    {
      name: 'a value of another type',
      step: 'apply: {resource: {apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {hostNetwork: 5}}}',
      want: /cannot unmarshal number into Go struct field \w+\.spec\.hostNetwork of type bool/,
      place: 'x.yaml:5:79',
    },
    {
      name: 'an invalid value',
      step: 'apply: {resource: {apiVersion: v1, kind: ConfigMap, metadata: {name: A_b}}}',
      want: /ConfigMap "A_b" is invalid: metadata\.name: Invalid value: "A_b"/,
      place: 'x.yaml:5:68',
    },
    {
      name: 'an unknown node',
      step: 'fault: {crash: node-7}',
      want: 'there is no node or process "node-7": did you mean node-1?',
    },
    {
      name: 'a fault for processes',
      step: 'fault: {pause: node-1}',
      want: 'node-1 is a node, and only a process can suffer "pause"',
    },
    {
      name: 'a wait for nobody',
      step: 'wait: {ref: pod/nobody, timeout: 1h, for: {condition: {name: Ready}}}',
      want: 'pods "nobody" not found',
    },
    {
      name: 'an unknown resource',
      step: 'get: pds',
      want: `the server doesn't have a resource type "pds": did you mean pods?`,
    },
    {
      name: 'a delete without a name',
      step: 'delete: pods',
      want: 'delete needs a name (pod/NAME) or a selector',
    },
    { name: 'a rollout of pods', step: 'rollout: {status: pod/a}', want: /pods are not rolled out/ },
    {
      name: 'a scale of nothing',
      step: 'scale: {ref: deployment/web, replicas: 2}',
      want: 'deployments.apps "web" not found',
    },
    {
      name: 'a host command',
      step: 'script: {content: rm -rf x}',
      want: /line 1 \(rm -rf x\): "rm" cannot run here/,
    },
    {
      name: 'a pipe',
      step: 'script: {content: "kubectl get pods | wc -l"}',
      want: /"\|" needs a shell/,
    },
    {
      name: 'an unknown kubectl command',
      step: 'script: {content: kubectl gte pods}',
      want: /unknown command "gte": did you mean get\?/,
    },
    {
      name: 'a bad expression',
      step: 'assert: {timeout: 1s, resource: {apiVersion: v1, kind: Node, (lenght(@)): 1}}',
      want: 'unknown function lenght(): did you mean length()?',
    },
  ])('$name', async ({ step, want, place }) => {
    const result = await run(`  - ${step}`)
    const failure = result.steps[0]!.operations[0]!.failure!
    expect(failure.message).toEqual(want instanceof RegExp ? expect.stringMatching(want) : want)
    const { file, line, column } = failure.place!
    expect(`${file}:${line}:${column}`).toMatch(place ?? /^x\.yaml:5:/)
    expect(result.held).toBe(false)
  })
})

test('pods come, are waited for, and go', async () => {
  const result = await run(`  - apply: {resource: ${POD}}
  - wait: {ref: pod/a, for: {condition: {name: Ready}}}
  - wait: {kind: Pod, selector: app=a, for: {jsonPath: {path: "{.status.phase}", value: Running}}}
  - assert: {resource: {apiVersion: v1, kind: Pod, metadata: {labels: {app: a}}, status: {phase: Running}}}
  - error: {resource: {apiVersion: v1, kind: Pod, status: {phase: Failed}}}
  - create: {resource: ${POD}}
    expectError: already exists
  - delete: pod/a
  - error: {resource: {apiVersion: v1, kind: Pod, metadata: {name: a}}}
  - settle: {}`)
  expect(told(result).filter((it) => !it.startsWith('held'))).toEqual([])
  expect(told(result).slice(0, 2)).toEqual(['held apply pod/a created', 'held wait pod/a condition Ready'])
})

test('rollouts: scale, restart, pause, undo, and the same by kubectl commands', async () => {
  const result = await run(`  - apply: {resource: ${WEB}}
  - rollout: {status: deployment/web}
  - scale: {ref: deployment/web, replicas: 3}
  - rollout: {status: deployment/web}
  - patch: {ref: deployment/web, patch: {spec: {template: {spec: {containers: [{name: a, image: "nginx:2"}]}}}}}
  - rollout: {status: deployment/web}
  - rollout: {undo: deployment/web}
  - rollout: {status: deployment/web}
  - assert:
      resource:
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec: {template: {spec: {containers: [{image: "nginx:1"}]}}}
        status: {readyReplicas: 3}
  - rollout: {restart: deployment/web}
  - rollout: {status: deployment/web}
  - rollout: {pause: deployment/web}
  - rollout: {undo: deployment/web}
    expectError: you cannot rollback a paused deployment
  - rollout: {resume: deployment/web}
  - script:
      content: |
        # The same by kubectl's commands.
        kubectl get deploy web
        kubectl scale deployment/web --replicas=1
        kubectl rollout status deployment web
        kubectl label deployment web tier=front
        kubectl wait --for=condition=Available deployment/web --timeout=1m
        kubectl delete deployment web
  - error: {resource: {apiVersion: apps/v1, kind: Deployment}}`)
  expect(told(result).filter((it) => !it.startsWith('held'))).toEqual([])
  const script = result.steps.at(-2)!.operations[0]!.output
  expect(script).toContain('deployment.apps/web scaled to 1')
  expect(script[1]).toMatch(/^NAME +READY +UP-TO-DATE +AVAILABLE +AGE/)
})

test('catch runs after a failure, finally always, and later steps are skipped', async () => {
  const result = await run(
    `  - try:
    - assert: {resource: {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}}
    - print: not reached
    catch:
    - print: caught
    finally:
    - print: in the end
  - settle: {}`,
    { timeout: '10s' },
  )
  expect(told(result)).toEqual([
    'failed assert ConfigMap default/a does not exist after 10s',
    'held print',
    'held print',
  ])
  expect(result.steps.map((it) => it.verdict)).toEqual(['failed', 'skipped'])
  expect(result.to - result.from).toBe(10_000)
})

test('a failed assert shows the difference to the nearest object', async () => {
  const result = await run(
    `  - create: {resource: {apiVersion: v1, kind: ConfigMap, metadata: {name: a, labels: {l: x}}, data: {k: "1", m: "2"}}}
  - create: {resource: {apiVersion: v1, kind: ConfigMap, metadata: {name: b, labels: {l: x}}, data: {k: "1"}}}
  - assert: {timeout: 5s, resource: {apiVersion: v1, kind: ConfigMap, metadata: {labels: {l: x}}, data: {k: "2", m: "2"}}}`,
  )
  const { failure } = result.steps[2]!.operations[0]!
  expect(failure?.message).toBe('ConfigMap default/a (the nearest of 2) is not as expected after 5s')
  expect(failure?.details[0]).toBe('data.k: expected "2", found "1"')
})

test('expectError turns a failure into what was wanted, and the lack of one into a failure', async () => {
  const result = await run(`  - get: pods
    expectError: no pods
  - get: pods
    expectError: something else`)
  expect(told(result)).toEqual([
    'held get failed as expected: no pods in namespace default',
    'failed get expected an error with the text "something else"',
  ])
  const other = await run(`  - settle: {}\n    expectError: true`)
  expect(told(other)).toEqual(['failed settle settle was expected to fail, but it did not'])
})

test('until ends the run in the middle of a step', async () => {
  const result = await run('  - advance: 10m\n  - settle: {}', { untilMs: 60_000 })
  expect(result.to - result.from).toBe(60_000)
  expect(result.steps.map((it) => it.verdict)).toEqual(['skipped', 'skipped'])
  expect(result).toMatchObject({ held: false, stoppedAt: 60_000 })
})

test('settle names who is still at work when the time is up', async () => {
  const result = await run(`  - apply: {resource: ${POD}}\n  - settle: 10ms`)
  const { failure } = result.steps[1]!.operations[0]!
  expect(failure?.message).toMatch(/^not settled after 0\.01 s of virtual time/)
  expect(failure?.details.length).toBeGreaterThan(0)
})

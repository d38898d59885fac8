import { describe, expect, test } from 'vitest'
import { InputError } from '../../src/cluster/input-error.ts'
import { loadScenario } from '../../src/scenario/load.ts'

const HEAD = 'apiVersion: kubarium.dev/v1alpha1\nkind: Scenario\nspec:\n'
const files: Record<string, string> = {
  'pod.yaml': 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n',
  'broken.yaml': 'apiVersion: v1\nkind: [',
  'empty.yaml': '# nothing\n',
}

function load(text: string) {
  return loadScenario(text, 'x.yaml', async (file) => {
    if (files[file] === undefined) throw new Error('no such file')
    return { text: files[file], file }
  })
}

async function refusal(text: string): Promise<string> {
  try {
    await load(text)
  } catch (error) {
    if (error instanceof InputError) return [error.message, error.hint].filter(Boolean).join(' | ')
    throw error
  }
  return 'accepted'
}

/** The error for a scenario with these steps, which start on line 5. */
const refusalOfSteps = (steps: string) => refusal(`${HEAD}  steps:\n${steps}`)

describe('a scenario', () => {
  test('knows its steps, their objects and titles', async () => {
    const loaded = await load(`${HEAD}  cluster: {nodes: 2, seed: 7}
  timeout: 90s
  steps:
  - apply: pod.yaml
  - name: grow
    scale: {ref: deployment/web, replicas: 5}
  - fault: {crash: node-1}
  - assert:
      resource: {apiVersion: v1, kind: Pod, metadata: {name: a}}
  - name: both
    try:
    - settle: {}
    - advance: 6m
    catch:
    - events: {}
`)
    expect(loaded.steps.map((it) => it.title)).toEqual([
      'apply pod.yaml',
      'grow',
      'fault crash node-1',
      'assert Pod/a',
      'both',
    ])
    expect(loaded.steps[0]!.operations[0]!.objects[0]!.object.metadata?.name).toBe('a')
    expect(loaded.steps[4]!.catch.map((it) => it.step.name)).toEqual(['events'])
    expect(loaded).toMatchObject({ name: 'x', timeoutMs: 90_000, cluster: { nodes: 2, seed: 7 } })
  })

  test('a plain manifest is applied and settled', async () => {
    const loaded = await load(files['pod.yaml']!)
    expect(loaded.steps.map((it) => it.title)).toEqual(['apply', 'settle'])
  })

  test('nodes are numbered through', async () => {
    const loaded = await load(
      `${HEAD}  cluster:\n    nodes: [{cpu: 2, count: 2}, {name: big, cpu: 64}, {name: gpu, count: 2}]\n  steps: [{settle: {}}]`,
    )
    const nodes = loaded.cluster.nodes as readonly { name: string; cpu?: string }[]
    expect(nodes.map((it) => `${it.name} ${it.cpu}`)).toEqual([
      'node-1 2',
      'node-2 2',
      'big 64',
      'gpu-1 undefined',
      'gpu-2 undefined',
    ])
  })
})

describe('mistakes are explained with their place', () => {
  test.each([
    {
      name: 'an unknown step',
      steps: '  - slep: 5s',
      want: 'x.yaml:5:5: unknown field "slep": did you mean "sleep"?',
    },
    {
      name: 'a negative duration',
      steps: '  - advance: -5m',
      want: 'x.yaml:5:5: not a duration: write for example 500ms, 90s, 6m or 1h30m',
    },
    {
      name: 'a duration without unit',
      steps: '  - sleep: 5',
      want: 'x.yaml:5:5: expected a string or a map, found a number | write it with its unit or in quotes: 5s',
    },
    {
      name: 'two things in one step',
      steps: '  - settle: {}\n    advance: 5m',
      want: /^x\.yaml:5:5: a step does exactly one thing: one of apply, create/,
    },
    {
      name: 'an unknown fault',
      steps: '  - fault: {crsh: node-1}',
      want: 'x.yaml:5:13: unknown field "crsh": did you mean "crash"?',
    },
    {
      name: 'an unknown field inside a group',
      steps: '  - try:\n    - scale: {ref: deployment/web, replica: 3}',
      want: 'x.yaml:6:36: unknown field "replica": did you mean "replicas"?',
    },
    {
      name: 'a negative number of replicas',
      steps: '  - scale: {ref: deployment/web, replicas: -1}',
      want: 'x.yaml:5:34: must be at least 0',
    },
    {
      name: 'an object in the wrong place',
      steps: '  - apply:\n      apiVersion: v1\n      kind: Pod',
      want: 'x.yaml:6:7: unknown field "apiVersion" | put the object under "resource:"',
    },
    {
      name: 'a missing kind',
      steps: '  - apply:\n      resource: {apiVersion: v1}',
      want: 'x.yaml:6:7: kind not set',
    },
    {
      name: 'a missing field',
      steps: '  - wait: {ref: pod/a}',
      want: 'x.yaml:5:5: "for" is required',
    },
    {
      name: 'a missing file',
      steps: '  - apply: nowhere.yaml',
      want: 'x.yaml:5:5: cannot read nowhere.yaml: no such file',
    },
    { name: 'a broken file', steps: '  - apply: broken.yaml', want: /^broken\.yaml:2:\d+: / },
    {
      name: 'an empty file',
      steps: '  - apply: empty.yaml',
      want: 'x.yaml:5:5: empty.yaml holds no objects',
    },
    { name: 'no steps', steps: '    []', want: 'x.yaml:4:3: needs at least 1 element' },
  ])('$name', async ({ steps, want }) => {
    expect(await refusalOfSteps(steps)).toEqual(want instanceof RegExp ? expect.stringMatching(want) : want)
  })

  test.each([
    {
      name: 'an unknown field of the scenario',
      text: `${HEAD}  step: []\n`,
      want: /^x\.yaml:4:3: unknown field "step": did you mean "steps"\?/,
    },
    {
      name: 'another version',
      text: 'apiVersion: kubarium.dev/v1\nkind: Scenario\nspec: {steps: [{settle: {}}]}',
      want: /^x\.yaml:1:1: must be kubarium\.dev\/v1alpha1, found "kubarium\.dev\/v1"/,
    },
    {
      name: 'a misspelt kind',
      text: 'apiVersion: kubarium.dev/v1alpha1\nkind: Scenarios\nspec: {steps: [{settle: {}}]}',
      want: /^x\.yaml:2:1: must be Scenario, found "Scenarios"/,
    },
    {
      name: 'two nodes of one name',
      text: `${HEAD}  cluster:\n    nodes: [{name: a}, {name: a}]\n  steps: [{settle: {}}]`,
      want: /^x\.yaml:5:25: there are two nodes named a$/,
    },
    {
      name: 'a number for a label',
      text: `${HEAD}  cluster:\n    nodes: [{labels: {a: 1}}]\n  steps: [{settle: {}}]`,
      want: /^x\.yaml:5:14: expected a map of strings/,
    },
    { name: 'an empty file', text: '', want: /^x\.yaml: the file is empty/ },
    {
      name: 'a second document',
      text: `${HEAD}  steps: [{settle: {}}]\n---\n${files['pod.yaml']}`,
      want: /^x\.yaml:6:1: a Scenario stands alone/,
    },
  ])('$name', async ({ text, want }) => {
    expect(await refusal(text)).toMatch(want)
  })
})

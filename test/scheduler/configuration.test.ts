/** KubeSchedulerConfiguration: what it changes, and what is said about a wrong one. */
import { describe, expect, test } from 'vitest'
import { Node } from '../../src/api/core/node.ts'
import { Pod } from '../../src/api/core/pod.ts'
import { DEFAULT_CONFIGURATION, schedulerConfiguration } from '../../src/scheduler/config.ts'
import type { PluginFactory } from '../../src/scheduler/framework/plugin.ts'
import { SUCCESS, unschedulable } from '../../src/scheduler/framework/status.ts'
import { BUILT_IN } from '../../src/scheduler/registry.ts'
import { scheduler } from '../../src/scheduler/scheduler.ts'
import { node, pod, world } from './harness.ts'
import { lab } from './lab.ts'

test('the defaults are what the schemas make of nothing', () => {
  expect(DEFAULT_CONFIGURATION).toEqual(schedulerConfiguration().parse({}))
  for (const { args, defaults } of BUILT_IN)
    if (args !== undefined) expect(defaults).toEqual(args().parse({}))
})

describe('a wrong configuration is refused with its place and the valid values', () => {
  test.each<[name: string, configuration: object, message: string]>([
    ['an unknown field', { podBackoff: 1 }, 'configuration: unknown field "podBackoff"'],
    [
      'a percentage out of range',
      { percentageOfNodesToScore: 101 },
      'percentageOfNodesToScore: not in valid range [0-100]',
    ],
    ['no back-off', { podInitialBackoffSeconds: 0 }, 'podInitialBackoffSeconds: must be greater than 0'],
    [
      'a maximum below the initial back-off',
      { podInitialBackoffSeconds: 20 },
      'podMaxBackoffSeconds: must be greater than or equal to PodInitialBackoffSeconds',
    ],
    [
      'one scheduler name twice',
      { profiles: [{}, {}] },
      'profiles[1].schedulerName: Duplicate value: "default-scheduler"',
    ],
    [
      'a wrong strategy',
      {
        profiles: [
          { pluginConfig: [{ name: 'NodeResourcesFit', args: { scoringStrategy: { type: 'Most' } } }] },
        ],
      },
      'profiles[0].pluginConfig[0].args.scoringStrategy.type: supported values: "LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"',
    ],
    [
      'a weight out of range',
      { profiles: [{ pluginConfig: [{ name: 'InterPodAffinity', args: { hardPodAffinityWeight: 101 } }] }] },
      'profiles[0].pluginConfig[0].args.hardPodAffinityWeight: Too big: expected number to be <=100',
    ],
    [
      'a plugin at a point that it does not have',
      { profiles: [{ plugins: { score: { enabled: [{ name: 'NodeName' }] } } }] },
      'profiles[0].plugins.score.enabled[0].name: plugin "NodeName" does not extend score',
    ],
    [
      'no queue order',
      { profiles: [{ plugins: { multiPoint: { disabled: [{ name: 'PrioritySort' }] } } }] },
      'profiles[0].plugins.queueSort: no queue sort plugin is enabled',
    ],
  ])('%s', (_name, configuration, message) => {
    expect(() => scheduler({ configuration })).toThrow(message)
  })

  test('a plugin that does not exist, with those that do', () => {
    const configuration = { profiles: [{ plugins: { filter: { enabled: [{ name: 'NodeFit' }] } } }] }
    expect(() => scheduler({ configuration })).toThrow(
      /^profiles\[0\]\.plugins\.filter\.enabled\[0\]\.name: no plugin "NodeFit"; there are DefaultBinder, .*VolumeZone$/,
    )
  })
})

test('a profile disables, enables and weighs plugins as upstream expands them', () => {
  const plugins = {
    multiPoint: { disabled: [{ name: 'ImageLocality' }] },
    score: { disabled: [{ name: 'TaintToleration' }], enabled: [{ name: 'NodeResourcesFit', weight: 7 }] },
  }
  const { profile } = lab({ configuration: { profiles: [{ plugins }] } })
  expect(profile.scores.map(({ plugin, weight }) => `${plugin.name} ${weight}`)).toEqual([
    'NodeResourcesFit 7',
    'NodeAffinity 2',
    'PodTopologySpread 2',
    'InterPodAffinity 2',
    'NodeResourcesBalancedAllocation 1',
  ])
  expect(profile.filters.map(({ plugin }) => plugin.name)).toContain('TaintToleration')
})

test('two profiles serve two scheduler names', async () => {
  const packing = { type: 'MostAllocated' as const }
  const w = await world({
    configuration: {
      profiles: [
        { schedulerName: 'default-scheduler' },
        {
          schedulerName: 'packer',
          pluginConfig: [{ name: 'NodeResourcesFit', args: { scoringStrategy: packing } }],
          plugins: { multiPoint: { disabled: [{ name: 'NodeResourcesBalancedAllocation' }] } },
        },
      ],
    },
  })
  await w.create(Node, node('node-1'), node('node-2'))
  for (let i = 0; i < 3; i++)
    await w.create(Pod, pod(`web-${i}`, { schedulerName: 'packer', requests: { cpu: '500m' } }))
  await w.settle()
  expect(new Set(Object.values(await w.placements())).size).toBe(1)
})

/** Keeps pods of one customer off nodes of another: one file, registered by name, enabled in a profile. */
const tenancy: PluginFactory = () => ({
  name: 'Tenancy',
  depends: 'node',
  filter: (it, { labels }) =>
    labels['tenant'] === undefined || labels['tenant'] === it.class.labels['tenant']
      ? SUCCESS
      : unschedulable('node(s) belonged to another tenant'),
  score: (_pod, { labels }) => (labels['tenant'] === undefined ? 0 : 100),
})

test('a plugin of your own filters, scores and explains', async () => {
  const w = await world({
    plugins: { Tenancy: tenancy },
    configuration: {
      profiles: [{ plugins: { multiPoint: { enabled: [{ name: 'Tenancy', weight: 10 }] } } }],
    },
  })
  await w.create(Node, node('shared'), node('theirs', { labels: { tenant: 'acme' } }))
  await w.create(
    Pod,
    pod('acme', { labels: { tenant: 'acme' } }),
    pod('other', { labels: { tenant: 'other' } }),
  )
  await w.settle()
  expect(await w.placements()).toEqual({ acme: 'theirs', other: 'shared' })
})

test('a plugin that throws fails the attempt, not the scheduler', async () => {
  const broken: PluginFactory = () => ({ name: 'Broken', depends: 'node', score: () => 101 })
  const w = await world({
    plugins: { Broken: broken },
    configuration: { profiles: [{ plugins: { score: { enabled: [{ name: 'Broken' }] } } }] },
  })
  await w.create(Node, node('node-1'), node('node-2'))
  await w.create(Pod, pod('web'))
  await w.loop.advance(500)
  expect(await w.events('web')).toEqual([
    'FailedScheduling: plugin "Broken" returns an invalid score 101, it should in the range of [0, 100] after normalizing',
  ])
  expect((await w.pod('web')).status?.conditions).toMatchObject([{ reason: 'SchedulerError' }])
})

test('a permit plugin holds a pod until it is allowed', async () => {
  let allow = () => {}
  const gang: PluginFactory = (_args, handle) => ({
    name: 'Gang',
    permit(it) {
      allow = () => handle.waiting.allow(it.uid, 'Gang')
      return { code: 'wait', reasons: [], timeoutMs: 60_000 }
    },
  })
  const w = await world({
    plugins: { Gang: gang },
    configuration: { profiles: [{ plugins: { permit: { enabled: [{ name: 'Gang' }] } } }] },
  })
  await w.create(Node, node('node-1'))
  await w.create(Pod, pod('web'))
  await w.settle()
  expect((await w.pod('web')).spec.nodeName).toBeUndefined()
  allow()
  await w.settle()
  expect((await w.pod('web')).spec.nodeName).toBe('node-1')
})

test('a permit that times out gives the node back and says so', async () => {
  const never: PluginFactory = () => ({
    name: 'Never',
    permit: () => ({ code: 'wait', reasons: [], timeoutMs: 2000 }),
  })
  const w = await world({
    plugins: { Never: never },
    configuration: { profiles: [{ plugins: { permit: { enabled: [{ name: 'Never' }] } } }] },
  })
  await w.create(Node, node('node-1'))
  await w.create(Pod, pod('web'))
  await w.loop.advance(2500)
  expect(await w.events('web')).toEqual([
    'FailedScheduling: 0/1 nodes are available: 1 rejected due to timeout after waiting 2s at plugin Never.',
  ])
})

test('an extender filters, scores and binds', async () => {
  const asked: string[] = []
  const answers: Record<string, (body: { NodeNames: string[] }) => unknown> = {
    filter: ({ NodeNames }) => ({
      nodeNames: NodeNames.filter((it) => it !== 'node-1'),
      failedNodes: { 'node-1': 'too old' },
    }),
    prioritize: ({ NodeNames }) => NodeNames.map((host) => ({ host, score: host === 'node-3' ? 10 : 0 })),
  }
  const w = await world({
    configuration: {
      extenders: [
        {
          urlPrefix: 'http://extender/',
          filterVerb: 'filter',
          prioritizeVerb: 'prioritize',
          weight: 5,
          nodeCacheCapable: true,
        },
      ],
    },
    callExtender: async (url, body) => {
      asked.push(url)
      return answers[url.split('/').at(-1)!]!(body as { NodeNames: string[] })
    },
  })
  await w.create(Node, node('node-1'), node('node-2'), node('node-3'))
  await w.create(Pod, pod('web'))
  await w.settle()
  expect((await w.pod('web')).spec.nodeName).toBe('node-3')
  expect(asked).toEqual(['http://extender/filter', 'http://extender/prioritize'])
})

/** Faults by hand, each as a user of `kubarium/vitest` has it. */
import { ConfigMap } from '../../src/api/core/config-map.ts'
import type { Pod } from '../../src/api/core/pod.ts'
import type { Cluster } from '../../src/cluster/cluster.ts'
import { defineController } from '../../src/controllers/runtime/controller.ts'
import {
  before,
  configMap,
  describe,
  expect,
  faults,
  LEGAL,
  pod,
  resource,
  test,
} from '../../src/testing/index.ts'

/** Copies what `source` says into `target`, and when it did. */
const copier = defineController({
  name: 'copier',
  for: ConfigMap,
  predicate: { create: (it) => it.metadata.name === 'source', update: (it) => it.metadata.name === 'source' },
  reconcile: async ({ object, client, now }) => {
    if (object === undefined) return
    const target = await client.get(ConfigMap, { namespace: 'default', name: 'target' })
    if (target.data?.['text'] === object.data?.['text']) return
    await client.update(ConfigMap, target, (draft) => {
      draft.data = { ...object.data, at: String(now) }
    })
  },
})
const COPIER = 'copier-controller'

async function copying(cluster: Cluster): Promise<void> {
  cluster.run(copier)
  await cluster.apply([configMap('target'), configMap('source', { text: 'one' })])
  await cluster.settle()
  expect(target(cluster)?.['text']).toBe('one')
}

const say = (cluster: Cluster, text: string) => cluster.apply(configMap('source', { text }))
const target = (cluster: Cluster) =>
  cluster.peek().get<ConfigMap>(ConfigMap, { namespace: 'default', name: 'target' })?.data

const told = (cluster: Cluster) =>
  cluster.journal
    .entries()
    .filter((it) => it.type === 'fault')
    .map((it) => it.text)

test('each cites the behaviour that makes it legal, and the journal tells it', async ({ cluster }) => {
  for (const why of Object.values(LEGAL)) expect(why).toMatch(/\w{5}/)
  await copying(cluster)
  faults(cluster).dropWatch(COPIER)
  const entry = cluster.journal.entries().findLast((it) => it.type === 'fault')
  expect(entry).toMatchObject({ text: 'dropWatch', detail: { legal: LEGAL.dropWatch } })
})

describe('calls', () => {
  test('one that somebody else came before is refused with 409 and made again', async ({ cluster }) => {
    await copying(cluster)
    faults(cluster).conflict(COPIER, before.update('ConfigMap', 'target'))
    await say(cluster, 'two')
    await cluster.settle()
    expect(target(cluster)?.['text']).toBe('two')
    const failed = cluster.journal.entries().map((it) => it.text)
    expect(failed.some((it) => it.includes('the object has been modified'))).toBe(true)
  })

  test('one that is delayed arrives later', async ({ cluster }) => {
    await copying(cluster)
    faults(cluster).delay(COPIER, before.update('ConfigMap', 'target'), 90_000)
    await say(cluster, 'two')
    await cluster.advance('89s')
    expect(target(cluster)?.['text']).toBe('one')
    await cluster.advance('2s')
    expect(target(cluster)?.['text']).toBe('two')
  })
})

describe('what a process sees', () => {
  test('a watch that breaks goes on where it was', async ({ cluster }) => {
    await copying(cluster)
    faults(cluster).dropWatch(COPIER)
    await say(cluster, 'two')
    await cluster.settle()
    expect(target(cluster)?.['text']).toBe('two')
  })

  test('restarted against an API server that lags it believes the past, until that catches up', async ({
    cluster,
  }) => {
    await copying(cluster)
    const { resourceVersion = '' } = resource(cluster, 'cm', 'source').get()?.metadata ?? {}
    await say(cluster, 'two')
    await cluster.settle()
    const kit = faults(cluster)
    kit.restartInPast(COPIER, resourceVersion)
    await cluster.settle()
    expect(target(cluster)?.['text']).toBe('one')
    kit.catchUp(COPIER)
    await cluster.settle()
    expect(target(cluster)?.['text']).toBe('two')
  })

  test('cut off it does nothing; healed it does what is due', async ({ cluster }) => {
    await copying(cluster)
    const kit = faults(cluster)
    kit.partition(COPIER)
    await say(cluster, 'two')
    await cluster.advance('2m')
    expect(target(cluster)?.['text']).toBe('one')
    kit.heal(COPIER)
    await cluster.advance('2m')
    expect(target(cluster)?.['text']).toBe('two')
  })

  test('its clock jumps', async ({ cluster }) => {
    await copying(cluster)
    faults(cluster).jumpClock(COPIER, 3_600_000)
    await say(cluster, 'two')
    await cluster.settle()
    expect(Number(target(cluster)?.['at'])).toBeGreaterThan(cluster.now + 3_590_000)
  })

  test('a second one acts while the first stands still; woken up both do', async ({ cluster }) => {
    await copying(cluster)
    const kit = faults(cluster)
    kit.usurp(COPIER)
    await say(cluster, 'two')
    await cluster.settle()
    expect(target(cluster)?.['text']).toBe('two')
    kit.wakeUp(COPIER)
    await say(cluster, 'three')
    await cluster.settle()
    expect(target(cluster)?.['text']).toBe('three')
    const writers = cluster.journal
      .entries()
      .filter((it) => it.type === 'request' && it.text.startsWith('update'))
      .map((it) => it.actor)
    expect(new Set(writers)).toEqual(new Set([COPIER, `${COPIER} (second)`]))
    expect(told(cluster)).toEqual(['usurp'])
  })
})

describe('nodes', () => {
  test.scoped({ clusterOptions: { nodes: 1 } })

  test('a container is killed and started again; a node dies and comes back', async ({ cluster }) => {
    const status = () => (resource(cluster, 'pod', 'web').get() as Pod | undefined)?.status
    await cluster.apply(pod('web'))
    await cluster.waitFor(() => status()?.phase === 'Running')
    await cluster.settle()
    const kit = faults(cluster)
    kit.killContainer('web', 'main', 'OOMKilled')
    await cluster.advance('30s')
    expect(status()?.containerStatuses?.[0]).toMatchObject({
      restartCount: 1,
      lastState: { terminated: { reason: 'OOMKilled' } },
    })
    kit.killNode('node-1')
    await cluster.advance('2m')
    expect(resource(cluster, 'node', 'node-1')).toHaveCondition('Ready', 'Unknown')
    cluster.node('node-1').recover()
    await cluster.advance('2m')
    expect(resource(cluster, 'node', 'node-1')).toHaveCondition('Ready')
    expect(() => kit.killContainer('web', 'other')).toThrow(/no container other of pod default\/web runs/)
  })
})

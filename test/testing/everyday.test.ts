/** The fixture, the matchers and the faults by hand, as a user of `kubarium/vitest` has them. */
import { ConfigMap } from '../../src/api/core/config-map.ts'
import { Secret } from '../../src/api/core/secret.ts'
import { defineController } from '../../src/controllers/runtime/controller.ts'
import { controlledBy, createOrPatch, withCondition } from '../../src/controllers/runtime/helpers.ts'
import {
  after,
  before,
  build,
  configMap,
  deployment,
  describe,
  expect,
  faults,
  pod,
  resource,
  secret,
  test,
} from '../../src/testing/index.ts'

/** Keeps a secret for every config map of the default namespace. */
const keeper = defineController({
  name: 'keeper',
  for: ConfigMap,
  predicate: { create: (it) => it.metadata.namespace === 'default' },
  owns: [Secret],
  reconcile: async ({ object, client, recorder }) => {
    if (object === undefined) return
    const wanted = controlledBy(ConfigMap, object, secret(`${object.metadata.name}-secret`, {}))
    const { operation } = await createOrPatch(client, Secret, wanted)
    if (operation === 'created')
      recorder.event(object, 'Normal', 'SecretCreated', `Created ${wanted.metadata?.name}`)
  },
})

describe('matchers', () => {
  test('say what is there', async ({ cluster }) => {
    cluster.run(keeper)
    await cluster.apply(configMap('a').labels({ team: 'x' }))
    await cluster.settle()
    const made = resource(cluster, 'secret', 'a-secret')
    expect(made).toExist()
    expect(resource(cluster, 'secret', 'other')).not.toExist()
    expect(made).toHaveOwner('ConfigMap', 'a')
    expect(made).not.toHaveOwner('ConfigMap', 'b')
    expect(resource(cluster, 'cm', 'a')).toHaveEvent('SecretCreated', 'a-secret')
    expect(resource(cluster, 'cm', 'a')).toMatchResource({ metadata: { labels: { team: 'x' } } })
    expect(() => expect(made).toMatchResource({ type: 'x' })).toThrow(/it differs in type \("Opaque"\)/)
    await expect(cluster.client.get(Secret, { namespace: 'default', name: 'other' })).toFailWithStatus(
      'NotFound',
    )
    await expect(cluster.client.get(Secret, { namespace: 'default', name: 'other' })).toFailWithStatus(404)
    await expect(cluster).toConverge()
  })

  test('read conditions, phases and replicas', ({ expect: _ }) => {
    const running = build(pod('a')).with({
      status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
    })
    expect(running).toBeReady()
    expect(running).toHavePhase('Running')
    expect(running).toHaveCondition('Ready')
    expect(running).not.toHaveCondition('Ready', 'False')
    const half = deployment('web', { replicas: 2 }).with({ status: { replicas: 2, readyReplicas: 1 } })
    expect(half).not.toBeReady()
    expect(half.with({ status: { readyReplicas: 2 } })).toBeReady()
  })

  test('wait for what comes', async ({ cluster }) => {
    await cluster.apply(configMap('a', { n: '1' }))
    cluster.loop.after(60_000, () => {})
    const start = cluster.now
    await expect(cluster).toEventually(() => cluster.now >= start + 60_000, '2m')
    await expect(cluster).not.toEventually(() => false, '1m')
  })
})

describe('faults by hand', () => {
  test('a crash after the secret was made leaves what a restart completes', async ({ cluster }) => {
    cluster.run(keeper)
    await cluster.settle()
    faults(cluster).crashAt('keeper-controller', after.create('Secret', 'a-secret'))
    await cluster.apply(configMap('a'))
    await cluster.settle()
    expect(cluster.process('keeper-controller').state).toBe('crashed')
    expect(resource(cluster, 'secret', 'a-secret')).toExist()
    cluster.process('keeper-controller').restart()
    await expect(cluster).toConverge()
  })

  test('a refused call is made again; a lost answer is found out', async ({ cluster }) => {
    cluster.run(keeper)
    await cluster.settle()
    faults(cluster).refuse('keeper-controller', before.create('Secret', 'a-secret'), 503)
    faults(cluster).loseAnswer('keeper-controller', after.create('Secret', 'b-secret'))
    await cluster.apply([configMap('a'), configMap('b')])
    await cluster.settle()
    expect(resource(cluster, 'secret', 'a-secret')).toExist()
    expect(resource(cluster, 'secret', 'b-secret')).toExist()
  })

  test('a cache can lag, be cut off and list again', async ({ cluster }) => {
    cluster.run(keeper)
    await cluster.settle()
    const kit = faults(cluster)
    kit.lag('keeper-controller', 'configmaps')
    await cluster.apply(configMap('a'))
    await cluster.settle()
    expect(resource(cluster, 'secret', 'a-secret')).not.toExist()
    kit.forceRelist('keeper-controller', 'configmaps')
    await cluster.settle()
    expect(resource(cluster, 'secret', 'a-secret')).toExist()
    expect(() => kit.partition('keper-controller')).toThrow(/did you mean keeper-controller/)
  })
})

test('a condition keeps its time while its status stays', () => {
  const first = withCondition(undefined, { type: 'Ready', status: 'False', reason: 'Starting' }, 0)
  expect(withCondition(first, { type: 'Ready', status: 'False', reason: 'Starting' }, 60_000)).toBe(first)
  const other = withCondition(first, { type: 'Ready', status: 'False', reason: 'Stuck' }, 60_000)
  expect(other[0]).toMatchObject({ reason: 'Stuck', lastTransitionTime: '1970-01-01T00:00:00Z' })
  const ready = withCondition(other, { type: 'Ready', status: 'True', reason: 'Up' }, 60_000)
  expect(ready).toEqual([
    { type: 'Ready', status: 'True', reason: 'Up', message: '', lastTransitionTime: '1970-01-01T00:01:00Z' },
  ])
})

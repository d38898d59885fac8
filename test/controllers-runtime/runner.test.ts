import { describe, expect, test } from 'vitest'
import { ConfigMap } from '../../src/api/core/config-map.ts'
import { Secret } from '../../src/api/core/secret.ts'
import {
  type ControllerDefinition,
  defineController,
  TerminalError,
} from '../../src/controllers/runtime/controller.ts'
import { ControllerControl } from '../../src/controllers/runtime/controller-control.ts'
import { controllerComponent } from '../../src/controllers/runtime/controller-runner.ts'
import { configMap, type Harness, harness } from '../client/harness.ts'

type Reconcile = ControllerDefinition<ConfigMap>['reconcile']

function run(
  h: Harness,
  definition: Partial<ControllerDefinition<ConfigMap>>,
  control = new ControllerControl(),
) {
  const keys: string[] = []
  const reconcile: Reconcile = async (context) => {
    keys.push(context.key)
    return definition.reconcile?.(context)
  }
  const whole = defineController<ConfigMap>({ name: 'copy', for: ConfigMap, ...definition, reconcile })
  const handle = h.start('copier', controllerComponent(whole, { control }))
  return { keys, handle, control }
}

const create = (h: Harness, name: string) => h.user((client) => client.create(ConfigMap, configMap(name)))

describe('what is reconciled', () => {
  test('everything at the start, then what changes; a burst for one key is one reconcile', async () => {
    const h = harness()
    await create(h, 'a')
    await create(h, 'b')
    const { keys } = run(h, {})
    await h.loop.settle()
    expect(keys).toEqual(['default/a', 'default/b'])
    const link = h.network.link('copier')
    link.hold()
    await h.user(async (client) => {
      let object = await client.get(ConfigMap, { namespace: 'default', name: 'a' })
      for (const value of ['1', '2', '3']) {
        object = await client.update(ConfigMap, object, (draft) => {
          draft.data = { value }
        })
      }
    })
    link.release()
    await h.loop.settle()
    expect(keys).toEqual(['default/a', 'default/b', 'default/a'])
  })

  test('a change of an owned object queues its controlling owner, if that still lives', async () => {
    const h = harness()
    const a = await create(h, 'a')
    const { keys } = run(h, { owns: [Secret] })
    await h.loop.settle()
    const owned = (name: string, uid: string) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name,
        namespace: 'default',
        ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'a', uid, controller: true }],
      },
    })
    await h.user((client) => client.create(Secret, owned('mine', a.metadata.uid)))
    await h.user((client) => client.create(Secret, owned('of-a-former-a', 'gone')))
    await h.loop.settle()
    expect(keys).toEqual(['default/a', 'default/a'])
  })

  test('a released object still queues the owner that it had', async () => {
    const h = harness()
    const a = await create(h, 'a')
    const { keys } = run(h, { owns: [Secret] })
    await h.user(async (client) => {
      const secret = await client.create(Secret, {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: {
          name: 's',
          namespace: 'default',
          ownerReferences: [
            { apiVersion: 'v1', kind: 'ConfigMap', name: 'a', uid: a.metadata.uid, controller: true },
          ],
        },
      })
      await h.loop.settle()
      keys.length = 0
      await client.update(Secret, secret, (draft) => {
        draft.metadata!.ownerReferences = []
      })
    })
    await h.loop.settle()
    expect(keys).toEqual(['default/a'])
  })

  test('watches map to keys, predicates decide, observe hears all that pass', async () => {
    const h = harness()
    const observed: string[] = []
    const { keys } = run(h, {
      predicate: { create: (it) => it.metadata.name !== 'ignored' },
      watches: [
        {
          kind: Secret,
          map: (it) => [`default/for-${it.metadata.name}`],
          predicate: { delete: () => false },
          observe: (event, it) => observed.push(`${event} ${it.metadata.name}`),
        },
      ],
    })
    await create(h, 'ignored')
    await h.user(async (client) => {
      await client.create(Secret, {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 's', namespace: 'default' },
      })
      await client.delete(Secret, { namespace: 'default', name: 's' })
    })
    await h.loop.settle()
    expect(keys).toEqual(['default/for-s'])
    expect(observed).toEqual(['add s'])
  })
})

describe('what comes back', () => {
  test('a failure is retried with doubling back-off, forgotten on success', async () => {
    const h = harness()
    const times: number[] = []
    const { keys } = run(h, {
      reconcile: async ({ now }) => {
        times.push(now)
        if (times.length < 5) throw new Error('not yet')
      },
    })
    await create(h, 'a')
    await h.loop.settle()
    expect(keys).toHaveLength(5)
    expect(times.map((time, i) => time - (times[i - 1] ?? time))).toEqual([0, 5, 10, 20, 40])
    expect(h.journal.entries().filter((it) => it.text.startsWith('reconcile failed: not yet'))).toHaveLength(
      4,
    )
  })

  test('TerminalError is not retried', async () => {
    const h = harness()
    const { keys } = run(h, {
      reconcile: async () => {
        throw new TerminalError('the spec makes no sense')
      },
    })
    await create(h, 'a')
    await h.loop.advance(100_000)
    expect(keys).toHaveLength(1)
  })

  test('requeueAfterMs looks again; over a second it is background work', async () => {
    const h = harness()
    const { keys } = run(h, { reconcile: async () => ({ requeueAfterMs: 60_000 }) })
    await create(h, 'a')
    await h.loop.settle()
    expect(keys).toHaveLength(1)
    await h.loop.advance(180_000)
    expect(keys).toHaveLength(4)
  })

  test('a controller that changes what its cache holds fails at once', async () => {
    const h = harness()
    run(h, {
      reconcile: async ({ object }) => {
        ;(object as { data?: unknown } | undefined)!.data = {}
      },
    })
    await create(h, 'a')
    await h.loop.advance(1)
    expect(h.journal.entries().find((it) => it.text.includes('failed'))?.text).toMatch(
      /Cannot (assign to read only|add) property/,
    )
  })
})

describe('concurrency', () => {
  test('one key is never worked on twice at once; different keys as many as allowed', async () => {
    const h = harness()
    let active = 0
    let most = 0
    const perKey = new Map<string, number>()
    const { keys } = run(h, {
      concurrency: 2,
      reconcile: async ({ key, client, object }) => {
        most = Math.max(most, ++active)
        perKey.set(key, (perKey.get(key) ?? 0) + 1)
        expect(perKey.get(key)).toBe(1)
        if (object?.data?.seen === undefined) {
          await client.update(ConfigMap, object!, (draft) => {
            draft.data = { seen: 'yes' }
          })
        }
        await h.loop.sleep(20)
        perKey.set(key, perKey.get(key)! - 1)
        active--
      },
    })
    for (const name of ['a', 'b', 'c']) await create(h, name)
    await h.loop.settle()
    expect(most).toBe(2)
    expect(keys.toSorted()).toEqual(['a', 'a', 'b', 'b', 'c', 'c'].map((it) => `default/${it}`))
  })

  test('nothing starts before all caches are filled', async () => {
    const h = harness()
    await create(h, 'a')
    h.network.link('copier').hold('secrets')
    let secrets = -1
    run(h, {
      owns: [Secret],
      reconcile: async ({ lister }) => {
        secrets = lister(Secret).size
      },
    })
    await h.user((client) =>
      client.create(Secret, {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 's', namespace: 'default' },
      }),
    )
    await h.loop.settle()
    expect(secrets).toBeGreaterThanOrEqual(0)
  })
})

describe('causes and crashes', () => {
  test('the journal leads from a write back to the event that caused it', async () => {
    const h = harness()
    run(h, {
      reconcile: async ({ object, client }) => {
        if (object === undefined || object.data?.copied) return
        await client.update(ConfigMap, object, (draft) => {
          draft.data = { copied: 'yes' }
        })
      },
    })
    await h.loop.settle()
    await create(h, 'a')
    await h.loop.settle()
    const commits = h.journal
      .entries()
      .filter((it) => it.type === 'commit' && it.object === 'ConfigMap default/a')
    const chain = h.journal.chain(commits.at(-1)!.id).map((it) => `${it.type} ${it.actor}`)
    expect(chain.slice(0, 4)).toEqual([
      'commit kube-apiserver',
      'request copier',
      'reconcile copy-controller',
      'commit kube-apiserver',
    ])
  })

  test('a crash in the middle forgets what the controller knew; a restart looks again', async () => {
    const h = harness()
    let setups = 0
    const seen: (number | undefined)[] = []
    const definition = defineController<ConfigMap, Map<string, number>>({
      name: 'copy',
      for: ConfigMap,
      setup: () => {
        setups++
        return new Map()
      },
      reconcile: async ({ key, memory }) => {
        seen.push(memory.get(key))
        memory.set(key, 1)
        await h.loop.sleep(50)
        expect(setups).toBe(2)
      },
    })
    const handle = h.start('copier', controllerComponent(definition))
    await create(h, 'a')
    await h.loop.advance(10)
    handle.crash()
    await h.loop.advance(100)
    handle.restart()
    await h.loop.settle()
    expect(seen).toEqual([undefined, undefined])
  })
})

describe('from outside', () => {
  test('a controller can be paused, stepped and slowed', async () => {
    const h = harness()
    const control = new ControllerControl()
    control.pause()
    const { keys } = run(h, {}, control)
    for (const name of ['a', 'b', 'c']) await create(h, name)
    await h.loop.settle()
    expect(keys).toEqual([])
    control.step()
    await h.loop.settle()
    expect(keys).toEqual(['default/a'])
    control.slowMs = 500
    const before = h.loop.now
    control.resume()
    await h.loop.settle()
    expect(keys).toEqual(['default/a', 'default/b', 'default/c'])
    expect(h.loop.now - before).toBe(1000)
  })
})

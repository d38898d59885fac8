import { describe, expect, test } from 'vitest'
import { ConfigMap } from '../../src/api/core/config-map.ts'
import type { Client } from '../../src/client/client.ts'
import type { InformerOptions, Lister } from '../../src/client/informer.ts'
import { configMap, type Harness, harness } from './harness.ts'

function watching(h: Harness, options: InformerOptions<ConfigMap> = {}) {
  const heard: string[] = []
  let lister!: Lister<ConfigMap>
  const handle = h.start('p', {
    name: 'watcher',
    start: (process) => {
      const informer = process.informers.for(ConfigMap, options)
      lister = informer.lister
      informer.addHandlers({
        add: (it) => heard.push(`+${it.metadata?.name}`),
        update: (it, old) => heard.push(`${it === old ? '=' : '~'}${it.metadata?.name}`),
        delete: (it, stale) => heard.push(`${stale ? 'x' : '-'}${it.metadata?.name}`),
      })
      process.informers.whenSynced(() => heard.push('synced'))
    },
  })
  return { heard, handle, lister: () => lister, link: h.network.link('p') }
}

const create =
  (...names: string[]) =>
  async (client: Client) => {
    for (const name of names) await client.create(ConfigMap, configMap(name))
  }
const remove = (name: string) => (client: Client) => client.delete(ConfigMap, { namespace: 'default', name })
const touch = (name: string, value: string) => async (client: Client) => {
  const object = await client.get(ConfigMap, { namespace: 'default', name })
  await client.update(ConfigMap, object, (draft) => {
    draft.data = { value }
  })
}

describe('a list, then a watch', () => {
  test('handlers hear what is there, then what happens', async () => {
    const h = harness()
    await h.user(create('a', 'b'))
    const { heard, lister } = watching(h)
    await h.loop.settle()
    await h.user(touch('a', '1'))
    await h.user(remove('b'))
    await h.loop.settle()
    expect(heard).toEqual(['+a', '+b', 'synced', '~a', '-b'])
    expect(lister().size).toBe(1)
    expect(lister().get('default/a')?.data).toEqual({ value: '1' })
  })

  test('the cache holds the very object that the server holds', async () => {
    const h = harness()
    const { lister } = watching(h)
    await h.user(create('a'))
    await h.loop.settle()
    expect(await h.user((client) => client.get(ConfigMap, { namespace: 'default', name: 'a' }))).toBe(
      lister().get('default/a'),
    )
  })

  test('the same kind and selector share one informer, late handlers hear all', async () => {
    const h = harness()
    await h.user(create('a'))
    const late: string[] = []
    h.start('p', {
      name: 'c',
      start: (process) => {
        const first = process.informers.for(ConfigMap)
        process.clock.after(100, () => {
          const second = process.informers.for(ConfigMap)
          expect(second).toBe(first)
          second.addHandlers({ add: (it) => late.push(it.metadata.name) })
        })
      },
    })
    await h.loop.settle()
    expect(late).toEqual(['a'])
  })

  test('what handlers start is caused by the commit', async () => {
    const h = harness()
    h.start('p', {
      name: 'c',
      start: (process) => {
        process.informers.for(ConfigMap).addHandlers({
          add: (it) => process.journal.record('note', 'c', '', `saw ${it.metadata.name}`),
        })
      },
    })
    await h.loop.settle()
    await h.user(create('a'))
    await h.loop.settle()
    const saw = h.journal.entries().find((it) => it.text === 'saw a')!
    expect(h.journal.get(saw.cause)).toMatchObject({ type: 'commit', object: 'ConfigMap default/a' })
  })
})

describe('indexes', () => {
  const byValue = { value: (it: ConfigMap) => (it.data?.value === undefined ? [] : [it.data.value]) }

  test('follow every change and can be added late', async () => {
    const h = harness()
    await h.user(create('a', 'b'))
    await h.user(touch('a', 'red'))
    const { lister, handle } = watching(h)
    await h.loop.settle()
    handle.current.informers.for(ConfigMap, { indexes: byValue })
    const names = (value: string) =>
      lister()
        .byIndex('value', value)
        .map((it) => it.metadata?.name)
    expect(names('red')).toEqual(['a'])
    await h.user(touch('b', 'red'))
    await h.user(touch('a', 'blue'))
    await h.loop.settle()
    expect([names('red'), names('blue')]).toEqual([['b'], ['a']])
    await h.user(remove('b'))
    await h.loop.settle()
    expect(names('red')).toEqual([])
  })

  test('an index nobody asked for is an error', async () => {
    const h = harness()
    const { lister } = watching(h)
    expect(() => lister().byIndex('colour', 'red')).toThrow(/an index is asked for before it is used/)
    expect(lister().byIndex('namespace', 'default')).toEqual([])
  })

  test('a list is a snapshot, not a view', async () => {
    const h = harness()
    await h.user(create('a'))
    const { lister } = watching(h)
    await h.loop.settle()
    const before = lister().list('default')
    await h.user(create('b'))
    await h.loop.settle()
    expect([before.length, lister().list().length, lister().list('elsewhere').length]).toEqual([1, 2, 0])
  })
})

describe('faults', () => {
  test('a watch that breaks resumes where it ended: nothing twice, nothing missed', async () => {
    const h = harness()
    const { heard, link } = watching(h)
    await h.user(create('a'))
    await h.loop.settle()
    link.dropWatches('configmaps')
    await h.user(touch('a', '1'))
    await h.user(create('b'))
    await h.loop.settle()
    expect(heard).toEqual(['synced', '+a', '~a', '+b'])
  })

  test('after 410 the informer lists again: states in between are lost, deletions are stale', async () => {
    const h = harness()
    const { heard, link } = watching(h)
    await h.user(create('a', 'b', 'c'))
    await h.loop.settle()
    link.hold('configmaps')
    await h.user(touch('a', '1'))
    await h.user(touch('a', '2'))
    await h.user(remove('b'))
    link.expireWatches('configmaps')
    await h.loop.settle()
    expect(heard).toEqual(['synced', '+a', '+b', '+c', 'xb', '~a', '=c'])
  })

  test('an object replaced by another of its name while nobody looked is a death and a birth', async () => {
    const h = harness()
    const { heard, link } = watching(h)
    await h.user(create('a'))
    await h.loop.settle()
    link.hold()
    await h.user(remove('a'))
    await h.user(create('a'))
    link.expireWatches()
    link.release()
    await h.loop.settle()
    expect(heard).toEqual(['synced', '+a', 'xa', '+a'])
  })

  test('held events come later, in order, in one batch', async () => {
    const h = harness()
    const { heard, link } = watching(h)
    await h.loop.settle()
    link.hold('configmaps')
    await h.user(create('a', 'b'))
    await h.user(remove('a'))
    await h.loop.settle()
    expect(heard).toEqual(['synced'])
    expect([...link.backlog()]).toEqual([['configmaps', 3]])
    const steps = h.loop.steps
    link.release('configmaps')
    await h.loop.settle()
    expect(heard).toEqual(['synced', '+a', '+b', '-a'])
    expect(h.loop.steps - steps).toBe(1)
  })

  test('a server that refuses connections is asked again until it answers', async () => {
    const h = harness()
    h.network.link('p').refuse()
    const { heard, link } = watching(h)
    await h.user(create('a'))
    await h.loop.advance(5000)
    expect(heard).toEqual([])
    link.accept()
    await h.loop.advance(30_000)
    expect(heard).toEqual(['+a', 'synced'])
  })

  test('a partition holds events, loses requests, and heals', async () => {
    const h = harness()
    const { heard, link, handle } = watching(h)
    await h.loop.settle()
    link.partition()
    await h.user(create('a'))
    const answers: string[] = []
    const { transport, requests } = handle.current
    transport.request(requests.create(ConfigMap, configMap('lost')), (it) =>
      answers.push(it.ok ? 'ok' : `${it.code} ${it.status.message}`),
    )
    await h.loop.advance(20_000)
    expect([heard, answers]).toEqual([['synced'], []])
    link.heal()
    await h.loop.advance(60_000)
    expect(heard).toEqual(['synced', '+a'])
    expect(answers).toEqual(['0 http2: client connection lost'])
  })

  test('an answer can be lost although the write was made', async () => {
    const h = harness()
    const { heard, link, handle } = watching(h)
    await h.loop.settle()
    link.faults = {
      inbound: (request, answer) =>
        request.verb === 'create'
          ? { ok: false, code: 504, status: { code: 504, reason: 'Timeout', message: 'lost' } }
          : answer,
    }
    const { client } = handle.current
    await expect(h.loop.outside(client.create(ConfigMap, configMap('a')))).rejects.toThrow('lost')
    await h.loop.settle()
    expect(heard).toEqual(['synced', '+a'])
  })
})

test('with latency, messages of one stream keep their order', async () => {
  const delays = [5, 1, 3, 1, 9, 1, 1, 1, 4, 1, 1, 1, 2]
  let at = 0
  const h = harness({ latency: () => delays[at++ % delays.length]! })
  const { heard } = watching(h)
  await h.user(create('a', 'b', 'c'))
  await h.user(remove('b'))
  await h.loop.settle()
  expect(heard.filter((it) => it !== 'synced')).toEqual(['+a', '+b', '+c', '-b'])
  expect(h.loop.now).toBeGreaterThan(Date.UTC(2025, 0, 1))
})

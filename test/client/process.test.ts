import { expect, test } from 'vitest'
import { ConfigMap } from '../../src/api/core/config-map.ts'
import { isAlreadyExists, isConflict, isNotFound } from '../../src/api/errors.ts'
import type { Process } from '../../src/client/process.ts'
import { configMap, harness } from './harness.ts'

/** A component that runs `start` and hands out its newest incarnation. */
function probe(start: (process: Process) => void = () => {}) {
  const incarnations: Process[] = []
  return {
    incarnations,
    name: 'probe',
    start: (process: Process) => {
      incarnations.push(process)
      start(process)
    },
  }
}

test('a crash ends timers, promises and watches, and a restart starts afresh', async () => {
  const h = harness()
  const heard: string[] = []
  const component = probe((process) => {
    const me = process.incarnation
    process.clock.after(10, () => heard.push(`timer of ${me}`))
    process.clock.every(10, () => heard.push(`tick of ${me}`))
    process.spawn('sleeper', async () => {
      await process.clock.sleep(10)
      heard.push(`task of ${me}`)
    })
    process.informers.for(ConfigMap).addHandlers({ add: () => heard.push(`add of ${me}`) })
  })
  const handle = h.start('p', component)
  await h.loop.advance(5)
  handle.crash()
  expect(handle.state).toBe('crashed')
  expect(component.incarnations[0]?.alive).toBe(false)
  await h.user((client) => client.create(ConfigMap, configMap('a')))
  await h.loop.advance(20)
  expect(heard).toEqual([])

  handle.restart()
  await h.loop.advance(15)
  expect(heard).toEqual(['add of 2', 'timer of 2', 'tick of 2', 'task of 2'])
})

test('what a crashed process still asks for is neither sent nor answered', async () => {
  const h = harness()
  const component = probe((process) => {
    process.spawn('writer', async () => {
      await process.client.create(ConfigMap, configMap('first'))
      handle.crash()
      await process.client.create(ConfigMap, configMap('second'))
      expect.unreachable()
    })
  })
  const handle = h.start('p', component)
  await h.loop.settle()
  expect((await h.user((client) => client.list(ConfigMap))).items.map((it) => it.metadata.name)).toEqual([
    'first',
  ])
})

test('a paused process hears everything later, in order, and misses no tick but one', async () => {
  const h = harness()
  const heard: string[] = []
  const component = probe((process) => {
    process.clock.after(10, () => heard.push('timer'))
    process.clock.every(10, () => heard.push('tick'))
    process.informers.for(ConfigMap).addHandlers({ add: ({ metadata }) => heard.push(metadata.name) })
  })
  const handle = h.start('p', component)
  await h.loop.advance(5)
  handle.pause()
  await h.loop.advance(30)
  await h.user((client) => client.create(ConfigMap, configMap('a')))
  await h.loop.settle()
  expect(heard).toEqual([])
  handle.resume()
  await h.loop.settle()
  expect(heard).toEqual(['timer', 'tick', 'a'])
})

test('a timer that fired during a pause can still be cancelled', async () => {
  const h = harness()
  const component = probe()
  const handle = h.start('p', component)
  const timer = component.incarnations[0]!.clock.after(10, () => expect.unreachable())
  handle.pause()
  await h.loop.advance(20)
  timer.cancel()
  handle.resume()
  await h.loop.settle()
})

test('shared timers are one event a period for all', async () => {
  const h = harness()
  let ticks = 0
  for (let i = 0; i < 100; i++) {
    h.start(`p${i}`, { name: 'c', start: (process) => void process.clock.shared(1000, () => ticks++) })
  }
  await h.loop.settle()
  const before = h.loop.steps
  await h.loop.advance(10_000)
  expect(ticks).toBe(1000)
  expect(h.loop.steps - before).toBe(10)
})

test('a clock that jumps shows another time, timers fire as before', async () => {
  const h = harness()
  const component = probe()
  const handle = h.start('p', component)
  const [process] = component.incarnations
  handle.jumpClock(-3_600_000)
  expect(process!.clock.now()).toBe(h.loop.now - 3_600_000)
  let fired = false
  process!.clock.after(10, () => (fired = true))
  await h.loop.advance(10)
  expect(fired).toBe(true)
})

test('random streams continue across a restart and differ by name', () => {
  const h = harness()
  const component = probe()
  const handle = h.start('p', component)
  const first = component.incarnations[0]!.random('a').float()
  handle.restart()
  const second = component.incarnations[1]!.random('a').float()
  expect(new Set([first, second, component.incarnations[1]!.random('b').float()]).size).toBe(3)
})

test('a process that exits is restarted when its node would do so', async () => {
  const h = harness()
  const component = probe()
  const handle = h.start('p', component)
  component.incarnations[0]!.exit('lost its lead')
  expect(handle.state).toBe('crashed')
  expect(h.journal.entries().map((it) => it.text)).toContain('exits: lost its lead')
})

test('client errors are ApiErrors with the server’s reason', async () => {
  const h = harness()
  const failures = await h.user(async (client) => {
    const created = await client.create(ConfigMap, configMap('a', { x: '1' }))
    await client.update(ConfigMap, created, (draft) => {
      draft.data = { x: '2' }
    })
    const attempts = [
      client.create(ConfigMap, configMap('a')),
      client.get(ConfigMap, { namespace: 'default', name: 'b' }),
      client.update(ConfigMap, created, (draft) => {
        draft.data = { x: '3' }
      }),
    ]
    return Promise.all(
      attempts.map((it) =>
        it.then(
          () => undefined,
          (error) => error,
        ),
      ),
    )
  })
  expect(failures.map((it) => [isAlreadyExists(it), isNotFound(it), isConflict(it)])).toEqual([
    [true, false, false],
    [false, true, false],
    [false, false, true],
  ])
})

test('an update that changes nothing is no request', async () => {
  const h = harness()
  await h.user(async (client) => {
    const created = await client.create(ConfigMap, configMap('a', { x: '1' }))
    const same = await client.update(ConfigMap, created, (draft) => {
      draft.data!.x = '1'
    })
    expect(same).toBe(created)
    expect(await client.find(ConfigMap, { namespace: 'default', name: 'none' })).toBeUndefined()
    expect(await client.delete(ConfigMap, { namespace: 'default', name: 'a' })).toBeUndefined()
  })
})

test('a request whose answer nobody waits for is served, and nothing comes back', async () => {
  const h = harness({ latency: () => 1 })
  const component = probe()
  h.start('p', component)
  await h.loop.settle()
  const { transport, requests } = component.incarnations[0]!
  const before = h.loop.steps
  transport.request(requests.create(ConfigMap, configMap('a')))
  await h.loop.settle()
  expect(h.loop.steps).toBe(before + 1)
  expect((await h.user((client) => client.list(ConfigMap))).items.map((it) => it.metadata.name)).toEqual([
    'a',
  ])
})

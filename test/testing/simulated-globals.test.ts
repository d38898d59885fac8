/** What a controller gets when it asks the host for the time, chance and timers. */
import { createHash, randomUUID } from 'node:crypto'
import { ConfigMap } from '../../src/api/core/config-map.ts'
import { defineController } from '../../src/controllers/runtime/controller.ts'
import { configMap, expect, search, simulation, test } from '../../src/testing/index.ts'

const asked: Record<string, unknown>[] = []

/** Writes down what the host tells it, before and after a pause of five minutes. */
const curious = defineController({
  name: 'curious',
  for: ConfigMap,
  predicate: { create: (it) => it.metadata.namespace === 'default' },
  reconcile: async ({ object, now }) => {
    if (object === undefined) return
    const start = { clock: now, date: Date.now(), year: new Date().getFullYear(), dice: Math.random() }
    await new Promise((resolve) => setTimeout(resolve, 300_000))
    asked.push({ ...start, later: Date.now(), uuids: [crypto.randomUUID(), randomUUID()] })
  },
})

test('time, chance and timers are those of the process', async ({ cluster }) => {
  const runs: string[] = []
  const before = Date.now()
  cluster.run(curious as never)
  await cluster.apply(configMap('a'))
  await cluster.settle()
  await cluster.advance('6m')
  const [seen] = asked.splice(0) as [Record<string, number>]
  expect(seen.date).toBe(seen.clock)
  expect(seen.year).toBe(2025)
  expect(seen.later).toBe(seen.clock! + 300_000)
  expect(Date.now()).toBeGreaterThanOrEqual(before)
  expect(runs).toEqual([])
})

test('a run repeats what it drew, and another process draws other numbers', async () => {
  const drawn: string[] = []
  const spec = simulation({
    controllers: [curious],
    scenario: async ({ user, settle, advance }) => {
      await user.create(configMap('a'))
      await settle()
      await advance('6m')
    },
    faults: ['restart'],
  })
  for (let i = 0; i < 2; i++) {
    expect((await search(spec)).failure).toBeUndefined()
    drawn.push(
      createHash('sha256')
        .update(JSON.stringify(asked.splice(0)))
        .digest('hex'),
    )
  }
  expect(drawn[0]).toBe(drawn[1])
})

test('fetch is refused in words', async () => {
  const { failure } = await search(
    simulation({
      controllers: [
        defineController({
          name: 'online',
          for: ConfigMap,
          reconcile: async ({ object, client, name, namespace }) => {
            if (object === undefined || object.data?.error !== undefined) return
            try {
              await fetch('http://example.com')
            } catch (error) {
              await client.patch(ConfigMap, { name, namespace }, { data: { error: String(error) } })
            }
          },
        }),
      ],
      scenario: async ({ user, settle }) => {
        await user.create(configMap('a'))
        await settle()
      },
      eventually: {
        'it was told': ({ truth }) => /outside system/.test(truth.get('ConfigMap', 'a')?.data?.error),
      },
      faults: [],
    }),
  )
  expect(failure?.violation).toBeUndefined()
})

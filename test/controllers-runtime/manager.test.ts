import { expect, test } from 'vitest'
import { ConfigMap } from '../../src/api/core/config-map.ts'
import { defineController } from '../../src/controllers/runtime/controller.ts'
import { Expectations } from '../../src/controllers/runtime/expectations.ts'
import { type AnyController, controllerManager, isEnabled } from '../../src/controllers/runtime/manager.ts'
import { configMap, harness } from '../client/harness.ts'

test.each([
  { name: 'job', enabled: '*', off: [], want: true },
  { name: 'job', enabled: '*,-job', off: [], want: false },
  { name: 'job', enabled: '-job,*', off: [], want: false },
  { name: 'job', enabled: 'job', off: [], want: true },
  { name: 'deployment', enabled: 'job', off: [], want: false },
  { name: 'tokencleaner', enabled: '*', off: ['tokencleaner'], want: false },
  { name: 'tokencleaner', enabled: '*,tokencleaner', off: ['tokencleaner'], want: true },
])('--controllers=$enabled runs $name: $want', ({ name, enabled, off, want }) => {
  expect(isEnabled(name, enabled, off)).toBe(want)
})

function recording(name: string, keys: string[], tag = name): AnyController {
  return defineController<ConfigMap>({
    name,
    for: ConfigMap,
    reconcile: async ({ key }) => {
      keys.push(`${tag} ${key}`)
    },
  }) as unknown as AnyController
}

test('controllers of one manager share one cache and one crash', async () => {
  const h = harness()
  const keys: string[] = []
  const manager = controllerManager({
    controllers: [recording('one', keys), recording('two', keys), recording('three', keys)],
    enabled: '*,-three',
  })
  expect(manager.controllers).toEqual(['one', 'two'])
  const process = h.start('kube-controller-manager', manager)
  await h.user((client) => client.create(ConfigMap, configMap('a')))
  await h.loop.settle()
  expect(keys).toEqual(['one default/a', 'two default/a'])
  process.crash()
  process.restart()
  await h.loop.settle()
  expect(keys).toHaveLength(4)
})

test('a controller can be replaced while its manager runs', async () => {
  const h = harness()
  const keys: string[] = []
  const manager = controllerManager({ controllers: [recording('one', keys, 'old')] })
  h.start('kube-controller-manager', manager)
  await h.loop.settle()
  manager.replace('one', recording('one', keys, 'new'))
  await h.user((client) => client.create(ConfigMap, configMap('a')))
  await h.loop.settle()
  expect(keys).toEqual(['new default/a'])
  expect(() => manager.control('none')).toThrow(/only controllers that run can be held/)
})

test('expectations hold a controller back until it has seen what it asked for, at most five minutes', () => {
  let now = 0
  const expectations = new Expectations({ now: () => now })
  expect(expectations.satisfied('a')).toBe(true)
  expectations.expectCreations('a', 2)
  expectations.creationObserved('a')
  expect(expectations.satisfied('a')).toBe(false)
  expectations.creationObserved('a')
  expect(expectations.satisfied('a')).toBe(true)

  expectations.expectDeletions('a', ['x', 'y'])
  expectations.deletionObserved('a', 'x')
  expectations.deletionObserved('a', 'x')
  expect(expectations.satisfied('a')).toBe(false)
  now = 300_000
  expect(expectations.satisfied('a')).toBe(false)
  now = 300_001
  expect(expectations.satisfied('a')).toBe(true)
  expectations.forget('a')
  expectations.creationObserved('a')
  expect(expectations.satisfied('a')).toBe(true)
})

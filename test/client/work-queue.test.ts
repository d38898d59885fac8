import { expect, test } from 'vitest'
import type { Clock } from '../../src/client/process.ts'
import { RateLimiter } from '../../src/client/rate-limiter.ts'
import { WorkQueue } from '../../src/client/work-queue.ts'
import { harness } from './harness.ts'

function newQueue() {
  let clock!: Clock
  const h = harness()
  h.start('p', { name: 'c', start: (process) => (clock = process.clock) })
  let ready = 0
  const queue = new WorkQueue(h.loop, clock, () => ready++)
  return { queue, loop: h.loop, ready: () => ready }
}

test('a key is in the queue once, in order of its first add', () => {
  const { queue, ready } = newQueue()
  for (const key of ['a', 'b', 'a', '__proto__', 'b']) queue.add(key)
  expect(queue.keys()).toEqual(['a', 'b', '__proto__'])
  expect(ready()).toBe(3)
})

test('a key added while it is worked on comes back once, when it is done', () => {
  const { queue } = newQueue()
  queue.add('a')
  expect(queue.take()?.key).toBe('a')
  queue.add('a')
  expect([queue.length, queue.active]).toEqual([0, 1])
  queue.begin('a')
  queue.add('a')
  queue.add('a')
  expect([queue.length, queue.active]).toEqual([0, 1])
  queue.done('a')
  expect(queue.keys()).toEqual(['a'])
  queue.take()
  queue.begin('a')
  queue.done('a')
  expect([queue.length, queue.active]).toEqual([0, 0])
})

test('of several delays for a key the shortest counts', async () => {
  const { queue, loop } = newQueue()
  queue.addAfter('a', 500)
  queue.addAfter('a', 100)
  queue.addAfter('a', 900)
  await loop.advance(99)
  expect(queue.length).toBe(0)
  await loop.advance(1)
  expect(queue.keys()).toEqual(['a'])
  queue.take()
  queue.begin('a')
  queue.done('a')
  await loop.advance(2000)
  expect(queue.length).toBe(0)
})

test('waits of over a second do not hold up settle, shorter ones do', async () => {
  const { queue, loop } = newQueue()
  queue.addAfter('slow', 5000)
  queue.addAfter('quick', 50)
  await loop.settle()
  expect(queue.keys()).toEqual(['quick'])
})

test('foreground work wins over the background cause of a key that waits', async () => {
  const { queue, loop } = newQueue()
  loop.within({ cause: 0, background: true }, () => queue.add('a'))
  queue.add('a')
  expect(queue.take()?.context.background).toBe(false)
})

test('back-off: 5 ms doubling to 1000 s for each key, forgotten on success', () => {
  const limiter = new RateLimiter(() => 0)
  const waits = Array.from({ length: 20 }, () => limiter.when('a'))
  expect(waits.slice(0, 5)).toEqual([5, 10, 20, 40, 80])
  expect(waits[19]).toBe(1_000_000)
  expect(limiter.when('b')).toBe(5)
  limiter.forget('a')
  expect([limiter.retries('a'), limiter.when('a')]).toEqual([0, 5])
})

test('a bucket of ten a second with a burst of a hundred bounds all keys together', () => {
  let now = 0
  const limiter = new RateLimiter(() => now)
  const waits = Array.from({ length: 103 }, (_, i) => limiter.when(`key-${i}`))
  expect([waits[99], waits[100], waits[101], waits[102]]).toEqual([5, 100, 200, 300])
  now = 10_000
  expect(limiter.when('late')).toBe(5)
})

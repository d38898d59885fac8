import { expect, test } from 'vitest'
import { EventLoop } from '../../src/kernel/event-loop.ts'
import { WallPacer } from '../../src/kernel/wall-clock.ts'

test('a paced loop runs events by itself and takes outside input in between', async () => {
  const loop = new EventLoop({ start: 1_000_000 })
  const ran: string[] = []
  loop.after(5_000, () => ran.push('timer'))
  loop.follow(new WallPacer(() => loop.now, 1000))
  await new Promise<void>((resolve) => {
    loop.after(60_000, () => resolve())
    loop.inject(() => ran.push('input'))
  })
  loop.follow(undefined)
  expect(ran).toEqual(['input', 'timer'])
  expect(loop.now).toBe(1_060_000)
})

test('at infinite speed time jumps from event to event', async () => {
  const loop = new EventLoop({ start: 0 })
  loop.follow(new WallPacer(() => loop.now, Number.POSITIVE_INFINITY))
  await new Promise<void>((resolve) => {
    loop.after(86_400_000, () => resolve())
    loop.inject(() => {})
  })
  loop.follow(undefined)
  expect(loop.now).toBe(86_400_000)
})

test('a paused loop stands still, also under a pacer; outside calls wait', async () => {
  const loop = new EventLoop({ start: 0 })
  const pacer = new WallPacer(() => loop.now, 1_000_000)
  loop.follow(pacer)
  let ran = false
  loop.pause()
  loop.inject(() => (ran = true))
  await new Promise((resolve) => setTimeout(resolve, 5))
  expect(ran).toBe(false)
  loop.resume()
  await new Promise((resolve) => setTimeout(resolve, 5))
  expect(ran).toBe(true)
  loop.follow(undefined)
})

test('what is scheduled from outside wakes a loop that sleeps for ever', async () => {
  const loop = new EventLoop({ start: 0 })
  loop.follow(new WallPacer(() => loop.now, 1_000_000))
  await new Promise((resolve) => setTimeout(resolve, 5))
  await new Promise<void>((resolve) => {
    loop.after(10, resolve)
  })
  expect(loop.now).toBeGreaterThanOrEqual(10)
  loop.follow(undefined)
})

test.each(['the host has its turn now and then', 'events ask for a turn of the host'])(
  'whoever calls while %s is outside, whatever ran last',
  async (when) => {
    const loop = new EventLoop({ start: 0 })
    loop.every(1, () => {
      loop.spawn('tick', 'component', async () => {})
      if (when.startsWith('events')) loop.yieldToHost()
    })
    loop.follow(new WallPacer(() => loop.now, Number.POSITIVE_INFINITY))
    for (let i = 0; i < 20; i++) {
      await new Promise((resolve) => setTimeout(resolve, 1))
      await loop.outside(() => {
        expect(loop.context).toEqual({ cause: 0, background: false })
        return loop.sleep(5)
      })
    }
    loop.follow(undefined)
  },
)

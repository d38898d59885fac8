import { describe, expect, test } from 'vitest'
import { EventLoop, type Timer } from '../../src/kernel/event-loop.ts'
import { Journal } from '../../src/kernel/journal.ts'
import { randomStream } from '../../src/kernel/random.ts'

const loopAt0 = () => new EventLoop({ start: 0 })

describe('order', () => {
  test('events run by due time, then in the order they were set', async () => {
    const loop = loopAt0()
    const ran: string[] = []
    loop.after(20, () => ran.push('late'))
    loop.after(10, () => ran.push('first'))
    loop.after(10, () => ran.push('second'))
    await loop.settle()
    expect(ran).toEqual(['first', 'second', 'late'])
    expect(loop.now).toBe(20)
  })

  test('a cancelled event neither runs nor counts', async () => {
    const loop = loopAt0()
    const timer = loop.after(10, () => expect.unreachable())
    timer.cancel()
    timer.cancel()
    await loop.settle()
    expect(loop.now).toBe(0)
  })

  test('thousands of cancelled events leave the order of the others alone', async () => {
    const loop = loopAt0()
    const ran: number[] = []
    for (let i = 0; i < 5000; i++) {
      const due = (i * 7919) % 5000
      const timer = loop.after(due, () => ran.push(due))
      if (due % 10 !== 0) timer.cancel()
    }
    await loop.settle()
    expect(ran).toEqual(Array.from({ length: 500 }, (_, i) => i * 10))
  })

  test('events set, cancelled and run in any mixture come in the order of a sorted list', async () => {
    const loop = loopAt0()
    const random = randomStream(7, 'order')
    const waiting = new Map<number, { readonly due: number; readonly timer: Timer }>()
    let set = 0
    const run = (id: number) => {
      const next = [...waiting].reduce((a, b) => (b[1].due < a[1].due ? b : a))
      expect(id).toBe(next[0])
      waiting.delete(id)
      act()
    }
    const act = () => {
      for (let i = random.below(4); i > 0 && set < 2000; i--) {
        const id = set++
        const due = loop.now + random.below(20)
        waiting.set(id, { due, timer: loop.at(due, () => run(id)) })
      }
      for (const [id, { timer }] of waiting) {
        if (random.below(10) > 0 || waiting.size < 10) continue
        timer.cancel()
        waiting.delete(id)
      }
    }
    while (set < 2000) {
      act()
      await loop.settle()
    }
    expect(waiting.size).toBe(0)
  })

  test('time does not move while a promise continuation is runnable', async () => {
    const loop = loopAt0()
    const seen: number[] = []
    loop.after(10, () => {
      loop.spawn('worker', 'process', async () => {
        for (let i = 0; i < 50; i++) await Promise.resolve()
        seen.push(loop.now)
        await loop.sleep(5)
        seen.push(loop.now)
      })
    })
    loop.after(11, () => seen.push(-1))
    await loop.settle()
    expect(seen).toEqual([10, -1, 15])
  })
})

describe('driving', () => {
  test('settle ignores background work', async () => {
    const loop = loopAt0()
    loop.every(1000, () => {})
    loop.after(2500, () => {})
    await loop.settle()
    expect(loop.now).toBe(2500)
  })

  test('what background work schedules is background too', async () => {
    const loop = loopAt0()
    loop.every(1000, () => loop.after(500, () => {}))
    loop.after(1200, () => {})
    await loop.settle()
    expect(loop.now).toBe(1200)
  })

  test('settle fails with who is still working', async () => {
    const loop = loopAt0()
    const again = () => loop.after(1000, again, { label: 'hot loop' })
    again()
    await expect(loop.settle(10_000)).rejects.toThrow(/not settled after 10 s.*\n {2}hot loop/)
  })

  test('advance moves time even when nothing happens', async () => {
    const loop = loopAt0()
    await loop.advance(60_000)
    expect(loop.now).toBe(60_000)
  })

  test('two drivers at once each get what they asked for', async () => {
    const loop = loopAt0()
    loop.after(50, () => {})
    let at = 0
    await Promise.all([loop.advance(100), loop.settle().then(() => (at = loop.now))])
    expect([at, loop.now]).toEqual([50, 100])
  })

  test('waitFor stops at the event that makes it hold', async () => {
    const loop = loopAt0()
    let count = 0
    loop.every(1000, () => count++)
    expect(await loop.waitFor(() => count === 3, 60_000)).toBe(true)
    expect(loop.now).toBe(3000)
    expect(await loop.waitFor(() => count === 100, 5_000)).toBe(false)
    expect(loop.now).toBe(8000)
  })

  test('step runs single events, also while paused', async () => {
    const loop = loopAt0()
    let count = 0
    loop.every(1000, () => count++)
    loop.pause()
    expect(await loop.step(2)).toBe(2)
    expect(count).toBe(2)
  })

  test('an error in an event fails the driver', async () => {
    const loop = loopAt0()
    loop.after(1, () => {
      throw new Error('broken component')
    })
    await expect(loop.settle()).rejects.toThrow('broken component')
  })
})

describe('tasks', () => {
  test('awaiting something outside the simulation is an error that names the task', async () => {
    const loop = loopAt0()
    loop.spawn('site-controller default/a', 'site-controller', async () => {
      await new Promise((resolve) => setTimeout(resolve, 60_000).unref())
    })
    await expect(loop.settle()).rejects.toThrow(
      /site-controller default\/a awaits something outside the simulation/,
    )
  })

  test('tasks of one process may wait for one another', async () => {
    const loop = loopAt0()
    let open!: () => void
    const gate = new Promise<void>((resolve) => (open = resolve))
    let passed = false
    loop.spawn('waiter', 'p', async () => {
      await gate
      passed = true
    })
    loop.spawn('opener', 'p', async () => {
      await loop.sleep(10)
      open()
    })
    await loop.settle()
    expect(passed).toBe(true)
  })

  test('an abandoned task is never resumed, not even to its finally', async () => {
    const loop = loopAt0()
    loop.spawn('victim', 'p', async () => {
      try {
        await loop.sleep(10)
      } finally {
        expect.unreachable()
      }
    })
    loop.after(5, () => loop.abandon('p'))
    await loop.settle()
    expect(loop.now).toBe(10)
  })

  test('causes flow through await', async () => {
    const loop = loopAt0()
    const journal = new Journal(loop)
    const root = journal.record('step', 'user', '', 'start')
    loop.within(loop.causedBy(root), () => {
      loop.spawn('a', 'p', async () => {
        await loop.sleep(10)
        journal.record('note', 'a', '', 'after a')
      })
    })
    loop.spawn('b', 'p', async () => {
      await loop.sleep(10)
      journal.record('note', 'b', '', 'after b')
    })
    await loop.settle()
    expect(journal.entries().map((it) => [it.text, it.cause])).toEqual([
      ['start', 0],
      ['after a', root],
      ['after b', 0],
    ])
  })
})

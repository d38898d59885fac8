import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatDuration, parseDuration } from '../../src/kernel/duration.ts'
import { EventLoop } from '../../src/kernel/event-loop.ts'
import { uuid } from '../../src/kernel/ids.ts'
import { Journal } from '../../src/kernel/journal.ts'
import { randomStream } from '../../src/kernel/random.ts'

const fill = (journal: Journal, texts: string[]) =>
  texts.map((text) => journal.record('note', 'test', '', text))

test('a bounded journal keeps the last entries and the hash of all', () => {
  const loop = new EventLoop({ start: 0 })
  const texts = Array.from({ length: 100 }, (_, i) => `entry ${i}`)
  const full = new Journal(loop)
  const bounded = new Journal(loop, 10)
  fill(full, texts)
  fill(bounded, texts)
  expect(bounded.entries().map((it) => it.text)).toEqual(texts.slice(-10))
  expect(bounded.get(95)?.text).toBe('entry 94')
  expect(bounded.hash()).toBe(full.hash())
})

test('the hash depends on every text and on their order', () => {
  const loop = new EventLoop({ start: 0 })
  const hashOf = (texts: string[]) => {
    const journal = new Journal(loop)
    fill(journal, texts)
    return journal.hash()
  }
  expect(
    new Set([hashOf(['a', 'b']), hashOf(['b', 'a']), hashOf(['ab']), hashOf(['a', 'b', '']), hashOf([])])
      .size,
  ).toBe(5)
})

test('an off journal records nothing and passes the cause through', () => {
  const loop = new EventLoop({ start: 0 })
  const journal = new Journal(loop, 'off')
  loop.within({ cause: 7, background: false }, () => expect(journal.record('note', 'a', '', 'b')).toBe(7))
  expect(journal.length).toBe(0)
})

test('streams of different components and seeds differ, equal ones agree', () => {
  const draws = (seed: number, name: string) =>
    Array.from(
      { length: 8 },
      (
        (random) => () =>
          random.below(1e9)
      )(randomStream(seed, name)),
    )
  expect(draws(7, 'scheduler')).toEqual(draws(7, 'scheduler'))
  expect(draws(7, 'scheduler')).not.toEqual(draws(8, 'scheduler'))
  expect(draws(7, 'scheduler')).not.toEqual(draws(7, 'kubelet'))
  expect(draws(2 ** 40 + 7, 'scheduler')).not.toEqual(draws(7, 'scheduler'))
})

test('uuids are version 4', () => {
  const random = randomStream(1, 'ids')
  for (let i = 0; i < 100; i++)
    expect(uuid(random)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})

test.each([
  ['90s', 90_000],
  ['1h2m3.5s', 3_723_500],
  ['100ms', 100],
  ['5', 5000],
  ['-3m', -180_000],
  ['soon', undefined],
  ['1x', undefined],
  ['', undefined],
])('duration %s is %s ms', (text, want) => {
  expect(parseDuration(text)).toBe(want)
})

test('printed durations read back', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1e9 }),
      (ms) => parseDuration(formatDuration(ms)) === ms || ms === 0,
    ),
  )
})

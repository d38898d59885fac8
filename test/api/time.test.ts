import { describe, expect, test } from 'vitest'
import {
  age,
  formatMicroTime,
  formatTime,
  humanDuration,
  isMicroTime,
  isTime,
  parseTime,
} from '../../src/api/time.ts'

test('times agree with the calendar over nine hundred years', () => {
  for (let day = -200_000; day < 150_000; day += 37) {
    const ms = day * 86_400_000 + ((day * 7_919) % 86_400) * 1000
    const want = new Date(ms).toISOString().replace('.000Z', 'Z')
    expect(formatTime(ms)).toBe(want)
    expect(parseTime(want)).toBe(ms)
  }
})

test.each([
  { text: '2026-02-29T00:00:00Z', why: 'no leap year' },
  { text: '2026-13-01T00:00:00Z', why: 'no such month' },
  { text: '2026-01-01T24:00:00Z', why: 'no such hour' },
  { text: '2026-01-01 00:00:00Z', why: 'blank' },
  { text: '2026-01-01T00:00:00', why: 'no zone' },
])('$text is refused: $why', ({ text }) => {
  expect(parseTime(text)).toBeNaN()
})

test('zones and fractions are read', () => {
  expect(parseTime('2026-01-01T01:00:00+01:00')).toBe(parseTime('2026-01-01T00:00:00Z'))
  expect(parseTime('2026-01-01T00:00:00.250Z')).toBe(parseTime('2026-01-01T00:00:00Z') + 250)
  expect(formatMicroTime(parseTime('2026-01-01T00:00:00Z') + 250.5)).toBe('2026-01-01T00:00:00.250500Z')
})

// Figures of upstream: apimachinery/pkg/util/duration/duration_test.go.
test.each([
  [1, '1s'],
  [70, '70s'],
  [190, '3m10s'],
  [70 * 60, '70m'],
  [47 * 3600, '47h'],
  [49 * 3600, '2d1h'],
  [(8 * 24 + 2) * 3600, '8d'],
  [367 * 24 * 3600, '367d'],
  [(365 * 2 * 24 + 25) * 3600, '2y1d'],
  [(365 * 8 * 24 + 2) * 3600, '8y'],
])('%d seconds read as %s', (seconds, want) => {
  expect(humanDuration(seconds * 1000)).toBe(want)
})

test('an age needs a stamp', () => {
  expect(age('2026-01-01T00:00:00Z', parseTime('2026-01-01T00:00:05Z'))).toBe('5s')
  expect(age(undefined, 0)).toBe('<unknown>')
})

describe('whether a text is a stamp as we print them', () => {
  const stamps = [
    '0000-01-01T00:00:00Z',
    '2024-02-29T23:59:59Z',
    '9999-12-31T00:00:00Z',
    '1900-02-28T12:00:00Z',
  ]
  const others = [
    '2023-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:60:00Z',
    '2026-01-01T00:00:60Z',
    '2026-01-01t00:00:00Z',
    '2026-01-01T00:00:00z',
    '2026-01-01T00:00:0 Z',
    '2026-1-001T00:00:00Z',
    '20x6-01-01T00:00:00Z',
    '2026-01-01T00:00:00+00:00',
    '2026-01-01T00:00:00.5Z',
    '',
  ]

  test.each(stamps)('%s is one', (text) => {
    expect(isTime(text)).toBe(true)
    expect(formatTime(parseTime(text))).toBe(text)
    expect(isMicroTime(text.replace('Z', '.000001Z'))).toBe(true)
  })

  test.each(others)('"%s" is none', (text) => {
    expect(isTime(text)).toBe(false)
    expect(isMicroTime(text.replace('Z', '.000000Z'))).toBe(false)
  })

  test.each(['.00000Z', '.0000000Z', '.00000xZ', '.000000', ',000000Z'])(
    'a fraction like %s is none',
    (it) => {
      expect(isMicroTime(`2026-01-01T00:00:00${it}`)).toBe(false)
    },
  )
})

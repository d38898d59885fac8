import { expect, test } from 'vitest'
import { formatElapsed, shorten, wrap } from '../../src/scenario/report/layout.ts'

test.each([
  { ms: 0, want: '0.000s' },
  { ms: 1234.4, want: '1.234s' },
  { ms: 59_999.6, want: '1m00.0s' },
  { ms: 340_160, want: '5m40.1s' },
  { ms: 3_600_000, want: '1h00m00s' },
])('$ms ms are $want', ({ ms, want }) => {
  expect(formatElapsed(ms)).toBe(want)
})

test.each([
  { name: 'at spaces', text: 'one two three', want: ['one two', 'three'] },
  {
    name: 'long words after a sign',
    text: 'see taints[a.io/unreachable]',
    want: ['see', 'taints[a.io/', 'unreachable]'],
  },
  { name: 'long words anywhere', text: 'abcdefghijklmnop', want: ['abcdefghijkl', 'mnop'] },
])('wraps $name', ({ text, want }) => {
  expect(wrap(text, 12)).toEqual(want)
})

test('shortens in the middle', () => {
  expect(shorten('taint-eviction-controller', 11)).toBe('taint…oller')
  expect(shorten('short', 11)).toBe('short')
})

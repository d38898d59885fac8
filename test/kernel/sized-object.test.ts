import { expect, test } from 'vitest'
import { sizedCopy, sizedObject } from '../../src/kernel/sized-object.ts'

test.each([
  [{}],
  [{ a: 1, b: { c: 2 } }],
  [JSON.parse('{"__proto__":{"polluted":true},"constructor":1}')],
  [Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`key${i}`, i]))],
])('a copy of %j is the same object to whoever looks', (object: object) => {
  const copy = sizedCopy(object, 1)
  expect(copy).toStrictEqual(object)
  expect(copy).not.toBe(object)
  expect(Object.getPrototypeOf(copy)).toBe(Object.prototype)
  expect(Object.entries(copy)).toEqual(Object.entries(object))
  expect((copy as Record<string, unknown>)['polluted']).toBeUndefined()
})

test('an empty object is empty, however much room it has', () => {
  for (let room = 0; room < 30; room++) expect(Object.entries(sizedObject(room))).toEqual([])
})

/** Hostile input must not be able to change what all objects share: checked after every test. */
import { afterEach, expect } from 'vitest'

const before = Reflect.ownKeys(Object.prototype)

afterEach(() => expect(Reflect.ownKeys(Object.prototype)).toEqual(before))

/**
 * Plain objects that take as much room as their properties. V8 gives one that begins as `{}` four properties in itself
 * and keeps the others in a second object that grows by threes, and copies of it look the same: half as much again for
 * what a cluster holds most of. One that begins here has all its properties in itself, and so have its spreads.
 */

type Room = new () => object

/** Larger ones are left to V8. */
const PROPERTIES_MAX = 20
/** V8 decides how large the objects of a constructor are once it has seen a few of them. */
const SEEN_BY_V8 = 16

const rooms: (Room | undefined)[] = []

/** An empty object with room for so many properties. */
export function sizedObject(properties: number): object {
  if (properties > PROPERTIES_MAX) return {}
  return new (rooms[properties] ??= roomFor(properties))()
}

/** A copy with room for `more` properties than the object has. */
export function sizedCopy<T extends object>(object: T | undefined, more = 0): T {
  let properties = more
  for (const key in object) {
    if (key === '__proto__') return { ...object } // To assign it would set the prototype.
    properties++
  }
  const copy = sizedObject(properties) as T
  for (const key in object) copy[key] = object[key]
  return copy
}

function roomFor(properties: number): Room {
  let left = 0
  function Sized(this: Record<string, unknown>): void {
    // V8 counts these for its first guess, and takes back what the first objects do not use.
    if (left > 0) this['a'] = left
    if (left > 1) this['b'] = left
    if (left > 2) this['c'] = left
    if (left > 3) this['d'] = left
    if (left > 4) this['e'] = left
    if (left > 5) this['f'] = left
    if (left > 6) this['g'] = left
    if (left > 7) this['h'] = left
    if (left > 8) this['i'] = left
    if (left > 9) this['j'] = left
    if (left > 10) this['k'] = left
    if (left > 11) this['l'] = left
    if (left > 12) this['m'] = left
    if (left > 13) this['n'] = left
    if (left > 14) this['o'] = left
    if (left > 15) this['p'] = left
    if (left > 16) this['q'] = left
    if (left > 17) this['r'] = left
    if (left > 18) this['s'] = left
    if (left > 19) this['t'] = left
  }
  // So that nothing tells them from others.
  Sized.prototype = Object.prototype
  const room = Sized as unknown as Room
  left = properties
  for (let i = 0; i < SEEN_BY_V8; i++) new room()
  left = 0
  return room
}

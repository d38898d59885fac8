/** Ways to complete frozen values: what is complete already is returned as it is, by reference. */

/** Adds the fields of `defaults` that `object` lacks. */
export function fill<T extends object>(object: T, defaults: Partial<T>): T {
  let copy: T | undefined
  for (const key in defaults) {
    if (object[key] !== undefined) continue
    copy ??= { ...object }
    copy[key] = defaults[key] as T[typeof key]
  }
  return copy === undefined ? object : Object.freeze(copy)
}

/** One copy for many changes: `changes` holds fields, those that are undefined or the same do not count. */
export function completed<T extends object>(object: T, changes: Partial<T>): T {
  let copy: T | undefined
  for (const key in changes) {
    const value = changes[key]
    if (value === undefined || value === object[key]) continue
    copy ??= { ...object }
    copy[key] = value
  }
  return copy === undefined ? object : Object.freeze(copy)
}

/** Sets fields; undefined removes one. */
export function withFields<T extends object>(object: T, fields: Partial<T>): T {
  let changed = false
  for (const key in fields) if (object[key] !== fields[key]) changed = true
  return changed ? Object.freeze(withoutUndefined({ ...object, ...fields })) : object
}

/** Maps one field, if the object has it. */
export function mapField<T extends object, K extends keyof T>(
  object: T,
  key: K,
  map: (value: NonNullable<T[K]>) => T[K],
): T {
  const value = object[key]
  if (value === undefined || value === null) return object
  const mapped = map(value)
  return mapped === value ? object : Object.freeze({ ...object, [key]: mapped })
}

/** Maps every element; the same list when none changes. */
export function mapList<T>(list: readonly T[], map: (item: T, index: number) => T): readonly T[] {
  let copy: T[] | undefined
  for (let i = 0; i < list.length; i++) {
    const mapped = map(list[i] as T, i)
    if (mapped !== list[i]) {
      copy ??= [...list]
      copy[i] = mapped
    }
  }
  return copy === undefined ? list : Object.freeze(copy)
}

/** Remembers the answer for frozen arguments, so that what many objects share is worked out once. */
export function memoByReference<A extends object, B extends object>(
  compute: (argument: A) => B,
): (argument: A) => B {
  const answers = new WeakMap<A, B>()
  return (argument) => {
    let answer = answers.get(argument)
    if (answer === undefined) {
      answer = compute(argument)
      if (!Object.isFrozen(argument)) return answer
      answers.set(argument, answer)
      // Completing what is complete changes nothing.
      answers.set(answer as object as A, answer)
    }
    return answer
  }
}

function withoutUndefined<T extends object>(object: T): T {
  for (const key in object) {
    if (object[key] !== undefined) continue
    return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T
  }
  return object
}

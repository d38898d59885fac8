/** Values of the API never change once they exist. */

/** Freezes a JSON value with everything in it; stops at what is frozen already. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  const pending: object[] = [value]
  for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
    Object.freeze(item)
    for (const key in item) {
      const child = (item as Record<string, unknown>)[key]
      if (typeof child === 'object' && child !== null && !Object.isFrozen(child)) pending.push(child)
    }
  }
  return value
}

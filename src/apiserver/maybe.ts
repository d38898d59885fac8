/** Values that are there now, or later when storage or a webhook is remote: one code path for both. */
import type { Maybe } from '../api/request.ts'

/** Goes on with `value` at once when it is there, and returns a promise only when it is not. */
export function after<T, R>(value: Maybe<T>, next: (value: T) => Maybe<R>): Maybe<R> {
  return value instanceof Promise ? value.then(next) : next(value)
}

/** Runs `next` over the items in order, each after the one before has finished. */
export function inOrder<T, R>(
  items: readonly T[],
  start: R,
  next: (state: R, item: T) => Maybe<R>,
  from = 0,
): Maybe<R> {
  let state = start
  for (let i = from; i < items.length; i++) {
    const result = next(state, items[i]!)
    if (result instanceof Promise) return result.then((it) => inOrder(items, it, next, i + 1))
    state = result
  }
  return state
}

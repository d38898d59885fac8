/** Values that are there now, or later when storage or a webhook is remote: one code path for both. */
import type { Maybe } from '../api/request.ts'

/** Goes on with `value` at once when it is there, and returns a promise only when it is not. */
export function after<T, R>(value: Maybe<T>, next: (value: T) => Maybe<R>): Maybe<R> {
  return value instanceof Promise ? value.then(next) : next(value)
}

/** Runs `next` over the items in order, each after the one before has finished. */
export function inOrder<T, R>(items: Iterable<T>, start: R, next: (state: R, item: T) => Maybe<R>): Maybe<R> {
  const iterator = items[Symbol.iterator]()
  const proceed = (state: R): Maybe<R> => {
    for (let step = iterator.next(); !step.done; step = iterator.next()) {
      const result = next(state, step.value)
      if (result instanceof Promise) return result.then(proceed)
      state = result
    }
    return state
  }
  return proceed(start)
}

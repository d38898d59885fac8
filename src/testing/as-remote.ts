/** A fake outside system as a controller sees it, where nothing is to go wrong: its methods answer with promises. */
import type { Remote } from './explore/spec.ts'

export function asRemote<S extends object>(system: S): Remote<S> {
  return new Proxy(system, {
    get: (target, name) => {
      const method: unknown = Reflect.get(target, name)
      return typeof method === 'function'
        ? async (...args: unknown[]) => method.apply(target, args) as unknown
        : undefined
    },
  }) as unknown as Remote<S>
}

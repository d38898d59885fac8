/** What surrounds the code of controllers: on hosts whose globals can be simulated, their clock, timers and dice. */
import type { Process } from '../../client/process.ts'

export type Surroundings = <T>(process: Process, body: () => T) => T

let current: Surroundings = (_, body) => body()

/** Reconciles that begin from now on run in these surroundings. */
export function surroundControllers(surroundings: Surroundings): void {
  current = surroundings
}

/** Runs code of a controller, up to the end of what it awaits. */
export function surrounded<T>(process: Process, body: () => T): T {
  return current(process, body)
}

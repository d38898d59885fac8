/** Durations as users of the library write them. */
import { parseDuration } from '../kernel/duration.ts'
import type { DurationLike } from './cluster.ts'
import { InputError } from './input-error.ts'

/** Milliseconds; throws for anything that is no duration, or a negative one. */
export function toMs(duration: DurationLike): number {
  const ms = typeof duration === 'number' ? duration : parseDuration(duration)
  if (ms === undefined || !Number.isFinite(ms) || ms < 0) {
    throw new InputError(`"${duration}" is no duration: use milliseconds, or text such as 90s, 6m, 1h30m`)
  }
  return ms
}

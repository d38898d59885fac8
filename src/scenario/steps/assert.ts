import { duration, durationMs, withSource } from '../fields.ts'
import { closestMismatch, matchesAny } from '../kubectl/match-objects.ts'
import { awaitState } from '../kubectl/wait.ts'
import { defineStep } from '../step.ts'

/**
 * Chainsaw's assert: waits until, for each partial object, an object matches it: the one of that name, or any one with
 * those labels.
 */
export const assert = defineStep({
  name: 'assert',
  schema: withSource(
    { timeout: duration.optional() },
    'Waits until objects match these partial ones; lists match element by element, (expressions) may be keys.',
  ),
  source: (input) => input,
  async run(input, context) {
    const given = typeof input === 'string' ? undefined : input.timeout
    const timeoutMs = given === undefined ? context.timeoutMs : durationMs(given)
    const all = () => context.objects.every((it) => matchesAny(context, it.object))
    if (await awaitState(context.cluster, all, timeoutMs)) return undefined
    throw closestMismatch(context, timeoutMs)
  },
})

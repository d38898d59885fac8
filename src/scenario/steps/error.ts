import { formatDuration } from '../../kernel/duration.ts'
import { duration, durationMs, withSource } from '../fields.ts'
import { describeExpected, matchesAny } from '../kubectl/match-objects.ts'
import { awaitState } from '../kubectl/wait.ts'
import { defineStep, StepFailure } from '../step.ts'

/** Chainsaw's error: waits until no object matches, the reverse of assert. */
export const error = defineStep({
  name: 'error',
  schema: withSource(
    { timeout: duration.optional() },
    'Waits until no object matches these partial ones: the reverse of assert.',
  ),
  source: (input) => input,
  async run(input, context) {
    const given = typeof input === 'string' ? undefined : input.timeout
    const timeoutMs = given === undefined ? context.timeoutMs : durationMs(given)
    const matching = () => context.objects.filter((it) => matchesAny(context, it.object))
    if (await awaitState(context.cluster, () => matching().length === 0, timeoutMs)) return undefined
    throw new StepFailure(
      `after ${formatDuration(timeoutMs)} there still is what should not be`,
      matching().map((it) => describeExpected(it.object, context.namespace)),
    )
  },
})

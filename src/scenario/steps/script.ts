import * as z from 'zod'
import { duration, durationMs } from '../fields.ts'
import { runCommand } from '../kubectl/command.ts'
import { defineStep, StepFailure } from '../step.ts'

/**
 * Chainsaw's script runs a shell on the host. A scenario must not: here each line is one kubectl command against
 * the simulated cluster. Whatever needs more belongs in a TypeScript scenario.
 */
export const script = defineStep({
  name: 'script',
  schema: z.strictObject({ content: z.string().min(1), timeout: duration.optional() }).meta({
    description: 'kubectl commands, one a line; they run against the simulated cluster, not in a shell.',
  }),
  async run(input, context) {
    const lines = input.content.split('\n')
    const within =
      input.timeout === undefined ? context : { ...context, timeoutMs: durationMs(input.timeout) }
    for (const [i, line] of lines.entries()) {
      const text = line.trim()
      if (text === '' || text.startsWith('#')) continue
      context.print(`$ ${text}`)
      try {
        const printed = await runCommand(text, within)
        if (printed !== undefined && printed !== '') context.print(printed)
      } catch (error) {
        if (!(error instanceof StepFailure)) throw error
        throw new StepFailure(`line ${i + 1} (${text}): ${error.message}`, error.details)
      }
    }
    return undefined
  },
})

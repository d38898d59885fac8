import * as z from 'zod'
import { defineStep } from '../step.ts'

/** Shows a text to the reader. */
export const print = defineStep({
  name: 'print',
  schema: z.string().meta({ description: 'Shows this text to the reader.' }),
  async run(input, { print }) {
    print(input.trimEnd())
    return undefined
  },
})

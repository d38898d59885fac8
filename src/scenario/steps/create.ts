import { withSource } from '../fields.ts'
import { sendAll } from '../kubectl/send.ts'
import { defineStep } from '../step.ts'

/** As `kubectl create`: fails for what exists already. */
export const create = defineStep({
  name: 'create',
  schema: withSource({}, 'Creates objects; fails if one exists already.'),
  source: (input) => input,
  run: (_input, context) => sendAll(context, 'create'),
})

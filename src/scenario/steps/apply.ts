import { withSource } from '../fields.ts'
import { sendAll } from '../kubectl/send.ts'
import { defineStep } from '../step.ts'

/** As `kubectl apply`: creates what is missing, merges what is there, keeps what others own. */
export const apply = defineStep({
  name: 'apply',
  schema: withSource({}, 'Creates or updates objects, as kubectl apply does.'),
  source: (input) => input,
  run: (_input, context) => sendAll(context, 'apply'),
})

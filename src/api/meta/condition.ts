/** One observation about an object, in the form that newer kinds share. */
import { type Infer, int64, string, struct, time } from '../schema.ts'

export interface Condition extends Infer<typeof condition> {}
export const condition = struct(
  'meta/v1.Condition',
  () => ({
    type: string,
    status: string,
    observedGeneration: int64,
    lastTransitionTime: time,
    reason: string,
    message: string,
  }),
  'type',
  'status',
  'lastTransitionTime',
  'reason',
  'message',
)

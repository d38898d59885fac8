/** The answer of calls that only say that all went well. */
import type { Status } from '../../api/meta/status.ts'

export const SUCCESS: Status = Object.freeze({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: Object.freeze({}),
  status: 'Success',
  code: 201,
})

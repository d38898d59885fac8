/** The answer of a call that returns no object, above all every error. */
import { type Infer, int32, int64, kept, list, string, struct } from '../schema.ts'

export interface Status extends Infer<typeof status> {}
export const status = struct('meta/v1.Status', () => ({
  apiVersion: string,
  kind: string,
  metadata: listMeta,
  code: kept(int32),
  details: statusDetails,
  message: string,
  reason: string,
  status: string,
}))

export interface ListMeta extends Infer<typeof listMeta> {}
export const listMeta = struct('meta/v1.ListMeta', () => ({
  continue: string,
  remainingItemCount: kept(int64),
  resourceVersion: string,
  selfLink: string,
}))

export interface StatusDetails extends Infer<typeof statusDetails> {}
export const statusDetails = struct('meta/v1.StatusDetails', () => ({
  kind: string,
  causes: list(statusCause),
  group: string,
  name: string,
  retryAfterSeconds: kept(int32),
  uid: string,
}))

export interface StatusCause extends Infer<typeof statusCause> {}
export const statusCause = struct('meta/v1.StatusCause', () => ({
  field: string,
  message: string,
  reason: string,
}))

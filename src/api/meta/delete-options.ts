/** What a delete request may carry: grace period, preconditions and the fate of dependents. */
import { boolean, type Infer, int64, kept, list, string, struct } from '../schema.ts'

export interface DeleteOptions extends Infer<typeof deleteOptions> {}
export const deleteOptions = struct('meta/v1.DeleteOptions', () => ({
  apiVersion: string,
  kind: string,
  gracePeriodSeconds: kept(int64),
  preconditions: preconditions,
  orphanDependents: kept(boolean),
  propagationPolicy: kept(string),
  dryRun: list(string),
  ignoreStoreReadErrorWithClusterBreakingPotential: kept(boolean),
}))

export interface Preconditions extends Infer<typeof preconditions> {}
export const preconditions = struct('meta/v1.Preconditions', () => ({
  uid: kept(string),
  resourceVersion: kept(string),
}))

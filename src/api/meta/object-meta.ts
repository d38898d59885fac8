/** What every object carries: names, labels, owners, finalizers, versions and who set which field. */
import {
  atomic,
  boolean,
  type Infer,
  int64,
  json,
  kept,
  list,
  listMap,
  string,
  stringMap,
  struct,
  time,
} from '../schema.ts'

export interface ObjectMeta extends Infer<typeof objectMeta> {}
export const objectMeta = struct('meta/v1.ObjectMeta', () => ({
  name: string,
  generateName: string,
  namespace: string,
  selfLink: string,
  uid: string,
  resourceVersion: string,
  generation: int64,
  creationTimestamp: time,
  deletionTimestamp: time,
  deletionGracePeriodSeconds: kept(int64),
  labels: stringMap,
  annotations: stringMap,
  ownerReferences: listMap(ownerReference, 'uid'),
  finalizers: list(string, { set: true, mergePrimitives: true }),
  managedFields: list(managedFieldsEntry),
}))

export interface OwnerReference extends Infer<typeof ownerReference> {}
export const ownerReference = atomic(
  struct(
    'meta/v1.OwnerReference',
    () => ({
      apiVersion: string,
      kind: string,
      name: string,
      uid: string,
      controller: kept(boolean),
      blockOwnerDeletion: kept(boolean),
    }),
    'apiVersion',
    'kind',
    'name',
    'uid',
  ),
)

export interface ManagedFieldsEntry extends Infer<typeof managedFieldsEntry> {}
export const managedFieldsEntry = struct('meta/v1.ManagedFieldsEntry', () => ({
  apiVersion: string,
  manager: string,
  operation: string,
  time: time,
  fieldsType: string,
  fieldsV1: json,
  subresource: string,
}))

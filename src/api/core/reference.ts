/** Small references from one object to another, shared by many kinds. */
import { atomic, type Infer, kept, list, quantity, string, struct } from '../schema.ts'

export interface LocalObjectReference extends Infer<typeof localObjectReference> {}
export const localObjectReference = atomic(
  struct('core/v1.LocalObjectReference', () => ({
    name: string,
  })),
)

export interface ObjectFieldSelector extends Infer<typeof objectFieldSelector> {}
export const objectFieldSelector = atomic(
  struct(
    'core/v1.ObjectFieldSelector',
    () => ({
      apiVersion: string,
      fieldPath: string,
    }),
    'fieldPath',
  ),
)

export interface ResourceFieldSelector extends Infer<typeof resourceFieldSelector> {}
export const resourceFieldSelector = atomic(
  struct(
    'core/v1.ResourceFieldSelector',
    () => ({
      containerName: string,
      resource: string,
      divisor: quantity,
    }),
    'resource',
  ),
)

export interface TypedLocalObjectReference extends Infer<typeof typedLocalObjectReference> {}
export const typedLocalObjectReference = atomic(
  struct(
    'core/v1.TypedLocalObjectReference',
    () => ({
      kind: string,
      apiGroup: kept(string),
      name: string,
    }),
    'kind',
    'name',
  ),
)

export interface TypedObjectReference extends Infer<typeof typedObjectReference> {}
export const typedObjectReference = struct(
  'core/v1.TypedObjectReference',
  () => ({
    kind: string,
    apiGroup: kept(string),
    name: string,
    namespace: kept(string),
  }),
  'kind',
  'name',
)

export interface ObjectReference extends Infer<typeof objectReference> {}
export const objectReference = atomic(
  struct('core/v1.ObjectReference', () => ({
    apiVersion: string,
    kind: string,
    namespace: string,
    name: string,
    uid: string,
    resourceVersion: string,
    fieldPath: string,
  })),
)

export interface SecretReference extends Infer<typeof secretReference> {}
export const secretReference = atomic(
  struct('core/v1.SecretReference', () => ({
    name: string,
    namespace: string,
  })),
)

export interface TopologySelectorTerm extends Infer<typeof topologySelectorTerm> {}
export const topologySelectorTerm = atomic(
  struct('core/v1.TopologySelectorTerm', () => ({
    matchLabelExpressions: list(topologySelectorLabelRequirement),
  })),
)

export interface TopologySelectorLabelRequirement extends Infer<typeof topologySelectorLabelRequirement> {}
export const topologySelectorLabelRequirement = struct(
  'core/v1.TopologySelectorLabelRequirement',
  () => ({
    key: string,
    values: list(string),
  }),
  'key',
  'values',
)

/** A query over labels, as it stands in objects: all parts must hold. */
import { atomic, type Infer, list, string, stringMap, struct } from '../schema.ts'

export interface LabelSelector extends Infer<typeof labelSelector> {}
export const labelSelector = atomic(
  struct('meta/v1.LabelSelector', () => ({
    matchLabels: stringMap,
    matchExpressions: list(labelSelectorRequirement),
  })),
)

export interface LabelSelectorRequirement extends Infer<typeof labelSelectorRequirement> {}
export const labelSelectorRequirement = struct(
  'meta/v1.LabelSelectorRequirement',
  () => ({
    key: string,
    operator: string,
    values: list(string),
  }),
  'key',
  'operator',
)

export interface FieldSelectorRequirement extends Infer<typeof fieldSelectorRequirement> {}
export const fieldSelectorRequirement = struct(
  'meta/v1.FieldSelectorRequirement',
  () => ({
    key: string,
    operator: string,
    values: list(string),
  }),
  'key',
  'operator',
)

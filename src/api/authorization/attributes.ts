/** What access reviews ask about, and their answer. */
import { fieldSelectorRequirement, labelSelectorRequirement } from '../meta/label-selector.ts'
import { boolean, type Infer, list, map, string, struct } from '../schema.ts'

export interface SubjectAccessReviewSpec extends Infer<typeof subjectAccessReviewSpec> {}
export const subjectAccessReviewSpec = struct('authorization/v1.SubjectAccessReviewSpec', () => ({
  resourceAttributes: resourceAttributes,
  nonResourceAttributes: nonResourceAttributes,
  user: string,
  groups: list(string),
  extra: map(list(string)),
  uid: string,
}))

export interface ResourceAttributes extends Infer<typeof resourceAttributes> {}
export const resourceAttributes = struct('authorization/v1.ResourceAttributes', () => ({
  namespace: string,
  verb: string,
  group: string,
  version: string,
  resource: string,
  subresource: string,
  name: string,
  fieldSelector: fieldSelectorAttributes,
  labelSelector: labelSelectorAttributes,
}))

export interface FieldSelectorAttributes extends Infer<typeof fieldSelectorAttributes> {}
export const fieldSelectorAttributes = struct('authorization/v1.FieldSelectorAttributes', () => ({
  rawSelector: string,
  requirements: list(fieldSelectorRequirement),
}))

export interface LabelSelectorAttributes extends Infer<typeof labelSelectorAttributes> {}
export const labelSelectorAttributes = struct('authorization/v1.LabelSelectorAttributes', () => ({
  rawSelector: string,
  requirements: list(labelSelectorRequirement),
}))

export interface NonResourceAttributes extends Infer<typeof nonResourceAttributes> {}
export const nonResourceAttributes = struct('authorization/v1.NonResourceAttributes', () => ({
  path: string,
  verb: string,
}))

export interface SubjectAccessReviewStatus extends Infer<typeof subjectAccessReviewStatus> {}
export const subjectAccessReviewStatus = struct(
  'authorization/v1.SubjectAccessReviewStatus',
  () => ({
    allowed: boolean,
    reason: string,
    evaluationError: string,
    denied: boolean,
  }),
  'allowed',
)

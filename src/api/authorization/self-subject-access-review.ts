/** Asks whether the caller may do something. */
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { filled, type Infer, string, struct } from '../schema.ts'
import { nonResourceAttributes, resourceAttributes, subjectAccessReviewStatus } from './attributes.ts'

export const SelfSubjectAccessReview = defineKind<SelfSubjectAccessReview>({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectAccessReview',
  resource: 'selfsubjectaccessreviews',
  singular: 'selfsubjectaccessreview',
  namespaced: false,
  schema: () => selfSubjectAccessReview,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: false,
  verbs: ['create'],
})

export interface SelfSubjectAccessReview extends Infer<typeof selfSubjectAccessReview> {}
export const selfSubjectAccessReview = struct(
  'authorization/v1.SelfSubjectAccessReview',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(selfSubjectAccessReviewSpec),
    status: filled(subjectAccessReviewStatus),
  }),
  'spec',
)

export interface SelfSubjectAccessReviewSpec extends Infer<typeof selfSubjectAccessReviewSpec> {}
export const selfSubjectAccessReviewSpec = struct('authorization/v1.SelfSubjectAccessReviewSpec', () => ({
  resourceAttributes: resourceAttributes,
  nonResourceAttributes: nonResourceAttributes,
}))

/** Asks whether a user may do something. */
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { filled, type Infer, string, struct } from '../schema.ts'
import { subjectAccessReviewSpec, subjectAccessReviewStatus } from './attributes.ts'

export const SubjectAccessReview = defineKind<SubjectAccessReview>({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SubjectAccessReview',
  resource: 'subjectaccessreviews',
  singular: 'subjectaccessreview',
  namespaced: false,
  schema: () => subjectAccessReview,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: false,
  verbs: ['create'],
})

export interface SubjectAccessReview extends Infer<typeof subjectAccessReview> {}
export const subjectAccessReview = struct(
  'authorization/v1.SubjectAccessReview',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(subjectAccessReviewSpec),
    status: filled(subjectAccessReviewStatus),
  }),
  'spec',
)

/** Asks whether a user may do something in one namespace. */
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { filled, type Infer, string, struct } from '../schema.ts'
import { subjectAccessReviewSpec, subjectAccessReviewStatus } from './attributes.ts'

export const LocalSubjectAccessReview = defineKind<LocalSubjectAccessReview>({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'LocalSubjectAccessReview',
  resource: 'localsubjectaccessreviews',
  singular: 'localsubjectaccessreview',
  namespaced: true,
  schema: () => localSubjectAccessReview,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: false,
  verbs: ['create'],
})

export interface LocalSubjectAccessReview extends Infer<typeof localSubjectAccessReview> {}
export const localSubjectAccessReview = struct(
  'authorization/v1.LocalSubjectAccessReview',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(subjectAccessReviewSpec),
    status: filled(subjectAccessReviewStatus),
  }),
  'spec',
)

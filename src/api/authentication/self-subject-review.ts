/** Asks who the caller is. */
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { filled, type Infer, string, struct } from '../schema.ts'
import { userInfo } from './user-info.ts'

export const SelfSubjectReview = defineKind<SelfSubjectReview>({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectReview',
  resource: 'selfsubjectreviews',
  singular: 'selfsubjectreview',
  namespaced: false,
  schema: () => selfSubjectReview,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: false,
  verbs: ['create'],
})

export interface SelfSubjectReview extends Infer<typeof selfSubjectReview> {}
export const selfSubjectReview = struct('authentication/v1.SelfSubjectReview', () => ({
  apiVersion: string,
  kind: string,
  metadata: filled(objectMeta),
  status: filled(selfSubjectReviewStatus),
}))

export interface SelfSubjectReviewStatus extends Infer<typeof selfSubjectReviewStatus> {}
export const selfSubjectReviewStatus = struct('authentication/v1.SelfSubjectReviewStatus', () => ({
  userInfo: filled(userInfo),
}))

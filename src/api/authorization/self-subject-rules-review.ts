/** Asks for all that the caller may do in a namespace. */
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { boolean, filled, type Infer, list, string, struct } from '../schema.ts'

export const SelfSubjectRulesReview = defineKind<SelfSubjectRulesReview>({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectRulesReview',
  resource: 'selfsubjectrulesreviews',
  singular: 'selfsubjectrulesreview',
  namespaced: false,
  schema: () => selfSubjectRulesReview,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: false,
  verbs: ['create'],
})

export interface SelfSubjectRulesReview extends Infer<typeof selfSubjectRulesReview> {}
export const selfSubjectRulesReview = struct(
  'authorization/v1.SelfSubjectRulesReview',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(selfSubjectRulesReviewSpec),
    status: filled(subjectRulesReviewStatus),
  }),
  'spec',
)

export interface SelfSubjectRulesReviewSpec extends Infer<typeof selfSubjectRulesReviewSpec> {}
export const selfSubjectRulesReviewSpec = struct('authorization/v1.SelfSubjectRulesReviewSpec', () => ({
  namespace: string,
}))

export interface SubjectRulesReviewStatus extends Infer<typeof subjectRulesReviewStatus> {}
export const subjectRulesReviewStatus = struct(
  'authorization/v1.SubjectRulesReviewStatus',
  () => ({
    resourceRules: list(resourceRule),
    nonResourceRules: list(nonResourceRule),
    incomplete: boolean,
    evaluationError: string,
  }),
  'resourceRules',
  'nonResourceRules',
  'incomplete',
)

export interface ResourceRule extends Infer<typeof resourceRule> {}
export const resourceRule = struct(
  'authorization/v1.ResourceRule',
  () => ({
    verbs: list(string),
    apiGroups: list(string),
    resources: list(string),
    resourceNames: list(string),
  }),
  'verbs',
)

export interface NonResourceRule extends Infer<typeof nonResourceRule> {}
export const nonResourceRule = struct(
  'authorization/v1.NonResourceRule',
  () => ({
    verbs: list(string),
    nonResourceURLs: list(string),
  }),
  'verbs',
)

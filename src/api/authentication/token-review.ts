/** Asks who a bearer token belongs to. */
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { boolean, filled, type Infer, list, string, struct } from '../schema.ts'
import { userInfo } from './user-info.ts'

export const TokenReview = defineKind<TokenReview>({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenReview',
  resource: 'tokenreviews',
  singular: 'tokenreview',
  namespaced: false,
  schema: () => tokenReview,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: false,
  verbs: ['create'],
})

export interface TokenReview extends Infer<typeof tokenReview> {}
export const tokenReview = struct(
  'authentication/v1.TokenReview',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(tokenReviewSpec),
    status: filled(tokenReviewStatus),
  }),
  'spec',
)

export interface TokenReviewSpec extends Infer<typeof tokenReviewSpec> {}
export const tokenReviewSpec = struct('authentication/v1.TokenReviewSpec', () => ({
  token: string,
  audiences: list(string),
}))

export interface TokenReviewStatus extends Infer<typeof tokenReviewStatus> {}
export const tokenReviewStatus = struct('authentication/v1.TokenReviewStatus', () => ({
  authenticated: boolean,
  user: filled(userInfo),
  error: string,
  audiences: list(string),
}))

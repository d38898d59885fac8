/** Asks for a token of a service account. */
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { filled, type Infer, int64, kept, list, string, struct, time } from '../schema.ts'

export const TokenRequest = defineKind<TokenRequest>({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenRequest',
  resource: 'tokenrequests',
  singular: 'tokenrequest',
  namespaced: true,
  schema: () => tokenRequest,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: false,
  verbs: ['create'],
})

export interface TokenRequest extends Infer<typeof tokenRequest> {}
export const tokenRequest = struct(
  'authentication/v1.TokenRequest',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(tokenRequestSpec),
    status: filled(tokenRequestStatus),
  }),
  'spec',
)

export interface TokenRequestSpec extends Infer<typeof tokenRequestSpec> {}
export const tokenRequestSpec = struct(
  'authentication/v1.TokenRequestSpec',
  () => ({
    audiences: list(string),
    boundObjectRef: boundObjectReference,
    expirationSeconds: kept(int64),
  }),
  'audiences',
)

export interface BoundObjectReference extends Infer<typeof boundObjectReference> {}
export const boundObjectReference = struct('authentication/v1.BoundObjectReference', () => ({
  apiVersion: string,
  kind: string,
  name: string,
  uid: string,
}))

export interface TokenRequestStatus extends Infer<typeof tokenRequestStatus> {}
export const tokenRequestStatus = struct(
  'authentication/v1.TokenRequestStatus',
  () => ({
    token: string,
    expirationTimestamp: time,
  }),
  'token',
  'expirationTimestamp',
)

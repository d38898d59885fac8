/** Questions that are posted and answered without being stored: may somebody do something, whose token is this. */

import type { AccessAttributes } from '../api/authorization/access.ts'
import { methodNotServed } from '../api/errors.ts'
import type { PolicyRule } from '../api/rbac/rules.ts'
import type { ApiResponse, Maybe, UserInfo } from '../api/request.ts'
import { decodeBody } from './body.ts'
import { answer, type Call } from './call.ts'

type Handler = (call: Call) => Maybe<ApiResponse>

interface ResourceAttributes {
  readonly namespace?: string
  readonly verb?: string
  readonly group?: string
  readonly version?: string
  readonly resource?: string
  readonly subresource?: string
  readonly name?: string
}

interface AccessSpec {
  readonly resourceAttributes?: ResourceAttributes
  readonly nonResourceAttributes?: { readonly path?: string; readonly verb?: string }
  readonly user?: string
  readonly groups?: readonly string[]
  readonly uid?: string
}

const accessReview =
  (self: boolean): Handler =>
  (call) => {
    const review = decodeBody(call)
    const { spec = {} } = review as { readonly spec?: AccessSpec }
    const user: UserInfo = self
      ? call.request.user
      : { name: spec.user ?? '', groups: spec.groups ?? [], uid: spec.uid }
    const { allowed, reason } = call.server.allows(user, attributesOf(spec))
    const status = { allowed, ...(reason === '' ? {} : { reason }) }
    return answer(call, 201, { ...review, status })
  }

function attributesOf(spec: AccessSpec): AccessAttributes {
  const { resourceAttributes: it, nonResourceAttributes: path } = spec
  if (it === undefined) return { verb: path?.verb ?? '', path: path?.path ?? '' }
  return {
    verb: it.verb ?? '',
    group: it.group ?? '',
    version: it.version ?? '',
    resource: it.resource ?? '',
    subresource: it.subresource || undefined,
    namespace: it.namespace || undefined,
    name: it.name || undefined,
  }
}

const rulesReview: Handler = (call) => {
  const review = decodeBody(call) as { readonly spec?: { readonly namespace?: string } }
  const rules = call.server.rulesOf(call.request.user, review.spec?.namespace ?? '')
  const resourceRules = rules.filter((rule) => rule.resources?.length)
  const nonResourceRules = rules.filter((rule) => rule.nonResourceURLs?.length)
  const pick = (rule: PolicyRule, ...keys: (keyof PolicyRule)[]) =>
    Object.fromEntries(keys.filter((key) => rule[key] !== undefined).map((key) => [key, rule[key]]))
  return answer(call, 201, {
    ...review,
    status: {
      resourceRules: resourceRules.map((it) => pick(it, 'verbs', 'apiGroups', 'resources', 'resourceNames')),
      nonResourceRules: nonResourceRules.map((it) => pick(it, 'verbs', 'nonResourceURLs')),
      incomplete: false,
    },
  })
}

const selfReview: Handler = (call) => {
  const { name, uid, groups, extra } = call.request.user
  const userInfo = { username: name, ...(uid ? { uid } : {}), groups, ...(extra ? { extra } : {}) }
  return answer(call, 201, { ...decodeBody(call), status: { userInfo } })
}

const tokenReview: Handler = (call) => {
  const review = decodeBody(call) as {
    readonly spec?: { readonly token?: string; readonly audiences?: readonly string[] }
  }
  const { token = '', audiences } = review.spec ?? {}
  const user = call.server.tokens.verify(token, call.server.loop.now)
  if (user === undefined) {
    return answer(call, 201, { ...review, status: { error: 'invalid bearer token', user: {} } })
  }
  const { name, uid, groups, extra } = user
  const status = {
    authenticated: true,
    user: { username: name, uid, groups, ...(extra ? { extra } : {}) },
    audiences: audiences ?? [call.server.tokens.issuer],
  }
  return answer(call, 201, { ...review, status })
}

const HANDLERS: Readonly<Record<string, Handler>> = {
  'subjectaccessreviews.authorization.k8s.io': accessReview(false),
  'localsubjectaccessreviews.authorization.k8s.io': accessReview(false),
  'selfsubjectaccessreviews.authorization.k8s.io': accessReview(true),
  'selfsubjectrulesreviews.authorization.k8s.io': rulesReview,
  'selfsubjectreviews.authentication.k8s.io': selfReview,
  'tokenreviews.authentication.k8s.io': tokenReview,
}

/** The handler of a kind that is answered rather than stored. */
export function reviewHandler(groupResource: string): Handler | undefined {
  const handler = HANDLERS[groupResource]
  return (
    handler &&
    ((call) => {
      if (call.request.verb !== 'create') throw methodNotServed()
      return handler(call)
    })
  )
}

/**
 * `authorizer` of expressions: builds up a question about access, step by step, and asks it. Upstream:
 * apiserver/pkg/cel/library/authz.go.
 */

import type { AccessAttributes } from '../authorization/access.ts'

/** Who may do what, for the one who asks or for a service account. */
export interface Authorization {
  readonly user: Subject
  allows(who: Subject, what: AccessAttributes): { readonly allowed: boolean; readonly reason: string }
}

interface Subject {
  readonly name: string
  readonly groups: readonly string[]
}

export class AuthorizerValue {
  readonly authorization: Authorization
  readonly requestResource: ResourceCheck

  constructor(authorization: Authorization, request: Requested) {
    this.authorization = authorization
    this.requestResource = new ResourceCheck(authorization, request)
  }

  group(group: string): GroupCheck {
    return new GroupCheck(this.authorization, group)
  }

  path(path: string): PathCheck {
    return new PathCheck(this.authorization, path)
  }

  serviceAccount(namespace: string, name: string): AuthorizerValue {
    const user = {
      name: `system:serviceaccount:${namespace}:${name}`,
      groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    }
    return new AuthorizerValue({ ...this.authorization, user }, { group: '', resource: '' })
  }
}

export class GroupCheck {
  readonly authorization: Authorization
  readonly name: string

  constructor(authorization: Authorization, name: string) {
    this.authorization = authorization
    this.name = name
  }

  resource(resource: string): ResourceCheck {
    return new ResourceCheck(this.authorization, { group: this.name, resource })
  }
}

interface Requested {
  readonly group: string
  readonly resource: string
  readonly subresource?: string
  readonly namespace?: string
  readonly name?: string
}

export class ResourceCheck {
  readonly authorization: Authorization
  readonly requested: Requested

  constructor(authorization: Authorization, requested: Requested) {
    this.authorization = authorization
    this.requested = requested
  }

  with(more: Partial<Requested>): ResourceCheck {
    return new ResourceCheck(this.authorization, { ...this.requested, ...more })
  }

  check(verb: string): Decision {
    const { group, resource, subresource, namespace, name } = this.requested
    const what = {
      verb,
      group,
      version: '*',
      resource,
      subresource: subresource || undefined,
      namespace: namespace || undefined,
      name: name || undefined,
    }
    return new Decision(this.authorization.allows(this.authorization.user, what))
  }
}

export class PathCheck {
  readonly authorization: Authorization
  readonly path: string

  constructor(authorization: Authorization, path: string) {
    this.authorization = authorization
    this.path = path
  }

  check(verb: string): Decision {
    return new Decision(this.authorization.allows(this.authorization.user, { verb, path: this.path }))
  }
}

export class Decision {
  readonly allowed: boolean
  readonly reason: string

  constructor({ allowed, reason }: { readonly allowed: boolean; readonly reason: string }) {
    this.allowed = allowed
    this.reason = reason
  }
}

/** The variable `authorizer` of a request about `requested`; `requestResource` is a field of it. */
export function authorizerFor(authorization: Authorization, requested: Requested): AuthorizerValue {
  return new AuthorizerValue(authorization, requested)
}

/** Role based access control (upstream: plugin/pkg/auth/authorizer/rbac). */

import type { AccessAttributes } from '../api/authorization/access.ts'
import type { ClusterRole } from '../api/rbac/cluster-role.ts'
import type { ClusterRoleBinding } from '../api/rbac/cluster-role-binding.ts'
import type { Role } from '../api/rbac/role.ts'
import type { RoleBinding } from '../api/rbac/role-binding.ts'
import type { PolicyRule, RoleRef, Subject } from '../api/rbac/rules.ts'
import type { UserInfo } from '../api/request.ts'
import type { Authorizer, Verdict } from './authorization.ts'
import type { ServerContext } from './call.ts'

const GROUP = 'rbac.authorization.k8s.io'
/** Members may do everything, whatever the roles say. */
const MASTERS = 'system:masters'
const ALLOWED: Verdict = Object.freeze({ allowed: true, reason: '' })
const DENIED: Verdict = Object.freeze({ allowed: false, reason: '' })
/** Verdicts remembered per user; who asks for more different things pays again. */
const REMEMBERED = 512

/** A rule that applies to a user, and the namespace it is limited to. */
interface Grant {
  readonly rule: PolicyRule
  readonly namespace: string | undefined
}

export class RbacAuthorizer implements Authorizer {
  readonly #server: ServerContext
  #roles: readonly unknown[] = []
  /** By user object; processes keep theirs, so that a verdict is mostly one look-up. */
  #verdicts = new WeakMap<UserInfo, Map<string, Verdict>>()
  #grants = new WeakMap<UserInfo, readonly Grant[]>()

  constructor(server: ServerContext) {
    this.#server = server
  }

  authorize(user: UserInfo, what: AccessAttributes): Verdict {
    if (user.groups.includes(MASTERS)) return ALLOWED
    this.#forgetWhenRolesChange()
    let verdicts = this.#verdicts.get(user)
    if (verdicts === undefined) this.#verdicts.set(user, (verdicts = new Map()))
    const key = keyOf(what)
    let verdict = verdicts.get(key)
    if (verdict === undefined) {
      verdict = this.grantsOf(user).some((it) => covers(it, what)) ? ALLOWED : DENIED
      if (verdicts.size >= REMEMBERED) verdicts.clear()
      verdicts.set(key, verdict)
    }
    return verdict
  }

  /** Every rule that any binding gives to the user. */
  grantsOf(user: UserInfo): readonly Grant[] {
    this.#forgetWhenRolesChange()
    let grants = this.#grants.get(user)
    if (grants === undefined) this.#grants.set(user, (grants = this.#collect(user)))
    return grants
  }

  #collect(user: UserInfo): Grant[] {
    const grants: Grant[] = []
    for (const object of this.#server.cached(GROUP, 'clusterrolebindings')) {
      const { subjects, roleRef } = object as ClusterRoleBinding
      if (!subjects?.some((it) => isSubject(it, user, undefined))) continue
      for (const rule of this.#rulesOf(roleRef, undefined)) grants.push({ rule, namespace: undefined })
    }
    for (const object of this.#server.cached(GROUP, 'rolebindings')) {
      const { subjects, roleRef, metadata } = object as RoleBinding
      const namespace = metadata!.namespace!
      if (!subjects?.some((it) => isSubject(it, user, namespace))) continue
      for (const rule of this.#rulesOf(roleRef, namespace)) grants.push({ rule, namespace })
    }
    return grants
  }

  #rulesOf({ kind, name }: RoleRef, namespace: string | undefined): readonly PolicyRule[] {
    const resource = kind === 'ClusterRole' ? 'clusterroles' : 'roles'
    const role = this.#server.find(GROUP, resource, namespace, name) as ClusterRole | Role | undefined
    return role?.rules ?? []
  }

  #forgetWhenRolesChange(): void {
    const { cached } = this.#server
    const now = [
      cached.call(this.#server, GROUP, 'clusterroles'),
      cached.call(this.#server, GROUP, 'clusterrolebindings'),
      cached.call(this.#server, GROUP, 'roles'),
      cached.call(this.#server, GROUP, 'rolebindings'),
    ]
    if (now.every((list, i) => list === this.#roles[i])) return
    this.#roles = now
    this.#verdicts = new WeakMap()
    this.#grants = new WeakMap()
  }
}

function keyOf(what: AccessAttributes): string {
  if ('path' in what) return `${what.verb} ${what.path}`
  const { verb, group, resource, subresource = '', namespace = '', name = '' } = what
  return `${verb}|${group}|${resource}|${subresource}|${namespace}|${name}`
}

function isSubject(
  { kind, name, namespace }: Subject,
  user: UserInfo,
  bindingNamespace: string | undefined,
): boolean {
  switch (kind) {
    case 'User':
      return user.name === name
    case 'Group':
      return user.groups.includes(name)
    case 'ServiceAccount':
      return user.name === `system:serviceaccount:${namespace || bindingNamespace}:${name}`
    default:
      return false
  }
}

export function covers({ rule, namespace }: Grant, what: AccessAttributes): boolean {
  if (!has(rule.verbs, what.verb)) return false
  if ('path' in what) {
    if (namespace !== undefined) return false
    return (rule.nonResourceURLs ?? []).some((url) =>
      url.endsWith('*') ? what.path.startsWith(url.slice(0, -1)) : url === what.path,
    )
  }
  if (namespace !== undefined && namespace !== what.namespace) return false
  if (!has(rule.apiGroups ?? [], what.group)) return false
  const { resource, subresource, name } = what
  const full = subresource ? `${resource}/${subresource}` : resource
  const resources = rule.resources ?? []
  const matched =
    resources.includes('*') ||
    resources.includes(full) ||
    (subresource !== undefined && resources.includes(`*/${subresource}`))
  if (!matched) return false
  return !rule.resourceNames?.length || (name !== undefined && rule.resourceNames.includes(name))
}

function has(list: readonly string[], value: string): boolean {
  return list.includes('*') || list.includes(value)
}

/** As Go prints a rule in messages: `{APIGroups:[""], Resources:["pods"], Verbs:["get"]}`. */
export function formatRule(rule: PolicyRule): string {
  const list = (name: string, values: readonly string[] | undefined) =>
    values?.length ? [`${name}:[${values.map((it) => JSON.stringify(it)).join(' ')}]`] : []
  const parts = [
    ...list('APIGroups', rule.apiGroups),
    ...list('Resources', rule.resources),
    ...list('ResourceNames', rule.resourceNames),
    ...list('NonResourceURLs', rule.nonResourceURLs),
    ...list('Verbs', rule.verbs),
  ]
  return `{${parts.join(', ')}}`
}

/** The rules among `wanted` that the user does not hold in full. */
export function notHeld(
  server: ServerContext,
  user: UserInfo,
  wanted: readonly PolicyRule[],
  namespace: string | undefined,
): readonly PolicyRule[] {
  return wanted.filter(
    (rule) => ![...parts(rule, namespace)].every((what) => server.allows(user, what).allowed),
  )
}

/** A rule taken apart into single permissions; `*` is a permission of its own, which only `*` covers. */
function* parts(rule: PolicyRule, namespace: string | undefined): IterableIterator<AccessAttributes> {
  for (const verb of rule.verbs) {
    for (const path of rule.nonResourceURLs ?? []) yield { verb, path }
    for (const group of rule.apiGroups ?? []) {
      for (const full of rule.resources ?? []) {
        const [resource = '', subresource] = full.split('/')
        for (const name of rule.resourceNames?.length ? rule.resourceNames : [undefined]) {
          yield { verb, group, version: '*', resource, subresource, namespace, name }
        }
      }
    }
  }
}

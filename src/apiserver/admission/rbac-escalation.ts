/** Nobody grants what they do not hold (upstream: registry/rbac/*\/policybased/storage.go). */
import { forbidden } from '../../api/errors.ts'
import type { KubeObject } from '../../api/kind.ts'
import type { ClusterRole } from '../../api/rbac/cluster-role.ts'
import type { PolicyRule, RoleRef } from '../../api/rbac/rules.ts'
import { formatRule, notHeld } from '../rbac.ts'
import type { AdmissionAttributes, AdmissionPlugin } from './plugin.ts'

const GROUP = 'rbac.authorization.k8s.io'

export const rbacEscalation: AdmissionPlugin = {
  name: 'RBACEscalation',
  handles: ({ kind, operation }) => kind.group === GROUP && operation !== 'DELETE',
  validate(object, attributes) {
    const role = attributes.kind.resource === 'roles' || attributes.kind.resource === 'clusterroles'
    if (role) checkRole(object as ClusterRole, attributes)
    else checkBinding(object as KubeObject & { readonly roleRef?: RoleRef }, attributes)
  },
}

function checkRole(role: ClusterRole, attributes: AdmissionAttributes): void {
  const rules = role.rules ?? []
  if (
    (attributes.old as ClusterRole | undefined)?.rules === rules ||
    may(attributes, 'escalate', attributes.name)
  )
    return
  refuseNotHeld(attributes, rules)
}

function checkBinding(
  binding: KubeObject & { readonly roleRef?: RoleRef },
  attributes: AdmissionAttributes,
): void {
  const { server, namespace } = attributes
  const { kind, name } = binding.roleRef ?? { kind: '', name: '' }
  const resource = kind === 'ClusterRole' ? 'clusterroles' : 'roles'
  if (may(attributes, 'bind', name, resource)) return
  const role = server.find(GROUP, resource, namespace || undefined, name) as ClusterRole | undefined
  refuseNotHeld(attributes, role?.rules ?? [])
}

function may(
  { server, user, namespace, kind }: AdmissionAttributes,
  verb: string,
  name: string,
  resource = kind.resource,
) {
  return server.allows(user, {
    verb,
    group: GROUP,
    version: 'v1',
    resource,
    name,
    namespace: namespace || undefined,
  }).allowed
}

function refuseNotHeld(
  { server, user, namespace, kind, name }: AdmissionAttributes,
  rules: readonly PolicyRule[],
) {
  const missing = notHeld(server, user, rules, namespace || undefined)
  if (missing.length === 0) return
  const groups = user.groups.map((it) => JSON.stringify(it)).join(' ')
  throw forbidden(
    kind,
    name,
    `user ${JSON.stringify(user.name)} (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${missing.map(formatRule).join('\n')}`,
  )
}

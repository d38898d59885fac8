/** Short ways to write the roles and bindings that every cluster starts with. */
import type { KubeObject } from '../api/kind.ts'
import type { PolicyRule, Subject } from '../api/rbac/rules.ts'

const API = 'rbac.authorization.k8s.io'
const LABELS = { 'kubernetes.io/bootstrapping': 'rbac-defaults' }
const ANNOTATIONS = { 'rbac.authorization.kubernetes.io/autoupdate': 'true' }

type Labels = Readonly<Record<string, string>>

export const READ = 'get list watch'

/** Lists of words; the group `core` is the one without a name. */
export function may(verbs: string, apiGroups: string, resources: string, resourceNames?: string): PolicyRule {
  return {
    verbs: verbs.split(' '),
    apiGroups: apiGroups.split(' ').map((it) => (it === 'core' ? '' : it)),
    resources: resources.split(' '),
    ...(resourceNames === undefined ? {} : { resourceNames: resourceNames.split(' ') }),
  }
}

export function mayVisit(verbs: string, urls: string): PolicyRule {
  return { verbs: verbs.split(' '), nonResourceURLs: urls.split(' ') }
}

export const EVENTS = may('create patch update', 'core events.k8s.io', 'events')

export const group = (name: string): Subject => ({ kind: 'Group', apiGroup: API, name })
export const user = (name: string): Subject => ({ kind: 'User', apiGroup: API, name })
export const serviceAccount = (name: string): Subject => ({
  kind: 'ServiceAccount',
  name,
  namespace: 'kube-system',
})

export function clusterRole(name: string, rules: readonly PolicyRule[], labels: Labels = {}): KubeObject {
  return {
    apiVersion: `${API}/v1`,
    kind: 'ClusterRole',
    metadata: { name, labels: { ...LABELS, ...labels }, annotations: ANNOTATIONS },
    rules,
  } as KubeObject
}

/** Its rules are the union of those of all roles that carry the label; `rules` is what that comes to at the start. */
export function aggregatedRole(
  name: string,
  label: string,
  rules: readonly PolicyRule[],
  labels: Labels = {},
): KubeObject {
  return {
    ...clusterRole(name, rules, labels),
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [label]: 'true' } }] },
  } as KubeObject
}

/** Of the ClusterRole of the same name. */
export function clusterRoleBinding(name: string, ...subjects: readonly Subject[]): KubeObject {
  return {
    apiVersion: `${API}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name, labels: LABELS, annotations: ANNOTATIONS },
    roleRef: { apiGroup: API, kind: 'ClusterRole', name },
    ...(subjects.length > 0 ? { subjects } : {}),
  } as KubeObject
}

export function role(namespace: string, name: string, ...rules: readonly PolicyRule[]): KubeObject {
  return {
    apiVersion: `${API}/v1`,
    kind: 'Role',
    metadata: { name, namespace, labels: LABELS, annotations: ANNOTATIONS },
    rules,
  } as KubeObject
}

/** Of the Role of the same name in the namespace, unless `roleName` says another. */
export function roleBinding(
  namespace: string,
  name: string,
  subjects: readonly Subject[],
  roleName = name,
): KubeObject {
  return {
    apiVersion: `${API}/v1`,
    kind: 'RoleBinding',
    metadata: { name, namespace, labels: LABELS, annotations: ANNOTATIONS },
    roleRef: { apiGroup: API, kind: 'Role', name: roleName },
    subjects,
  } as KubeObject
}

/**
 * The roles and bindings that every cluster starts with (upstream: plugin/pkg/auth/authorizer/rbac/bootstrappolicy).
 * The controllers of kube-controller-manager act under its one identity here, so that role holds all that they need.
 */
import type { KubeObject } from '../api/kind.ts'
import type { PolicyRule, Subject } from '../api/rbac/rules.ts'

const API = 'rbac.authorization.k8s.io'
const READ = ['get', 'list', 'watch']
const WRITE = ['create', 'delete', 'deletecollection', 'patch', 'update']
const ALL = ['*']

type Rules = readonly PolicyRule[]

const rule = (
  verbs: readonly string[],
  apiGroups: readonly string[],
  ...resources: string[]
): PolicyRule => ({
  verbs,
  apiGroups,
  resources,
})
const urls = (verbs: readonly string[], ...nonResourceURLs: string[]): PolicyRule => ({
  verbs,
  nonResourceURLs,
})

const BOOTSTRAP = { 'kubernetes.io/bootstrapping': 'rbac-defaults' }
const UPDATED = { 'rbac.authorization.kubernetes.io/autoupdate': 'true' }

function clusterRole(name: string, rules: Rules, labels: Readonly<Record<string, string>> = {}): KubeObject {
  return {
    apiVersion: `${API}/v1`,
    kind: 'ClusterRole',
    metadata: { name, labels: { ...BOOTSTRAP, ...labels }, annotations: UPDATED },
    rules,
  } as KubeObject
}

/** Its rules are the union of those of all roles that carry the label. */
function aggregated(
  name: string,
  label: string,
  rules: Rules,
  labels: Readonly<Record<string, string>> = {},
): KubeObject {
  return {
    ...clusterRole(name, rules, labels),
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [label]: 'true' } }] },
  } as KubeObject
}

function clusterRoleBinding(name: string, ...subjects: Subject[]): KubeObject {
  return {
    apiVersion: `${API}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name, labels: BOOTSTRAP, annotations: UPDATED },
    roleRef: { apiGroup: API, kind: 'ClusterRole', name },
    subjects,
  } as KubeObject
}

const group = (name: string): Subject => ({ kind: 'Group', apiGroup: API, name })
const user = (name: string): Subject => ({ kind: 'User', apiGroup: API, name })

const WORKLOADS = [
  'daemonsets',
  'deployments',
  'deployments/scale',
  'replicasets',
  'replicasets/scale',
  'statefulsets',
  'statefulsets/scale',
]
const CORE_WRITABLE = [
  'configmaps',
  'endpoints',
  'persistentvolumeclaims',
  'pods',
  'replicationcontrollers',
  'replicationcontrollers/scale',
  'services',
]
const AGGREGATE = 'rbac.authorization.k8s.io/aggregate-to-'

const VIEW: Rules = [
  rule(
    READ,
    [''],
    ...CORE_WRITABLE,
    'persistentvolumeclaims/status',
    'pods/status',
    'replicationcontrollers/status',
    'serviceaccounts',
    'services/status',
  ),
  rule(
    READ,
    [''],
    'bindings',
    'events',
    'limitranges',
    'namespaces',
    'namespaces/status',
    'pods/log',
    'resourcequotas',
    'resourcequotas/status',
  ),
  rule(READ, ['discovery.k8s.io'], 'endpointslices'),
  rule(
    READ,
    ['apps'],
    'controllerrevisions',
    ...WORKLOADS,
    'daemonsets/status',
    'deployments/status',
    'replicasets/status',
    'statefulsets/status',
  ),
  rule(READ, ['autoscaling'], 'horizontalpodautoscalers', 'horizontalpodautoscalers/status'),
  rule(READ, ['batch'], 'cronjobs', 'cronjobs/status', 'jobs', 'jobs/status'),
  rule(READ, ['policy'], 'poddisruptionbudgets', 'poddisruptionbudgets/status'),
  rule(READ, ['networking.k8s.io'], 'ingresses', 'ingresses/status', 'networkpolicies'),
]

/** Of the role that metrics-server brings along. */
const METRICS = rule(READ, ['metrics.k8s.io'], 'nodes', 'pods')

const EDIT: Rules = [
  rule(READ, [''], 'pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy', 'secrets', 'services/proxy'),
  rule(['impersonate'], [''], 'serviceaccounts'),
  rule(WRITE, [''], 'pods', 'pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy'),
  rule(['create'], [''], 'pods/eviction'),
  rule(WRITE, [''], ...CORE_WRITABLE, 'events', 'secrets', 'serviceaccounts', 'services/proxy'),
  rule(['create'], [''], 'serviceaccounts/token'),
  rule(WRITE, ['apps'], ...WORKLOADS, 'deployments/rollback'),
  rule(WRITE, ['autoscaling'], 'horizontalpodautoscalers'),
  rule(WRITE, ['batch'], 'cronjobs', 'jobs'),
  rule(WRITE, ['policy'], 'poddisruptionbudgets'),
  rule(WRITE, ['networking.k8s.io'], 'ingresses', 'networkpolicies'),
  rule([...READ, ...WRITE], ['coordination.k8s.io'], 'leases'),
]

const ADMIN: Rules = [
  rule(['create'], ['authorization.k8s.io'], 'localsubjectaccessreviews'),
  rule([...READ, ...WRITE], [API], 'rolebindings', 'roles'),
]

const NODE: Rules = [
  rule(['create'], ['authentication.k8s.io'], 'tokenreviews'),
  rule(['create'], ['authorization.k8s.io'], 'localsubjectaccessreviews', 'subjectaccessreviews'),
  rule(
    READ,
    [''],
    'services',
    'configmaps',
    'secrets',
    'persistentvolumeclaims',
    'persistentvolumes',
    'endpoints',
  ),
  rule(['create', 'get', 'list', 'watch', 'patch', 'update'], [''], 'nodes'),
  rule(['patch', 'update'], [''], 'nodes/status', 'pods/status'),
  rule([...READ, 'create', 'delete'], [''], 'pods'),
  rule(['create', 'patch', 'update'], ['', 'events.k8s.io'], 'events'),
  rule(['create'], [''], 'pods/eviction', 'serviceaccounts/token'),
  rule(['create', 'get', 'list', 'watch'], ['certificates.k8s.io'], 'certificatesigningrequests'),
  rule(['create', 'delete', 'get', 'patch', 'update', 'list', 'watch'], ['coordination.k8s.io'], 'leases'),
  rule(['create', 'delete', 'get', 'patch', 'update', 'list', 'watch'], ['storage.k8s.io'], 'csinodes'),
  rule(READ, ['storage.k8s.io'], 'csidrivers', 'volumeattachments'),
  rule(READ, ['node.k8s.io'], 'runtimeclasses'),
  rule(READ, [''], 'serviceaccounts'),
]

const EVENTS = rule(['create', 'patch', 'update'], ['', 'events.k8s.io'], 'events')
const LEASES = rule(['create', 'get', 'list', 'update', 'watch'], ['coordination.k8s.io'], 'leases')
const REVIEWS: Rules = [
  rule(['create'], ['authentication.k8s.io'], 'tokenreviews'),
  rule(['create'], ['authorization.k8s.io'], 'subjectaccessreviews'),
]

const SCHEDULER: Rules = [
  EVENTS,
  LEASES,
  ...REVIEWS,
  rule(
    READ,
    [''],
    'nodes',
    'namespaces',
    'pods',
    'replicationcontrollers',
    'services',
    'persistentvolumes',
    'persistentvolumeclaims',
  ),
  rule(['delete'], [''], 'pods'),
  rule(['create'], [''], 'bindings', 'pods/binding'),
  rule(['patch', 'update'], [''], 'pods/status', 'persistentvolumeclaims', 'persistentvolumes'),
  rule(READ, ['apps'], 'replicasets', 'statefulsets'),
  rule(READ, ['policy'], 'poddisruptionbudgets'),
  rule(
    READ,
    ['storage.k8s.io'],
    'csinodes',
    'csidrivers',
    'csistoragecapacities',
    'storageclasses',
    'volumeattachments',
  ),
  rule(READ, ['scheduling.k8s.io'], 'priorityclasses'),
]

const PROXY: Rules = [
  rule(['list', 'watch'], [''], 'endpoints', 'services'),
  rule(READ, [''], 'nodes'),
  rule(['list', 'watch'], ['discovery.k8s.io'], 'endpointslices'),
  rule(['list', 'watch'], ['networking.k8s.io'], 'networkpolicies', 'servicecidrs'),
  rule(READ, [''], 'pods', 'namespaces'),
  EVENTS,
]

const DISCOVERY = urls(
  ['get'],
  '/api',
  '/api/*',
  '/apis',
  '/apis/*',
  '/healthz',
  '/livez',
  '/openapi',
  '/openapi/*',
  '/readyz',
  '/version',
  '/version/',
)

export const RBAC_DEFAULTS: readonly KubeObject[] = [
  clusterRole('cluster-admin', [rule(ALL, ALL, '*'), urls(ALL, '*')]),
  aggregated('admin', `${AGGREGATE}admin`, [...ADMIN, METRICS, ...EDIT, ...VIEW]),
  aggregated('edit', `${AGGREGATE}edit`, [...EDIT, METRICS, ...VIEW], { [`${AGGREGATE}admin`]: 'true' }),
  aggregated('view', `${AGGREGATE}view`, [...VIEW, METRICS], { [`${AGGREGATE}edit`]: 'true' }),
  clusterRole('system:aggregate-to-admin', ADMIN, { [`${AGGREGATE}admin`]: 'true' }),
  clusterRole('system:aggregate-to-edit', EDIT, { [`${AGGREGATE}edit`]: 'true' }),
  clusterRole('system:aggregate-to-view', VIEW, { [`${AGGREGATE}view`]: 'true' }),
  clusterRole('system:aggregated-metrics-reader', [METRICS], {
    [`${AGGREGATE}admin`]: 'true',
    [`${AGGREGATE}edit`]: 'true',
    [`${AGGREGATE}view`]: 'true',
  }),
  clusterRole('system:discovery', [DISCOVERY]),
  clusterRole('system:monitoring', [
    urls(['get'], '/healthz', '/healthz/*', '/livez', '/livez/*', '/metrics', '/readyz', '/readyz/*'),
  ]),
  clusterRole('system:public-info-viewer', [
    urls(['get'], '/healthz', '/livez', '/readyz', '/version', '/version/'),
  ]),
  clusterRole('system:basic-user', [
    rule(['create'], ['authorization.k8s.io'], 'selfsubjectaccessreviews', 'selfsubjectrulesreviews'),
    rule(['create'], ['authentication.k8s.io'], 'selfsubjectreviews'),
  ]),
  clusterRole('system:auth-delegator', REVIEWS),
  clusterRole('system:node', NODE),
  clusterRole('system:node-proxier', PROXY),
  clusterRole('system:kube-scheduler', SCHEDULER),
  clusterRole('system:kube-controller-manager', [rule(ALL, ALL, '*'), urls(ALL, '*')]),
  clusterRole('system:persistent-volume-provisioner', [
    rule([...READ, 'create', 'delete'], [''], 'persistentvolumes'),
    rule([...READ, 'update'], [''], 'persistentvolumeclaims'),
    rule(READ, ['storage.k8s.io'], 'storageclasses'),
    EVENTS,
  ]),
  clusterRoleBinding('cluster-admin', group('system:masters')),
  clusterRoleBinding('system:discovery', group('system:authenticated')),
  clusterRoleBinding('system:basic-user', group('system:authenticated')),
  clusterRoleBinding(
    'system:public-info-viewer',
    group('system:authenticated'),
    group('system:unauthenticated'),
  ),
  clusterRoleBinding('system:monitoring', group('system:monitoring')),
  clusterRoleBinding('system:node', group('system:nodes')),
  clusterRoleBinding('system:node-proxier', user('system:kube-proxy'), group('system:node-proxier')),
  clusterRoleBinding('system:kube-scheduler', user('system:kube-scheduler')),
  clusterRoleBinding('system:kube-controller-manager', user('system:kube-controller-manager')),
]

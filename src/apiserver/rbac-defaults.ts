/**
 * The roles and bindings that every cluster starts with (upstream: plugin/pkg/auth/authorizer/rbac/bootstrappolicy, v1.33
 * without feature gates that are off by default), and after them what add-ons of this cluster bring along.
 */
import type { KubeObject } from '../api/kind.ts'
import type { PolicyRule } from '../api/rbac/rules.ts'
import { CONTROLLER_ROLES } from './rbac-controllers.ts'
import {
  aggregatedRole,
  clusterRole,
  clusterRoleBinding,
  EVENTS,
  group,
  may,
  mayVisit,
  READ,
  role,
  roleBinding,
  serviceAccount,
  user,
} from './rbac-objects.ts'

const WRITE = 'create delete deletecollection patch update'
const AGGREGATE = 'rbac.authorization.k8s.io/aggregate-to-'

type Rules = readonly PolicyRule[]

const VIEW: Rules = [
  may(
    READ,
    'core',
    'configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status',
  ),
  may(
    READ,
    'core',
    'bindings events limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas resourcequotas/status',
  ),
  may(READ, 'core', 'namespaces'),
  may(READ, 'discovery.k8s.io', 'endpointslices'),
  may(
    READ,
    'apps',
    'controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status',
  ),
  may(READ, 'autoscaling', 'horizontalpodautoscalers horizontalpodautoscalers/status'),
  may(READ, 'batch', 'cronjobs cronjobs/status jobs jobs/status'),
  may(
    READ,
    'extensions',
    'daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses ingresses/status networkpolicies replicasets replicasets/scale replicasets/status replicationcontrollers/scale',
  ),
  may(READ, 'policy', 'poddisruptionbudgets poddisruptionbudgets/status'),
  may(READ, 'networking.k8s.io', 'ingresses ingresses/status networkpolicies'),
]

const EDIT: Rules = [
  may(READ, 'core', 'pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy'),
  may('impersonate', 'core', 'serviceaccounts'),
  may(WRITE, 'core', 'pods pods/attach pods/exec pods/portforward pods/proxy'),
  may('create', 'core', 'pods/eviction'),
  may(
    WRITE,
    'core',
    'configmaps events persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services services/proxy',
  ),
  may('create', 'core', 'serviceaccounts/token'),
  may(
    WRITE,
    'apps',
    'daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale',
  ),
  may(WRITE, 'autoscaling', 'horizontalpodautoscalers'),
  may(WRITE, 'batch', 'cronjobs jobs'),
  may(
    WRITE,
    'extensions',
    'daemonsets deployments deployments/rollback deployments/scale ingresses networkpolicies replicasets replicasets/scale replicationcontrollers/scale',
  ),
  may(WRITE, 'policy', 'poddisruptionbudgets'),
  may(WRITE, 'networking.k8s.io', 'ingresses networkpolicies'),
  may('create delete deletecollection get list patch update watch', 'coordination.k8s.io', 'leases'),
]

const ADMIN: Rules = [
  may('create', 'authorization.k8s.io', 'localsubjectaccessreviews'),
  may(
    'create delete deletecollection get list patch update watch',
    'rbac.authorization.k8s.io',
    'rolebindings roles',
  ),
]

const REVIEWS: Rules = [
  may('create', 'authentication.k8s.io', 'tokenreviews'),
  may('create', 'authorization.k8s.io', 'subjectaccessreviews'),
]

/** What a kubelet may do in principle; the node authorizer narrows it to what its pods need. */
export const NODE_RULES: Rules = [
  may('create', 'authentication.k8s.io', 'tokenreviews'),
  may('create', 'authorization.k8s.io', 'localsubjectaccessreviews subjectaccessreviews'),
  may(READ, 'core', 'services'),
  may('create get list watch', 'core', 'nodes'),
  may('patch update', 'core', 'nodes/status'),
  may('patch update', 'core', 'nodes'),
  may('create patch update', 'core', 'events'),
  may(READ, 'core', 'pods'),
  may('create delete', 'core', 'pods'),
  may('patch update', 'core', 'pods/status'),
  may('create', 'core', 'pods/eviction'),
  may(READ, 'core', 'configmaps secrets'),
  may('get', 'core', 'persistentvolumeclaims persistentvolumes'),
  may('get', 'core', 'endpoints'),
  may('create get list watch', 'certificates.k8s.io', 'certificatesigningrequests'),
  may('create delete get patch update', 'coordination.k8s.io', 'leases'),
  may('get', 'storage.k8s.io', 'volumeattachments'),
  may('create', 'core', 'serviceaccounts/token'),
  may('get patch update', 'core', 'persistentvolumeclaims/status'),
  may(READ, 'storage.k8s.io', 'csidrivers'),
  may('create delete get patch update', 'storage.k8s.io', 'csinodes'),
  may(READ, 'node.k8s.io', 'runtimeclasses'),
]

const SCHEDULER: Rules = [
  EVENTS,
  may('create', 'coordination.k8s.io', 'leases'),
  may('get list update watch', 'coordination.k8s.io', 'leases', 'kube-scheduler'),
  may('create delete deletecollection get list patch update watch', 'coordination.k8s.io', 'leasecandidates'),
  may(READ, 'core', 'nodes'),
  may('delete get list watch', 'core', 'pods'),
  may('create', 'core', 'bindings pods/binding'),
  may('patch update', 'core', 'pods/status'),
  may(READ, 'core', 'replicationcontrollers services'),
  may(READ, 'apps extensions', 'replicasets'),
  may(READ, 'apps', 'statefulsets'),
  may(READ, 'policy', 'poddisruptionbudgets'),
  may(READ, 'core', 'persistentvolumeclaims persistentvolumes'),
  ...REVIEWS,
  may(READ, 'storage.k8s.io', 'csinodes'),
  may(READ, 'core', 'namespaces'),
  may(READ, 'storage.k8s.io', 'csidrivers'),
  may(READ, 'storage.k8s.io', 'csistoragecapacities'),
  may(READ, 'storage.k8s.io', 'volumeattachments'),
]

const CONTROLLER_MANAGER: Rules = [
  EVENTS,
  may('create', 'coordination.k8s.io', 'leases'),
  may('get update', 'coordination.k8s.io', 'leases', 'kube-controller-manager'),
  may('create', 'core', 'secrets serviceaccounts'),
  may('delete', 'core', 'secrets'),
  may('get', 'core', 'configmaps namespaces secrets serviceaccounts'),
  may('update', 'core', 'secrets serviceaccounts'),
  ...REVIEWS,
  may('list watch', '*', '*'),
  may('create', 'core', 'serviceaccounts/token'),
]

const CERTIFICATES = 'system:certificates.k8s.io:'

function approver(name: string, signer: string): KubeObject {
  const rules = [may('approve', 'certificates.k8s.io', 'signers', `kubernetes.io/${signer}`)]
  return clusterRole(`${CERTIFICATES}${name}`, rules)
}

const locking = (name: string) => [
  may('watch', 'core', 'configmaps'),
  may('get update', 'core', 'configmaps', name),
  may('create get list update watch', 'coordination.k8s.io', 'leases'),
  may('create get list update watch', 'coordination.k8s.io', 'leasecandidates'),
]

const AUTHENTICATED = group('system:authenticated')
const MANAGER = user('system:kube-controller-manager')
const KUBE_SCHEDULER = user('system:kube-scheduler')

/** Of metrics-server: who may read pods may read what they use. */
const METRICS = may(READ, 'metrics.k8s.io', 'nodes pods')

const CLUSTER_ROLES: readonly KubeObject[] = [
  clusterRole('cluster-admin', [may('*', '*', '*'), mayVisit('*', '*')]),
  aggregatedRole('admin', `${AGGREGATE}admin`, [...ADMIN, METRICS, ...EDIT, ...VIEW]),
  aggregatedRole('edit', `${AGGREGATE}edit`, [...EDIT, METRICS, ...VIEW], { [`${AGGREGATE}admin`]: 'true' }),
  aggregatedRole('view', `${AGGREGATE}view`, [...VIEW, METRICS], { [`${AGGREGATE}edit`]: 'true' }),
  clusterRole('system:aggregate-to-admin', ADMIN, { [`${AGGREGATE}admin`]: 'true' }),
  clusterRole('system:aggregate-to-edit', EDIT, { [`${AGGREGATE}edit`]: 'true' }),
  clusterRole('system:aggregate-to-view', VIEW, { [`${AGGREGATE}view`]: 'true' }),
  clusterRole('system:auth-delegator', REVIEWS),
  clusterRole('system:basic-user', [
    may('create', 'authorization.k8s.io', 'selfsubjectaccessreviews selfsubjectrulesreviews'),
    may('create', 'authentication.k8s.io', 'selfsubjectreviews'),
  ]),
  clusterRole(`${CERTIFICATES}certificatesigningrequests:nodeclient`, [
    may('create', 'certificates.k8s.io', 'certificatesigningrequests/nodeclient'),
  ]),
  clusterRole(`${CERTIFICATES}certificatesigningrequests:selfnodeclient`, [
    may('create', 'certificates.k8s.io', 'certificatesigningrequests/selfnodeclient'),
  ]),
  approver('kube-apiserver-client-approver', 'kube-apiserver-client'),
  approver('kube-apiserver-client-kubelet-approver', 'kube-apiserver-client-kubelet'),
  approver('kubelet-serving-approver', 'kubelet-serving'),
  approver('legacy-unknown-approver', 'legacy-unknown'),
  clusterRole('system:discovery', [
    mayVisit(
      'get',
      '/api /api/* /apis /apis/* /healthz /livez /openapi /openapi/* /readyz /version /version/',
    ),
  ]),
  clusterRole('system:heapster', [
    may(READ, 'core', 'events namespaces nodes pods'),
    may(READ, 'extensions', 'deployments'),
  ]),
  clusterRole('system:kube-aggregator', [may(READ, 'core', 'endpoints services')]),
  clusterRole('system:kube-controller-manager', CONTROLLER_MANAGER),
  clusterRole('system:kube-dns', [may('list watch', 'core', 'endpoints services')]),
  clusterRole('system:kube-scheduler', SCHEDULER),
  clusterRole('system:kubelet-api-admin', [
    may(READ, 'core', 'nodes'),
    may('proxy', 'core', 'nodes'),
    may('*', 'core', 'nodes/log nodes/metrics nodes/proxy nodes/stats'),
    may('*', 'core', 'nodes/configz nodes/healthz nodes/pods'),
  ]),
  clusterRole('system:monitoring', [
    mayVisit('get', '/healthz /healthz/* /livez /livez/* /metrics /metrics/slis /readyz /readyz/*'),
  ]),
  clusterRole('system:node', NODE_RULES),
  clusterRole('system:node-bootstrapper', [
    may('create get list watch', 'certificates.k8s.io', 'certificatesigningrequests'),
  ]),
  clusterRole('system:node-problem-detector', [
    may('get', 'core', 'nodes'),
    may('patch', 'core', 'nodes/status'),
    EVENTS,
  ]),
  clusterRole('system:node-proxier', [
    may('list watch', 'core', 'endpoints services'),
    may(READ, 'core', 'nodes'),
    EVENTS,
    may('list watch', 'discovery.k8s.io', 'endpointslices'),
    may('list watch', 'networking.k8s.io', 'servicecidrs'),
  ]),
  clusterRole('system:persistent-volume-provisioner', [
    may('create delete get list watch', 'core', 'persistentvolumes'),
    may('get list update watch', 'core', 'persistentvolumeclaims'),
    may(READ, 'storage.k8s.io', 'storageclasses'),
    may('watch', 'core', 'events'),
    EVENTS,
  ]),
  clusterRole('system:public-info-viewer', [mayVisit('get', '/healthz /livez /readyz /version /version/')]),
  clusterRole('system:service-account-issuer-discovery', [
    mayVisit(
      'get',
      '/.well-known/openid-configuration /.well-known/openid-configuration/ /openid/v1/jwks /openid/v1/jwks/',
    ),
  ]),
  clusterRole('system:volume-scheduler', [
    may('get list patch update watch', 'core', 'persistentvolumes'),
    may(READ, 'storage.k8s.io', 'storageclasses'),
    may('get list patch update watch', 'core', 'persistentvolumeclaims'),
  ]),
]

const CLUSTER_ROLE_BINDINGS: readonly KubeObject[] = [
  clusterRoleBinding('cluster-admin', group('system:masters')),
  clusterRoleBinding('system:basic-user', AUTHENTICATED),
  clusterRoleBinding('system:discovery', AUTHENTICATED),
  clusterRoleBinding('system:kube-controller-manager', MANAGER),
  clusterRoleBinding('system:kube-dns', serviceAccount('kube-dns')),
  clusterRoleBinding('system:kube-scheduler', KUBE_SCHEDULER),
  clusterRoleBinding('system:monitoring', group('system:monitoring')),
  // Kubelets are the node authorizer's business.
  clusterRoleBinding('system:node'),
  clusterRoleBinding('system:node-proxier', user('system:kube-proxy')),
  clusterRoleBinding('system:public-info-viewer', AUTHENTICATED, group('system:unauthenticated')),
  clusterRoleBinding('system:service-account-issuer-discovery', group('system:serviceaccounts')),
  clusterRoleBinding('system:volume-scheduler', KUBE_SCHEDULER),
]

const NAMESPACED: readonly KubeObject[] = [
  role(
    'kube-public',
    'system:controller:bootstrap-signer',
    may(READ, 'core', 'configmaps'),
    may('update', 'core', 'configmaps', 'cluster-info'),
    EVENTS,
  ),
  role(
    'kube-system',
    'extension-apiserver-authentication-reader',
    may(READ, 'core', 'configmaps', 'extension-apiserver-authentication'),
  ),
  role(
    'kube-system',
    'system::leader-locking-kube-controller-manager',
    ...locking('kube-controller-manager'),
  ),
  role('kube-system', 'system::leader-locking-kube-scheduler', ...locking('kube-scheduler')),
  role('kube-system', 'system:controller:bootstrap-signer', may(READ, 'core', 'secrets')),
  role('kube-system', 'system:controller:cloud-provider', may('create get list watch', 'core', 'configmaps')),
  role(
    'kube-system',
    'system:controller:token-cleaner',
    may('delete get list watch', 'core', 'secrets'),
    EVENTS,
  ),
  ...['kube-public', 'kube-system'].map((namespace) =>
    roleBinding(namespace, 'system:controller:bootstrap-signer', [serviceAccount('bootstrap-signer')]),
  ),
  roleBinding(
    'kube-system',
    'system::extension-apiserver-authentication-reader',
    [MANAGER, KUBE_SCHEDULER],
    'extension-apiserver-authentication-reader',
  ),
  roleBinding('kube-system', 'system::leader-locking-kube-controller-manager', [
    MANAGER,
    serviceAccount('kube-controller-manager'),
  ]),
  roleBinding('kube-system', 'system::leader-locking-kube-scheduler', [
    KUBE_SCHEDULER,
    serviceAccount('kube-scheduler'),
  ]),
  roleBinding('kube-system', 'system:controller:cloud-provider', [serviceAccount('cloud-provider')]),
  roleBinding('kube-system', 'system:controller:token-cleaner', [serviceAccount('token-cleaner')]),
]

/** What is no part of Kubernetes but runs here: metrics-server, network policies, a provisioner of volumes; kubeadm's own. */
const ADD_ONS: readonly KubeObject[] = [
  clusterRole('system:aggregated-metrics-reader', [METRICS], {
    [`${AGGREGATE}admin`]: 'true',
    [`${AGGREGATE}edit`]: 'true',
    [`${AGGREGATE}view`]: 'true',
  }),
  clusterRole('kubarium:pod-network', [
    may('list watch', 'core', 'namespaces pods'),
    may('list watch', 'networking.k8s.io', 'networkpolicies'),
  ]),
  clusterRoleBinding('kubarium:pod-network', user('system:kube-proxy')),
  clusterRole('kubarium:csi-provisioner', [
    may('create delete get list patch update watch', 'core', 'persistentvolumes'),
    may('get list patch update watch', 'core', 'persistentvolumeclaims'),
    // It is the resizer too.
    may('patch update', 'core', 'persistentvolumeclaims/status'),
    may(READ, 'core', 'nodes pods'),
    may(READ, 'storage.k8s.io', 'csidrivers csinodes storageclasses volumeattachments'),
    EVENTS,
  ]),
  clusterRoleBinding('kubarium:csi-provisioner', serviceAccount('csi-provisioner')),
  clusterRole('kubarium:csi-attacher', [
    may('get list patch update watch', 'core', 'persistentvolumes'),
    may(READ, 'storage.k8s.io', 'csinodes'),
    may('get list patch update watch', 'storage.k8s.io', 'volumeattachments'),
    may('patch update', 'storage.k8s.io', 'volumeattachments/status'),
    EVENTS,
  ]),
  clusterRoleBinding('kubarium:csi-attacher', serviceAccount('csi-attacher')),
  // Upstream's API server does this itself.
  clusterRole('kubarium:apiserver-lease-gc', [may('delete get list watch', 'coordination.k8s.io', 'leases')]),
  clusterRoleBinding('kubarium:apiserver-lease-gc', serviceAccount('apiserver-lease-gc')),
]

export const RBAC_DEFAULTS: readonly KubeObject[] = [
  ...CLUSTER_ROLES,
  ...CONTROLLER_ROLES,
  ...CLUSTER_ROLE_BINDINGS,
  ...NAMESPACED,
  ...ADD_ONS,
]

/**
 * The roles of the controllers of kube-controller-manager, each bound to the service account in kube-system that it acts
 * as (upstream: plugin/pkg/auth/authorizer/rbac/bootstrappolicy/controller_policy.go, v1.33 without feature gates).
 */
import type { KubeObject } from '../api/kind.ts'
import type { PolicyRule } from '../api/rbac/rules.ts'
import { clusterRole, clusterRoleBinding, EVENTS, may, READ, serviceAccount } from './rbac-objects.ts'

const WORKLOAD = 'apps extensions'

/** By service account. */
const RULES: Readonly<Record<string, readonly PolicyRule[]>> = {
  'attachdetach-controller': [
    may('list watch', 'core', 'persistentvolumeclaims persistentvolumes'),
    may(READ, 'core', 'nodes'),
    may('patch update', 'core', 'nodes/status'),
    may('list watch', 'core', 'pods'),
    EVENTS,
    may('create delete get list watch', 'storage.k8s.io', 'volumeattachments'),
    may(READ, 'storage.k8s.io', 'csidrivers'),
    may(READ, 'storage.k8s.io', 'csinodes'),
  ],
  'clusterrole-aggregation-controller': [
    may('escalate get list patch update watch', 'rbac.authorization.k8s.io', 'clusterroles'),
  ],
  'cronjob-controller': [
    may('get list update watch', 'batch', 'cronjobs'),
    may('create delete get list patch update watch', 'batch', 'jobs'),
    may('update', 'batch', 'cronjobs/status'),
    may('update', 'batch', 'cronjobs/finalizers'),
    may('delete list watch', 'core', 'pods'),
    EVENTS,
  ],
  'daemon-set-controller': [
    may(READ, WORKLOAD, 'daemonsets'),
    may('update', WORKLOAD, 'daemonsets/status'),
    may('update', WORKLOAD, 'daemonsets/finalizers'),
    may('list watch', 'core', 'nodes'),
    may('create delete list patch watch', 'core', 'pods'),
    may('create', 'core', 'pods/binding'),
    may('create delete get list patch update watch', 'apps', 'controllerrevisions'),
    EVENTS,
  ],
  'deployment-controller': [
    may('get list update watch', WORKLOAD, 'deployments'),
    may('update', WORKLOAD, 'deployments/status'),
    may('update', WORKLOAD, 'deployments/finalizers'),
    may('create delete get list patch update watch', WORKLOAD, 'replicasets'),
    may('get list update watch', 'core', 'pods'),
    EVENTS,
  ],
  'disruption-controller': [
    may(READ, WORKLOAD, 'deployments'),
    may(READ, WORKLOAD, 'replicasets'),
    may(READ, 'core', 'replicationcontrollers'),
    may(READ, 'policy', 'poddisruptionbudgets'),
    may(READ, 'apps', 'statefulsets'),
    may('update', 'policy', 'poddisruptionbudgets/status'),
    may('patch update', 'core', 'pods/status'),
    may('get', '*', '*/scale'),
    EVENTS,
  ],
  'endpoint-controller': [
    may(READ, 'core', 'pods services'),
    may('create delete get list update watch', 'core', 'endpoints'),
    may('create', 'core', 'endpoints/restricted'),
    EVENTS,
  ],
  'endpointslice-controller': [
    may(READ, 'core', 'nodes pods services'),
    may('update', 'core', 'services/finalizers'),
    may('create delete get list update watch', 'discovery.k8s.io', 'endpointslices'),
    may('create', 'discovery.k8s.io', 'endpointslices/restricted'),
    EVENTS,
  ],
  'endpointslicemirroring-controller': [
    may(READ, 'core', 'endpoints services'),
    may('update', 'core', 'services/finalizers'),
    may('update', 'core', 'endpoints/finalizers'),
    may('create delete get list update watch', 'discovery.k8s.io', 'endpointslices'),
    may('create', 'discovery.k8s.io', 'endpointslices/restricted'),
    EVENTS,
  ],
  'expand-controller': [
    may('get list patch update watch', 'core', 'persistentvolumes'),
    may('patch update', 'core', 'persistentvolumeclaims/status'),
    may(READ, 'core', 'persistentvolumeclaims'),
    EVENTS,
    may('get', 'core', 'services'),
  ],
  'ephemeral-volume-controller': [
    may(READ, 'core', 'pods'),
    may('update', 'core', 'pods/finalizers'),
    may('create get list watch', 'core', 'persistentvolumeclaims'),
    EVENTS,
  ],
  'generic-garbage-collector': [may('delete get list patch update watch', '*', '*'), EVENTS],
  'horizontal-pod-autoscaler': [
    may(READ, 'autoscaling', 'horizontalpodautoscalers'),
    may('update', 'autoscaling', 'horizontalpodautoscalers/status'),
    may('get update', '*', '*/scale'),
    may('list watch', 'core', 'pods'),
    may('list watch', 'metrics.k8s.io', 'pods'),
    may(READ, 'custom.metrics.k8s.io', '*'),
    may(READ, 'external.metrics.k8s.io', '*'),
    EVENTS,
  ],
  'job-controller': [
    may('get list patch update watch', 'batch', 'jobs'),
    may('update', 'batch', 'jobs/status'),
    may('update', 'batch', 'jobs/finalizers'),
    may('create delete list patch watch', 'core', 'pods'),
    EVENTS,
  ],
  'namespace-controller': [
    may('delete get list watch', 'core', 'namespaces'),
    may('update', 'core', 'namespaces/finalize namespaces/status'),
    may('delete deletecollection get list watch', '*', '*'),
  ],
  'node-controller': [
    may('delete get list patch update watch', 'core', 'nodes'),
    may('patch update', 'core', 'nodes/status'),
    may('patch update', 'core', 'pods/status'),
    may('delete get list watch', 'core', 'pods'),
    EVENTS,
  ],
  'persistent-volume-binder': [
    may('create delete get list update watch', 'core', 'persistentvolumes'),
    may('update', 'core', 'persistentvolumes/status'),
    may('get list update watch', 'core', 'persistentvolumeclaims'),
    may('update', 'core', 'persistentvolumeclaims/status'),
    may('create delete get list watch', 'core', 'pods'),
    may(READ, 'storage.k8s.io', 'storageclasses'),
    may('list watch', 'core', 'nodes'),
    EVENTS,
    may('watch', 'core', 'events'),
    may('get', 'core', 'services'),
  ],
  'pod-garbage-collector': [
    may('delete list watch', 'core', 'pods'),
    may(READ, 'core', 'nodes'),
    may('patch', 'core', 'pods/status'),
  ],
  'replicaset-controller': [
    may('get list update watch', WORKLOAD, 'replicasets'),
    may('update', WORKLOAD, 'replicasets/status'),
    may('update', WORKLOAD, 'replicasets/finalizers'),
    may('create delete list patch watch', 'core', 'pods'),
    EVENTS,
  ],
  'replication-controller': [
    may('get list update watch', 'core', 'replicationcontrollers'),
    may('update', 'core', 'replicationcontrollers/status'),
    may('update', 'core', 'replicationcontrollers/finalizers'),
    may('create delete list patch watch', 'core', 'pods'),
    EVENTS,
  ],
  'resourcequota-controller': [
    may('list watch', '*', '*'),
    may('update', 'core', 'resourcequotas/status'),
    EVENTS,
  ],
  'root-ca-cert-publisher': [may('create update', 'core', 'configmaps'), EVENTS],
  'route-controller': [may('list watch', 'core', 'nodes'), may('patch', 'core', 'nodes/status'), EVENTS],
  'selinux-warning-controller': [
    EVENTS,
    may(READ, 'core', 'persistentvolumes'),
    may(READ, 'core', 'persistentvolumeclaims'),
    may(READ, 'core', 'pods'),
    may(READ, 'storage.k8s.io', 'csidrivers'),
  ],
  'service-account-controller': [may('create', 'core', 'serviceaccounts'), EVENTS],
  'service-cidrs-controller': [
    may('get list patch update watch', 'networking.k8s.io', 'servicecidrs'),
    may('patch update', 'networking.k8s.io', 'servicecidrs/finalizers'),
    may('patch update', 'networking.k8s.io', 'servicecidrs/status'),
    may(READ, 'networking.k8s.io', 'ipaddresses'),
    EVENTS,
  ],
  'service-controller': [
    may(READ, 'core', 'services'),
    may('patch update', 'core', 'services/status'),
    may('list watch', 'core', 'nodes'),
    EVENTS,
  ],
  'statefulset-controller': [
    may('list watch', 'core', 'pods'),
    may(READ, 'apps', 'statefulsets'),
    may('update', 'apps', 'statefulsets/status'),
    may('update', 'apps', 'statefulsets/finalizers'),
    may('create delete get patch update', 'core', 'pods'),
    may('create delete get list patch update watch', 'apps', 'controllerrevisions'),
    may('create get list watch', 'core', 'persistentvolumeclaims'),
    may('delete update', 'core', 'persistentvolumeclaims'),
    may('update', 'core', 'pods/finalizers'),
    EVENTS,
  ],
  'ttl-controller': [may('list patch update watch', 'core', 'nodes'), EVENTS],
  'certificate-controller': [
    may('delete get list watch', 'certificates.k8s.io', 'certificatesigningrequests'),
    may(
      'update',
      'certificates.k8s.io',
      'certificatesigningrequests/approval certificatesigningrequests/status',
    ),
    may('approve', 'certificates.k8s.io', 'signers', 'kubernetes.io/kube-apiserver-client-kubelet'),
    may(
      'sign',
      'certificates.k8s.io',
      'signers',
      'kubernetes.io/kube-apiserver-client kubernetes.io/kube-apiserver-client-kubelet kubernetes.io/kubelet-serving kubernetes.io/legacy-unknown',
    ),
    may('create', 'authorization.k8s.io', 'subjectaccessreviews'),
    EVENTS,
  ],
  'pvc-protection-controller': [
    may('get list update watch', 'core', 'persistentvolumeclaims'),
    may(READ, 'core', 'pods'),
    EVENTS,
  ],
  'pv-protection-controller': [may('get list update watch', 'core', 'persistentvolumes'), EVENTS],
  'ttl-after-finished-controller': [may('delete get list watch', 'batch', 'jobs'), EVENTS],
  'legacy-service-account-token-cleaner': [
    may('get', 'core', 'configmaps', 'kube-apiserver-legacy-service-account-token-tracking'),
    may('delete patch', 'core', 'secrets'),
  ],
  'validatingadmissionpolicy-status-controller': [
    may(READ, 'admissionregistration.k8s.io', 'validatingadmissionpolicies'),
    may('get patch update', 'admissionregistration.k8s.io', 'validatingadmissionpolicies/status'),
    EVENTS,
  ],
}

export const CONTROLLER_ROLES: readonly KubeObject[] = Object.entries(RULES).flatMap(([account, rules]) => {
  const name = `system:controller:${account}`
  return [clusterRole(name, rules), clusterRoleBinding(name, serviceAccount(account))]
})

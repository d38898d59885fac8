/** The built-in controllers under upstream's names (cmd/kube-controller-manager/names), and which are on by default. */
import type { CertificateAuthority } from '../api/certificates/certificate.ts'
import { attachDetachController } from './attach-detach/controller.ts'
import { csrApprovingController } from './certificates/approving.ts'
import { csrCleanerController } from './certificates/cleaner.ts'
import { csrSigningController } from './certificates/signing.ts'
import { clusterRoleAggregationController } from './clusterrole-aggregation/controller.ts'
import { cronJobController } from './cronjob/controller.ts'
import { daemonSetController } from './daemonset/controller.ts'
import { deploymentController } from './deployment/controller.ts'
import { disruptionController } from './disruption/controller.ts'
import { endpointsController } from './endpoints/controller.ts'
import { endpointSliceController } from './endpointslice/controller.ts'
import { endpointSliceMirroringController } from './endpointslice-mirroring/controller.ts'
import { ephemeralVolumeController } from './ephemeral-volume/controller.ts'
import { externalAttacherController } from './external-attacher/controller.ts'
import { externalProvisionerController } from './external-provisioner/controller.ts'
import { garbageCollector } from './garbage-collector/controller.ts'
import { horizontalPodAutoscalerController } from './horizontal-pod-autoscaler/controller.ts'
import { jobController } from './job/controller.ts'
import { leaseGcController } from './lease-gc/controller.ts'
import { namespaceController } from './namespace/controller.ts'
import { nodeIpamController } from './node-ipam/controller.ts'
import { nodeLifecycleController } from './node-lifecycle/controller.ts'
import { persistentVolumeBinder } from './persistentvolume-binder/controller.ts'
import { persistentVolumeExpander } from './persistentvolume-expander/controller.ts'
import { podGcController } from './pod-gc/controller.ts'
import { pvProtectionController } from './pv-protection/controller.ts'
import { pvcProtectionController } from './pvc-protection/controller.ts'
import { replicaSetController } from './replicaset/controller.ts'
import { replicationControllerController } from './replicationcontroller/controller.ts'
import { resourceQuotaController } from './resourcequota/controller.ts'
import type { ControllerDefinition } from './runtime/controller.ts'
import type { ControllerComponent } from './runtime/manager.ts'
import { serviceAccountController } from './serviceaccount/controller.ts'
import { rootCaPublisher } from './serviceaccount/root-ca.ts'
import { serviceAccountTokenController } from './serviceaccount/tokens.ts'
import { statefulSetController } from './statefulset/controller.ts'
import { taintEvictionController } from './taint-eviction/controller.ts'
import { ttlController } from './ttl/controller.ts'
import { ttlAfterFinishedController } from './ttl-after-finished/controller.ts'
import { policyStatusController } from './validatingadmissionpolicy-status/controller.ts'

/** What controllers get from outside of the simulation. */
export interface ControllerContext {
  /** Who signs certificates; absent: nobody whom the outside would trust. */
  readonly authority?: () => CertificateAuthority
}

export interface BuiltInController {
  /** As in `--controllers=*,-deployment-controller`; also the name of what `create` returns. */
  readonly name: string
  /** Older names that still work: `deployment`. */
  readonly aliases: readonly string[]
  readonly onByDefault: boolean
  /** The service account in kube-system that it writes as; undefined: the manager's own identity. */
  readonly account: string | undefined
  /** With the type of its kind erased: a manager runs them all alike. */
  create(context?: ControllerContext): ControllerDefinition | ControllerComponent
}

export const BUILT_IN: readonly BuiltInController[] = [
  builtIn('namespace', 'namespace-controller', namespaceController),
  builtIn('garbagecollector', 'generic-garbage-collector', garbageCollector),
  builtIn('podgc', 'pod-garbage-collector', podGcController()),
  builtIn('endpoint', 'endpoint-controller', endpointsController),
  builtIn('endpointslice', 'endpointslice-controller', endpointSliceController),
  builtIn('endpointslicemirroring', 'endpointslicemirroring-controller', endpointSliceMirroringController),
  builtIn('nodelifecycle', 'node-controller', nodeLifecycleController()),
  builtIn('taint-eviction', 'node-controller', taintEvictionController),
  builtIn('deployment', 'deployment-controller', deploymentController),
  builtIn('replicaset', 'replicaset-controller', replicaSetController),
  builtIn('replicationcontroller', 'replication-controller', replicationControllerController),
  builtIn('horizontalpodautoscaling', 'horizontal-pod-autoscaler', horizontalPodAutoscalerController),
  builtIn('resourcequota', 'resourcequota-controller', resourceQuotaController),
  builtIn('disruption', 'disruption-controller', disruptionController),
  builtIn('statefulset', 'statefulset-controller', statefulSetController),
  builtIn('daemonset', 'daemon-set-controller', daemonSetController),
  builtIn('job', 'job-controller', jobController),
  builtIn('cronjob', 'cronjob-controller', cronJobController),
  builtIn('ttl-after-finished', 'ttl-after-finished-controller', ttlAfterFinishedController),
  builtIn('persistentvolume-binder', 'persistent-volume-binder', persistentVolumeBinder),
  builtIn('attachdetach', 'attachdetach-controller', attachDetachController),
  builtIn('persistentvolume-expander', 'expand-controller', persistentVolumeExpander),
  builtIn('ephemeral-volume', 'ephemeral-volume-controller', ephemeralVolumeController),
  // No part of kube-controller-manager: what CSI drivers bring along.
  builtIn('csi-provisioner', 'csi-provisioner', externalProvisionerController),
  builtIn('csi-attacher', 'csi-attacher', externalAttacherController),
  builtIn('serviceaccount', 'service-account-controller', serviceAccountController),
  // It signs for others, and does so as the manager itself.
  builtIn('serviceaccount-token', undefined, serviceAccountTokenController),
  builtIn('root-ca-cert-publisher', 'root-ca-cert-publisher', rootCaPublisher()),
  builtIn('clusterrole-aggregation', 'clusterrole-aggregation-controller', clusterRoleAggregationController),
  builtIn('ttl', 'ttl-controller', ttlController),
  builtIn('apiserver-lease-gc', 'apiserver-lease-gc', leaseGcController),
  // On a real cluster too it takes a flag, --allocate-node-cidrs.
  builtIn('nodeipam', 'node-controller', nodeIpamController(), false),
  builtIn('pvc-protection', 'pvc-protection-controller', pvcProtectionController),
  builtIn('csrapproving', 'certificate-controller', csrApprovingController),
  { ...builtIn('csrsigning', 'certificate-controller', csrSigningController()), create: signing },
  builtIn('csrcleaner', 'certificate-controller', csrCleanerController),
  builtIn(
    'validatingadmissionpolicy-status',
    'validatingadmissionpolicy-status-controller',
    policyStatusController,
  ),
  builtIn('pv-protection', 'pv-protection-controller', pvProtectionController),
]

function signing({ authority }: ControllerContext = {}) {
  return csrSigningController(authority) as unknown as ControllerDefinition
}

function builtIn(
  alias: string,
  account: string | undefined,
  controller: { readonly name: string },
  onByDefault = true,
): BuiltInController {
  const create = () => controller as ControllerDefinition | ControllerComponent
  return { name: controller.name, aliases: [alias], account, onByDefault, create }
}

/** The built-in controllers under upstream's names (cmd/kube-controller-manager/names), and which are on by default. */
import { attachDetachController } from './attach-detach/controller.ts'
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

export interface BuiltInController {
  /** As in `--controllers=*,-deployment-controller`; also the name of what `create` returns. */
  readonly name: string
  /** Older names that still work: `deployment`. */
  readonly aliases: readonly string[]
  readonly onByDefault: boolean
  /** With the type of its kind erased: a manager runs them all alike. */
  create(): ControllerDefinition | ControllerComponent
}

export const BUILT_IN: readonly BuiltInController[] = [
  builtIn('namespace', namespaceController),
  builtIn('garbagecollector', garbageCollector),
  builtIn('podgc', podGcController()),
  builtIn('endpoint', endpointsController),
  builtIn('endpointslice', endpointSliceController),
  builtIn('endpointslicemirroring', endpointSliceMirroringController),
  builtIn('nodelifecycle', nodeLifecycleController()),
  builtIn('taint-eviction', taintEvictionController),
  builtIn('deployment', deploymentController),
  builtIn('replicaset', replicaSetController),
  builtIn('replicationcontroller', replicationControllerController),
  builtIn('horizontalpodautoscaling', horizontalPodAutoscalerController),
  builtIn('resourcequota', resourceQuotaController),
  builtIn('disruption', disruptionController),
  builtIn('statefulset', statefulSetController),
  builtIn('daemonset', daemonSetController),
  builtIn('job', jobController),
  builtIn('cronjob', cronJobController),
  builtIn('ttl-after-finished', ttlAfterFinishedController),
  builtIn('persistentvolume-binder', persistentVolumeBinder),
  builtIn('attachdetach', attachDetachController),
  builtIn('persistentvolume-expander', persistentVolumeExpander),
  builtIn('ephemeral-volume', ephemeralVolumeController),
  // No part of kube-controller-manager: what CSI drivers bring along.
  builtIn('csi-provisioner', externalProvisionerController),
  builtIn('csi-attacher', externalAttacherController),
  builtIn('serviceaccount', serviceAccountController),
  builtIn('serviceaccount-token', serviceAccountTokenController),
  builtIn('root-ca-cert-publisher', rootCaPublisher()),
  builtIn('clusterrole-aggregation', clusterRoleAggregationController),
  builtIn('ttl', ttlController),
  builtIn('apiserver-lease-gc', leaseGcController),
  // On a real cluster too it takes a flag, --allocate-node-cidrs.
  builtIn('nodeipam', nodeIpamController(), false),
  builtIn('pvc-protection', pvcProtectionController),
  builtIn('pv-protection', pvProtectionController),
]

function builtIn(
  alias: string,
  controller: { readonly name: string },
  onByDefault = true,
): BuiltInController {
  const create = () => controller as ControllerDefinition | ControllerComponent
  return { name: controller.name, aliases: [alias], onByDefault, create }
}

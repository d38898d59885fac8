/** Everything that a program or a test needs from kubarium. Subpaths: `kubarium/vitest`. */

export { MutatingWebhookConfiguration } from './api/admissionregistration/mutating-webhook-configuration.ts'
export { ValidatingAdmissionPolicy } from './api/admissionregistration/validating-admission-policy.ts'
export { ValidatingAdmissionPolicyBinding } from './api/admissionregistration/validating-admission-policy-binding.ts'
export { ValidatingWebhookConfiguration } from './api/admissionregistration/validating-webhook-configuration.ts'
export { CustomResourceDefinition } from './api/apiextensions/custom-resource-definition.ts'
export { APIService } from './api/apiregistration/api-service.ts'
export { ControllerRevision } from './api/apps/controller-revision.ts'
export { DaemonSet } from './api/apps/daemon-set.ts'
export { Deployment } from './api/apps/deployment.ts'
export { ReplicaSet } from './api/apps/replica-set.ts'
export { StatefulSet } from './api/apps/stateful-set.ts'
export { SelfSubjectReview } from './api/authentication/self-subject-review.ts'
export { TokenRequest } from './api/authentication/token-request.ts'
export { TokenReview } from './api/authentication/token-review.ts'
export { LocalSubjectAccessReview } from './api/authorization/local-subject-access-review.ts'
export { SelfSubjectAccessReview } from './api/authorization/self-subject-access-review.ts'
export { SelfSubjectRulesReview } from './api/authorization/self-subject-rules-review.ts'
export { SubjectAccessReview } from './api/authorization/subject-access-review.ts'
export { HorizontalPodAutoscaler } from './api/autoscaling/horizontal-pod-autoscaler.ts'
export { Scale } from './api/autoscaling/scale.ts'
export { CronJob } from './api/batch/cron-job.ts'
export { Job } from './api/batch/job.ts'
export { CertificateSigningRequest } from './api/certificates/certificate-signing-request.ts'
export { Lease } from './api/coordination/lease.ts'
export { Binding } from './api/core/binding.ts'
export { ConfigMap } from './api/core/config-map.ts'
export { Endpoints } from './api/core/endpoints.ts'
export { Event } from './api/core/event.ts'
export { LimitRange } from './api/core/limit-range.ts'
export { Namespace } from './api/core/namespace.ts'
export { Node } from './api/core/node.ts'
export { PersistentVolume } from './api/core/persistent-volume.ts'
export { PersistentVolumeClaim } from './api/core/persistent-volume-claim.ts'
export { Pod } from './api/core/pod.ts'
export { PodTemplate } from './api/core/pod-template.ts'
export { ReplicationController } from './api/core/replication-controller.ts'
export { ResourceQuota } from './api/core/resource-quota.ts'
export { Secret } from './api/core/secret.ts'
export { Service } from './api/core/service.ts'
export { ServiceAccount } from './api/core/service-account.ts'
export { EndpointSlice } from './api/discovery/endpoint-slice.ts'
export { ApiError, isAlreadyExists, isConflict, isInvalid, isNotFound } from './api/errors.ts'
export { Event as EventsEvent } from './api/events/event.ts'
export type { KindDefinition, KubeObject, Stored } from './api/kind.ts'
export { defineKind } from './api/kind.ts'
export { NodeMetrics } from './api/metrics/node-metrics.ts'
export { PodMetrics } from './api/metrics/pod-metrics.ts'
export { Ingress } from './api/networking/ingress.ts'
export { IngressClass } from './api/networking/ingress-class.ts'
export { IPAddress } from './api/networking/ip-address.ts'
export { NetworkPolicy } from './api/networking/network-policy.ts'
export { ServiceCIDR } from './api/networking/service-cidr.ts'
export { RuntimeClass } from './api/node/runtime-class.ts'
export { Eviction } from './api/policy/eviction.ts'
export { PodDisruptionBudget } from './api/policy/pod-disruption-budget.ts'
export { ClusterRole } from './api/rbac/cluster-role.ts'
export { ClusterRoleBinding } from './api/rbac/cluster-role-binding.ts'
export { Role } from './api/rbac/role.ts'
export { RoleBinding } from './api/rbac/role-binding.ts'
export { PriorityClass } from './api/scheduling/priority-class.ts'
export { CSIDriver } from './api/storage/csi-driver.ts'
export { CSINode } from './api/storage/csi-node.ts'
export { CSIStorageCapacity } from './api/storage/csi-storage-capacity.ts'
export { StorageClass } from './api/storage/storage-class.ts'
export { VolumeAttachment } from './api/storage/volume-attachment.ts'
export type { Client, KindRef, ListOptions, ListResult, ObjectRef } from './client/client.ts'
export type { EventRecorder } from './client/event-recorder.ts'
export type { Informer, InformerHandlers, Lister } from './client/informer.ts'
export type { Clock, Component, Process } from './client/process.ts'
export type {
  ApplyResult,
  Cluster,
  ClusterOptions,
  ControllerHandle,
  DurationLike,
  ImageSpec,
  NodeHandle,
  NodeSpec,
  ObjectChange,
  ProcessControl,
  Snapshot,
} from './cluster/cluster.ts'
export type { CustomMetric, MetricReading } from './cluster/custom-metrics.ts'
export { explanationText } from './cluster/explain-text.ts'
export { InputError } from './cluster/input-error.ts'
export type { WebhookContext, WebhookFunction, WebhookHandler } from './cluster/webhooks.ts'
export type { WhatIfChange, WhatIfReport } from './cluster/what-if.ts'
export { whatIfText } from './cluster/what-if-text.ts'
export {
  type ControllerDefinition,
  defineController,
  type Predicate,
  type ReconcileContext,
  type ReconcileResult,
  TerminalError,
  type Watch,
} from './controllers/runtime/controller.ts'
export {
  type Condition,
  controlledBy,
  controllerRef,
  createOrPatch,
  ensureFinalizer,
  hasFinalizer,
  isDeleting,
  removeFinalizer,
  withCondition,
} from './controllers/runtime/helpers.ts'
export type { Chooser } from './kernel/chooser.ts'
export { type EntryType, Journal, type JournalEntry, type JournalMode } from './kernel/journal.ts'
export {
  createCluster,
  importedNodes,
  importObjects,
  parseSchedulerConfiguration,
  search,
} from './lazy.ts'
export { type Explanation, simulatorAnnotations } from './scheduler/explain.ts'
export type { Cycle, Plugin, PluginFactory, PluginHandle } from './scheduler/framework/plugin.ts'
export {
  type Status as PluginStatus,
  SUCCESS,
  unresolvable,
  unschedulable,
} from './scheduler/framework/status.ts'
export type { SchedulerOptions } from './scheduler/scheduler.ts'
export { type CustomObject, customKind } from './testing/custom-kind.ts'
export {
  ok,
  type Remote,
  type Remotes,
  type ScenarioContext,
  type SimEvent,
  type SimSpec,
  simulation,
  type Truth,
} from './testing/explore/spec.ts'
export { instantKubelet } from './testing/instant-kubelet.ts'

/**
 * The kinds that a cluster serves, found by group, version and kind, by resource, or by the words people type.
 * Each cluster has its own scheme, since custom resource definitions add to it while it runs.
 */
import { MutatingWebhookConfiguration } from './admissionregistration/mutating-webhook-configuration.ts'
import { ValidatingAdmissionPolicy } from './admissionregistration/validating-admission-policy.ts'
import { ValidatingAdmissionPolicyBinding } from './admissionregistration/validating-admission-policy-binding.ts'
import { ValidatingWebhookConfiguration } from './admissionregistration/validating-webhook-configuration.ts'
import { CustomResourceDefinition } from './apiextensions/custom-resource-definition.ts'
import { APIService } from './apiregistration/api-service.ts'
import { ControllerRevision } from './apps/controller-revision.ts'
import { DaemonSet } from './apps/daemon-set.ts'
import { Deployment } from './apps/deployment.ts'
import { ReplicaSet } from './apps/replica-set.ts'
import { StatefulSet } from './apps/stateful-set.ts'
import { SelfSubjectReview } from './authentication/self-subject-review.ts'
import { TokenRequest } from './authentication/token-request.ts'
import { TokenReview } from './authentication/token-review.ts'
import { LocalSubjectAccessReview } from './authorization/local-subject-access-review.ts'
import { SelfSubjectAccessReview } from './authorization/self-subject-access-review.ts'
import { SelfSubjectRulesReview } from './authorization/self-subject-rules-review.ts'
import { SubjectAccessReview } from './authorization/subject-access-review.ts'
import { HorizontalPodAutoscaler } from './autoscaling/horizontal-pod-autoscaler.ts'
import { HorizontalPodAutoscalerV1 } from './autoscaling/horizontal-pod-autoscaler-v1.ts'
import { Scale } from './autoscaling/scale.ts'
import { CronJob } from './batch/cron-job.ts'
import { Job } from './batch/job.ts'
import { CertificateSigningRequest } from './certificates/certificate-signing-request.ts'
import { Lease } from './coordination/lease.ts'
import { Binding } from './core/binding.ts'
import { ConfigMap } from './core/config-map.ts'
import { Endpoints } from './core/endpoints.ts'
import { Event } from './core/event.ts'
import { LimitRange } from './core/limit-range.ts'
import { Namespace } from './core/namespace.ts'
import { Node } from './core/node.ts'
import { PersistentVolume } from './core/persistent-volume.ts'
import { PersistentVolumeClaim } from './core/persistent-volume-claim.ts'
import { Pod } from './core/pod.ts'
import { PodTemplate } from './core/pod-template.ts'
import { ReplicationController } from './core/replication-controller.ts'
import { ResourceQuota } from './core/resource-quota.ts'
import { Secret } from './core/secret.ts'
import { Service } from './core/service.ts'
import { ServiceAccount } from './core/service-account.ts'
import { EndpointSlice } from './discovery/endpoint-slice.ts'
import { Event as EventsEvent } from './events/event.ts'
import { apiVersionOf, type KindDefinition, type KubeObject } from './kind.ts'
import { Ingress } from './networking/ingress.ts'
import { IngressClass } from './networking/ingress-class.ts'
import { IPAddress } from './networking/ip-address.ts'
import { NetworkPolicy } from './networking/network-policy.ts'
import { ServiceCIDR } from './networking/service-cidr.ts'
import { RuntimeClass } from './node/runtime-class.ts'
import { Eviction } from './policy/eviction.ts'
import { PodDisruptionBudget } from './policy/pod-disruption-budget.ts'
import { ClusterRole } from './rbac/cluster-role.ts'
import { ClusterRoleBinding } from './rbac/cluster-role-binding.ts'
import { Role } from './rbac/role.ts'
import { RoleBinding } from './rbac/role-binding.ts'
import { PriorityClass } from './scheduling/priority-class.ts'
import { CSIDriver } from './storage/csi-driver.ts'
import { CSINode } from './storage/csi-node.ts'
import { CSIStorageCapacity } from './storage/csi-storage-capacity.ts'
import { StorageClass } from './storage/storage-class.ts'
import { VolumeAttachment } from './storage/volume-attachment.ts'

/** All kinds served from the start, in the order of discovery. */
export const BUILT_IN_KINDS: readonly KindDefinition[] = [
  Namespace,
  Node,
  Pod,
  Service,
  ConfigMap,
  Secret,
  Event,
  Endpoints,
  PersistentVolume,
  PersistentVolumeClaim,
  ReplicationController,
  ServiceAccount,
  LimitRange,
  ResourceQuota,
  PodTemplate,
  Binding,
  Deployment,
  ReplicaSet,
  StatefulSet,
  DaemonSet,
  ControllerRevision,
  Job,
  CronJob,
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerV1,
  Scale,
  PodDisruptionBudget,
  Eviction,
  Ingress,
  IngressClass,
  NetworkPolicy,
  IPAddress,
  ServiceCIDR,
  EndpointSlice,
  PriorityClass,
  StorageClass,
  VolumeAttachment,
  CSINode,
  CSIDriver,
  CSIStorageCapacity,
  Lease,
  EventsEvent,
  Role,
  RoleBinding,
  ClusterRole,
  ClusterRoleBinding,
  TokenReview,
  TokenRequest,
  SelfSubjectReview,
  SubjectAccessReview,
  SelfSubjectAccessReview,
  LocalSubjectAccessReview,
  SelfSubjectRulesReview,
  CertificateSigningRequest,
  RuntimeClass,
  MutatingWebhookConfiguration,
  ValidatingWebhookConfiguration,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  CustomResourceDefinition,
  APIService,
] as readonly unknown[] as readonly KindDefinition[]

export interface Scheme {
  /** By apiVersion (`apps/v1`) and kind. */
  byKind(apiVersion: string, kind: string): KindDefinition | undefined
  /** By lower-case plural; without a version, the preferred one. */
  byResource(group: string, resource: string, version?: string): KindDefinition | undefined
  /** By a word as kubectl takes it: `deploy`, `deployment`, `Deployments`, `deployments.apps`, `deployments.v1.apps`. */
  byWord(word: string): KindDefinition | undefined
  /** The kind that an object says it is. */
  of(object: KubeObject): KindDefinition | undefined
  /** In the order of discovery: as registered, groups kept together by their first kind. */
  all(): readonly KindDefinition[]
  /** Adds a kind, or replaces the one of the same group, version and kind. */
  register<T extends KubeObject>(kind: KindDefinition<T>): void
  unregister(kind: KindDefinition): void
  /** +1 with every change: discovery and OpenAPI documents are kept per generation. */
  readonly generation: number
  /** Calls back after every change; returns how to stop. */
  onChange(listener: () => void): () => void
}

export function createScheme(kinds: readonly KindDefinition[] = BUILT_IN_KINDS): Scheme {
  return new KindScheme(kinds)
}

class KindScheme implements Scheme {
  generation = 0
  readonly #byKind = new Map<string, KindDefinition>()
  /** Per resource and group, the versions: the preferred one first. */
  readonly #byResource = new Map<string, Map<string, KindDefinition[]>>()
  readonly #byWord = new Map<string, KindDefinition>()
  readonly #listeners = new Set<() => void>()

  constructor(kinds: readonly KindDefinition[]) {
    for (const kind of kinds) this.#byKind.set(keyOf(apiVersionOf(kind), kind.kind), kind)
    this.#index()
  }

  byKind(apiVersion: string, kind: string): KindDefinition | undefined {
    return this.#byKind.get(keyOf(apiVersion, kind))
  }

  byResource(group: string, resource: string, version?: string): KindDefinition | undefined {
    const kinds = this.#byResource.get(resource)?.get(group)
    return version === undefined ? kinds?.[0] : kinds?.find((it) => it.version === version)
  }

  byWord(word: string): KindDefinition | undefined {
    return this.#byWord.get(word.toLowerCase())
  }

  of(object: KubeObject): KindDefinition | undefined {
    return object.kind === undefined ? undefined : this.byKind(object.apiVersion ?? '', object.kind)
  }

  all(): readonly KindDefinition[] {
    return [...this.#byKind.values()]
  }

  register<T extends KubeObject>(definition: KindDefinition<T>): void {
    const kind = definition as unknown as KindDefinition
    this.#byKind.set(keyOf(apiVersionOf(kind), kind.kind), kind)
    this.#changed()
  }

  unregister(kind: KindDefinition): void {
    this.#byKind.delete(keyOf(apiVersionOf(kind), kind.kind))
    this.#changed()
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #changed(): void {
    this.generation++
    this.#byResource.clear()
    this.#byWord.clear()
    this.#index()
    for (const listener of this.#listeners) listener()
  }

  #index(): void {
    for (const kind of this.#byKind.values()) {
      let groups = this.#byResource.get(kind.resource)
      if (groups === undefined) this.#byResource.set(kind.resource, (groups = new Map()))
      const versions = groups.get(kind.group)
      if (versions === undefined) groups.set(kind.group, [kind])
      else versions.push(kind)
    }
    for (const groups of this.#byResource.values())
      for (const versions of groups.values()) versions.sort(byPreference)
    for (const kind of this.#byKind.values()) this.#addWords(kind)
  }

  /** First come, first served: a custom kind never takes a word from a built-in one. */
  #addWords(kind: KindDefinition): void {
    const words = [kind.resource, kind.singular, kind.kind.toLowerCase(), ...(kind.shortNames ?? [])]
    const preferred = this.byResource(kind.group, kind.resource) ?? kind
    for (const word of words) {
      this.#addWord(word, preferred)
      if (kind.group === '') continue
      this.#addWord(`${word}.${kind.group}`, preferred)
      this.#addWord(`${word}.${kind.version}.${kind.group}`, kind)
    }
  }

  #addWord(word: string, kind: KindDefinition): void {
    if (!this.#byWord.has(word)) this.#byWord.set(word, kind)
  }
}

/** v2 before v1, v1 before v1beta2, v1beta2 before v1alpha1. Upstream: apimachinery/pkg/version. */
export function compareVersions(a: string, b: string): number {
  const [x, y] = [versionRank(a), versionRank(b)]
  for (let i = 0; i < x.length; i++) {
    if (x[i] !== y[i]) return (x[i] as number) > (y[i] as number) ? -1 : 1
  }
  return a < b ? -1 : a > b ? 1 : 0
}

function byPreference(a: KindDefinition, b: KindDefinition): number {
  return compareVersions(a.version, b.version)
}

/** Stability, major, minor; texts that are no Kubernetes versions come last. */
function versionRank(version: string): readonly number[] {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version)
  if (match === null) return [0, 0, 0]
  const stability = match[2] === undefined ? 3 : match[2] === 'beta' ? 2 : 1
  return [stability, Number(match[1]), Number(match[3] ?? 0)]
}

function keyOf(apiVersion: string, kind: string): string {
  return `${apiVersion}, ${kind}`
}

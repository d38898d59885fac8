/** Pods with stable names and storage, started and stopped in order. */

import { persistentVolumeClaim } from '../core/persistent-volume-claim.ts'
import { podTemplateSpec } from '../core/pod-template.ts'
import { defineKind } from '../kind.ts'
import { labelSelector } from '../meta/label-selector.ts'
import { objectMeta } from '../meta/object-meta.ts'
import {
  filled,
  type Infer,
  int32,
  int64,
  intOrString,
  kept,
  list,
  listMap,
  string,
  struct,
  time,
} from '../schema.ts'

export const StatefulSet = defineKind<StatefulSet>({
  group: 'apps',
  version: 'v1',
  kind: 'StatefulSet',
  resource: 'statefulsets',
  singular: 'statefulset',
  shortNames: ['sts'],
  categories: ['all'],
  namespaced: true,
  schema: () => statefulSet,
  nameRule: 'dns1123Subdomain',
  generation: true,
  status: true,
  scale: { spec: '.spec.replicas', status: '.status.replicas', selector: '.spec.selector' },
  unconditionalUpdate: true,
})

export interface StatefulSet extends Infer<typeof statefulSet> {}
export const statefulSet = struct(
  'apps/v1.StatefulSet',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(statefulSetSpec),
    status: filled(statefulSetStatus),
  }),
  'spec',
)

export interface StatefulSetSpec extends Infer<typeof statefulSetSpec> {}
export const statefulSetSpec = struct(
  'apps/v1.StatefulSetSpec',
  () => ({
    replicas: kept(int32),
    selector: labelSelector,
    template: filled(podTemplateSpec),
    volumeClaimTemplates: list(persistentVolumeClaim),
    serviceName: kept(string),
    podManagementPolicy: string,
    updateStrategy: filled(statefulSetUpdateStrategy),
    revisionHistoryLimit: kept(int32),
    minReadySeconds: int32,
    persistentVolumeClaimRetentionPolicy: statefulSetPersistentVolumeClaimRetentionPolicy,
    ordinals: statefulSetOrdinals,
  }),
  'selector',
  'template',
)

export interface StatefulSetUpdateStrategy extends Infer<typeof statefulSetUpdateStrategy> {}
export const statefulSetUpdateStrategy = struct('apps/v1.StatefulSetUpdateStrategy', () => ({
  type: string,
  rollingUpdate: rollingUpdateStatefulSetStrategy,
}))

export interface RollingUpdateStatefulSetStrategy extends Infer<typeof rollingUpdateStatefulSetStrategy> {}
export const rollingUpdateStatefulSetStrategy = struct('apps/v1.RollingUpdateStatefulSetStrategy', () => ({
  partition: kept(int32),
  maxUnavailable: intOrString,
}))

export interface StatefulSetPersistentVolumeClaimRetentionPolicy
  extends Infer<typeof statefulSetPersistentVolumeClaimRetentionPolicy> {}
export const statefulSetPersistentVolumeClaimRetentionPolicy = struct(
  'apps/v1.StatefulSetPersistentVolumeClaimRetentionPolicy',
  () => ({
    whenDeleted: string,
    whenScaled: string,
  }),
)

export interface StatefulSetOrdinals extends Infer<typeof statefulSetOrdinals> {}
export const statefulSetOrdinals = struct('apps/v1.StatefulSetOrdinals', () => ({
  start: kept(int32),
}))

export interface StatefulSetStatus extends Infer<typeof statefulSetStatus> {}
export const statefulSetStatus = struct(
  'apps/v1.StatefulSetStatus',
  () => ({
    observedGeneration: int64,
    replicas: int32,
    readyReplicas: int32,
    currentReplicas: int32,
    updatedReplicas: int32,
    currentRevision: string,
    updateRevision: string,
    collisionCount: kept(int32),
    conditions: listMap(statefulSetCondition, 'type'),
    availableReplicas: kept(int32),
  }),
  'replicas',
)

export interface StatefulSetCondition extends Infer<typeof statefulSetCondition> {}
export const statefulSetCondition = struct(
  'apps/v1.StatefulSetCondition',
  () => ({
    type: string,
    status: string,
    lastTransitionTime: time,
    reason: string,
    message: string,
  }),
  'type',
  'status',
)

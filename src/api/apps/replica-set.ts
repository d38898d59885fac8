/** Keeps a number of pods of one template running. */

import { podTemplateSpec } from '../core/pod-template.ts'
import { defineKind } from '../kind.ts'
import { labelSelector } from '../meta/label-selector.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { filled, type Infer, int32, int64, kept, listMap, string, struct, time } from '../schema.ts'

export const ReplicaSet = defineKind<ReplicaSet>({
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  resource: 'replicasets',
  singular: 'replicaset',
  shortNames: ['rs'],
  categories: ['all'],
  namespaced: true,
  schema: () => replicaSet,
  nameRule: 'dns1123Subdomain',
  generation: true,
  status: true,
  scale: { spec: '.spec.replicas', status: '.status.replicas', selector: '.spec.selector' },
  unconditionalUpdate: true,
})

export interface ReplicaSet extends Infer<typeof replicaSet> {}
export const replicaSet = struct(
  'apps/v1.ReplicaSet',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(replicaSetSpec),
    status: filled(replicaSetStatus),
  }),
  'spec',
)

export interface ReplicaSetSpec extends Infer<typeof replicaSetSpec> {}
export const replicaSetSpec = struct(
  'apps/v1.ReplicaSetSpec',
  () => ({
    replicas: kept(int32),
    selector: labelSelector,
    template: filled(podTemplateSpec),
    minReadySeconds: int32,
  }),
  'selector',
)

export interface ReplicaSetStatus extends Infer<typeof replicaSetStatus> {}
export const replicaSetStatus = struct(
  'apps/v1.ReplicaSetStatus',
  () => ({
    replicas: int32,
    fullyLabeledReplicas: int32,
    observedGeneration: int64,
    readyReplicas: int32,
    availableReplicas: int32,
    conditions: listMap(replicaSetCondition, 'type'),
    terminatingReplicas: kept(int32),
  }),
  'replicas',
)

export interface ReplicaSetCondition extends Infer<typeof replicaSetCondition> {}
export const replicaSetCondition = struct(
  'apps/v1.ReplicaSetCondition',
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

/** Keeps a number of pods running; the ancestor of ReplicaSet. */
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import {
  atomic,
  filled,
  type Infer,
  int32,
  int64,
  kept,
  listMap,
  string,
  stringMap,
  struct,
  time,
} from '../schema.ts'
import { podTemplateSpec } from './pod-template.ts'

export const ReplicationController = defineKind<ReplicationController>({
  group: '',
  version: 'v1',
  kind: 'ReplicationController',
  resource: 'replicationcontrollers',
  singular: 'replicationcontroller',
  shortNames: ['rc'],
  categories: ['all'],
  namespaced: true,
  schema: () => replicationController,
  nameRule: 'dns1123Subdomain',
  generation: true,
  status: true,
  scale: { spec: '.spec.replicas', status: '.status.replicas', selector: '.spec.selector' },
  unconditionalUpdate: true,
  storagePrefix: 'controllers',
})

export interface ReplicationController extends Infer<typeof replicationController> {}
export const replicationController = struct(
  'core/v1.ReplicationController',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(replicationControllerSpec),
    status: filled(replicationControllerStatus),
  }),
  'spec',
)

export interface ReplicationControllerSpec extends Infer<typeof replicationControllerSpec> {}
export const replicationControllerSpec = struct('core/v1.ReplicationControllerSpec', () => ({
  replicas: kept(int32),
  selector: atomic(stringMap),
  template: podTemplateSpec,
  minReadySeconds: int32,
}))

export interface ReplicationControllerStatus extends Infer<typeof replicationControllerStatus> {}
export const replicationControllerStatus = struct(
  'core/v1.ReplicationControllerStatus',
  () => ({
    replicas: int32,
    fullyLabeledReplicas: int32,
    observedGeneration: int64,
    readyReplicas: int32,
    availableReplicas: int32,
    conditions: listMap(replicationControllerCondition, 'type'),
  }),
  'replicas',
)

export interface ReplicationControllerCondition extends Infer<typeof replicationControllerCondition> {}
export const replicationControllerCondition = struct(
  'core/v1.ReplicationControllerCondition',
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

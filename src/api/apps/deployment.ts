/** A deployment: keeps pods of one template running and rolls out changes of it through ReplicaSets. */

import { podTemplateSpec } from '../core/pod-template.ts'
import { defineKind } from '../kind.ts'
import { labelSelector } from '../meta/label-selector.ts'
import { objectMeta } from '../meta/object-meta.ts'
import {
  boolean,
  filled,
  type Infer,
  int32,
  int64,
  intOrString,
  kept,
  listMap,
  retainKeys,
  string,
  struct,
  time,
} from '../schema.ts'

export const Deployment = defineKind<Deployment>({
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  resource: 'deployments',
  singular: 'deployment',
  shortNames: ['deploy'],
  categories: ['all'],
  namespaced: true,
  schema: () => deployment,
  nameRule: 'dns1123Subdomain',
  generation: true,
  status: true,
  scale: { spec: '.spec.replicas', status: '.status.replicas', selector: '.spec.selector' },
  unconditionalUpdate: true,
})

export interface Deployment extends Infer<typeof deployment> {}
export const deployment = struct(
  'apps/v1.Deployment',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(deploymentSpec),
    status: filled(deploymentStatus),
  }),
  'spec',
)

export interface DeploymentSpec extends Infer<typeof deploymentSpec> {}
export const deploymentSpec = struct(
  'apps/v1.DeploymentSpec',
  () => ({
    replicas: kept(int32),
    selector: labelSelector,
    template: filled(podTemplateSpec),
    strategy: filled(retainKeys(deploymentStrategy)),
    minReadySeconds: int32,
    revisionHistoryLimit: kept(int32),
    paused: boolean,
    progressDeadlineSeconds: kept(int32),
  }),
  'selector',
  'template',
)

export interface DeploymentStrategy extends Infer<typeof deploymentStrategy> {}
export const deploymentStrategy = struct('apps/v1.DeploymentStrategy', () => ({
  type: string,
  rollingUpdate: rollingUpdateDeployment,
}))

export interface RollingUpdateDeployment extends Infer<typeof rollingUpdateDeployment> {}
export const rollingUpdateDeployment = struct('apps/v1.RollingUpdateDeployment', () => ({
  maxUnavailable: intOrString,
  maxSurge: intOrString,
}))

export interface DeploymentStatus extends Infer<typeof deploymentStatus> {}
export const deploymentStatus = struct('apps/v1.DeploymentStatus', () => ({
  observedGeneration: int64,
  replicas: int32,
  updatedReplicas: int32,
  availableReplicas: int32,
  unavailableReplicas: int32,
  conditions: listMap(deploymentCondition, 'type'),
  readyReplicas: int32,
  collisionCount: kept(int32),
  terminatingReplicas: kept(int32),
}))

export interface DeploymentCondition extends Infer<typeof deploymentCondition> {}
export const deploymentCondition = struct(
  'apps/v1.DeploymentCondition',
  () => ({
    type: string,
    status: string,
    reason: string,
    message: string,
    lastUpdateTime: time,
    lastTransitionTime: time,
  }),
  'type',
  'status',
)

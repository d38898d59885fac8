/** One pod on every node that fits. */

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
  listMap,
  string,
  struct,
  time,
} from '../schema.ts'

export const DaemonSet = defineKind<DaemonSet>({
  group: 'apps',
  version: 'v1',
  kind: 'DaemonSet',
  resource: 'daemonsets',
  singular: 'daemonset',
  shortNames: ['ds'],
  categories: ['all'],
  namespaced: true,
  schema: () => daemonSet,
  nameRule: 'dns1123Subdomain',
  generation: true,
  status: true,
  unconditionalUpdate: true,
})

export interface DaemonSet extends Infer<typeof daemonSet> {}
export const daemonSet = struct(
  'apps/v1.DaemonSet',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(daemonSetSpec),
    status: filled(daemonSetStatus),
  }),
  'spec',
)

export interface DaemonSetSpec extends Infer<typeof daemonSetSpec> {}
export const daemonSetSpec = struct(
  'apps/v1.DaemonSetSpec',
  () => ({
    selector: labelSelector,
    template: filled(podTemplateSpec),
    updateStrategy: filled(daemonSetUpdateStrategy),
    minReadySeconds: int32,
    revisionHistoryLimit: kept(int32),
  }),
  'selector',
  'template',
)

export interface DaemonSetUpdateStrategy extends Infer<typeof daemonSetUpdateStrategy> {}
export const daemonSetUpdateStrategy = struct('apps/v1.DaemonSetUpdateStrategy', () => ({
  type: string,
  rollingUpdate: rollingUpdateDaemonSet,
}))

export interface RollingUpdateDaemonSet extends Infer<typeof rollingUpdateDaemonSet> {}
export const rollingUpdateDaemonSet = struct('apps/v1.RollingUpdateDaemonSet', () => ({
  maxUnavailable: intOrString,
  maxSurge: intOrString,
}))

export interface DaemonSetStatus extends Infer<typeof daemonSetStatus> {}
export const daemonSetStatus = struct(
  'apps/v1.DaemonSetStatus',
  () => ({
    currentNumberScheduled: int32,
    numberMisscheduled: int32,
    desiredNumberScheduled: int32,
    numberReady: int32,
    observedGeneration: int64,
    updatedNumberScheduled: int32,
    numberAvailable: int32,
    numberUnavailable: int32,
    collisionCount: kept(int32),
    conditions: listMap(daemonSetCondition, 'type'),
  }),
  'currentNumberScheduled',
  'numberMisscheduled',
  'desiredNumberScheduled',
  'numberReady',
)

export interface DaemonSetCondition extends Infer<typeof daemonSetCondition> {}
export const daemonSetCondition = struct(
  'apps/v1.DaemonSetCondition',
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

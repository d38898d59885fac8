/** Sets the replicas of a workload from observed metrics. */
import { fill, mapField, withFields } from '../fill.ts'
import { deepFreeze } from '../freeze.ts'
import { defineKind } from '../kind.ts'
import { labelSelector } from '../meta/label-selector.ts'
import { objectMeta } from '../meta/object-meta.ts'
import {
  filled,
  type Infer,
  int32,
  int64,
  kept,
  list,
  listMap,
  quantity,
  string,
  struct,
  time,
} from '../schema.ts'
import { autoscalerColumns } from './horizontal-pod-autoscaler-columns.ts'
import { validateAutoscaler } from './horizontal-pod-autoscaler-validation.ts'

export const HorizontalPodAutoscaler = defineKind<HorizontalPodAutoscaler>({
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  resource: 'horizontalpodautoscalers',
  singular: 'horizontalpodautoscaler',
  shortNames: ['hpa'],
  categories: ['all'],
  namespaced: true,
  schema: () => horizontalPodAutoscaler,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: true,
  unconditionalUpdate: true,
  defaults: (object) => mapField(object, 'spec', defaultSpec),
  prepareForCreate: (object) => withFields(object, { status: NOTHING_SEEN }),
  prepareForUpdate: (object, old) => withFields(object, { status: old.status }),
  validate: validateAutoscaler,
  columns: autoscalerColumns,
})

const NOTHING_SEEN = Object.freeze({ desiredReplicas: 0 })

/** Without metrics: keep CPU at 80 % of what is requested. */
const CPU_80: readonly MetricSpec[] = deepFreeze([
  { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
])

function defaultSpec(given: HorizontalPodAutoscalerSpec): HorizontalPodAutoscalerSpec {
  const spec = fill(given, { minReplicas: 1, metrics: CPU_80 })
  return mapField(spec, 'behavior', (behavior) => {
    const up = fill(behavior.scaleUp ?? {}, {
      stabilizationWindowSeconds: 0,
      selectPolicy: 'Max',
      policies: UP_POLICIES,
    })
    const down = fill(behavior.scaleDown ?? {}, { selectPolicy: 'Max', policies: DOWN_POLICIES })
    return withFields(behavior, { scaleUp: up, scaleDown: down })
  })
}

const UP_POLICIES: readonly HPAScalingPolicy[] = deepFreeze([
  { type: 'Pods', value: 4, periodSeconds: 15 },
  { type: 'Percent', value: 100, periodSeconds: 15 },
])
const DOWN_POLICIES: readonly HPAScalingPolicy[] = deepFreeze([
  { type: 'Percent', value: 100, periodSeconds: 15 },
])

export interface HorizontalPodAutoscaler extends Infer<typeof horizontalPodAutoscaler> {}
export const horizontalPodAutoscaler = struct(
  'autoscaling/v2.HorizontalPodAutoscaler',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(horizontalPodAutoscalerSpec),
    status: filled(horizontalPodAutoscalerStatus),
  }),
  'spec',
)

export interface HorizontalPodAutoscalerSpec extends Infer<typeof horizontalPodAutoscalerSpec> {}
export const horizontalPodAutoscalerSpec = struct(
  'autoscaling/v2.HorizontalPodAutoscalerSpec',
  () => ({
    scaleTargetRef: filled(crossVersionObjectReference),
    minReplicas: kept(int32),
    maxReplicas: int32,
    metrics: list(metricSpec),
    behavior: horizontalPodAutoscalerBehavior,
  }),
  'scaleTargetRef',
  'maxReplicas',
)

export interface CrossVersionObjectReference extends Infer<typeof crossVersionObjectReference> {}
export const crossVersionObjectReference = struct(
  'autoscaling/v2.CrossVersionObjectReference',
  () => ({
    apiVersion: string,
    kind: string,
    name: string,
  }),
  'kind',
  'name',
)

export interface MetricSpec extends Infer<typeof metricSpec> {}
export const metricSpec = struct(
  'autoscaling/v2.MetricSpec',
  () => ({
    type: string,
    object: objectMetricSource,
    pods: podsMetricSource,
    resource: resourceMetricSource,
    external: externalMetricSource,
    containerResource: containerResourceMetricSource,
  }),
  'type',
)

export interface ObjectMetricSource extends Infer<typeof objectMetricSource> {}
export const objectMetricSource = struct(
  'autoscaling/v2.ObjectMetricSource',
  () => ({
    describedObject: filled(crossVersionObjectReference),
    target: filled(metricTarget),
    metric: filled(metricIdentifier),
  }),
  'describedObject',
  'target',
  'metric',
)

export interface MetricTarget extends Infer<typeof metricTarget> {}
export const metricTarget = struct(
  'autoscaling/v2.MetricTarget',
  () => ({
    type: string,
    value: quantity,
    averageValue: quantity,
    averageUtilization: kept(int32),
  }),
  'type',
)

export interface MetricIdentifier extends Infer<typeof metricIdentifier> {}
export const metricIdentifier = struct(
  'autoscaling/v2.MetricIdentifier',
  () => ({
    name: string,
    selector: labelSelector,
  }),
  'name',
)

export interface PodsMetricSource extends Infer<typeof podsMetricSource> {}
export const podsMetricSource = struct(
  'autoscaling/v2.PodsMetricSource',
  () => ({
    metric: filled(metricIdentifier),
    target: filled(metricTarget),
  }),
  'metric',
  'target',
)

export interface ResourceMetricSource extends Infer<typeof resourceMetricSource> {}
export const resourceMetricSource = struct(
  'autoscaling/v2.ResourceMetricSource',
  () => ({
    name: string,
    target: filled(metricTarget),
  }),
  'name',
  'target',
)

export interface ExternalMetricSource extends Infer<typeof externalMetricSource> {}
export const externalMetricSource = struct(
  'autoscaling/v2.ExternalMetricSource',
  () => ({
    metric: filled(metricIdentifier),
    target: filled(metricTarget),
  }),
  'metric',
  'target',
)

export interface ContainerResourceMetricSource extends Infer<typeof containerResourceMetricSource> {}
export const containerResourceMetricSource = struct(
  'autoscaling/v2.ContainerResourceMetricSource',
  () => ({
    name: string,
    target: filled(metricTarget),
    container: string,
  }),
  'name',
  'target',
  'container',
)

export interface HorizontalPodAutoscalerBehavior extends Infer<typeof horizontalPodAutoscalerBehavior> {}
export const horizontalPodAutoscalerBehavior = struct(
  'autoscaling/v2.HorizontalPodAutoscalerBehavior',
  () => ({
    scaleUp: hpaScalingRules,
    scaleDown: hpaScalingRules,
  }),
)

export interface HPAScalingRules extends Infer<typeof hpaScalingRules> {}
export const hpaScalingRules = struct('autoscaling/v2.HPAScalingRules', () => ({
  selectPolicy: kept(string),
  policies: list(hpaScalingPolicy),
  stabilizationWindowSeconds: kept(int32),
  tolerance: quantity,
}))

export interface HPAScalingPolicy extends Infer<typeof hpaScalingPolicy> {}
export const hpaScalingPolicy = struct(
  'autoscaling/v2.HPAScalingPolicy',
  () => ({
    type: string,
    value: int32,
    periodSeconds: int32,
  }),
  'type',
  'value',
  'periodSeconds',
)

export interface HorizontalPodAutoscalerStatus extends Infer<typeof horizontalPodAutoscalerStatus> {}
export const horizontalPodAutoscalerStatus = struct(
  'autoscaling/v2.HorizontalPodAutoscalerStatus',
  () => ({
    observedGeneration: kept(int64),
    lastScaleTime: time,
    currentReplicas: int32,
    desiredReplicas: int32,
    currentMetrics: list(metricStatus),
    conditions: listMap(horizontalPodAutoscalerCondition, 'type'),
  }),
  'desiredReplicas',
)

export interface MetricStatus extends Infer<typeof metricStatus> {}
export const metricStatus = struct(
  'autoscaling/v2.MetricStatus',
  () => ({
    type: string,
    object: objectMetricStatus,
    pods: podsMetricStatus,
    resource: resourceMetricStatus,
    external: externalMetricStatus,
    containerResource: containerResourceMetricStatus,
  }),
  'type',
)

export interface ObjectMetricStatus extends Infer<typeof objectMetricStatus> {}
export const objectMetricStatus = struct(
  'autoscaling/v2.ObjectMetricStatus',
  () => ({
    metric: filled(metricIdentifier),
    current: filled(metricValueStatus),
    describedObject: filled(crossVersionObjectReference),
  }),
  'metric',
  'current',
  'describedObject',
)

export interface MetricValueStatus extends Infer<typeof metricValueStatus> {}
export const metricValueStatus = struct('autoscaling/v2.MetricValueStatus', () => ({
  value: quantity,
  averageValue: quantity,
  averageUtilization: kept(int32),
}))

export interface PodsMetricStatus extends Infer<typeof podsMetricStatus> {}
export const podsMetricStatus = struct(
  'autoscaling/v2.PodsMetricStatus',
  () => ({
    metric: filled(metricIdentifier),
    current: filled(metricValueStatus),
  }),
  'metric',
  'current',
)

export interface ResourceMetricStatus extends Infer<typeof resourceMetricStatus> {}
export const resourceMetricStatus = struct(
  'autoscaling/v2.ResourceMetricStatus',
  () => ({
    name: string,
    current: filled(metricValueStatus),
  }),
  'name',
  'current',
)

export interface ExternalMetricStatus extends Infer<typeof externalMetricStatus> {}
export const externalMetricStatus = struct(
  'autoscaling/v2.ExternalMetricStatus',
  () => ({
    metric: filled(metricIdentifier),
    current: filled(metricValueStatus),
  }),
  'metric',
  'current',
)

export interface ContainerResourceMetricStatus extends Infer<typeof containerResourceMetricStatus> {}
export const containerResourceMetricStatus = struct(
  'autoscaling/v2.ContainerResourceMetricStatus',
  () => ({
    name: string,
    current: filled(metricValueStatus),
    container: string,
  }),
  'name',
  'current',
  'container',
)

export interface HorizontalPodAutoscalerCondition extends Infer<typeof horizontalPodAutoscalerCondition> {}
export const horizontalPodAutoscalerCondition = struct(
  'autoscaling/v2.HorizontalPodAutoscalerCondition',
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

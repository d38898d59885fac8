/** The older form of the autoscaler, which knows CPU only; the rest travels in annotations. */
import { ageColumn, integer, nameColumn, text, UNKNOWN, UNSET } from '../columns.ts'
import { deepFreeze } from '../freeze.ts'
import { defineKind, type KindDefinition, type KubeObject } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { atomic, filled, type Infer, int32, int64, kept, string, struct, time } from '../schema.ts'
import { HorizontalPodAutoscaler, type MetricSpec, type MetricStatus } from './horizontal-pod-autoscaler.ts'

export const HorizontalPodAutoscalerV1 = defineKind<HorizontalPodAutoscalerV1>({
  group: 'autoscaling',
  version: 'v1',
  kind: 'HorizontalPodAutoscaler',
  resource: 'horizontalpodautoscalers',
  singular: 'horizontalpodautoscaler',
  shortNames: ['hpa'],
  categories: ['all'],
  namespaced: true,
  schema: () => horizontalPodAutoscalerV1,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: true,
  unconditionalUpdate: true,
  stored: { kind: () => HorizontalPodAutoscaler as unknown as KindDefinition, encode: toV2, decode: fromV2 },
  columns: [
    nameColumn,
    text(
      'Reference',
      'What it scales.',
      ({ spec }) => `${spec.scaleTargetRef?.kind ?? ''}/${spec.scaleTargetRef?.name ?? ''}`,
    ),
    text('Targets', 'CPU measured against CPU wanted.', ({ spec, status }) => {
      const current = status?.currentCPUUtilizationPercentage
      const wanted = spec.targetCPUUtilizationPercentage
      return `${current === undefined ? UNKNOWN : `${current}%`}/${wanted === undefined ? UNKNOWN : `${wanted}%`}`
    }),
    text('MinPods', 'No fewer.', ({ spec }) =>
      spec.minReplicas === undefined ? UNSET : String(spec.minReplicas),
    ),
    integer('MaxPods', 'No more.', ({ spec }) => spec.maxReplicas),
    integer('Replicas', 'How many there are.', ({ status }) => status?.currentReplicas),
    ageColumn,
  ],
})

export interface HorizontalPodAutoscalerV1 extends Infer<typeof horizontalPodAutoscalerV1> {}
export const horizontalPodAutoscalerV1 = struct(
  'autoscaling/v1.HorizontalPodAutoscaler',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(horizontalPodAutoscalerSpecV1),
    status: filled(horizontalPodAutoscalerStatusV1),
  }),
  'spec',
)

export interface HorizontalPodAutoscalerSpecV1 extends Infer<typeof horizontalPodAutoscalerSpecV1> {}
export const horizontalPodAutoscalerSpecV1 = struct(
  'autoscaling/v1.HorizontalPodAutoscalerSpec',
  () => ({
    scaleTargetRef: filled(crossVersionObjectReferenceV1),
    minReplicas: kept(int32),
    maxReplicas: int32,
    targetCPUUtilizationPercentage: kept(int32),
  }),
  'scaleTargetRef',
  'maxReplicas',
)

export interface CrossVersionObjectReferenceV1 extends Infer<typeof crossVersionObjectReferenceV1> {}
export const crossVersionObjectReferenceV1 = atomic(
  struct(
    'autoscaling/v1.CrossVersionObjectReference',
    () => ({
      kind: string,
      name: string,
      apiVersion: string,
    }),
    'kind',
    'name',
  ),
)

export interface HorizontalPodAutoscalerStatusV1 extends Infer<typeof horizontalPodAutoscalerStatusV1> {}
export const horizontalPodAutoscalerStatusV1 = struct(
  'autoscaling/v1.HorizontalPodAutoscalerStatus',
  () => ({
    observedGeneration: kept(int64),
    lastScaleTime: time,
    currentReplicas: int32,
    desiredReplicas: int32,
    currentCPUUtilizationPercentage: kept(int32),
  }),
  'currentReplicas',
  'desiredReplicas',
)

const PREFIX = 'autoscaling.alpha.kubernetes.io/'
const METRICS = `${PREFIX}metrics`
const BEHAVIOR = `${PREFIX}behavior`
const CURRENT_METRICS = `${PREFIX}current-metrics`
const CONDITIONS = `${PREFIX}conditions`

function isCpu(metric: MetricSpec): boolean {
  return (
    metric.type === 'Resource' &&
    metric.resource?.name === 'cpu' &&
    metric.resource.target.averageUtilization !== undefined
  )
}

function fromV2(object: KubeObject): HorizontalPodAutoscalerV1 {
  const { spec, status, metadata, ...rest } = object as HorizontalPodAutoscaler
  const { metrics = [], behavior, ...plain } = spec
  const { conditions = [], currentMetrics = [], ...plainStatus } = status ?? { desiredReplicas: 0 }
  const cpu = metrics.find(isCpu)
  const current = currentMetrics.find((it) => it.type === 'Resource' && it.resource?.name === 'cpu')
  const others = metrics.filter((it) => it !== cpu)
  const otherCurrent = currentMetrics.filter((it) => it !== current)
  const annotations = { ...metadata?.annotations }
  if (others.length > 0) annotations[METRICS] = JSON.stringify(others)
  if (behavior !== undefined) annotations[BEHAVIOR] = JSON.stringify(behavior)
  if (otherCurrent.length > 0) annotations[CURRENT_METRICS] = JSON.stringify(otherCurrent)
  if (conditions.length > 0) annotations[CONDITIONS] = JSON.stringify(conditions)
  const utilization = current?.resource?.current.averageUtilization
  return deepFreeze({
    ...rest,
    apiVersion: 'autoscaling/v1',
    metadata: Object.keys(annotations).length > 0 ? { ...metadata, annotations } : (metadata ?? {}),
    spec: {
      ...plain,
      ...(cpu === undefined
        ? {}
        : { targetCPUUtilizationPercentage: cpu.resource!.target.averageUtilization! }),
    },
    status: {
      ...plainStatus,
      currentReplicas: plainStatus.currentReplicas ?? 0,
      ...(utilization === undefined ? {} : { currentCPUUtilizationPercentage: utilization }),
    },
  })
}

function toV2(object: KubeObject): HorizontalPodAutoscaler {
  const { spec, status, metadata, ...rest } = object as HorizontalPodAutoscalerV1
  const { targetCPUUtilizationPercentage: percent, ...plain } = spec
  const {
    currentCPUUtilizationPercentage: utilization,
    currentReplicas,
    ...plainStatus
  } = status ?? {
    currentReplicas: 0,
    desiredReplicas: 0,
  }
  const cpu: readonly MetricSpec[] =
    percent === undefined
      ? []
      : [
          {
            type: 'Resource',
            resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: percent } },
          },
        ]
  const current: readonly MetricStatus[] =
    utilization === undefined
      ? []
      : [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: utilization } } }]
  const read = <T>(key: string): T | undefined => parseAnnotation<T>(metadata?.annotations?.[key])
  const metrics = [...(read<MetricSpec[]>(METRICS) ?? []), ...cpu]
  const currentMetrics = [...current, ...(read<MetricStatus[]>(CURRENT_METRICS) ?? [])]
  const behavior = read<HorizontalPodAutoscaler['spec']['behavior']>(BEHAVIOR)
  const conditions = read<NonNullable<HorizontalPodAutoscaler['status']>['conditions']>(CONDITIONS)
  const annotations = Object.fromEntries(
    Object.entries(metadata?.annotations ?? {}).filter(
      ([key]) => ![METRICS, BEHAVIOR, CURRENT_METRICS, CONDITIONS].includes(key),
    ),
  )
  const { annotations: _, ...meta } = metadata ?? {}
  return deepFreeze({
    ...rest,
    apiVersion: 'autoscaling/v2',
    metadata: Object.keys(annotations).length > 0 ? { ...meta, annotations } : meta,
    spec: {
      ...plain,
      ...(metrics.length > 0 ? { metrics } : {}),
      ...(behavior === undefined ? {} : { behavior }),
    },
    status: {
      ...plainStatus,
      // The newer form leaves a zero out.
      ...(currentReplicas ? { currentReplicas } : {}),
      ...(currentMetrics.length > 0 ? { currentMetrics } : {}),
      ...(conditions === undefined ? {} : { conditions }),
    },
  })
}

/** Annotations are written by anyone: what is no JSON of a list or object is left alone. */
function parseAnnotation<T>(text: string | undefined): T | undefined {
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as T) : undefined
  } catch {
    return undefined
  }
}

/**
 * What adapters of monitoring systems answer about metrics that kubelets do not measure (k8s.io/metrics/pkg/apis
 * custom_metrics and external_metrics). Nothing of it is stored.
 */
import type { LabelSelector } from '../meta/label-selector.ts'

/** Of pods and other objects: `pods/*` or `services/web`, and the metric as a subresource. */
export const CUSTOM_METRICS = { group: 'custom.metrics.k8s.io', version: 'v1beta2' } as const
/** Of things outside the cluster: the metric itself is the resource. */
export const EXTERNAL_METRICS = { group: 'external.metrics.k8s.io', version: 'v1beta1' } as const

export interface MetricValue {
  readonly describedObject: {
    readonly kind: string
    readonly apiVersion: string
    readonly namespace?: string
    readonly name: string
  }
  readonly metric: { readonly name: string; readonly selector?: LabelSelector }
  readonly timestamp: string
  readonly windowSeconds?: number
  /** A quantity. */
  readonly value: string
}

export interface MetricValueList {
  readonly kind: 'MetricValueList'
  readonly apiVersion: string
  readonly metadata: object
  readonly items: readonly MetricValue[]
}

export interface ExternalMetricValue {
  readonly metricName: string
  readonly metricLabels: Readonly<Record<string, string>>
  readonly timestamp: string
  readonly windowSeconds?: number
  /** A quantity. */
  readonly value: string
}

export interface ExternalMetricValueList {
  readonly kind: 'ExternalMetricValueList'
  readonly apiVersion: string
  readonly metadata: object
  readonly items: readonly ExternalMetricValue[]
}

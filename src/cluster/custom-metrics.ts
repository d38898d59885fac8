/**
 * Metrics that kubelets do not measure: requests a second, lengths of queues. Serves custom.metrics.k8s.io and
 * external.metrics.k8s.io, as adapters of monitoring systems do on a real cluster, once there is a metric to tell.
 */
import { ApiError, failure, methodNotServed } from '../api/errors.ts'
import { apiVersionOf, groupResource, type KindDefinition, type KubeObject } from '../api/kind.ts'
import { parseSelector, type Selector } from '../api/label-selector.ts'
import {
  CUSTOM_METRICS,
  EXTERNAL_METRICS,
  type ExternalMetricValueList,
  type MetricValue,
  type MetricValueList,
} from '../api/metrics/metric-values.ts'
import { quantityFromMilli } from '../api/quantity.ts'
import type { ApiRequest } from '../api/request.ts'
import { formatTime } from '../api/time.ts'
import type { AggregatedResource } from '../apiserver/discovery.ts'
import type { ApiServer } from '../apiserver/server.ts'
import { InputError } from './input-error.ts'

/** A number, a quantity such as `500m`, or what tells it when somebody asks; undefined: nothing is known. */
export type MetricReading =
  | number
  | string
  | ((object: KubeObject | undefined, now: number) => number | string | undefined)

export interface CustomMetric {
  /** As autoscalers name it: `http_requests`. */
  readonly name: string
  /** What it is measured of, e.g. `{ kind: 'Pod' }`: each pod, or the one of that name. Absent: an external metric. */
  readonly of?: { readonly apiVersion?: string; readonly kind: string; readonly name?: string }
  /** Default: `default`. */
  readonly namespace?: string
  /** Of the metric itself; the selectors of autoscalers choose by them. */
  readonly labels?: Readonly<Record<string, string>>
  readonly value: MetricReading
}

export class ClusterMetrics {
  readonly #server: ApiServer
  /** By what they are about: a later one takes the place of an earlier one. */
  readonly #metrics: Map<string, CustomMetric>

  constructor(server: ApiServer, metrics: readonly CustomMetric[], from?: ClusterMetrics) {
    this.#server = server
    this.#metrics = new Map(from === undefined ? [] : from.#metrics)
    for (const it of metrics) this.#metrics.set(keyOf(it), it)
    if (this.#metrics.size > 0) this.#serve()
  }

  set(metric: CustomMetric): void {
    if (metric.of !== undefined) this.#kindOf(metric.of)
    this.#metrics.set(keyOf(metric), metric)
    this.#serve()
  }

  #serve(): void {
    this.#server.registerAggregated({
      ...CUSTOM_METRICS,
      answer: (request) => this.#custom(request),
      resources: () => this.#resources((it) => it.of !== undefined),
    })
    this.#server.registerAggregated({
      ...EXTERNAL_METRICS,
      answer: (request) => this.#external(request),
      resources: () => this.#resources((it) => it.of === undefined),
    })
  }

  #resources(these: (metric: CustomMetric) => boolean): readonly AggregatedResource[] {
    const nameOf = (it: CustomMetric) =>
      it.of === undefined ? it.name : `${groupResource(this.#kindOf(it.of))}/${it.name}`
    const names = [...this.#metrics.values()].filter(these).map(nameOf)
    return [...new Set(names)].sort().map((name) => ({
      name,
      namespaced: true,
      kind: name.includes('/') ? 'MetricValueList' : 'ExternalMetricValueList',
      verbs: ['get'],
    }))
  }

  #kindOf({ apiVersion = 'v1', kind }: NonNullable<CustomMetric['of']>): KindDefinition {
    const found = this.#server.scheme.byKind(apiVersion, kind)
    if (found === undefined) throw new InputError(`there is no kind ${kind} in ${apiVersion}`)
    return found
  }

  /** `namespaces/x/metrics/m` is about the namespace, `pods/*` about those that the label selector chooses. */
  #custom(request: ApiRequest): MetricValueList {
    if (request.verb !== 'get') throw methodNotServed()
    const { namespace = '', name = '', subresource, options = {} } = request
    const ofNamespace = request.resource === 'metrics' && subresource === undefined
    const resource = ofNamespace ? 'namespaces' : request.resource
    const metric = ofNamespace ? name : (subresource ?? '')
    const wanted = ofNamespace ? namespace : name
    const metrics = parseSelector(options.metricLabelSelector ?? '')
    const pods = parseSelector(options.labelSelector ?? '')
    const items = this.#matching(metric, namespace, metrics).flatMap((it) =>
      it.of === undefined || groupResource(this.#kindOf(it.of)) !== resource
        ? []
        : this.#readings(it, it.of, wanted, pods),
    )
    if (items.length === 0 && wanted !== '*') throw noMetric(metric, `${resource} ${wanted}`)
    if (items.length === 0) throw noMetric(metric, resource)
    return { kind: 'MetricValueList', apiVersion: apiVersionOf(CUSTOM_METRICS), metadata: {}, items }
  }

  #readings(
    metric: CustomMetric,
    of: NonNullable<CustomMetric['of']>,
    wanted: string,
    selector: Selector,
  ): readonly MetricValue[] {
    const kind = this.#kindOf(of)
    const { now } = this.#server.loop
    const namespace = kind.namespaced ? namespaceOf(metric) : undefined
    const one = of.name ?? (wanted === '*' ? undefined : wanted)
    const found =
      one === undefined
        ? this.#server.each(kind.group, kind.resource, namespace)
        : [this.#server.find(kind.group, kind.resource, namespace, one)]
    return found.flatMap((object) => {
      const name = object?.metadata?.name
      if (name === undefined || (wanted !== '*' && name !== wanted)) return []
      if (!selector.matches(object?.metadata?.labels)) return []
      const value = read(metric, object, now)
      if (value === undefined) return []
      const described = { kind: kind.kind, ...(namespace !== undefined && { namespace }), name }
      return {
        describedObject: { ...described, apiVersion: apiVersionOf(kind) },
        metric: { name: metric.name },
        timestamp: formatTime(now),
        value,
      }
    })
  }

  #external({ verb, resource, namespace = '', options = {} }: ApiRequest): ExternalMetricValueList {
    if (verb !== 'list') throw methodNotServed()
    const { now } = this.#server.loop
    const selector = parseSelector(options.labelSelector ?? '')
    const items = this.#matching(resource, namespace, selector).flatMap((it) => {
      const value = it.of === undefined ? read(it, undefined, now) : undefined
      if (value === undefined) return []
      return { metricName: it.name, metricLabels: it.labels ?? {}, timestamp: formatTime(now), value }
    })
    const list = { kind: 'ExternalMetricValueList' as const, apiVersion: apiVersionOf(EXTERNAL_METRICS) }
    return { ...list, metadata: {}, items }
  }

  #matching(name: string, namespace: string, selector: Selector): readonly CustomMetric[] {
    return [...this.#metrics.values()].filter(
      (it) => it.name === name && namespaceOf(it) === namespace && selector.matches(it.labels),
    )
  }
}

function namespaceOf({ namespace = 'default' }: CustomMetric): string {
  return namespace
}

function keyOf(metric: CustomMetric): string {
  const { name, of, labels = {} } = metric
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([name, namespaceOf(metric), of?.apiVersion, of?.kind, of?.name, sorted])
}

function read({ value }: CustomMetric, object: KubeObject | undefined, now: number): string | undefined {
  const reading = typeof value === 'function' ? value(object, now) : value
  return typeof reading === 'number' ? quantityFromMilli(Math.round(reading * 1000)) : reading
}

/** Upstream: k8s.io/custom-metrics-apiserver. */
function noMetric(metric: string, of: string): ApiError {
  return new ApiError(failure('NotFound', `the server could not find the metric ${metric} for ${of}`, {}))
}

/** What each kind of metric asks for, and in which words (podautoscaler/horizontal.go computeStatusFor...). */
import type {
  MetricIdentifier,
  MetricSpec,
  MetricStatus,
  MetricTarget,
} from '../../api/autoscaling/horizontal-pod-autoscaler.ts'
import type { Pod } from '../../api/core/pod.ts'
import type { ExternalMetricValue, MetricValue } from '../../api/metrics/metric-values.ts'
import type { PodMetrics } from '../../api/metrics/pod-metrics.ts'
import { milliValue, quantityFromMilli } from '../../api/quantity.ts'
import { goSelector } from '../shared/go-selector.ts'
import { textOf } from '../shared/refusals.ts'
import { timeOf } from '../shared/times.ts'
import { meter, readyPodsOf, requestOf, resourceReadings } from './metrics.ts'
import {
  averageReplicas,
  type Proposal,
  perPodReplicas,
  resourceReplicas,
  valueReplicas,
} from './replicas.ts'

const TOLERANCE = 0.1

/** What there is to scale, and who is asked about it. */
export interface Situation {
  readonly specReplicas: number
  readonly statusReplicas: number
  readonly namespace: string
  readonly pods: readonly Pod[]
  readonly now: number
  /** Each rejects when there is nobody to ask. */
  resourceMetrics(): Promise<readonly PodMetrics[]>
  podsMetric(metric: MetricIdentifier): Promise<readonly MetricValue[]>
  objectMetric(
    object: { readonly apiVersion?: string; readonly kind: string; readonly name: string },
    metric: MetricIdentifier,
  ): Promise<readonly MetricValue[]>
  externalMetric(metric: MetricIdentifier): Promise<readonly ExternalMetricValue[]>
}

export interface Evaluation {
  readonly replicas: number
  /** As in `<name> above target`. */
  readonly name: string
  readonly status: MetricStatus
}

/** Why a metric cannot be had: `reason` is that of the Event and the condition. */
export class MetricError extends Error {
  readonly reason: string
  /** `message` as the sum of all metrics tells it. */
  readonly summary: string

  constructor(reason: string, what: string, cause: unknown) {
    super(textOf(cause))
    this.reason = reason
    this.summary = `failed to get ${what} metric value: ${textOf(cause)}`
  }
}

/** Rejects with a MetricError. */
export async function evaluate(spec: MetricSpec, situation: Situation): Promise<Evaluation> {
  const attempt = async (reason: string, what: string, run: () => Promise<Evaluation>) => {
    try {
      return await run()
    } catch (error) {
      throw new MetricError(`FailedGet${reason}Metric`, what, error)
    }
  }
  const { resource, containerResource, pods, object, external } = spec
  if (spec.type === 'Resource' && resource !== undefined)
    return attempt('Resource', `${resource.name} resource`, () => ofResource(resource, undefined, situation))
  if (spec.type === 'ContainerResource' && containerResource !== undefined) {
    const { container } = containerResource
    return attempt('ContainerResource', `${container} container`, () =>
      ofResource(containerResource, container, situation),
    )
  }
  if (spec.type === 'Pods' && pods !== undefined)
    return attempt('Pods', 'pods', () => ofPods(pods, situation))
  if (spec.type === 'Object' && object !== undefined)
    return attempt('Object', 'object', () => ofObject(object, situation))
  if (spec.type === 'External' && external !== undefined)
    return attempt('External', `${external.metric.name} external`, () => ofExternal(external, situation))
  // Validation lets none through.
  throw new MetricError('InvalidMetricSourceType', spec.type, `unknown metric source type "${spec.type}"`)
}

async function ofResource(
  { name, target }: { readonly name: string; readonly target: MetricTarget },
  container: string | undefined,
  { specReplicas, pods, now, resourceMetrics }: Situation,
): Promise<Evaluation> {
  const { averageValue, averageUtilization } = target
  const byValue = averageValue !== undefined
  const read = async () => {
    const all = await resourceMetrics()
    if (all.length === 0) throw new Error('no metrics returned from resource metrics API')
    return resourceReadings(all, name, container)
  }
  const calculate = async (): Promise<[Proposal, average: number]> => {
    const readings = await explained(`unable to get metrics for resource ${name}`, read)
    const metered = meter(somePods(pods), readings, name, now, (it) =>
      byValue ? 0 : requestOf(it, name, container),
    )
    if (byValue) {
      const proposal = averageReplicas(metered, specReplicas, milliValue(averageValue), TOLERANCE)
      return [proposal, proposal.usage]
    }
    const proposal = resourceReplicas(metered, specReplicas, averageUtilization!, TOLERANCE)
    const used = metered.filter((it) => it.state === 'ready' && it.usageMilli !== undefined)
    const sum = used.reduce((total, it) => total + it.usageMilli!, 0)
    return [proposal, Math.floor(sum / Math.max(1, used.length))]
  }
  if (!byValue && averageUtilization === undefined) {
    throw new Error(
      'invalid resource metric source: neither an average utilization target nor an average value (usage) target was set',
    )
  }
  const what = byValue ? 'usage' : 'utilization'
  const [proposal, average] = await explained(`failed to get ${name} ${what}`, calculate)
  const current = {
    ...(byValue ? {} : { averageUtilization: proposal.usage }),
    averageValue: quantityFromMilli(average),
  }
  const kind = container === undefined || byValue ? 'resource' : 'container resource'
  return {
    replicas: proposal.replicas,
    name: byValue ? `${name} ${kind}` : `${name} ${kind} utilization (percentage of request)`,
    status:
      container === undefined
        ? { type: 'Resource', resource: { name, current } }
        : { type: 'ContainerResource', containerResource: { name, container, current } },
  }
}

async function ofPods(
  { metric, target }: { readonly metric: MetricIdentifier; readonly target: MetricTarget },
  { specReplicas, pods, now, podsMetric }: Situation,
): Promise<Evaluation> {
  const values = await explained(`unable to get metric ${metric.name}`, async () => {
    const found = await podsMetric(metric)
    if (found.length === 0) throw new Error('no metrics returned from custom metrics API')
    return found
  })
  const readings = new Map(
    values.map(({ describedObject, value, timestamp, windowSeconds = 0 }) => [
      describedObject.name,
      { milli: milliValue(value), from: timeOf(timestamp) - windowSeconds * 1000 },
    ]),
  )
  const metered = meter(somePods(pods), readings, undefined, now)
  const proposal = averageReplicas(metered, specReplicas, milliValue(target.averageValue), TOLERANCE)
  const current = { averageValue: quantityFromMilli(proposal.usage) }
  return {
    replicas: proposal.replicas,
    name: `pods metric ${metric.name}`,
    status: { type: 'Pods', pods: { metric, current } },
  }
}

type ObjectSource = NonNullable<MetricSpec['object']>

async function ofObject(
  { describedObject, metric, target }: ObjectSource,
  { specReplicas, statusReplicas, namespace, pods, objectMetric }: Situation,
): Promise<Evaluation> {
  const { kind, name } = describedObject
  // The order of the words is upstream's slip.
  const [value] = await explained(
    `unable to get metric ${metric.name}: ${kind} on ${namespace} ${name}`,
    () => objectMetric(describedObject, metric),
    '/',
  )
  const usage = milliValue(value?.value)
  if (target.type === 'Value') {
    const proposal = shared(usage, milliValue(target.value), specReplicas, pods)
    const current = { value: quantityFromMilli(usage) }
    return {
      replicas: proposal.replicas,
      name: `${kind} metric ${metric.name}`,
      status: { type: 'Object', object: { describedObject, metric, current } },
    }
  }
  const proposal = await explained(`failed to get ${metric.name} object metric`, async () =>
    perPodReplicas(usage, milliValue(target.averageValue), statusReplicas, TOLERANCE),
  )
  const current = { averageValue: quantityFromMilli(proposal.usage) }
  return {
    replicas: proposal.replicas,
    // Called external upstream too, and the object is not repeated in the status.
    name: externalName(metric),
    status: { type: 'Object', object: { describedObject: { kind: '', name: '' }, metric, current } },
  }
}

async function ofExternal(
  { metric, target }: { readonly metric: MetricIdentifier; readonly target: MetricTarget },
  { specReplicas, statusReplicas, namespace, pods, externalMetric }: Situation,
): Promise<Evaluation> {
  const { averageValue, value } = target
  const sum = async () => {
    const what = `unable to get external metric ${namespace}/${metric.name}/${goSelector(metric.selector)}`
    const values = await explained(what, async () => {
      const found = await externalMetric(metric)
      if (found.length === 0) throw new Error('no metrics returned from external metrics API')
      return found
    })
    return values.reduce((total, it) => total + milliValue(it.value), 0)
  }
  const done = (proposal: Proposal, current: object): Evaluation => ({
    replicas: proposal.replicas,
    name: externalName(metric),
    status: { type: 'External', external: { metric, current } },
  })
  if (averageValue !== undefined) {
    const proposal = await explained(`failed to get ${metric.name} external metric`, async () =>
      perPodReplicas(await sum(), milliValue(averageValue), statusReplicas, TOLERANCE),
    )
    return done(proposal, { averageValue: quantityFromMilli(proposal.usage) })
  }
  if (value === undefined) {
    throw new Error(
      'invalid external metric source: neither a value target nor an average value target was set',
    )
  }
  const proposal = await explained(`failed to get external metric ${metric.name}`, async () =>
    shared(await sum(), milliValue(value), specReplicas, pods),
  )
  return done(proposal, { value: quantityFromMilli(proposal.usage) })
}

/** One value for all pods together. */
function shared(usage: number, target: number, replicas: number, pods: readonly Pod[]): Proposal {
  const within = replicas === 0 || Math.abs(1 - usage / target) <= TOLERANCE
  if (!within && pods.length === 0) {
    throw new Error(
      'unable to calculate ready pods: no pods returned by selector while calculating replica count',
    )
  }
  return valueReplicas(usage, target, replicas, readyPodsOf(pods), TOLERANCE)
}

function somePods(pods: readonly Pod[]): readonly Pod[] {
  if (pods.length === 0) throw new Error('no pods returned by selector while calculating replica count')
  return pods
}

async function explained<T>(what: string, run: () => Promise<T>, separator = ': '): Promise<T> {
  try {
    return await run()
  } catch (error) {
    throw new Error(`${what}${separator}${textOf(error)}`)
  }
}

function externalName({ name, selector }: MetricIdentifier): string {
  return `external metric ${name}(${goSelector(selector)})`
}

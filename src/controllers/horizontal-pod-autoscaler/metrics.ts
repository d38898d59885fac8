/** Pods and their usage, as the calculation wants them (podautoscaler/replica_calculator.go groupPods). */
import type { Pod } from '../../api/core/pod.ts'
import type { PodMetrics } from '../../api/metrics/pod-metrics.ts'
import { milliValue } from '../../api/quantity.ts'
import { podCondition } from '../shared/pod.ts'
import { timeOf } from '../shared/times.ts'
import type { MeteredPod } from './replicas.ts'

/** How long a starting pod's CPU says nothing about its load. */
const CPU_INITIALIZATION_MS = 300_000
const INITIAL_READINESS_MS = 30_000

/** Failed and terminating pods are left out. @throws when a container has no request for the resource */
export function meter(
  pods: readonly Pod[],
  metrics: ReadonlyMap<string, PodMetrics>,
  resource: string,
  now: number,
): MeteredPod[] {
  const metered: MeteredPod[] = []
  for (const pod of pods) {
    if (pod.metadata?.deletionTimestamp !== undefined || pod.status?.phase === 'Failed') continue
    const name = pod.metadata?.name ?? ''
    const metric = metrics.get(name)
    const state = isUnready(pod, metric, resource, now) ? 'unready' : 'ready'
    metered.push({
      name,
      state,
      requestMilli: requestOf(pod, resource),
      usageMilli: metric && usageOf(metric, resource),
    })
  }
  return metered
}

function isUnready(pod: Pod, metric: PodMetrics | undefined, resource: string, now: number): boolean {
  if (pod.status?.phase === 'Pending') return true
  if (resource !== 'cpu' || metric === undefined) return false
  const ready = podCondition(pod, 'Ready')
  const startTime = pod.status?.startTime
  if (ready?.lastTransitionTime === undefined || startTime === undefined) return true
  const since = timeOf(ready.lastTransitionTime)
  const started = timeOf(startTime)
  if (now < started + CPU_INITIALIZATION_MS) {
    const measuredAt = metric.timestamp === undefined ? now : timeOf(metric.timestamp)
    return ready.status === 'False' || measuredAt < since
  }
  // It has never been ready since it started.
  return ready.status === 'False' && started + INITIAL_READINESS_MS > since
}

function requestOf(pod: Pod, resource: string): number {
  let sum = 0
  for (const { name, resources } of pod.spec.containers) {
    const request = resources?.requests?.[resource]
    if (request === undefined) {
      throw new Error(`missing request for ${resource} in container ${name} of Pod ${pod.metadata?.name}`)
    }
    sum += milliValue(request)
  }
  return sum
}

function usageOf({ containers = [] }: PodMetrics, resource: string): number {
  return containers.reduce((sum, it) => sum + milliValue(it.usage?.[resource]), 0)
}

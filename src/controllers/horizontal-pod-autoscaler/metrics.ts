/** Pods and their usage, as the calculation wants them (podautoscaler/replica_calculator.go groupPods). */
import type { Pod } from '../../api/core/pod.ts'
import type { PodMetrics } from '../../api/metrics/pod-metrics.ts'
import { milliValue } from '../../api/quantity.ts'
import { parseDuration } from '../../kernel/duration.ts'
import { isPodReady, podCondition } from '../shared/pod.ts'
import { timeOf } from '../shared/times.ts'
import type { MeteredPod } from './replicas.ts'

/** How long a starting pod's CPU says nothing about its load. */
const CPU_INITIALIZATION_MS = 300_000
const INITIAL_READINESS_MS = 30_000

/** What is known of one pod. */
export interface Reading {
  readonly milli: number
  /** When the time began over which it was measured, ms since the epoch. */
  readonly from: number
}

/**
 * Failed and terminating pods are left out. What the others ask for is looked at only when one of them counts.
 * @param resource of a metric that is no resource: undefined
 */
export function meter(
  pods: readonly Pod[],
  readings: ReadonlyMap<string, Reading>,
  resource: string | undefined,
  now: number,
  requestOf: (pod: Pod) => number = () => 0,
): MeteredPod[] {
  const staying = pods.filter(
    (it) => it.metadata?.deletionTimestamp === undefined && it.status?.phase !== 'Failed',
  )
  const metered = staying.map((pod): MeteredPod => {
    const name = pod.metadata?.name ?? ''
    const reading = readings.get(name)
    const state = isUnready(pod, reading, resource, now) ? 'unready' : 'ready'
    return { name, state, requestMilli: 0, usageMilli: reading?.milli }
  })
  if (!metered.some((it) => it.state === 'ready' && it.usageMilli !== undefined)) return metered
  return metered.map((it, i) => ({ ...it, requestMilli: requestOf(staying[i]!) }))
}

function isUnready(
  pod: Pod,
  reading: Reading | undefined,
  resource: string | undefined,
  now: number,
): boolean {
  if (pod.status?.phase === 'Pending') return true
  if (resource !== 'cpu' || reading === undefined) return false
  const ready = podCondition(pod, 'Ready')
  const startTime = pod.status?.startTime
  if (ready?.lastTransitionTime === undefined || startTime === undefined) return true
  const since = timeOf(ready.lastTransitionTime)
  const started = timeOf(startTime)
  if (now < started + CPU_INITIALIZATION_MS) return ready.status === 'False' || reading.from < since
  // It has never been ready since it started.
  return ready.status === 'False' && started + INITIAL_READINESS_MS > since
}

/** @throws Error when a container, or the one that counts, asks for none of the resource */
export function requestOf(pod: Pod, resource: string, container?: string): number {
  const sidecars = pod.spec.initContainers?.filter((it) => it.restartPolicy === 'Always') ?? []
  let sum = 0
  for (const { name, resources } of [...pod.spec.containers, ...sidecars]) {
    if (container !== undefined && name !== container) continue
    const request = resources?.requests?.[resource]
    if (request === undefined) {
      throw new Error(`missing request for ${resource} in container ${name} of Pod ${pod.metadata?.name}`)
    }
    sum += milliValue(request)
  }
  return sum
}

/**
 * By name of the pod; one of which a container is not measured is left out.
 * @throws Error when a pod that is measured has no such container
 */
export function resourceReadings(
  metrics: readonly PodMetrics[],
  resource: string,
  container?: string,
): Map<string, Reading> {
  const readings = new Map<string, Reading>()
  for (const { metadata, containers = [], timestamp, window = '' } of metrics) {
    const counted = container === undefined ? containers : containers.filter((it) => it.name === container)
    if (container !== undefined && counted.length === 0) {
      const pod = `${metadata?.namespace}/${metadata?.name}`
      throw new Error(
        `failed to get container metrics: container ${container} not present in metrics for pod ${pod}`,
      )
    }
    const usages = counted.map((it) => it.usage?.[resource])
    if (usages.length === 0 || usages.includes(undefined)) continue
    const milli = usages.reduce<number>((sum, it) => sum + milliValue(it), 0)
    const at = timestamp === undefined ? 0 : timeOf(timestamp)
    readings.set(metadata?.name ?? '', { milli, from: at - (parseDuration(window) ?? 0) })
  }
  return readings
}

/** Those that serve: one metric for all of them is theirs. */
export function readyPodsOf(pods: readonly Pod[]): number {
  return pods.filter((it) => it.status?.phase === 'Running' && isPodReady(it)).length
}

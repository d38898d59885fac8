/**
 * What a pod asks for and may use in all: containers together, against the peak that init containers reach
 * one after the other, with sidecars running alongside. Upstream: component-helpers/resource/helpers.go.
 */
import { addQuantities, maxQuantity } from '../quantity.ts'
import type { Container } from './container.ts'
import type { PodSpec } from './pod-spec.ts'

export type ResourceList = Readonly<Record<string, string>>

/** The sum of requests, overhead included. */
export function podRequests(spec: PodSpec): ResourceList {
  const total = podResources(spec, 'requests')
  const overhead = spec.overhead ?? {}
  return addResources(total, overhead)
}

/** The sum of limits; overhead counts only where there is a limit at all. */
export function podLimits(spec: PodSpec): ResourceList {
  const total = podResources(spec, 'limits')
  const limited = Object.entries(spec.overhead ?? {}).filter(([name]) => Object.hasOwn(total, name))
  return addResources(total, Object.fromEntries(limited))
}

export function addResources(a: ResourceList, b: ResourceList): ResourceList {
  const result: Record<string, string> = { ...a }
  for (const [name, amount] of Object.entries(b)) {
    result[name] = Object.hasOwn(a, name) ? addQuantities(a[name] as string, amount) : amount
  }
  return result
}

export function maxResources(a: ResourceList, b: ResourceList): ResourceList {
  const result: Record<string, string> = { ...a }
  for (const [name, amount] of Object.entries(b)) {
    result[name] = Object.hasOwn(a, name) ? maxQuantity(a[name] as string, amount) : amount
  }
  return result
}

function podResources(spec: PodSpec, which: 'requests' | 'limits'): ResourceList {
  const of = (container: Container): ResourceList => container.resources?.[which] ?? {}
  let running: ResourceList = {}
  for (const container of spec.containers ?? []) running = addResources(running, of(container))
  let sidecars: ResourceList = {}
  let peak: ResourceList = {}
  for (const container of spec.initContainers ?? []) {
    if (container.restartPolicy === 'Always') {
      sidecars = addResources(sidecars, of(container))
      running = addResources(running, of(container))
      peak = maxResources(peak, sidecars)
    } else {
      peak = maxResources(peak, addResources(of(container), sidecars))
    }
  }
  return maxResources(running, peak)
}

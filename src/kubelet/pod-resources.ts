/** What pods ask for, and how that compares with a node (upstream: component-helpers/resource/helpers.go). */
import type { Container } from '../api/core/container.ts'
import type { PodSpec } from '../api/core/pod-spec.ts'
import { milliValue, quantityValue } from '../api/quantity.ts'

/** By resource name; CPU in millicores, everything else in whole units. */
export type Amounts = ReadonlyMap<string, number>

const NOTHING: Amounts = new Map()

export function amountOf(resource: string, quantity: string | undefined): number {
  return resource === 'cpu' ? milliValue(quantity) : quantityValue(quantity)
}

const amountCache = new WeakMap<object, Amounts>()

export function amountsOf(resources: Readonly<Record<string, string>> | undefined): Amounts {
  if (resources === undefined) return NOTHING
  let amounts = amountCache.get(resources)
  if (amounts === undefined) amountCache.set(resources, (amounts = readAmounts(resources)))
  return amounts
}

function readAmounts(resources: Readonly<Record<string, string>>): Amounts {
  const amounts = new Map<string, number>()
  for (const [name, quantity] of Object.entries(resources)) amounts.set(name, amountOf(name, quantity))
  return amounts
}

const requestCache = new WeakMap<readonly Container[], Amounts>()

/**
 * The larger of what runs at the end (containers and sidecars) and of each init container together with the
 * sidecars before it; plus overhead.
 */
export function podRequests(spec: PodSpec): Amounts {
  const plain = spec.overhead === undefined && (spec.initContainers?.length ?? 0) === 0
  const cached = plain ? requestCache.get(spec.containers) : undefined
  if (cached !== undefined) return cached
  const amounts = sumRequests(spec)
  if (plain) requestCache.set(spec.containers, amounts)
  return amounts
}

function sumRequests(spec: PodSpec): Amounts {
  const total = new Map<string, number>()
  for (const container of spec.containers) add(total, amountsOf(container.resources?.requests))
  const sidecars = new Map<string, number>()
  const initPeak = new Map<string, number>()
  for (const container of spec.initContainers ?? []) {
    const own = amountsOf(container.resources?.requests)
    if (container.restartPolicy === 'Always') {
      add(sidecars, own)
      add(total, own)
      raise(initPeak, sidecars)
    } else {
      const together = new Map(sidecars)
      add(together, own)
      raise(initPeak, together)
    }
  }
  raise(total, initPeak)
  add(total, amountsOf(spec.overhead))
  return total
}

function add(to: Map<string, number>, amounts: Amounts): void {
  for (const [name, amount] of amounts) to.set(name, (to.get(name) ?? 0) + amount)
}

function raise(to: Map<string, number>, amounts: Amounts): void {
  for (const [name, amount] of amounts) if (amount > (to.get(name) ?? 0)) to.set(name, amount)
}

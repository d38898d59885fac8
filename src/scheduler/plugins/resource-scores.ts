/** The arithmetic of resource scores. Integers truncate toward zero, as Go's do. Upstream: plugins/noderesources. */
import type { NodeInfo, PodInfo } from '../cache/node-info.ts'
import { CPU, FIRST_SCALAR, MEMORY, type ResourceColumns } from '../cache/resource-columns.ts'
import { MAX_NODE_SCORE } from '../framework/plugin.ts'

export interface WeightedResource {
  readonly name: string
  readonly weight: number
}

/** A point of a piecewise linear function; utilization 0..100, value 0..100. */
export interface ShapePoint {
  readonly utilization: number
  readonly value: number
}

/** Emptier is better. */
export function leastRequested(requested: number, capacity: number): number {
  if (capacity === 0 || requested > capacity) return 0
  return Math.trunc(((capacity - requested) * MAX_NODE_SCORE) / capacity)
}

/** Fuller is better. Over-full counts as full. */
export function mostRequested(requested: number, capacity: number): number {
  if (capacity === 0) return 0
  return Math.trunc((Math.min(requested, capacity) * MAX_NODE_SCORE) / capacity)
}

/** Interpolates between the points of a rising `utilization`; flat outside. */
export function brokenLinear(shape: readonly ShapePoint[], utilization: number): number {
  for (let i = 0; i < shape.length; i++) {
    const to = shape[i]!
    if (utilization > to.utilization) continue
    if (i === 0) return shape[0]!.value
    const from = shape[i - 1]!
    const rise = (to.value - from.value) * (utilization - from.utilization)
    return from.value + Math.trunc(rise / (to.utilization - from.utilization))
  }
  return shape.at(-1)!.value
}

/** The share of the resource that is in use, in percent, through the shape. */
export function requestedToCapacity(
  shape: readonly ShapePoint[],
  requested: number,
  capacity: number,
): number {
  if (capacity === 0 || requested > capacity) return brokenLinear(shape, 100)
  return brokenLinear(shape, Math.trunc((requested * 100) / capacity))
}

/** 100 when all resources are in use to the same degree. @param shares of what the node offers, at most 1 each */
export function balancedScore(shares: readonly number[]): number {
  if (shares.length < 2) return MAX_NODE_SCORE
  if (shares.length === 2) return balancedPair(shares[0]!, shares[1]!)
  let sum = 0
  for (const share of shares) sum += share
  const mean = sum / shares.length
  let squares = 0
  for (const share of shares) squares += (share - mean) * (share - mean)
  return Math.trunc((1 - Math.sqrt(squares / shares.length)) * MAX_NODE_SCORE)
}

export function balancedPair(a: number, b: number): number {
  return Math.trunc((1 - Math.abs((a - b) / 2)) * MAX_NODE_SCORE)
}

/** The resources of a strategy with their columns. */
export interface BoundResource extends WeightedResource {
  readonly column: number
}

export function bindResources(
  resources: readonly WeightedResource[],
  columns: ResourceColumns,
): readonly BoundResource[] {
  return resources.map((it) => ({ ...it, column: columns.column(it.name) }))
}

/** Amount that the pod requests of a resource; `nonZero` uses the stand-ins for absent cpu and memory. */
export function podRequest({ class: { requests } }: PodInfo, column: number, nonZero: boolean): number {
  if (column === CPU) return nonZero ? requests.nonZeroCpu : requests.cpu
  if (column === MEMORY) return nonZero ? requests.nonZeroMemory : requests.memory
  if (column < FIRST_SCALAR) return requests.ephemeralStorage
  for (const it of requests.scalars) if (it.column === column) return it.amount
  return 0
}

export function nodeRequested(node: NodeInfo, column: number, nonZero: boolean): number {
  if (nonZero && column === CPU) return node.nonZeroCpu
  if (nonZero && column === MEMORY) return node.nonZeroMemory
  return node.requested(column)
}

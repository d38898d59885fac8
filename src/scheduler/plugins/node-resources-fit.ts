/** Rejects nodes without room for the pod, and scores the rest by how full the pod would make them. */
import * as z from 'zod'
import type { Node } from '../../api/core/node.ts'
import type { Pod } from '../../api/core/pod.ts'
import { lazily } from '../../kernel/lazily.ts'
import type { NodeInfo, PodInfo } from '../cache/node-info.ts'
import { amountOf, CPU, EPHEMERAL_STORAGE, MEMORY } from '../cache/resource-columns.ts'
import {
  ADD,
  type ClusterEvent,
  DELETE,
  UPDATE_NODE_ALLOCATABLE,
  UPDATE_POD_SCALE_DOWN,
} from '../framework/cluster-event.ts'
import type { Plugin, PluginFactory } from '../framework/plugin.ts'
import { type Status, SUCCESS, unschedulable } from '../framework/status.ts'
import {
  bindResources,
  leastRequested,
  mostRequested,
  nodeRequested,
  podRequest,
  requestedToCapacity,
  type ShapePoint,
} from './resource-scores.ts'

/** Scores in shapes are 0..10. */
const SHAPE_SCALE = 10

const resourceWeights = lazily(() =>
  z
    .array(z.strictObject({ name: z.string().min(1), weight: z.int().min(1).max(100).default(1) }))
    .min(1, 'resources not found'),
)

const shape = lazily(() =>
  z
    .array(z.strictObject({ utilization: z.int().min(0).max(100), score: z.int().min(0).max(10) }))
    .min(1)
    .superRefine((points, context) => {
      points.forEach((point, i) => {
        if (i > 0 && point.utilization <= points[i - 1]!.utilization)
          context.addIssue({
            code: 'custom',
            path: [i, 'utilization'],
            message: 'utilization values must be sorted in increasing order',
          })
      })
    }),
)

export const nodeResourcesFitArgs = lazily(() =>
  z.strictObject({
    ignoredResources: z.array(z.string()).default([]),
    ignoredResourceGroups: z.array(z.string()).default([]),
    scoringStrategy: z
      .strictObject({
        type: z
          .enum(['LeastAllocated', 'MostAllocated', 'RequestedToCapacityRatio'])
          .default('LeastAllocated'),
        resources: resourceWeights().default([
          { name: 'cpu', weight: 1 },
          { name: 'memory', weight: 1 },
        ]),
        requestedToCapacityRatio: z.strictObject({ shape: shape() }).optional(),
      })
      .refine((it) => it.type !== 'RequestedToCapacityRatio' || it.requestedToCapacityRatio !== undefined, {
        path: ['requestedToCapacityRatio'],
        message: 'required by type RequestedToCapacityRatio',
      })
      .prefault({}),
  }),
)

export type NodeResourcesFitArgs = z.output<ReturnType<typeof nodeResourcesFitArgs>>

const FULL = 'Too many pods'

export const nodeResourcesFit: PluginFactory = (given, { cache }) => {
  const args = given as NodeResourcesFitArgs
  const ignored = (name: string) =>
    name.includes('/') &&
    (args.ignoredResources.includes(name) ||
      args.ignoredResourceGroups.includes(name.slice(0, name.indexOf('/'))))
  const fits = (pod: PodInfo, node: NodeInfo): Status => fitsRequest(pod, node, ignored)
  return {
    name: 'NodeResourcesFit',
    depends: 'node',
    events: [
      {
        resource: 'AssignedPod',
        actions: DELETE | UPDATE_POD_SCALE_DOWN,
        hint: (pod, event) => frees(pod, event),
      },
      {
        resource: 'Node',
        actions: ADD | UPDATE_NODE_ALLOCATABLE,
        hint: (pod, event) => mayFit(pod, event.newObject as Node, event.oldObject as Node | undefined),
      },
      // The waiting pod itself was resized to less.
      { resource: 'UnscheduledPod', actions: UPDATE_POD_SCALE_DOWN },
    ],
    filter: fits,
    score: scorer(args.scoringStrategy, cache.columns),
  }
}

/** Upstream's order: pods, cpu, memory, ephemeral storage, the rest. All that lack are named. */
function fitsRequest(pod: PodInfo, node: NodeInfo, ignored: (name: string) => boolean): Status {
  const { cpu, memory, ephemeralStorage, scalars } = pod.class.requests
  const tooMany = node.podCount + 1 > node.allowedPods
  const noCpu = cpu > 0 && cpu > node.allocatable(CPU) - node.requested(CPU)
  const noMemory = memory > 0 && memory > node.allocatable(MEMORY) - node.requested(MEMORY)
  const noStorage =
    ephemeralStorage > 0 &&
    ephemeralStorage > node.allocatable(EPHEMERAL_STORAGE) - node.requested(EPHEMERAL_STORAGE)
  let lacking: string[] | undefined
  for (const { name, column, amount } of scalars)
    if (amount > 0 && amount > node.allocatable(column) - node.requested(column) && !ignored(name))
      (lacking ??= []).push(`Insufficient ${name}`)
  if (!tooMany && !noCpu && !noMemory && !noStorage && lacking === undefined) return SUCCESS
  const reasons: string[] = []
  if (tooMany) reasons.push(FULL)
  if (noCpu) reasons.push('Insufficient cpu')
  if (noMemory) reasons.push('Insufficient memory')
  if (noStorage) reasons.push('Insufficient ephemeral-storage')
  return unschedulable(...reasons, ...(lacking ?? []))
}

type Strategy = NodeResourcesFitArgs['scoringStrategy']

function scorer(
  strategy: Strategy,
  columns: Parameters<typeof bindResources>[1],
): NonNullable<Plugin['score']> {
  const resources = bindResources(strategy.resources, columns)
  const isRatio = strategy.type === 'RequestedToCapacityRatio'
  const of = scoreOfResource(strategy)
  return (pod, node) => {
    let sum = 0
    let weights = 0
    for (const { column, weight } of resources) {
      const allocatable = node.allocatable(column)
      if (allocatable === 0) continue
      const wanted = podRequest(pod, column, true)
      // An extended resource that the pod does not ask for says nothing about the node.
      if (wanted === 0 && column > EPHEMERAL_STORAGE) continue
      const score = of(nodeRequested(node, column, true) + wanted, allocatable)
      if (isRatio && score <= 0) continue
      sum += score * weight
      weights += weight
    }
    if (weights === 0) return 0
    return isRatio ? Math.floor(sum / weights + 0.5) : Math.trunc(sum / weights)
  }
}

function scoreOfResource(strategy: Strategy): (requested: number, capacity: number) => number {
  switch (strategy.type) {
    case 'LeastAllocated':
      return leastRequested
    case 'MostAllocated':
      return mostRequested
    case 'RequestedToCapacityRatio': {
      const points: readonly ShapePoint[] = strategy.requestedToCapacityRatio!.shape.map((it) => ({
        utilization: it.utilization,
        value: it.score * SHAPE_SCALE,
      }))
      return (requested, capacity) => requestedToCapacity(points, requested, capacity)
    }
  }
}

/** A pod that went, or shrank, matters when it held something that the waiting pod wants. */
function frees(pod: PodInfo, { oldObject, newObject }: ClusterEvent): boolean {
  if (newObject === undefined) return true
  const before = requestTotals(oldObject as Pod)
  const after = requestTotals(newObject as Pod)
  for (const [name, amount] of before)
    if (amount > (after.get(name) ?? 0) && wantedOf(pod, name) > 0) return true
  return false
}

function requestTotals({ spec }: Pod): Map<string, number> {
  const totals = new Map<string, number>()
  for (const { resources } of spec.containers)
    for (const [name, amount] of Object.entries(resources?.requests ?? {}))
      totals.set(name, (totals.get(name) ?? 0) + amountOf(name, amount))
  return totals
}

function wantedOf(pod: PodInfo, name: string): number {
  const { cpu, memory, ephemeralStorage, scalars } = pod.class.requests
  if (name === 'cpu') return cpu
  if (name === 'memory') return memory
  if (name === 'ephemeral-storage') return ephemeralStorage
  return scalars.find((it) => it.name === name)?.amount ?? 0
}

/** The node, were it empty, has room, and (on an update) offers more of something wanted than before. */
function mayFit(pod: PodInfo, node: Node, old: Node | undefined): boolean {
  const offered = node.status?.allocatable ?? {}
  const offer = (of: Readonly<Record<string, string>>, name: string) =>
    Object.hasOwn(of, name) ? amountOf(name, of[name]!) : 0
  const { cpu, memory, ephemeralStorage, scalars } = pod.class.requests
  const wanted: [string, number][] = [
    ['pods', 1],
    ['cpu', cpu],
    ['memory', memory],
    ['ephemeral-storage', ephemeralStorage],
    ...scalars.map(({ name, amount }): [string, number] => [name, amount]),
  ]
  if (wanted.some(([name, amount]) => amount > 0 && amount > offer(offered, name))) return false
  if (old === undefined) return true
  const before = old.status?.allocatable ?? {}
  return wanted.some(([name, amount]) => amount > 0 && offer(offered, name) > offer(before, name))
}

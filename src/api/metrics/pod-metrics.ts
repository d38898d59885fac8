/** What the containers of a pod used lately; computed when asked for, never stored. */
import { nameColumn, text } from '../columns.ts'
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { duration, filled, type Infer, list, string, struct, time } from '../schema.ts'
import { resourceUsage, totalOf } from './resource-usage.ts'

export const PodMetrics = defineKind<PodMetrics>({
  group: 'metrics.k8s.io',
  version: 'v1beta1',
  kind: 'PodMetrics',
  resource: 'pods',
  singular: 'pod',
  namespaced: true,
  schema: () => podMetrics,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: false,
  verbs: ['get', 'list'],
  storagePrefix: 'metrics.k8s.io/pods',
  columns: [
    nameColumn,
    text('cpu', 'What its containers used of the CPU.', (it) => total(it, 'cpu')),
    text('memory', 'The working set of its containers.', (it) => total(it, 'memory')),
    text('Window', 'The time over which usage is an average.', (it) => it.window ?? ''),
  ],
})

function total({ containers = [] }: PodMetrics, resource: string): string {
  return totalOf(
    resource,
    containers.map((it) => it.usage),
  )
}

export interface PodMetrics extends Infer<typeof podMetrics> {}
export const podMetrics = struct('metrics/v1beta1.PodMetrics', () => ({
  apiVersion: string,
  kind: string,
  metadata: filled(objectMeta),
  timestamp: time,
  window: duration,
  containers: list(containerMetrics),
}))

export interface ContainerMetrics extends Infer<typeof containerMetrics> {}
export const containerMetrics = struct(
  'metrics/v1beta1.ContainerMetrics',
  () => ({
    name: string,
    usage: resourceUsage,
  }),
  'name',
)

/** What a node used lately; computed when asked for, never stored. */
import { nameColumn, text } from '../columns.ts'
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { duration, filled, type Infer, string, struct, time } from '../schema.ts'
import { resourceUsage, totalOf } from './resource-usage.ts'

export const NodeMetrics = defineKind<NodeMetrics>({
  group: 'metrics.k8s.io',
  version: 'v1beta1',
  kind: 'NodeMetrics',
  resource: 'nodes',
  singular: 'node',
  namespaced: false,
  schema: () => nodeMetrics,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: false,
  verbs: ['get', 'list'],
  storagePrefix: 'metrics.k8s.io/nodes',
  columns: [
    nameColumn,
    text('cpu', 'What was used of the CPU.', (it) => totalOf('cpu', [it.usage])),
    text('memory', 'The working set of all that runs.', (it) => totalOf('memory', [it.usage])),
    text('Window', 'The time over which usage is an average.', (it) => it.window ?? ''),
  ],
})

export interface NodeMetrics extends Infer<typeof nodeMetrics> {}
export const nodeMetrics = struct('metrics/v1beta1.NodeMetrics', () => ({
  apiVersion: string,
  kind: string,
  metadata: filled(objectMeta),
  timestamp: time,
  window: duration,
  usage: resourceUsage,
}))

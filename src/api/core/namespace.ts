/** A namespace: a scope for names, whose deletion takes everything in it along. */
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { filled, type Infer, list, listMap, string, struct, time } from '../schema.ts'

export const Namespace = defineKind<Namespace>({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  resource: 'namespaces',
  singular: 'namespace',
  shortNames: ['ns'],
  namespaced: false,
  schema: () => namespace,
  nameRule: 'dns1123Label',
  generation: false,
  status: true,
  subresources: ['finalize'],
  unconditionalUpdate: true,
})

export interface Namespace extends Infer<typeof namespace> {}
export const namespace = struct(
  'core/v1.Namespace',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(namespaceSpec),
    status: filled(namespaceStatus),
  }),
  'spec',
)

export interface NamespaceSpec extends Infer<typeof namespaceSpec> {}
export const namespaceSpec = struct('core/v1.NamespaceSpec', () => ({
  finalizers: list(string),
}))

export interface NamespaceStatus extends Infer<typeof namespaceStatus> {}
export const namespaceStatus = struct('core/v1.NamespaceStatus', () => ({
  phase: string,
  conditions: listMap(namespaceCondition, 'type'),
}))

export interface NamespaceCondition extends Infer<typeof namespaceCondition> {}
export const namespaceCondition = struct(
  'core/v1.NamespaceCondition',
  () => ({
    type: string,
    status: string,
    lastTransitionTime: time,
    reason: string,
    message: string,
  }),
  'type',
  'status',
)

/** The assignment of a pod to a node, as a scheduler posts it. */
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { filled, type Infer, string, struct } from '../schema.ts'
import { objectReference } from './reference.ts'

export const Binding = defineKind<Binding>({
  group: '',
  version: 'v1',
  kind: 'Binding',
  resource: 'bindings',
  singular: 'binding',
  namespaced: true,
  schema: () => binding,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: false,
  verbs: ['create'],
})

export interface Binding extends Infer<typeof binding> {}
export const binding = struct(
  'core/v1.Binding',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    target: filled(objectReference),
  }),
  'target',
)

/** A request to delete a pod that honours disruption budgets. */
import { defineKind } from '../kind.ts'
import { deleteOptions } from '../meta/delete-options.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { filled, type Infer, string, struct } from '../schema.ts'

export const Eviction = defineKind<Eviction>({
  group: 'policy',
  version: 'v1',
  kind: 'Eviction',
  resource: 'evictions',
  singular: 'eviction',
  namespaced: true,
  schema: () => eviction,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: false,
  verbs: ['create'],
})

export interface Eviction extends Infer<typeof eviction> {}
export const eviction = struct('policy/v1.Eviction', () => ({
  apiVersion: string,
  kind: string,
  metadata: filled(objectMeta),
  deleteOptions: deleteOptions,
}))

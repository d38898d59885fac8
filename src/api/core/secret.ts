/** Small confidential data as keys and values. */
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { boolean, bytes, filled, type Infer, kept, map, string, stringMap, struct } from '../schema.ts'

export const Secret = defineKind<Secret>({
  group: '',
  version: 'v1',
  kind: 'Secret',
  resource: 'secrets',
  singular: 'secret',
  namespaced: true,
  schema: () => secret,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: false,
  unconditionalUpdate: true,
})

export interface Secret extends Infer<typeof secret> {}
export const secret = struct('core/v1.Secret', () => ({
  apiVersion: string,
  kind: string,
  metadata: filled(objectMeta),
  data: map(bytes),
  type: string,
  stringData: stringMap,
  immutable: kept(boolean),
}))

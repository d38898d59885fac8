/** Configuration as keys and values, for pods to mount or read as environment. */
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { boolean, bytes, filled, type Infer, kept, map, string, stringMap, struct } from '../schema.ts'

export const ConfigMap = defineKind<ConfigMap>({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  resource: 'configmaps',
  singular: 'configmap',
  shortNames: ['cm'],
  namespaced: true,
  schema: () => configMap,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: false,
  unconditionalUpdate: true,
})

export interface ConfigMap extends Infer<typeof configMap> {}
export const configMap = struct('core/v1.ConfigMap', () => ({
  apiVersion: string,
  kind: string,
  metadata: filled(objectMeta),
  data: stringMap,
  binaryData: map(bytes),
  immutable: kept(boolean),
}))

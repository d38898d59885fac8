/** A way to provision volumes: the driver and its parameters. */

import { topologySelectorTerm } from '../core/reference.ts'
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { boolean, filled, type Infer, kept, list, string, stringMap, struct } from '../schema.ts'

export const StorageClass = defineKind<StorageClass>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  resource: 'storageclasses',
  singular: 'storageclass',
  shortNames: ['sc'],
  namespaced: false,
  schema: () => storageClass,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: false,
  unconditionalUpdate: true,
})

export interface StorageClass extends Infer<typeof storageClass> {}
export const storageClass = struct(
  'storage/v1.StorageClass',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    provisioner: string,
    parameters: stringMap,
    reclaimPolicy: kept(string),
    mountOptions: list(string),
    allowVolumeExpansion: kept(boolean),
    volumeBindingMode: kept(string),
    allowedTopologies: list(topologySelectorTerm),
  }),
  'provisioner',
)

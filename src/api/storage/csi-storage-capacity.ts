/** How much a driver can still provision in one part of the topology. */
import { defineKind } from '../kind.ts'
import { labelSelector } from '../meta/label-selector.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { filled, type Infer, quantity, string, struct } from '../schema.ts'

export const CSIStorageCapacity = defineKind<CSIStorageCapacity>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIStorageCapacity',
  resource: 'csistoragecapacities',
  singular: 'csistoragecapacity',
  namespaced: true,
  schema: () => csiStorageCapacity,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: false,
  unconditionalUpdate: false,
})

export interface CSIStorageCapacity extends Infer<typeof csiStorageCapacity> {}
export const csiStorageCapacity = struct(
  'storage/v1.CSIStorageCapacity',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    nodeTopology: labelSelector,
    storageClassName: string,
    capacity: quantity,
    maximumVolumeSize: quantity,
  }),
  'storageClassName',
)

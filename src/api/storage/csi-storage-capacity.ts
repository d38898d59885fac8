/** How much a driver can still provision in one part of the topology. */
import { nameColumn, text, UNSET } from '../columns.ts'
import { defineKind } from '../kind.ts'
import { labelSelector } from '../meta/label-selector.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { validateImmutable, validateLabelSelector } from '../meta/validation.ts'
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
  validate(object, errors) {
    if (!object.storageClassName) errors.required('storageClassName')
    validateLabelSelector(object.nodeTopology, 'nodeTopology', errors)
  },
  validateUpdate(object, old, errors) {
    validateImmutable(object.storageClassName, old.storageClassName, 'storageClassName', errors)
    validateImmutable(object.nodeTopology, old.nodeTopology, 'nodeTopology', errors)
  },
  columns: [
    nameColumn,
    text('StorageClassName', 'The class it is about.', ({ storageClassName }) => storageClassName ?? ''),
    text('Capacity', 'What is left.', ({ capacity }) => capacity ?? UNSET),
  ],
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

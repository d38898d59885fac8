/** Which CSI drivers a node has. */
import { ageColumn, integer, nameColumn } from '../columns.ts'
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { filled, type Infer, int32, kept, list, listMap, string, struct } from '../schema.ts'

export const CSINode = defineKind<CSINode>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSINode',
  resource: 'csinodes',
  singular: 'csinode',
  namespaced: false,
  schema: () => csiNode,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: false,
  unconditionalUpdate: false,
  validate(object, errors) {
    const names = new Set<string>()
    errors.at('spec', () =>
      errors.each('drivers', object.spec.drivers, ({ name, nodeID, allocatable }) => {
        if (!name) errors.required('name')
        else if (names.has(name)) errors.duplicate('name', name)
        names.add(name)
        if (!nodeID) errors.required('nodeID')
        if ((allocatable?.count ?? 0) < 0) {
          errors.at('allocatable', () =>
            errors.invalid('count', allocatable?.count, 'must be greater than or equal to 0'),
          )
        }
      }),
    )
  },
  columns: [
    nameColumn,
    integer('Drivers', 'How many drivers the node has.', ({ spec }) => (spec.drivers ?? []).length),
    ageColumn,
  ],
})

export interface CSINode extends Infer<typeof csiNode> {}
export const csiNode = struct(
  'storage/v1.CSINode',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(csiNodeSpec),
  }),
  'spec',
)

export interface CSINodeSpec extends Infer<typeof csiNodeSpec> {}
export const csiNodeSpec = struct(
  'storage/v1.CSINodeSpec',
  () => ({
    drivers: listMap(csiNodeDriver, 'name'),
  }),
  'drivers',
)

export interface CSINodeDriver extends Infer<typeof csiNodeDriver> {}
export const csiNodeDriver = struct(
  'storage/v1.CSINodeDriver',
  () => ({
    name: string,
    nodeID: string,
    topologyKeys: list(string),
    allocatable: volumeNodeResources,
  }),
  'name',
  'nodeID',
)

export interface VolumeNodeResources extends Infer<typeof volumeNodeResources> {}
export const volumeNodeResources = struct('storage/v1.VolumeNodeResources', () => ({
  count: kept(int32),
}))

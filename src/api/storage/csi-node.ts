/** Which CSI drivers a node has. */
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

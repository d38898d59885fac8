/** A worker machine: its capacity, health, addresses and taints. */
import { withFields } from '../fill.ts'
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { sameValue } from '../meta/validation.ts'
import {
  boolean,
  filled,
  type Infer,
  int32,
  int64,
  kept,
  list,
  listMap,
  map,
  quantity,
  string,
  struct,
  time,
} from '../schema.ts'
import { nodeColumns } from './node-columns.ts'
import { validateNode } from './node-validation.ts'

export const Node = defineKind<Node>({
  group: '',
  version: 'v1',
  kind: 'Node',
  resource: 'nodes',
  singular: 'node',
  shortNames: ['no'],
  namespaced: false,
  schema: () => node,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: true,
  subresources: ['proxy'],
  unconditionalUpdate: true,
  storagePrefix: 'minions',
  defaults(object) {
    const capacity = object.status?.capacity
    if (capacity === undefined || object.status?.allocatable !== undefined) return object
    return withFields(object, { status: Object.freeze({ ...object.status, allocatable: capacity }) })
  },
  validate: validateNode,
  validateUpdate(object, old, errors) {
    errors.at('spec', () => {
      const { podCIDRs, providerID } = object.spec
      const before = old.spec
      if ((before.podCIDRs ?? []).length > 0 && !sameValue(podCIDRs, before.podCIDRs)) {
        errors.forbidden('podCIDRs', 'node updates may not change podCIDR except from "" to valid')
      }
      if (before.providerID && providerID !== before.providerID) {
        errors.forbidden('providerID', 'node updates may not change providerID except from "" to valid')
      }
    })
  },
  selectableFields: { 'spec.unschedulable': ({ spec }) => String(spec.unschedulable ?? false) },
  columns: nodeColumns,
})

export interface Node extends Infer<typeof node> {}
export const node = struct(
  'core/v1.Node',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(nodeSpec),
    status: filled(nodeStatus),
  }),
  'spec',
)

export interface NodeSpec extends Infer<typeof nodeSpec> {}
export const nodeSpec = struct('core/v1.NodeSpec', () => ({
  podCIDR: string,
  externalID: string,
  providerID: string,
  unschedulable: boolean,
  taints: list(taint),
  configSource: nodeConfigSource,
  podCIDRs: list(string, { set: true, mergePrimitives: true }),
}))

export interface Taint extends Infer<typeof taint> {}
export const taint = struct(
  'core/v1.Taint',
  () => ({
    key: string,
    value: string,
    effect: string,
    timeAdded: time,
  }),
  'key',
  'effect',
)

export interface NodeConfigSource extends Infer<typeof nodeConfigSource> {}
export const nodeConfigSource = struct('core/v1.NodeConfigSource', () => ({
  configMap: configMapNodeConfigSource,
}))

export interface ConfigMapNodeConfigSource extends Infer<typeof configMapNodeConfigSource> {}
export const configMapNodeConfigSource = struct(
  'core/v1.ConfigMapNodeConfigSource',
  () => ({
    namespace: string,
    name: string,
    uid: string,
    resourceVersion: string,
    kubeletConfigKey: string,
  }),
  'namespace',
  'name',
  'kubeletConfigKey',
)

export interface NodeStatus extends Infer<typeof nodeStatus> {}
export const nodeStatus = struct('core/v1.NodeStatus', () => ({
  capacity: map(quantity),
  allocatable: map(quantity),
  phase: string,
  conditions: listMap(nodeCondition, 'type'),
  addresses: listMap(nodeAddress, 'type'),
  daemonEndpoints: filled(nodeDaemonEndpoints),
  nodeInfo: filled(nodeSystemInfo),
  images: list(containerImage),
  volumesInUse: list(string),
  volumesAttached: list(attachedVolume),
  config: nodeConfigStatus,
  runtimeHandlers: list(nodeRuntimeHandler),
  features: nodeFeatures,
}))

export interface NodeCondition extends Infer<typeof nodeCondition> {}
export const nodeCondition = struct(
  'core/v1.NodeCondition',
  () => ({
    type: string,
    status: string,
    lastHeartbeatTime: time,
    lastTransitionTime: time,
    reason: string,
    message: string,
  }),
  'type',
  'status',
)

export interface NodeAddress extends Infer<typeof nodeAddress> {}
export const nodeAddress = struct(
  'core/v1.NodeAddress',
  () => ({
    type: string,
    address: string,
  }),
  'type',
  'address',
)

export interface NodeDaemonEndpoints extends Infer<typeof nodeDaemonEndpoints> {}
export const nodeDaemonEndpoints = struct('core/v1.NodeDaemonEndpoints', () => ({
  kubeletEndpoint: filled(daemonEndpoint),
}))

export interface DaemonEndpoint extends Infer<typeof daemonEndpoint> {}
export const daemonEndpoint = struct(
  'core/v1.DaemonEndpoint',
  () => ({
    Port: int32,
  }),
  'Port',
)

export interface NodeSystemInfo extends Infer<typeof nodeSystemInfo> {}
export const nodeSystemInfo = struct(
  'core/v1.NodeSystemInfo',
  () => ({
    machineID: string,
    systemUUID: string,
    bootID: string,
    kernelVersion: string,
    osImage: string,
    containerRuntimeVersion: string,
    kubeletVersion: string,
    kubeProxyVersion: string,
    operatingSystem: string,
    architecture: string,
    swap: nodeSwapStatus,
  }),
  'machineID',
  'systemUUID',
  'bootID',
  'kernelVersion',
  'osImage',
  'containerRuntimeVersion',
  'kubeletVersion',
  'kubeProxyVersion',
  'operatingSystem',
  'architecture',
)

export interface NodeSwapStatus extends Infer<typeof nodeSwapStatus> {}
export const nodeSwapStatus = struct('core/v1.NodeSwapStatus', () => ({
  capacity: kept(int64),
}))

export interface ContainerImage extends Infer<typeof containerImage> {}
export const containerImage = struct('core/v1.ContainerImage', () => ({
  names: list(string),
  sizeBytes: int64,
}))

export interface AttachedVolume extends Infer<typeof attachedVolume> {}
export const attachedVolume = struct(
  'core/v1.AttachedVolume',
  () => ({
    name: string,
    devicePath: string,
  }),
  'name',
  'devicePath',
)

export interface NodeConfigStatus extends Infer<typeof nodeConfigStatus> {}
export const nodeConfigStatus = struct('core/v1.NodeConfigStatus', () => ({
  assigned: nodeConfigSource,
  active: nodeConfigSource,
  lastKnownGood: nodeConfigSource,
  error: string,
}))

export interface NodeRuntimeHandler extends Infer<typeof nodeRuntimeHandler> {}
export const nodeRuntimeHandler = struct('core/v1.NodeRuntimeHandler', () => ({
  name: kept(string),
  features: nodeRuntimeHandlerFeatures,
}))

export interface NodeRuntimeHandlerFeatures extends Infer<typeof nodeRuntimeHandlerFeatures> {}
export const nodeRuntimeHandlerFeatures = struct('core/v1.NodeRuntimeHandlerFeatures', () => ({
  recursiveReadOnlyMounts: kept(boolean),
  userNamespaces: kept(boolean),
}))

export interface NodeFeatures extends Infer<typeof nodeFeatures> {}
export const nodeFeatures = struct('core/v1.NodeFeatures', () => ({
  supplementalGroupsPolicy: kept(boolean),
}))

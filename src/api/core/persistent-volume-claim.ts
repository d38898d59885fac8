/** A request for storage by a user, bound to one persistent volume. */
import { defineKind } from '../kind.ts'
import { labelSelector } from '../meta/label-selector.ts'
import { objectMeta } from '../meta/object-meta.ts'
import {
  filled,
  type Infer,
  kept,
  list,
  listMap,
  map,
  quantity,
  string,
  stringMap,
  struct,
  time,
} from '../schema.ts'
import { typedLocalObjectReference, typedObjectReference } from './reference.ts'

export const PersistentVolumeClaim = defineKind<PersistentVolumeClaim>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  resource: 'persistentvolumeclaims',
  singular: 'persistentvolumeclaim',
  shortNames: ['pvc'],
  namespaced: true,
  schema: () => persistentVolumeClaim,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: true,
  unconditionalUpdate: true,
})

export interface PersistentVolumeClaim extends Infer<typeof persistentVolumeClaim> {}
export const persistentVolumeClaim = struct(
  'core/v1.PersistentVolumeClaim',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(persistentVolumeClaimSpec),
    status: filled(persistentVolumeClaimStatus),
  }),
  'spec',
)

export interface PersistentVolumeClaimSpec extends Infer<typeof persistentVolumeClaimSpec> {}
export const persistentVolumeClaimSpec = struct('core/v1.PersistentVolumeClaimSpec', () => ({
  accessModes: list(string),
  resources: filled(volumeResourceRequirements),
  volumeName: string,
  selector: labelSelector,
  storageClassName: kept(string),
  volumeMode: kept(string),
  dataSource: typedLocalObjectReference,
  dataSourceRef: typedObjectReference,
  volumeAttributesClassName: kept(string),
}))

export interface VolumeResourceRequirements extends Infer<typeof volumeResourceRequirements> {}
export const volumeResourceRequirements = struct('core/v1.VolumeResourceRequirements', () => ({
  limits: map(quantity),
  requests: map(quantity),
}))

export interface PersistentVolumeClaimStatus extends Infer<typeof persistentVolumeClaimStatus> {}
export const persistentVolumeClaimStatus = struct('core/v1.PersistentVolumeClaimStatus', () => ({
  phase: string,
  accessModes: list(string),
  capacity: map(quantity),
  conditions: listMap(persistentVolumeClaimCondition, 'type'),
  allocatedResources: map(quantity),
  allocatedResourceStatuses: stringMap,
  currentVolumeAttributesClassName: kept(string),
  modifyVolumeStatus: modifyVolumeStatus,
}))

export interface PersistentVolumeClaimCondition extends Infer<typeof persistentVolumeClaimCondition> {}
export const persistentVolumeClaimCondition = struct(
  'core/v1.PersistentVolumeClaimCondition',
  () => ({
    type: string,
    status: string,
    lastProbeTime: time,
    lastTransitionTime: time,
    reason: string,
    message: string,
  }),
  'type',
  'status',
)

export interface ModifyVolumeStatus extends Infer<typeof modifyVolumeStatus> {}
export const modifyVolumeStatus = struct(
  'core/v1.ModifyVolumeStatus',
  () => ({
    targetVolumeAttributesClassName: string,
    status: string,
  }),
  'status',
)

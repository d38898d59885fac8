/** A request for storage by a user, bound to one persistent volume. */

import { ageColumn, nameColumn, text, UNSET, wide } from '../columns.ts'
import { fill, mapField, withFields } from '../fill.ts'
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
import { accessModesText } from './access-modes.ts'
import { validateClaimSpec, validateClaimUpdate } from './persistent-volume-claim-validation.ts'
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
  defaults(object) {
    return mapField(object, 'spec', (spec) => fill(spec, { volumeMode: 'Filesystem' }))
  },
  prepareForCreate: (object) => withFields(object, { status: PENDING }),
  prepareForUpdate: (object, old) => withFields(object, { status: old.status }),
  warn({ metadata }, warnings) {
    if (metadata?.annotations?.[CLASS] === undefined) return
    const text = 'deprecated since v1.8; use "storageClassName" attribute instead'
    warnings.at('metadata', () => warnings.at('annotations', () => warnings.add({ key: CLASS }, text)))
  },
  validate(object, errors) {
    errors.at('spec', () => validateClaimSpec(object.spec, errors))
  },
  validateUpdate: validateClaimUpdate,
  columns: [
    nameColumn,
    text('Status', 'Pending, Bound or Lost.', ({ metadata, status }) =>
      metadata?.deletionTimestamp ? 'Terminating' : (status?.phase ?? ''),
    ),
    text('Volume', 'The volume it is bound to.', ({ spec }) => spec.volumeName ?? ''),
    text('Capacity', 'How much it got.', ({ spec, status }) =>
      spec.volumeName ? (status?.capacity?.['storage'] ?? '0') : '',
    ),
    text('Access Modes', 'How it may be mounted.', ({ spec, status }) =>
      spec.volumeName ? accessModesText(status?.accessModes) : '',
    ),
    text('StorageClass', 'The storage class it asks for.', ({ metadata, spec }) => {
      return metadata?.annotations?.[CLASS] ?? spec.storageClassName ?? ''
    }),
    text(
      'VolumeAttributesClass',
      'Its attributes class.',
      ({ spec }) => spec.volumeAttributesClassName || UNSET,
    ),
    ageColumn,
    wide(text('VolumeMode', 'Filesystem or Block.', ({ spec }) => spec.volumeMode || UNSET)),
  ],
})

const PENDING = Object.freeze({ phase: 'Pending' })

/** As classes were named of old. */
const CLASS = 'volume.beta.kubernetes.io/storage-class'

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

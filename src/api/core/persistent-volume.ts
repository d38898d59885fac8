/** A piece of storage of the cluster, whose life does not depend on a pod. */

import { ageColumn, nameColumn, text, UNSET, wide } from '../columns.ts'
import { fill, mapField, withFields } from '../fill.ts'
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { sameValue, validateImmutable } from '../meta/validation.ts'
import {
  boolean,
  filled,
  type Infer,
  int32,
  kept,
  list,
  map,
  quantity,
  string,
  stringMap,
  struct,
  time,
} from '../schema.ts'
import { accessModesText } from './access-modes.ts'
import { nodeSelector } from './affinity.ts'
import { warnOfNodeTerm } from './node-label-warnings.ts'
import { COMMON_FIELDS, validatePersistentVolume } from './persistent-volume-validation.ts'
import { objectReference, secretReference } from './reference.ts'
import {
  awsElasticBlockStoreVolumeSource,
  azureDiskVolumeSource,
  fcVolumeSource,
  flockerVolumeSource,
  gcePersistentDiskVolumeSource,
  hostPathVolumeSource,
  nfsVolumeSource,
  photonPersistentDiskVolumeSource,
  portworxVolumeSource,
  quobyteVolumeSource,
  vsphereVirtualDiskVolumeSource,
} from './volume-source.ts'

export const PersistentVolume = defineKind<PersistentVolume>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  resource: 'persistentvolumes',
  singular: 'persistentvolume',
  shortNames: ['pv'],
  namespaced: false,
  schema: () => persistentVolume,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: true,
  unconditionalUpdate: true,
  defaults(object) {
    const spec = fill(object.spec, { persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem' })
    const complete = mapField(spec, 'hostPath', (it) => fill(it, { type: '' }))
    return withFields(object, { spec: complete })
  },
  prepareForCreate: (object, { now }) =>
    withFields(object, { status: Object.freeze({ phase: 'Pending', lastPhaseTransitionTime: now }) }),
  prepareForUpdate: (object, old) => withFields(object, { status: old.status }),
  validate: validatePersistentVolume,
  warn({ spec }, warnings) {
    warnings.at('spec', () => {
      if (spec.persistentVolumeReclaimPolicy === 'Recycle') {
        const advice = 'Instead, the recommended approach is to use dynamic provisioning.'
        warnings.add('persistentVolumeReclaimPolicy', `The Recycle reclaim policy is deprecated. ${advice}`)
      }
      warnings.at('nodeAffinity', () =>
        warnings.at('required', () =>
          warnings.each('nodeSelectorTerms', spec.nodeAffinity?.required?.nodeSelectorTerms, (term) =>
            warnOfNodeTerm(term, false, warnings),
          ),
        ),
      )
    })
  },
  validateUpdate(object, old, errors) {
    const sources = (spec: PersistentVolumeSpec) =>
      Object.fromEntries(Object.entries(spec).filter(([field]) => !COMMON_FIELDS.has(field)))
    errors.at('spec', () => {
      if (!sameValue(sources(object.spec), sources(old.spec))) {
        errors.forbidden('persistentvolumesource', 'spec.persistentvolumesource is immutable after creation')
      }
      validateImmutable(object.spec.volumeMode, old.spec.volumeMode, 'volumeMode', errors)
    })
  },
  columns: [
    nameColumn,
    text('Capacity', 'How much it holds.', ({ spec }) => spec.capacity?.['storage'] ?? '0'),
    text('Access Modes', 'How it may be mounted.', ({ spec }) => accessModesText(spec.accessModes)),
    text(
      'Reclaim Policy',
      'What becomes of it without its claim.',
      ({ spec }) => spec.persistentVolumeReclaimPolicy ?? '',
    ),
    text('Status', 'Available, Bound, Released, ...', ({ metadata, status }) =>
      metadata?.deletionTimestamp ? 'Terminating' : (status?.phase ?? ''),
    ),
    text('Claim', 'The claim it is bound to.', ({ spec }) =>
      spec.claimRef === undefined ? '' : `${spec.claimRef.namespace}/${spec.claimRef.name}`,
    ),
    text('StorageClass', 'Its storage class.', ({ spec }) => spec.storageClassName ?? ''),
    text(
      'VolumeAttributesClass',
      'Its attributes class.',
      ({ spec }) => spec.volumeAttributesClassName || UNSET,
    ),
    text('Reason', 'Why it failed.', ({ status }) => status?.reason ?? ''),
    ageColumn,
    wide(text('VolumeMode', 'Filesystem or Block.', ({ spec }) => spec.volumeMode || UNSET)),
  ],
})

export interface PersistentVolume extends Infer<typeof persistentVolume> {}
export const persistentVolume = struct(
  'core/v1.PersistentVolume',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(persistentVolumeSpec),
    status: filled(persistentVolumeStatus),
  }),
  'spec',
)

export interface PersistentVolumeSpec extends Infer<typeof persistentVolumeSpec> {}
export const persistentVolumeSpec = struct('core/v1.PersistentVolumeSpec', () => ({
  capacity: map(quantity),
  gcePersistentDisk: gcePersistentDiskVolumeSource,
  awsElasticBlockStore: awsElasticBlockStoreVolumeSource,
  hostPath: hostPathVolumeSource,
  glusterfs: glusterfsPersistentVolumeSource,
  nfs: nfsVolumeSource,
  rbd: rbdPersistentVolumeSource,
  iscsi: iscsiPersistentVolumeSource,
  cinder: cinderPersistentVolumeSource,
  cephfs: cephFSPersistentVolumeSource,
  fc: fcVolumeSource,
  flocker: flockerVolumeSource,
  flexVolume: flexPersistentVolumeSource,
  azureFile: azureFilePersistentVolumeSource,
  vsphereVolume: vsphereVirtualDiskVolumeSource,
  quobyte: quobyteVolumeSource,
  azureDisk: azureDiskVolumeSource,
  photonPersistentDisk: photonPersistentDiskVolumeSource,
  portworxVolume: portworxVolumeSource,
  scaleIO: scaleIOPersistentVolumeSource,
  local: localVolumeSource,
  storageos: storageOSPersistentVolumeSource,
  csi: csiPersistentVolumeSource,
  accessModes: list(string),
  claimRef: objectReference,
  persistentVolumeReclaimPolicy: string,
  storageClassName: string,
  mountOptions: list(string),
  volumeMode: kept(string),
  nodeAffinity: volumeNodeAffinity,
  volumeAttributesClassName: kept(string),
}))

export interface GlusterfsPersistentVolumeSource extends Infer<typeof glusterfsPersistentVolumeSource> {}
export const glusterfsPersistentVolumeSource = struct(
  'core/v1.GlusterfsPersistentVolumeSource',
  () => ({
    endpoints: string,
    path: string,
    readOnly: boolean,
    endpointsNamespace: kept(string),
  }),
  'endpoints',
  'path',
)

export interface RBDPersistentVolumeSource extends Infer<typeof rbdPersistentVolumeSource> {}
export const rbdPersistentVolumeSource = struct(
  'core/v1.RBDPersistentVolumeSource',
  () => ({
    monitors: list(string),
    image: string,
    fsType: string,
    pool: string,
    user: string,
    keyring: string,
    secretRef: secretReference,
    readOnly: boolean,
  }),
  'monitors',
  'image',
)

export interface ISCSIPersistentVolumeSource extends Infer<typeof iscsiPersistentVolumeSource> {}
export const iscsiPersistentVolumeSource = struct(
  'core/v1.ISCSIPersistentVolumeSource',
  () => ({
    targetPortal: string,
    iqn: string,
    lun: int32,
    iscsiInterface: string,
    fsType: string,
    readOnly: boolean,
    portals: list(string),
    chapAuthDiscovery: boolean,
    secretRef: secretReference,
    chapAuthSession: boolean,
    initiatorName: kept(string),
  }),
  'targetPortal',
  'iqn',
  'lun',
)

export interface CinderPersistentVolumeSource extends Infer<typeof cinderPersistentVolumeSource> {}
export const cinderPersistentVolumeSource = struct(
  'core/v1.CinderPersistentVolumeSource',
  () => ({
    volumeID: string,
    fsType: string,
    readOnly: boolean,
    secretRef: secretReference,
  }),
  'volumeID',
)

export interface CephFSPersistentVolumeSource extends Infer<typeof cephFSPersistentVolumeSource> {}
export const cephFSPersistentVolumeSource = struct(
  'core/v1.CephFSPersistentVolumeSource',
  () => ({
    monitors: list(string),
    path: string,
    user: string,
    secretFile: string,
    secretRef: secretReference,
    readOnly: boolean,
  }),
  'monitors',
)

export interface FlexPersistentVolumeSource extends Infer<typeof flexPersistentVolumeSource> {}
export const flexPersistentVolumeSource = struct(
  'core/v1.FlexPersistentVolumeSource',
  () => ({
    driver: string,
    fsType: string,
    secretRef: secretReference,
    readOnly: boolean,
    options: stringMap,
  }),
  'driver',
)

export interface AzureFilePersistentVolumeSource extends Infer<typeof azureFilePersistentVolumeSource> {}
export const azureFilePersistentVolumeSource = struct(
  'core/v1.AzureFilePersistentVolumeSource',
  () => ({
    secretName: string,
    shareName: string,
    readOnly: boolean,
    secretNamespace: kept(string),
  }),
  'secretName',
  'shareName',
)

export interface ScaleIOPersistentVolumeSource extends Infer<typeof scaleIOPersistentVolumeSource> {}
export const scaleIOPersistentVolumeSource = struct(
  'core/v1.ScaleIOPersistentVolumeSource',
  () => ({
    gateway: string,
    system: string,
    secretRef: secretReference,
    sslEnabled: boolean,
    protectionDomain: string,
    storagePool: string,
    storageMode: string,
    volumeName: string,
    fsType: string,
    readOnly: boolean,
  }),
  'gateway',
  'system',
  'secretRef',
)

export interface LocalVolumeSource extends Infer<typeof localVolumeSource> {}
export const localVolumeSource = struct(
  'core/v1.LocalVolumeSource',
  () => ({
    path: string,
    fsType: kept(string),
  }),
  'path',
)

export interface StorageOSPersistentVolumeSource extends Infer<typeof storageOSPersistentVolumeSource> {}
export const storageOSPersistentVolumeSource = struct('core/v1.StorageOSPersistentVolumeSource', () => ({
  volumeName: string,
  volumeNamespace: string,
  fsType: string,
  readOnly: boolean,
  secretRef: objectReference,
}))

export interface CSIPersistentVolumeSource extends Infer<typeof csiPersistentVolumeSource> {}
export const csiPersistentVolumeSource = struct(
  'core/v1.CSIPersistentVolumeSource',
  () => ({
    driver: string,
    volumeHandle: string,
    readOnly: boolean,
    fsType: string,
    volumeAttributes: stringMap,
    controllerPublishSecretRef: secretReference,
    nodeStageSecretRef: secretReference,
    nodePublishSecretRef: secretReference,
    controllerExpandSecretRef: secretReference,
    nodeExpandSecretRef: secretReference,
  }),
  'driver',
  'volumeHandle',
)

export interface VolumeNodeAffinity extends Infer<typeof volumeNodeAffinity> {}
export const volumeNodeAffinity = struct('core/v1.VolumeNodeAffinity', () => ({
  required: nodeSelector,
}))

export interface PersistentVolumeStatus extends Infer<typeof persistentVolumeStatus> {}
export const persistentVolumeStatus = struct('core/v1.PersistentVolumeStatus', () => ({
  phase: string,
  message: string,
  reason: string,
  lastPhaseTransitionTime: time,
}))

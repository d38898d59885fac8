/** A volume of a pod and all the places its data may come from. */

import { labelSelector } from '../meta/label-selector.ts'
import { objectMeta } from '../meta/object-meta.ts'
import {
  boolean,
  filled,
  type Infer,
  int32,
  int64,
  kept,
  list,
  quantity,
  string,
  stringMap,
  struct,
} from '../schema.ts'
import { persistentVolumeClaimSpec } from './persistent-volume-claim.ts'
import { localObjectReference, objectFieldSelector, resourceFieldSelector } from './reference.ts'
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

export interface Volume extends Infer<typeof volume> {}
export const volume = struct(
  'core/v1.Volume',
  () => ({
    name: string,
    hostPath: hostPathVolumeSource,
    emptyDir: emptyDirVolumeSource,
    gcePersistentDisk: gcePersistentDiskVolumeSource,
    awsElasticBlockStore: awsElasticBlockStoreVolumeSource,
    gitRepo: gitRepoVolumeSource,
    secret: secretVolumeSource,
    nfs: nfsVolumeSource,
    iscsi: iscsiVolumeSource,
    glusterfs: glusterfsVolumeSource,
    persistentVolumeClaim: persistentVolumeClaimVolumeSource,
    rbd: rbdVolumeSource,
    flexVolume: flexVolumeSource,
    cinder: cinderVolumeSource,
    cephfs: cephFSVolumeSource,
    flocker: flockerVolumeSource,
    downwardAPI: downwardAPIVolumeSource,
    fc: fcVolumeSource,
    azureFile: azureFileVolumeSource,
    configMap: configMapVolumeSource,
    vsphereVolume: vsphereVirtualDiskVolumeSource,
    quobyte: quobyteVolumeSource,
    azureDisk: azureDiskVolumeSource,
    photonPersistentDisk: photonPersistentDiskVolumeSource,
    portworxVolume: portworxVolumeSource,
    scaleIO: scaleIOVolumeSource,
    projected: projectedVolumeSource,
    storageos: storageOSVolumeSource,
    csi: csiVolumeSource,
    ephemeral: ephemeralVolumeSource,
    image: imageVolumeSource,
  }),
  'name',
)

export interface EmptyDirVolumeSource extends Infer<typeof emptyDirVolumeSource> {}
export const emptyDirVolumeSource = struct('core/v1.EmptyDirVolumeSource', () => ({
  medium: string,
  sizeLimit: quantity,
}))

export interface GitRepoVolumeSource extends Infer<typeof gitRepoVolumeSource> {}
export const gitRepoVolumeSource = struct(
  'core/v1.GitRepoVolumeSource',
  () => ({
    repository: string,
    revision: string,
    directory: string,
  }),
  'repository',
)

export interface SecretVolumeSource extends Infer<typeof secretVolumeSource> {}
export const secretVolumeSource = struct('core/v1.SecretVolumeSource', () => ({
  secretName: string,
  items: list(keyToPath),
  defaultMode: kept(int32),
  optional: kept(boolean),
}))

export interface KeyToPath extends Infer<typeof keyToPath> {}
export const keyToPath = struct(
  'core/v1.KeyToPath',
  () => ({
    key: string,
    path: string,
    mode: kept(int32),
  }),
  'key',
  'path',
)

export interface ISCSIVolumeSource extends Infer<typeof iscsiVolumeSource> {}
export const iscsiVolumeSource = struct(
  'core/v1.ISCSIVolumeSource',
  () => ({
    targetPortal: string,
    iqn: string,
    lun: int32,
    iscsiInterface: string,
    fsType: string,
    readOnly: boolean,
    portals: list(string),
    chapAuthDiscovery: boolean,
    secretRef: localObjectReference,
    chapAuthSession: boolean,
    initiatorName: kept(string),
  }),
  'targetPortal',
  'iqn',
  'lun',
)

export interface GlusterfsVolumeSource extends Infer<typeof glusterfsVolumeSource> {}
export const glusterfsVolumeSource = struct(
  'core/v1.GlusterfsVolumeSource',
  () => ({
    endpoints: string,
    path: string,
    readOnly: boolean,
  }),
  'endpoints',
  'path',
)

export interface PersistentVolumeClaimVolumeSource extends Infer<typeof persistentVolumeClaimVolumeSource> {}
export const persistentVolumeClaimVolumeSource = struct(
  'core/v1.PersistentVolumeClaimVolumeSource',
  () => ({
    claimName: string,
    readOnly: boolean,
  }),
  'claimName',
)

export interface RBDVolumeSource extends Infer<typeof rbdVolumeSource> {}
export const rbdVolumeSource = struct(
  'core/v1.RBDVolumeSource',
  () => ({
    monitors: list(string),
    image: string,
    fsType: string,
    pool: string,
    user: string,
    keyring: string,
    secretRef: localObjectReference,
    readOnly: boolean,
  }),
  'monitors',
  'image',
)

export interface FlexVolumeSource extends Infer<typeof flexVolumeSource> {}
export const flexVolumeSource = struct(
  'core/v1.FlexVolumeSource',
  () => ({
    driver: string,
    fsType: string,
    secretRef: localObjectReference,
    readOnly: boolean,
    options: stringMap,
  }),
  'driver',
)

export interface CinderVolumeSource extends Infer<typeof cinderVolumeSource> {}
export const cinderVolumeSource = struct(
  'core/v1.CinderVolumeSource',
  () => ({
    volumeID: string,
    fsType: string,
    readOnly: boolean,
    secretRef: localObjectReference,
  }),
  'volumeID',
)

export interface CephFSVolumeSource extends Infer<typeof cephFSVolumeSource> {}
export const cephFSVolumeSource = struct(
  'core/v1.CephFSVolumeSource',
  () => ({
    monitors: list(string),
    path: string,
    user: string,
    secretFile: string,
    secretRef: localObjectReference,
    readOnly: boolean,
  }),
  'monitors',
)

export interface DownwardAPIVolumeSource extends Infer<typeof downwardAPIVolumeSource> {}
export const downwardAPIVolumeSource = struct('core/v1.DownwardAPIVolumeSource', () => ({
  items: list(downwardAPIVolumeFile),
  defaultMode: kept(int32),
}))

export interface DownwardAPIVolumeFile extends Infer<typeof downwardAPIVolumeFile> {}
export const downwardAPIVolumeFile = struct(
  'core/v1.DownwardAPIVolumeFile',
  () => ({
    path: string,
    fieldRef: objectFieldSelector,
    resourceFieldRef: resourceFieldSelector,
    mode: kept(int32),
  }),
  'path',
)

export interface AzureFileVolumeSource extends Infer<typeof azureFileVolumeSource> {}
export const azureFileVolumeSource = struct(
  'core/v1.AzureFileVolumeSource',
  () => ({
    secretName: string,
    shareName: string,
    readOnly: boolean,
  }),
  'secretName',
  'shareName',
)

export interface ConfigMapVolumeSource extends Infer<typeof configMapVolumeSource> {}
export const configMapVolumeSource = struct('core/v1.ConfigMapVolumeSource', () => ({
  name: string,
  items: list(keyToPath),
  defaultMode: kept(int32),
  optional: kept(boolean),
}))

export interface ScaleIOVolumeSource extends Infer<typeof scaleIOVolumeSource> {}
export const scaleIOVolumeSource = struct(
  'core/v1.ScaleIOVolumeSource',
  () => ({
    gateway: string,
    system: string,
    secretRef: localObjectReference,
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

export interface ProjectedVolumeSource extends Infer<typeof projectedVolumeSource> {}
export const projectedVolumeSource = struct('core/v1.ProjectedVolumeSource', () => ({
  sources: list(volumeProjection),
  defaultMode: kept(int32),
}))

export interface VolumeProjection extends Infer<typeof volumeProjection> {}
export const volumeProjection = struct('core/v1.VolumeProjection', () => ({
  secret: secretProjection,
  downwardAPI: downwardAPIProjection,
  configMap: configMapProjection,
  serviceAccountToken: serviceAccountTokenProjection,
  clusterTrustBundle: clusterTrustBundleProjection,
}))

export interface SecretProjection extends Infer<typeof secretProjection> {}
export const secretProjection = struct('core/v1.SecretProjection', () => ({
  name: string,
  items: list(keyToPath),
  optional: kept(boolean),
}))

export interface DownwardAPIProjection extends Infer<typeof downwardAPIProjection> {}
export const downwardAPIProjection = struct('core/v1.DownwardAPIProjection', () => ({
  items: list(downwardAPIVolumeFile),
}))

export interface ConfigMapProjection extends Infer<typeof configMapProjection> {}
export const configMapProjection = struct('core/v1.ConfigMapProjection', () => ({
  name: string,
  items: list(keyToPath),
  optional: kept(boolean),
}))

export interface ServiceAccountTokenProjection extends Infer<typeof serviceAccountTokenProjection> {}
export const serviceAccountTokenProjection = struct(
  'core/v1.ServiceAccountTokenProjection',
  () => ({
    audience: string,
    expirationSeconds: kept(int64),
    path: string,
  }),
  'path',
)

export interface ClusterTrustBundleProjection extends Infer<typeof clusterTrustBundleProjection> {}
export const clusterTrustBundleProjection = struct(
  'core/v1.ClusterTrustBundleProjection',
  () => ({
    name: kept(string),
    signerName: kept(string),
    labelSelector: labelSelector,
    path: string,
    optional: kept(boolean),
  }),
  'path',
)

export interface StorageOSVolumeSource extends Infer<typeof storageOSVolumeSource> {}
export const storageOSVolumeSource = struct('core/v1.StorageOSVolumeSource', () => ({
  volumeName: string,
  volumeNamespace: string,
  fsType: string,
  readOnly: boolean,
  secretRef: localObjectReference,
}))

export interface CSIVolumeSource extends Infer<typeof csiVolumeSource> {}
export const csiVolumeSource = struct(
  'core/v1.CSIVolumeSource',
  () => ({
    driver: string,
    readOnly: kept(boolean),
    fsType: kept(string),
    volumeAttributes: stringMap,
    nodePublishSecretRef: localObjectReference,
  }),
  'driver',
)

export interface EphemeralVolumeSource extends Infer<typeof ephemeralVolumeSource> {}
export const ephemeralVolumeSource = struct('core/v1.EphemeralVolumeSource', () => ({
  volumeClaimTemplate: persistentVolumeClaimTemplate,
}))

export interface PersistentVolumeClaimTemplate extends Infer<typeof persistentVolumeClaimTemplate> {}
export const persistentVolumeClaimTemplate = struct(
  'core/v1.PersistentVolumeClaimTemplate',
  () => ({
    metadata: filled(objectMeta),
    spec: filled(persistentVolumeClaimSpec),
  }),
  'spec',
)

export interface ImageVolumeSource extends Infer<typeof imageVolumeSource> {}
export const imageVolumeSource = struct('core/v1.ImageVolumeSource', () => ({
  reference: string,
  pullPolicy: string,
}))

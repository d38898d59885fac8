/** Sources that pod volumes and persistent volumes have in common. */
import { boolean, type Infer, int32, kept, list, string, struct } from '../schema.ts'

export interface HostPathVolumeSource extends Infer<typeof hostPathVolumeSource> {}
export const hostPathVolumeSource = struct(
  'core/v1.HostPathVolumeSource',
  () => ({
    path: string,
    type: kept(string),
  }),
  'path',
)

export interface GCEPersistentDiskVolumeSource extends Infer<typeof gcePersistentDiskVolumeSource> {}
export const gcePersistentDiskVolumeSource = struct(
  'core/v1.GCEPersistentDiskVolumeSource',
  () => ({
    pdName: string,
    fsType: string,
    partition: int32,
    readOnly: boolean,
  }),
  'pdName',
)

export interface AWSElasticBlockStoreVolumeSource extends Infer<typeof awsElasticBlockStoreVolumeSource> {}
export const awsElasticBlockStoreVolumeSource = struct(
  'core/v1.AWSElasticBlockStoreVolumeSource',
  () => ({
    volumeID: string,
    fsType: string,
    partition: int32,
    readOnly: boolean,
  }),
  'volumeID',
)

export interface NFSVolumeSource extends Infer<typeof nfsVolumeSource> {}
export const nfsVolumeSource = struct(
  'core/v1.NFSVolumeSource',
  () => ({
    server: string,
    path: string,
    readOnly: boolean,
  }),
  'server',
  'path',
)

export interface FlockerVolumeSource extends Infer<typeof flockerVolumeSource> {}
export const flockerVolumeSource = struct('core/v1.FlockerVolumeSource', () => ({
  datasetName: string,
  datasetUUID: string,
}))

export interface FCVolumeSource extends Infer<typeof fcVolumeSource> {}
export const fcVolumeSource = struct('core/v1.FCVolumeSource', () => ({
  targetWWNs: list(string),
  lun: kept(int32),
  fsType: string,
  readOnly: boolean,
  wwids: list(string),
}))

export interface VsphereVirtualDiskVolumeSource extends Infer<typeof vsphereVirtualDiskVolumeSource> {}
export const vsphereVirtualDiskVolumeSource = struct(
  'core/v1.VsphereVirtualDiskVolumeSource',
  () => ({
    volumePath: string,
    fsType: string,
    storagePolicyName: string,
    storagePolicyID: string,
  }),
  'volumePath',
)

export interface QuobyteVolumeSource extends Infer<typeof quobyteVolumeSource> {}
export const quobyteVolumeSource = struct(
  'core/v1.QuobyteVolumeSource',
  () => ({
    registry: string,
    volume: string,
    readOnly: boolean,
    user: string,
    group: string,
    tenant: string,
  }),
  'registry',
  'volume',
)

export interface AzureDiskVolumeSource extends Infer<typeof azureDiskVolumeSource> {}
export const azureDiskVolumeSource = struct(
  'core/v1.AzureDiskVolumeSource',
  () => ({
    kind: kept(string),
    diskName: string,
    diskURI: string,
    cachingMode: kept(string),
    fsType: kept(string),
    readOnly: kept(boolean),
  }),
  'diskName',
  'diskURI',
)

export interface PhotonPersistentDiskVolumeSource extends Infer<typeof photonPersistentDiskVolumeSource> {}
export const photonPersistentDiskVolumeSource = struct(
  'core/v1.PhotonPersistentDiskVolumeSource',
  () => ({
    pdID: string,
    fsType: string,
  }),
  'pdID',
)

export interface PortworxVolumeSource extends Infer<typeof portworxVolumeSource> {}
export const portworxVolumeSource = struct(
  'core/v1.PortworxVolumeSource',
  () => ({
    volumeID: string,
    fsType: string,
    readOnly: boolean,
  }),
  'volumeID',
)

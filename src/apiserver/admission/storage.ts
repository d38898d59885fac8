/**
 * Plug-ins for volumes and their claims (upstream: plugin/pkg/admission/storage): the default class, finalizers that
 * keep what is in use, and no growth where the class does not allow it.
 */
import type { PersistentVolumeClaim } from '../../api/core/persistent-volume-claim.ts'
import { forbidden } from '../../api/errors.ts'
import type { KubeObject } from '../../api/kind.ts'
import { compareQuantities } from '../../api/quantity.ts'
import type { StorageClass } from '../../api/storage/storage-class.ts'
import type { AdmissionPlugin, AdmissionTarget } from './plugin.ts'

const IS_DEFAULT = 'storageclass.kubernetes.io/is-default-class'
const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class'

const isMain = ({ subresource, kind }: AdmissionTarget) => subresource === '' && kind.group === ''
const isClaim = (attributes: AdmissionTarget) =>
  isMain(attributes) && attributes.kind.resource === 'persistentvolumeclaims'

export const defaultStorageClass: AdmissionPlugin = {
  name: 'DefaultStorageClass',
  handles: (attributes) => isClaim(attributes) && attributes.operation === 'CREATE',
  admit(object, { server }) {
    const claim = object as PersistentVolumeClaim
    if (claim.spec.storageClassName !== undefined || claim.metadata?.annotations?.[BETA_CLASS]) return object
    const found = defaultClass(server.cached('storage.k8s.io', 'storageclasses') as readonly StorageClass[])
    if (found === undefined) return object
    return { ...claim, spec: { ...claim.spec, storageClassName: found.metadata!.name } } as KubeObject
  },
}

/** The newest of those marked as default; of the same age, the first by name. */
function defaultClass(classes: readonly StorageClass[]): StorageClass | undefined {
  let best: StorageClass | undefined
  for (const candidate of classes) {
    if (candidate.metadata?.annotations?.[IS_DEFAULT] !== 'true') continue
    if (best === undefined || candidate.metadata.creationTimestamp! > best.metadata!.creationTimestamp!) {
      best = candidate
    }
  }
  return best
}

const PROTECTION: Readonly<Record<string, string>> = {
  persistentvolumes: 'kubernetes.io/pv-protection',
  persistentvolumeclaims: 'kubernetes.io/pvc-protection',
}

export const storageObjectInUseProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  handles: (attributes) =>
    attributes.operation === 'CREATE' &&
    isMain(attributes) &&
    PROTECTION[attributes.kind.resource] !== undefined,
  admit(object, { kind }) {
    const finalizer = PROTECTION[kind.resource]!
    const finalizers = object.metadata?.finalizers ?? []
    if (finalizers.includes(finalizer)) return object
    return { ...object, metadata: { ...object.metadata, finalizers: [...finalizers, finalizer] } }
  },
}

export const persistentVolumeClaimResize: AdmissionPlugin = {
  name: 'PersistentVolumeClaimResize',
  handles: (attributes) => isClaim(attributes) && attributes.operation === 'UPDATE',
  validate(object, { server, old, name, kind }) {
    const next = object as PersistentVolumeClaim
    const before = old as PersistentVolumeClaim
    const size = next.spec.resources?.requests?.storage
    const oldSize = before.spec.resources?.requests?.storage
    if (size === undefined || oldSize === undefined || compareQuantities(size, oldSize) <= 0) return
    if (before.status?.phase !== 'Bound') {
      throw forbidden(kind, name, 'Only bound persistent volume claims can be expanded')
    }
    const className = next.spec.storageClassName
    const storageClass = className
      ? (server.find('storage.k8s.io', 'storageclasses', undefined, className) as StorageClass | undefined)
      : undefined
    if (storageClass?.allowVolumeExpansion !== true) {
      throw forbidden(
        kind,
        name,
        'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
      )
    }
  },
}

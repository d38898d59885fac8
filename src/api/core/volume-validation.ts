/** What the volumes of a pod may say. Upstream: pkg/apis/core/validation/validation.go, ValidateVolumes. */
import type { FieldErrors } from '../field-errors.ts'
import { checkConfigMapKey, checkDns1123Label } from '../names.ts'
import { compareQuantities } from '../quantity.ts'
import { validateFieldPath, validateLocalPath } from './container-validation.ts'
import type { DownwardAPIVolumeFile, KeyToPath, Volume } from './volume.ts'

/** Returns the names that containers may mount. */
export function validateVolumes(
  volumes: readonly Volume[] | undefined,
  errors: FieldErrors,
): ReadonlySet<string> {
  if (volumes === undefined) return NO_NAMES
  const names = new Set<string>()
  errors.each('volumes', volumes, (volume) => {
    const { name = '' } = volume
    if (name === '') errors.required('name')
    else for (const problem of checkDns1123Label(name)) errors.invalid('name', name, problem)
    if (names.has(name)) errors.duplicate('name', name)
    names.add(name)
    validateSource(volume, errors)
  })
  return names
}

const NO_NAMES: ReadonlySet<string> = new Set()

/** Fields of a source without which it means nothing. Sources not named here have none. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  secret: ['secretName'],
  configMap: ['name'],
  persistentVolumeClaim: ['claimName'],
  hostPath: ['path'],
  nfs: ['server', 'path'],
  csi: ['driver'],
  gitRepo: ['repository'],
  gcePersistentDisk: ['pdName'],
  awsElasticBlockStore: ['volumeID'],
  iscsi: ['targetPortal', 'iqn'],
  cephfs: ['monitors'],
  rbd: ['monitors', 'image'],
  glusterfs: ['endpoints', 'path'],
  cinder: ['volumeID'],
  flexVolume: ['driver'],
  azureFile: ['secretName', 'shareName'],
  azureDisk: ['diskName', 'diskURI'],
  vsphereVolume: ['volumePath'],
  photonPersistentDisk: ['pdID'],
  portworxVolume: ['volumeID'],
  quobyte: ['registry', 'volume'],
  scaleIO: ['gateway', 'system', 'volumeName'],
  image: ['reference'],
}

function validateSource(volume: Volume, errors: FieldErrors): void {
  const sources = Object.keys(volume).filter((key) => key !== 'name')
  const [first, ...more] = sources
  if (first === undefined) {
    errors.required(undefined, 'must specify a volume type')
    return
  }
  for (const source of more) errors.forbidden(source, 'may not specify more than 1 volume type')
  const value = volume[first as keyof Volume] as unknown as Readonly<Record<string, unknown>>
  errors.at(first, () => {
    for (const field of REQUIRED[first] ?? []) {
      const given = value[field]
      if (given === undefined || given === '' || (Array.isArray(given) && given.length === 0))
        errors.required(field)
    }
  })
  const { hostPath, emptyDir, secret, configMap, downwardAPI, projected } = volume
  if (hostPath?.path?.split('/').includes('..')) {
    errors.at('hostPath', () => errors.invalid('path', hostPath.path, "must not contain '..'"))
  }
  if (emptyDir?.sizeLimit !== undefined && compareQuantities(emptyDir.sizeLimit, '0') < 0) {
    errors.at('emptyDir', () =>
      errors.forbidden('sizeLimit', 'SizeLimit field must be a valid resource quantity'),
    )
  }
  if (secret !== undefined) errors.at('secret', () => validateKeyedFiles(secret, errors))
  if (configMap !== undefined) errors.at('configMap', () => validateKeyedFiles(configMap, errors))
  if (downwardAPI !== undefined) {
    errors.at('downwardAPI', () => {
      validateMode(downwardAPI.defaultMode, 'defaultMode', errors)
      errors.each('items', downwardAPI.items, (item) => validateDownwardFile(item, errors))
    })
  }
  if (projected !== undefined) errors.at('projected', () => validateProjected(projected, errors))
}

interface KeyedFiles {
  readonly items?: readonly KeyToPath[]
  readonly defaultMode?: number
}

function validateKeyedFiles({ items, defaultMode }: KeyedFiles, errors: FieldErrors): void {
  validateMode(defaultMode, 'defaultMode', errors)
  errors.each('items', items, ({ key, path, mode }) => {
    if (!key) errors.required('key')
    else for (const problem of checkConfigMapKey(key)) errors.invalid('key', key, problem)
    validateFilePath(path, errors)
    validateMode(mode, 'mode', errors)
  })
}

const DOWNWARD_FIELDS = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
]

function validateDownwardFile(item: DownwardAPIVolumeFile, errors: FieldErrors): void {
  const { path, fieldRef, resourceFieldRef, mode } = item
  validateFilePath(path, errors)
  if (fieldRef !== undefined) {
    errors.at('fieldRef', () => validateFieldPath(fieldRef.fieldPath, DOWNWARD_FIELDS, errors))
    if (resourceFieldRef !== undefined) {
      errors.invalid(
        undefined,
        'resource',
        'fieldRef and resourceFieldRef can not be specified simultaneously',
      )
    }
  } else if (resourceFieldRef === undefined) {
    errors.required(undefined, 'one of fieldRef and resourceFieldRef is required')
  } else if (!resourceFieldRef.containerName) {
    errors.at('resourceFieldRef', () => errors.required('containerName'))
  }
  validateMode(mode, 'mode', errors)
}

function validateProjected(
  { sources, defaultMode }: NonNullable<Volume['projected']>,
  errors: FieldErrors,
): void {
  validateMode(defaultMode, 'defaultMode', errors)
  errors.each('sources', sources, (source) => {
    const [kind, ...more] = Object.keys(source)
    for (const extra of more) errors.forbidden(extra, 'may not specify more than 1 volume type')
    const { secret, configMap, serviceAccountToken, downwardAPI } = source
    if (kind === 'secret' && secret !== undefined) {
      errors.at('secret', () => {
        if (!secret.name) errors.required('name')
        validateKeyedFiles(secret, errors)
      })
    } else if (kind === 'configMap' && configMap !== undefined) {
      errors.at('configMap', () => {
        if (!configMap.name) errors.required('name')
        validateKeyedFiles(configMap, errors)
      })
    } else if (kind === 'downwardAPI') {
      errors.at('downwardAPI', () =>
        errors.each('items', downwardAPI?.items, (it) => validateDownwardFile(it, errors)),
      )
    } else if (kind === 'serviceAccountToken' && serviceAccountToken !== undefined) {
      errors.at('serviceAccountToken', () => {
        const { expirationSeconds, path } = serviceAccountToken
        if (expirationSeconds !== undefined && expirationSeconds < 600) {
          errors.invalid(
            'expirationSeconds',
            expirationSeconds,
            'may not specify a duration less than 10 minutes',
          )
        }
        validateFilePath(path, errors)
      })
    }
  })
}

function validateFilePath(path: string | undefined, errors: FieldErrors): void {
  if (!path) errors.required('path')
  else {
    validateLocalPath(path, 'path', errors)
    if (path.startsWith('..') && !path.startsWith('../') && path !== '..') {
      errors.invalid('path', path, "must not start with '..'")
    }
  }
}

function validateMode(mode: number | undefined, field: string, errors: FieldErrors): void {
  if (mode !== undefined && (mode < 0 || mode > 0o777)) {
    errors.invalid(field, mode, 'must be a number between 0 and 0777 (octal), both inclusive')
  }
}

/** What the volumes of a pod may say. Upstream: pkg/apis/core/validation/validation.go, ValidateVolumes. */
import type { FieldErrors } from '../field-errors.ts'
import { validateAnnotations, validateLabels } from '../meta/validation.ts'
import { checkConfigMapKey, checkDns1123Label } from '../names.ts'
import { compareQuantities } from '../quantity.ts'
import { validateFieldPath, validateLocalPath } from './container-validation.ts'
import { validateClaimSpec } from './persistent-volume-claim-validation.ts'
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
  quobyte: ['volume'],
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
  validateRareSource(volume, errors)
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
      // Upstream's paths leave the element out.
      for (const item of downwardAPI.items ?? []) validateDownwardFile(item, errors)
    })
  }
  if (projected !== undefined) errors.at('projected', () => validateProjected(projected, errors))
}

const HOST_PATH_TYPES = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
]

function validateRareSource(
  { hostPath, gitRepo, fc, flocker, quobyte, ephemeral }: Volume,
  errors: FieldErrors,
): void {
  const type = hostPath?.type
  if (type !== undefined && !HOST_PATH_TYPES.includes(type)) {
    errors.at('hostPath', () => errors.notSupported('type', type, HOST_PATH_TYPES))
  }
  const directory = gitRepo?.directory
  if (directory !== undefined) errors.at('gitRepo', () => validateLocalPath(directory, 'directory', errors))
  if (fc !== undefined) errors.at('fc', () => validateFibreChannel(fc, errors))
  if (flocker !== undefined) errors.at('flocker', () => validateFlocker(flocker, errors))
  if (quobyte !== undefined) errors.at('quobyte', () => validateQuobyte(quobyte, errors))
  if (ephemeral !== undefined) {
    errors.at('ephemeral', () => {
      if (ephemeral.volumeClaimTemplate === undefined) errors.required('volumeClaimTemplate')
      else validateClaimTemplate(ephemeral.volumeClaimTemplate, errors)
    })
  }
}

function validateFibreChannel(
  { targetWWNs = [], wwids = [], lun }: NonNullable<Volume['fc']>,
  errors: FieldErrors,
): void {
  if (targetWWNs.length === 0) {
    if (wwids.length === 0)
      errors.required('targetWWNs', 'must specify either targetWWNs or wwids, but not both')
    return
  }
  if (wwids.length > 0) {
    errors.invalid('targetWWNs', targetWWNs, 'targetWWNs and wwids can not be specified simultaneously')
  }
  if (lun === undefined) errors.required('lun', 'lun is required if targetWWNs is specified')
  else if (lun < 0 || lun > 255) errors.invalid('lun', lun, 'must be between 0 and 255, inclusive')
}

function validateFlocker(
  { datasetName = '', datasetUUID = '' }: NonNullable<Volume['flocker']>,
  errors: FieldErrors,
): void {
  if (datasetName === '' && datasetUUID === '') {
    errors.required(undefined, 'one of datasetName and datasetUUID is required')
  }
  if (datasetName !== '' && datasetUUID !== '') {
    errors.invalid(undefined, 'resource', 'datasetName and datasetUUID can not be specified simultaneously')
  }
  if (datasetName.includes('/')) errors.invalid('datasetName', datasetName, "must not contain '/'")
}

function validateQuobyte(
  { registry = '', tenant = '' }: NonNullable<Volume['quobyte']>,
  errors: FieldErrors,
): void {
  const pairs = 'must be a host:port pair or multiple pairs separated by commas'
  if (registry === '') errors.required('registry', pairs)
  else if (tenant.length >= 65) {
    errors.required('tenant', 'must be a UUID and may not exceed a length of 64 characters')
  } else {
    for (const pair of registry.split(',')) {
      if (!/^(\[[^\]]*\]|[^:]*):[^:]*$/.test(pair)) errors.invalid('registry', registry, pairs)
    }
  }
}

type ClaimTemplate = NonNullable<NonNullable<Volume['ephemeral']>['volumeClaimTemplate']>

function validateClaimTemplate({ metadata = {}, spec }: ClaimTemplate, errors: FieldErrors): void {
  errors.at('volumeClaimTemplate', () => {
    errors.at('metadata', () => {
      validateAnnotations(metadata.annotations, 'annotations', errors)
      validateLabels(metadata.labels, 'labels', errors)
      for (const field of Object.keys(metadata)) {
        if (field === 'annotations' || field === 'labels') continue
        errors.forbidden(field === 'uid' ? 'uID' : field, 'cannot be set')
      }
    })
    errors.at('spec', () => validateClaimSpec(spec ?? {}, errors))
  })
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
    if (more.length > 0) errors.forbidden(undefined, 'may not specify more than 1 volume type per source')
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
      errors.at('downwardAPI', () => {
        for (const item of downwardAPI?.items ?? []) validateDownwardFile(item, errors)
      })
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

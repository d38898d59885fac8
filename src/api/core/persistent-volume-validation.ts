/** What a persistent volume may say. Upstream: pkg/apis/core/validation ValidatePersistentVolume. */
import type { FieldErrors } from '../field-errors.ts'
import { GoValue } from '../go-syntax.ts'
import { validateOneOf } from '../meta/validation.ts'
import { checkDns1123Subdomain } from '../names.ts'
import { compareQuantities } from '../quantity.ts'
import { validateAccessModes } from './access-modes.ts'
import type { PersistentVolume } from './persistent-volume.ts'
import { validateNodeTerm } from './pod-spec-validation.ts'

/** Fields of the spec that are not sources of data. */
export const COMMON_FIELDS: ReadonlySet<string> = new Set([
  'capacity',
  'accessModes',
  'claimRef',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'mountOptions',
  'volumeMode',
  'nodeAffinity',
  'volumeAttributesClassName',
])

export function validatePersistentVolume(volume: PersistentVolume, errors: FieldErrors): void {
  const { spec } = volume
  errors.at('spec', () => {
    if ((spec.accessModes ?? []).length === 0) errors.required('accessModes')
    else validateAccessModes(spec.accessModes, errors)
    const capacity = spec.capacity ?? {}
    if (Object.keys(capacity).length === 0) errors.required('capacity')
    if (!Object.hasOwn(capacity, 'storage') || Object.keys(capacity).length > 1) {
      const given = Object.keys(capacity).length === 0 ? new GoValue('core.ResourceList(nil)') : capacity
      errors.notSupported('capacity', given, ['storage'])
    }
    for (const [name, amount] of Object.entries(capacity)) {
      if (compareQuantities(amount, '0') <= 0) {
        errors.at('capacity', () => errors.invalid({ key: name }, amount, 'must be greater than zero'))
      }
    }
    validateOneOf(
      spec.persistentVolumeReclaimPolicy,
      'persistentVolumeReclaimPolicy',
      ['Delete', 'Recycle', 'Retain'],
      errors,
    )
    const [first, ...more] = Object.keys(spec).filter((field) => !COMMON_FIELDS.has(field))
    if (first === undefined) errors.required(undefined, 'must specify a volume type')
    for (const source of more) errors.forbidden(source, 'may not specify more than 1 volume type')
    if (spec.hostPath?.path?.split('/').includes('..')) {
      errors.at('hostPath', () => errors.invalid('path', spec.hostPath?.path, "must not contain '..'"))
    }
    if (spec.hostPath?.path === '/' && spec.persistentVolumeReclaimPolicy === 'Recycle') {
      errors.forbidden('persistentVolumeReclaimPolicy', "may not be 'recycle' for a hostPath mount of '/'")
    }
    const path = spec.local?.path
    if (spec.local !== undefined && !path) errors.at('local', () => errors.required('path'))
    else if (path?.split('/').includes('..')) {
      errors.at('local', () => errors.invalid('path', path, "must not contain '..'"))
    }
    if (spec.storageClassName) {
      for (const problem of checkDns1123Subdomain(spec.storageClassName)) {
        errors.invalid('storageClassName', spec.storageClassName, problem)
      }
    }
    if (spec.volumeMode !== undefined)
      validateOneOf(spec.volumeMode, 'volumeMode', ['Block', 'Filesystem'], errors)
    const required = spec.nodeAffinity?.required
    if (spec.nodeAffinity !== undefined) {
      errors.at('nodeAffinity', () => {
        if (required === undefined) errors.required('required', 'must specify required node constraints')
        else
          errors.at('required', () =>
            errors.each('nodeSelectorTerms', required.nodeSelectorTerms, (term) =>
              validateNodeTerm(term, errors, true),
            ),
          )
      })
    } else if (spec.local !== undefined)
      errors.required('nodeAffinity', 'Local volume requires node affinity')
  })
}

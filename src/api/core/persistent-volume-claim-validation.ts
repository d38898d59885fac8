/** What a claim may say. Upstream: pkg/apis/core/validation ValidatePersistentVolumeClaim. */
import type { FieldErrors } from '../field-errors.ts'
import { sameValue, validateLabelSelector, validateOneOf } from '../meta/validation.ts'
import { checkDns1123Subdomain } from '../names.ts'
import { compareQuantities } from '../quantity.ts'
import { validateAccessModes } from './access-modes.ts'
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from './persistent-volume-claim.ts'

export function validateClaimSpec(spec: PersistentVolumeClaimSpec, errors: FieldErrors): void {
  validateAccessModes(spec.accessModes, errors)
  validateLabelSelector(spec.selector, 'selector', errors)
  errors.at('resources', () => {
    const size = spec.resources?.requests?.['storage']
    if (size === undefined) errors.required({ key: 'storage' })
    else if (compareQuantities(size, '0') <= 0) {
      errors.invalid({ key: 'storage' }, size, 'must be greater than zero')
    }
  })
  if (spec.storageClassName) {
    for (const problem of checkDns1123Subdomain(spec.storageClassName)) {
      errors.invalid('storageClassName', spec.storageClassName, problem)
    }
  }
  if (spec.volumeMode !== undefined)
    validateOneOf(spec.volumeMode, 'volumeMode', ['Block', 'Filesystem'], errors)
  const source = spec.dataSource
  if (source !== undefined) {
    errors.at('dataSource', () => {
      if (!source.name) errors.required('name')
      if (!source.kind) errors.required('kind')
    })
  }
}

/** The size may grow once bound, the volume and class may be filled in; nothing else changes. */
export function validateClaimUpdate(
  claim: PersistentVolumeClaim,
  old: PersistentVolumeClaim,
  errors: FieldErrors,
): void {
  const { spec } = claim
  const before = old.spec
  const bound = old.status?.phase === 'Bound'
  errors.at('spec', () => {
    const munged: PersistentVolumeClaimSpec = {
      ...spec,
      ...(bound
        ? { resources: before.resources, volumeAttributesClassName: before.volumeAttributesClassName }
        : {}),
      ...(before.volumeName === undefined ? { volumeName: undefined } : {}),
      ...(before.storageClassName === undefined ? { storageClassName: undefined } : {}),
    }
    if (!sameValue(present(munged), present(before))) {
      errors.forbidden(
        undefined,
        'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
      )
    }
    const size = spec.resources?.requests?.['storage'] ?? '0'
    const had = old.status?.capacity?.['storage'] ?? '0'
    const asked = before.resources?.requests?.['storage'] ?? '0'
    if (bound && compareQuantities(size, asked) < 0 && compareQuantities(size, had) <= 0) {
      errors.at('resources', () =>
        errors.at('requests', () =>
          errors.forbidden('storage', 'field can not be less than status.capacity'),
        ),
      )
    }
  })
}

function present(object: object): object {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined))
}

/** A way to provision volumes: the driver and its parameters. */

import { ageColumn, nameColumn, text } from '../columns.ts'
import { whyDeprecatedLabel } from '../core/node-label-warnings.ts'
import { topologySelectorTerm } from '../core/reference.ts'
import { fill } from '../fill.ts'
import type { KubeObject } from '../kind.ts'
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { sameValue, validateImmutable, validateOneOf } from '../meta/validation.ts'
import { checkQualifiedName } from '../names.ts'
import { boolean, filled, type Infer, kept, list, string, stringMap, struct } from '../schema.ts'

export const StorageClass = defineKind<StorageClass>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  resource: 'storageclasses',
  singular: 'storageclass',
  shortNames: ['sc'],
  namespaced: false,
  schema: () => storageClass,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: false,
  unconditionalUpdate: true,
  defaults: (object) => fill(object, { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' }),
  warn(object, warnings) {
    warnings.each('allowedTopologies', object.allowedTopologies, (term) =>
      warnings.each('matchLabelExpressions', term.matchLabelExpressions, ({ key }) => {
        const text = whyDeprecatedLabel(key)
        if (text !== undefined) warnings.add('key', text)
      }),
    )
  },
  validate(object, errors) {
    if (!object.provisioner) errors.required('provisioner')
    else
      for (const problem of checkQualifiedName(object.provisioner.toLowerCase())) {
        errors.invalid('provisioner', object.provisioner, problem)
      }
    for (const key of Object.keys(object.parameters ?? {})) {
      if (key === '') errors.invalid('parameters', '', 'field can not be empty.')
    }
    validateOneOf(object.reclaimPolicy, 'reclaimPolicy', ['Delete', 'Retain'], errors)
    validateOneOf(
      object.volumeBindingMode,
      'volumeBindingMode',
      ['Immediate', 'WaitForFirstConsumer'],
      errors,
    )
  },
  validateUpdate(object, old, errors) {
    if (!sameValue(object.parameters, old.parameters)) {
      errors.forbidden('parameters', 'updates to parameters are forbidden.')
    }
    if (object.provisioner !== old.provisioner) {
      errors.forbidden('provisioner', 'updates to provisioner are forbidden.')
    }
    if (object.reclaimPolicy !== old.reclaimPolicy) {
      errors.forbidden('reclaimPolicy', 'updates to reclaimPolicy are forbidden.')
    }
    validateImmutable(object.volumeBindingMode, old.volumeBindingMode, 'volumeBindingMode', errors)
  },
  columns: [
    {
      ...nameColumn,
      cell: (object) => `${object.metadata?.name ?? ''}${isDefaultClass(object) ? ' (default)' : ''}`,
    },
    text('Provisioner', 'The driver that makes volumes.', ({ provisioner }) => provisioner ?? ''),
    text(
      'ReclaimPolicy',
      'What becomes of volumes without a claim.',
      ({ reclaimPolicy }) => reclaimPolicy ?? 'Delete',
    ),
    text(
      'VolumeBindingMode',
      'When volumes are made and bound.',
      ({ volumeBindingMode }) => volumeBindingMode ?? 'Immediate',
    ),
    {
      // Upstream's cell is no text, though the column says so.
      ...text<StorageClass>('AllowVolumeExpansion', 'Whether volumes may grow.', () => ''),
      cell: ({ allowVolumeExpansion }) => allowVolumeExpansion ?? false,
    },
    ageColumn,
  ],
})

/** Claims without a class get the one that says so of itself. */
export function isDefaultClass({ metadata }: KubeObject): boolean {
  const annotations = metadata?.annotations
  return (
    annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true' ||
    annotations?.['storageclass.beta.kubernetes.io/is-default-class'] === 'true'
  )
}

export interface StorageClass extends Infer<typeof storageClass> {}
export const storageClass = struct(
  'storage/v1.StorageClass',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    provisioner: string,
    parameters: stringMap,
    reclaimPolicy: kept(string),
    mountOptions: list(string),
    allowVolumeExpansion: kept(boolean),
    volumeBindingMode: kept(string),
    allowedTopologies: list(topologySelectorTerm),
  }),
  'provisioner',
)

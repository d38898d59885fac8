/** An immutable record of one state of a StatefulSet's or DaemonSet's template. */
import { ageColumn, integer, NONE, nameColumn, text } from '../columns.ts'
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { validateImmutable, validateNonNegative } from '../meta/validation.ts'
import { filled, type Infer, int64, json, string, struct } from '../schema.ts'

export const ControllerRevision = defineKind<ControllerRevision>({
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  resource: 'controllerrevisions',
  singular: 'controllerrevision',
  namespaced: true,
  schema: () => controllerRevision,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: false,
  unconditionalUpdate: true,
  validate(object, errors) {
    if (object.data === undefined) errors.required('data', 'data is mandatory')
    else if (typeof object.data !== 'object' || object.data === null || Array.isArray(object.data))
      errors.required('data', 'data must be a valid JSON object')
    validateNonNegative(object.revision, 'revision', errors)
  },
  validateUpdate(object, old, errors) {
    validateImmutable(object.data, old.data, 'data', errors)
  },
  columns: [
    nameColumn,
    text('Controller', 'Whose state this is.', ({ metadata }) => {
      const owner = metadata?.ownerReferences?.find((it) => it.controller)
      if (owner === undefined) return NONE
      const group = owner.apiVersion?.includes('/') ? `.${owner.apiVersion.split('/')[0]}` : ''
      return `${(owner.kind ?? '').toLowerCase()}${group}/${owner.name}`
    }),
    integer('Revision', 'Its number; the highest is the latest.', ({ revision }) => revision),
    ageColumn,
  ],
})

export interface ControllerRevision extends Infer<typeof controllerRevision> {}
export const controllerRevision = struct(
  'apps/v1.ControllerRevision',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    data: json,
    revision: int64,
  }),
  'revision',
)

/** Small confidential data as keys and values. */
import { ageColumn, integer, nameColumn, text } from '../columns.ts'
import { fill, withFields } from '../fill.ts'
import { deepFreeze } from '../freeze.ts'
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { boolean, bytes, filled, type Infer, kept, map, string, stringMap, struct } from '../schema.ts'
import { validateLocked } from './data-validation.ts'
import { validateSecret } from './secret-validation.ts'

export const Secret = defineKind<Secret>({
  group: '',
  version: 'v1',
  kind: 'Secret',
  resource: 'secrets',
  singular: 'secret',
  namespaced: true,
  schema: () => secret,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: false,
  unconditionalUpdate: true,
  defaults: (object) => fill(object, { type: 'Opaque' }),
  prepareForCreate: mergeStringData,
  prepareForUpdate: (object, old) => withFields(mergeStringData(object), { type: object.type || old.type }),
  validate: validateSecret,
  validateUpdate(object, old, errors) {
    if (object.type !== old.type) errors.invalid('type', object.type, 'field is immutable')
    validateLocked(object, old, errors)
  },
  selectableFields: { type: ({ type }) => type ?? '' },
  columns: [
    nameColumn,
    text('Type', 'What kind of data it holds.', ({ type }) => type ?? ''),
    integer('Data', 'How many keys it has.', ({ data }) => Object.keys(data ?? {}).length),
    ageColumn,
  ],
})

/** `stringData` is a convenience for writing: it is never read back. */
function mergeStringData(object: Secret): Secret {
  const { stringData, ...rest } = object
  if (stringData === undefined) return object
  const encoded = Object.entries(stringData).map(([key, value]) => [key, encodeBase64(value)] as const)
  return deepFreeze({ ...rest, data: { ...object.data, ...Object.fromEntries(encoded) } })
}

function encodeBase64(text: string): string {
  let binary = ''
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte)
  return btoa(binary)
}

export interface Secret extends Infer<typeof secret> {}
export const secret = struct('core/v1.Secret', () => ({
  apiVersion: string,
  kind: string,
  metadata: filled(objectMeta),
  data: map(bytes),
  type: string,
  stringData: stringMap,
  immutable: kept(boolean),
}))

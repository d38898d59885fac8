/** Configuration as keys and values, for pods to mount or read as environment. */
import { ageColumn, integer, nameColumn } from '../columns.ts'
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { boolean, bytes, filled, type Infer, kept, map, string, stringMap, struct } from '../schema.ts'
import { base64Length, MAX_DATA_BYTES, utf8Length, validateKey, validateLocked } from './data-validation.ts'

export const ConfigMap = defineKind<ConfigMap>({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  resource: 'configmaps',
  singular: 'configmap',
  shortNames: ['cm'],
  namespaced: true,
  schema: () => configMap,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: false,
  unconditionalUpdate: true,
  validate(object, errors) {
    const { data = {}, binaryData = {} } = object
    let binary = 0
    let characters = 0
    for (const [key, value] of Object.entries(data)) {
      if (Object.hasOwn(binaryData, key)) {
        errors.at('data', () => errors.invalid({ key }, key, 'duplicate of key present in binaryData'))
      }
      errors.at('data', () => validateKey(key, errors))
      characters += value.length
    }
    for (const [key, value] of Object.entries(binaryData)) {
      errors.at('binaryData', () => validateKey(key, errors))
      binary += base64Length(value)
    }
    // A character has at most three bytes: only what comes near the limit is counted.
    if (binary + 3 * characters <= MAX_DATA_BYTES) return
    const text = Object.values(data).reduce((sum, value) => sum + utf8Length(value), 0)
    if (binary + text > MAX_DATA_BYTES) errors.tooLong('', MAX_DATA_BYTES)
  },
  validateUpdate: validateLocked,
  columns: [
    nameColumn,
    integer('Data', 'How many keys it has.', ({ data = {}, binaryData = {} }) => {
      return Object.keys(data).length + Object.keys(binaryData).length
    }),
    ageColumn,
  ],
})

export interface ConfigMap extends Infer<typeof configMap> {}
export const configMap = struct('core/v1.ConfigMap', () => ({
  apiVersion: string,
  kind: string,
  metadata: filled(objectMeta),
  data: stringMap,
  binaryData: map(bytes),
  immutable: kept(boolean),
}))

/**
 * Whether a custom resource's schema is structural: every value has a declared type, and what `allOf`, `anyOf`,
 * `oneOf` and `not` add are conditions only. Upstream: apiextensions-apiserver/pkg/apiserver/schema.
 */
import type { FieldErrors } from '../field-errors.ts'
import type { JSONSchemaProps } from './json-schema.ts'

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string']
/** What only the outside of junctors may say. */
const STRUCTURE = [
  'type',
  'additionalProperties',
  'default',
  'description',
  'title',
  'nullable',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-embedded-resource',
  'x-kubernetes-int-or-string',
] as const
const MAX_DEPTH = 64

export function validateStructural(schema: JSONSchemaProps, errors: FieldErrors): void {
  if (schema.type !== 'object') {
    errors.invalid('type', schema.type ?? '', 'must be object at the root')
  }
  validateNode(schema, 0, errors)
}

function validateNode(schema: JSONSchemaProps, depth: number, errors: FieldErrors): void {
  if (depth > MAX_DEPTH) {
    errors.invalid(undefined, '', 'schema is nested too deeply')
    return
  }
  const anything = schema['x-kubernetes-preserve-unknown-fields'] || schema['x-kubernetes-int-or-string']
  if (schema.$ref !== undefined) errors.forbidden('$ref', '$ref is not supported')
  if (schema.definitions !== undefined) errors.forbidden('definitions', 'definitions is not supported')
  if (schema.patternProperties !== undefined)
    errors.forbidden('patternProperties', 'patternProperties is not supported')
  if (schema.uniqueItems) {
    errors.forbidden(
      'uniqueItems',
      'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
    )
  }
  if (!schema.type) {
    if (!anything) errors.required('type', 'must not be empty for specified object fields')
  } else if (!TYPES.includes(schema.type)) errors.notSupported('type', schema.type, TYPES)
  if (schema['x-kubernetes-int-or-string'] && schema.type) {
    errors.invalid('type', schema.type, 'must be empty if x-kubernetes-int-or-string is true')
  }
  validateListType(schema, errors)
  if (schema.type === 'array' && schema.items === undefined) errors.required('items', 'must be specified')
  if (schema.properties !== undefined && schema.additionalProperties !== undefined) {
    errors.forbidden('additionalProperties', 'additionalProperties and properties are mutual exclusive')
  }
  errors.at('properties', () => {
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      errors.at({ key: name }, () => validateNode(property, depth + 1, errors))
    }
  })
  const { items, additionalProperties } = schema
  if (items !== undefined) errors.at('items', () => validateNode(items, depth + 1, errors))
  if (typeof additionalProperties === 'object') {
    errors.at('additionalProperties', () => validateNode(additionalProperties, depth + 1, errors))
  }
  for (const junctor of ['allOf', 'anyOf', 'oneOf'] as const) {
    errors.each(junctor, schema[junctor], (part) => validateCondition(part, schema, errors))
  }
  const { not } = schema
  if (not !== undefined) errors.at('not', () => validateCondition(not, schema, errors))
  errors.each('x-kubernetes-validations', schema['x-kubernetes-validations'], ({ rule }) => {
    if (!rule?.trim()) errors.required('rule', 'rule is not specified')
  })
}

/** A part of a junctor: it may narrow what the outside declares, not declare. */
function validateCondition(part: JSONSchemaProps, outer: JSONSchemaProps, errors: FieldErrors): void {
  const intOrString = outer['x-kubernetes-int-or-string'] === true
  for (const field of STRUCTURE) {
    if (part[field] === undefined || (field === 'type' && intOrString)) continue
    errors.forbidden(field, `must be undefined to be structural`)
  }
  errors.at('properties', () => {
    for (const [name, property] of Object.entries(part.properties ?? {})) {
      const declared = outer.properties?.[name]
      if (declared === undefined)
        errors.at({ key: name }, () => errors.required(undefined, 'must be specified outside of the junctor'))
      else errors.at({ key: name }, () => validateCondition(property, declared, errors))
    }
  })
}

function validateListType(schema: JSONSchemaProps, errors: FieldErrors): void {
  const listType = schema['x-kubernetes-list-type']
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  if (listType !== undefined) {
    if (!['atomic', 'map', 'set'].includes(listType)) {
      errors.notSupported('x-kubernetes-list-type', listType, ['atomic', 'map', 'set'])
    } else if (schema.type !== 'array') {
      errors.invalid('type', schema.type ?? '', 'must be array if x-kubernetes-list-type is specified')
    }
  }
  if (listType === 'map') {
    if (keys.length === 0)
      errors.required('x-kubernetes-list-map-keys', 'must not be empty if x-kubernetes-list-type is map')
    for (const [index, key] of keys.entries()) {
      if (schema.items?.properties?.[key] === undefined) {
        errors.at('x-kubernetes-list-map-keys', () =>
          errors.invalid(index, key, 'entries must all be names of item properties'),
        )
      }
    }
  } else if (keys.length > 0) {
    errors.forbidden('x-kubernetes-list-map-keys', 'must be empty if x-kubernetes-list-type is not map')
  }
  const mapType = schema['x-kubernetes-map-type']
  if (mapType !== undefined && mapType !== 'granular' && mapType !== 'atomic') {
    errors.notSupported('x-kubernetes-map-type', mapType, ['atomic', 'granular'])
  }
}

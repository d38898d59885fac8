/**
 * What a structural schema does to an object before it is looked at: fields that are not declared go, defaults
 * come, nulls that may not be go too. Nothing is changed in place, and what needs no change is shared.
 * Upstream: apiextensions-apiserver/pkg/apiserver/schema/{pruning,defaulting}.
 */
import type { JSONSchemaProps } from '../apiextensions/json-schema.ts'
import { deepFreeze } from '../freeze.ts'
import { setOwn } from '../own.ts'

type Json = Readonly<Record<string, unknown>>

/** These belong to the API machinery in every object. */
const TYPE_META = new Set(['apiVersion', 'kind', 'metadata'])

/** Removes what the schema does not declare; `unknown` collects the paths of what went. */
export function prune(value: unknown, schema: JSONSchemaProps, unknown: string[]): unknown {
  return pruneNode(value, schema, '', true, unknown)
}

function pruneNode(
  value: unknown,
  schema: JSONSchemaProps,
  path: string,
  isResource: boolean,
  unknown: string[],
): unknown {
  if (Array.isArray(value)) {
    const { items } = schema
    if (items === undefined) return value
    return mapItems(value, (item, index) =>
      pruneNode(item, items, `${path}[${index}]`, isEmbedded(items), unknown),
    )
  }
  if (!isObject(value)) return value
  const keeps = schema['x-kubernetes-preserve-unknown-fields'] === true
  const { additionalProperties } = schema
  const result = mapEntries(value, (child, key) => {
    if (isResource && TYPE_META.has(key)) return child
    const inner = path === '' ? key : `${path}.${key}`
    const property = ownProperty(schema, key)
    if (property !== undefined) return pruneNode(child, property, inner, isEmbedded(property), unknown)
    if (typeof additionalProperties === 'object') {
      return pruneNode(child, additionalProperties, inner, isEmbedded(additionalProperties), unknown)
    }
    if (additionalProperties === true || keeps) return child
    unknown.push(inner)
    return undefined
  })
  return result
}

/** Fills in defaults, at all depths; a default may stand for a null that is not allowed. */
export function applyDefaults(value: unknown, schema: JSONSchemaProps): unknown {
  if (Array.isArray(value)) {
    const { items } = schema
    return items === undefined ? value : mapItems(value, (item) => applyDefaults(item, items))
  }
  if (!isObject(value)) return value
  const { properties = {}, additionalProperties } = schema
  const result = mapEntries(value, (child, key) => {
    const property =
      ownProperty(schema, key) ??
      (typeof additionalProperties === 'object' ? additionalProperties : undefined)
    if (property === undefined) return child
    if (child === null && !property.nullable) {
      return property.default === undefined ? undefined : applyDefaults(property.default, property)
    }
    return applyDefaults(child, property)
  })
  let complete: Record<string, unknown> | undefined
  for (const key of Object.keys(properties)) {
    const property = properties[key] as JSONSchemaProps
    if (property.default === undefined || Object.hasOwn(result, key)) continue
    complete ??= { ...result }
    setOwn(complete, key, applyDefaults(deepFreeze(property.default), property))
  }
  return complete === undefined ? result : Object.freeze(complete)
}

function isEmbedded(schema: JSONSchemaProps): boolean {
  return schema['x-kubernetes-embedded-resource'] === true
}

function ownProperty(schema: JSONSchemaProps, key: string): JSONSchemaProps | undefined {
  const { properties } = schema
  return properties !== undefined && Object.hasOwn(properties, key) ? properties[key] : undefined
}

/** Undefined removes the entry. */
function mapEntries(value: Json, map: (child: unknown, key: string) => unknown): Json {
  let copy: Record<string, unknown> | undefined
  for (const key of Object.keys(value)) {
    const child = map(value[key], key)
    if (child === value[key]) continue
    copy ??= { ...value }
    if (child === undefined) delete copy[key]
    else setOwn(copy, key, child)
  }
  return copy === undefined ? value : Object.freeze(copy)
}

function mapItems(
  items: readonly unknown[],
  map: (item: unknown, index: number) => unknown,
): readonly unknown[] {
  let copy: unknown[] | undefined
  items.forEach((item, index) => {
    const mapped = map(item, index)
    if (mapped === item) return
    copy ??= [...items]
    copy[index] = mapped
  })
  return copy === undefined ? items : Object.freeze(copy)
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

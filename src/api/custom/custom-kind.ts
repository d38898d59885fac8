/**
 * A version of a custom resource definition as a kind like any other: the machinery that serves built-in kinds
 * serves it without knowing the difference.
 */

import type {
  CustomResourceDefinition,
  CustomResourceDefinitionVersion,
} from '../apiextensions/custom-resource-definition.ts'
import type { JSONSchemaProps } from '../apiextensions/json-schema.ts'
import { ageColumn, nameColumn } from '../columns.ts'
import type { FieldErrors } from '../field-errors.ts'
import { deepFreeze } from '../freeze.ts'
import { stringify } from '../json.ts'
import { type Column, defineKind, type KindDefinition, type KubeObject } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import {
  type AnySchema,
  boolean,
  double,
  filled,
  int64,
  intOrString,
  json,
  list,
  map,
  type Schema,
  string,
  struct,
} from '../schema.ts'
import { compareVersions } from '../scheme.ts'
import { age } from '../time.ts'
import { applyDefaults, prune } from './defaulting.ts'
import { compileJsonPath } from './json-path.ts'
import type { Engines } from './rule.ts'
import { SchemaValidator } from './schema-validation.ts'

/** The kinds of all served versions. `engines` is needed when `needsEngines` says so of any schema. */
export function customKinds(
  definition: CustomResourceDefinition,
  engines?: Engines,
): readonly KindDefinition[] {
  return (definition.spec.versions ?? [])
    .filter((version) => version.served)
    .map((version) => customKind(definition, version, engines))
}

/** The version in which objects are stored. */
export function storageVersionOf(definition: CustomResourceDefinition): string {
  return (definition.spec.versions ?? []).find((version) => version.storage)?.name ?? ''
}

export function customKind(
  definition: CustomResourceDefinition,
  version: CustomResourceDefinitionVersion,
  engines: Engines | undefined,
): KindDefinition {
  const { group, scope, names } = definition.spec
  const schema = version.schema?.openAPIV3Schema ?? ANYTHING
  const validator = new SchemaValidator(schema, engines)
  const hasStatus = version.subresources?.status !== undefined
  const scale = version.subresources?.scale
  const check = (object: KubeObject, errors: FieldErrors, old?: KubeObject) =>
    validator.validate(object, old, errors)
  return defineKind<KubeObject>({
    group,
    version: version.name,
    kind: names.kind,
    resource: names.plural,
    singular: names.singular ?? names.kind.toLowerCase(),
    ...(names.shortNames === undefined ? {} : { shortNames: names.shortNames }),
    ...(names.categories === undefined ? {} : { categories: names.categories }),
    namespaced: scope === 'Namespaced',
    ...(version.deprecated
      ? { deprecated: version.deprecationWarning ?? deprecationOf(definition, version.name) }
      : {}),
    schema: typedSchema(`${group}/${version.name}.${names.kind}`, schema),
    nameRule: 'dns1123Subdomain',
    generation: true,
    status: hasStatus,
    statusMetadata: [],
    ...(scale === undefined
      ? {}
      : {
          scale: {
            spec: scale.specReplicasPath,
            status: scale.statusReplicasPath,
            ...(scale.labelSelectorPath === undefined ? {} : { selector: scale.labelSelectorPath }),
          },
        }),
    unconditionalUpdate: false,
    storagePrefix: `${group}/${names.plural}`,
    body: {
      schema: () => LOOSE,
      prune(object) {
        const unknown: string[] = []
        return { object: prune(object, schema, unknown) as KubeObject, unknown }
      },
    },
    openApi: schema,
    defaults: (object) => applyDefaults(object, schema) as KubeObject,
    prepareForCreate: (object) => (hasStatus ? withoutStatus(object) : object),
    validate: check,
    validateStatusUpdate: (object, old, errors) => check(object, errors, old),
    selectableFields: selectableFields(version),
    columns: columnsOf(version),
  })
}

/** Upstream: customresource_handler.go, defaultDeprecationWarning. */
function deprecationOf({ spec }: CustomResourceDefinition, deprecated: string): string {
  const { group, names, versions = [] } = spec
  const better = versions
    .filter((it) => it.served && !it.deprecated && compareVersions(it.name, deprecated) < 0)
    .map((it) => it.name)
    .sort(compareVersions)[0]
  const use = better === undefined ? '' : `; use ${group}/${better} ${names.kind}`
  return `${group}/${deprecated} ${names.kind} is deprecated${use}`
}

const ANYTHING: JSONSchemaProps = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

/** How bodies are read: metadata by its own schema, the rest as it comes. */
const LOOSE: AnySchema = {
  ...(struct('apiextensions/v1.CustomResource', () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
  })) as AnySchema),
  open: true,
} as AnySchema

function withoutStatus(object: KubeObject): KubeObject {
  if (!Object.hasOwn(object, 'status')) return object
  const { status: _, ...rest } = object as KubeObject & { readonly status?: unknown }
  return deepFreeze(rest)
}

/** The schema in our own terms, for server-side apply: which lists have keys, which maps are atomic. */
function typedSchema(name: string, schema: JSONSchemaProps): () => Schema<KubeObject> {
  let converted: Schema<KubeObject> | undefined
  return () => {
    converted ??= convert(
      {
        ...schema,
        properties: { ...schema.properties, apiVersion: { type: 'string' }, kind: { type: 'string' } },
      },
      name,
      { metadata: objectMeta },
    ) as Schema<KubeObject>
    return converted
  }
}

function convert(
  schema: JSONSchemaProps,
  name: string,
  more: Readonly<Record<string, AnySchema>> = {},
): AnySchema {
  if (schema['x-kubernetes-int-or-string']) return { ...intOrString, kept: true }
  switch (schema.type) {
    case 'string':
      return { ...string, kept: true }
    case 'integer':
      return { ...int64, kept: true }
    case 'number':
      return { ...double, kept: true }
    case 'boolean':
      return { ...boolean, kept: true }
    case 'array':
      return {
        ...list(
          schema.items === undefined ? json : (convert(schema.items, name) as Schema<unknown>),
          listMarks(schema),
        ),
        kept: true,
      } as AnySchema
    case 'object':
      return convertObject(schema, name, more)
    default:
      return json
  }
}

function listMarks(schema: JSONSchemaProps): { keys?: readonly string[]; set?: boolean } {
  const listType = schema['x-kubernetes-list-type']
  if (listType === 'map') return { keys: schema['x-kubernetes-list-map-keys'] ?? [] }
  return listType === 'set' ? { set: true } : {}
}

function convertObject(
  schema: JSONSchemaProps,
  name: string,
  more: Readonly<Record<string, AnySchema>>,
): AnySchema {
  const atomic = schema['x-kubernetes-map-type'] === 'atomic' ? { atomic: true } : {}
  const { additionalProperties } = schema
  if (typeof additionalProperties === 'object') {
    return {
      ...map(convert(additionalProperties, name) as Schema<unknown>),
      ...atomic,
      kept: true,
    } as AnySchema
  }
  const build = () => {
    const fields = Object.entries(schema.properties ?? {}).map(([key, property]) => [
      key,
      convert(property, `${name}.${key}`),
    ])
    return {
      ...(Object.fromEntries(fields) as Record<string, Schema<unknown>>),
      ...(more as Record<string, Schema<unknown>>),
    }
  }
  return { ...(struct(name, build) as AnySchema), ...atomic, open: true, kept: true } as AnySchema
}

function selectableFields(
  version: CustomResourceDefinitionVersion,
): Readonly<Record<string, (object: KubeObject) => string>> {
  const fields = (version.selectableFields ?? []).flatMap(({ jsonPath }) => {
    const path = compileJsonPath(jsonPath)
    return path === undefined
      ? []
      : [[jsonPath.replace(/^\./, ''), (object: KubeObject) => scalarText(path(object)[0])] as const]
  })
  return Object.fromEntries(fields)
}

function columnsOf(version: CustomResourceDefinitionVersion): readonly Column<KubeObject>[] {
  const additional = version.additionalPrinterColumns ?? []
  if (additional.length === 0) return [nameColumn, ageColumn]
  return [
    nameColumn,
    ...additional.map(({ name, type, description, jsonPath, priority }): Column<KubeObject> => {
      const path = compileJsonPath(jsonPath)
      return {
        name,
        type: type as Column<KubeObject>['type'],
        description: description ?? `Custom resource definition column (in JSONPath format): ${jsonPath}`,
        ...((priority ?? 0) > 0 ? { wide: true } : {}),
        cell: (object, nowMs) => cellOf(path?.(object) ?? [], type, nowMs),
      }
    }),
  ]
}

/** Integers beyond 2^53 lose their last digits in a table. */
function wholeOf(value: unknown): number | string {
  return typeof value === 'bigint' ? Number(value) : ''
}

/** An absent value leaves the cell empty. */
function cellOf(found: readonly unknown[], type: string, nowMs: number): string | number | boolean {
  const [value] = found
  if (value === undefined || value === null) return ''
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : wholeOf(value)
    case 'number':
      return typeof value === 'number' ? value : wholeOf(value)
    case 'boolean':
      return typeof value === 'boolean' ? value : ''
    case 'date':
      return typeof value === 'string' ? age(value, nowMs) : ''
    default:
      return found.map(scalarText).join(',')
  }
}

function scalarText(value: unknown): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'object' ? stringify(value) : String(value)
}

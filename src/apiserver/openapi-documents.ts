/**
 * OpenAPI documents over the served kinds: paths as clients look them up (by PATCH operations and their
 * `x-kubernetes-group-version-kind`) and the schemas of their bodies.
 */
import { describeField, describeType } from '../api/descriptions.ts'
import { enumOf } from '../api/enums.ts'
import type { KindDefinition } from '../api/kind.ts'
import { objectMeta } from '../api/meta/object-meta.ts'
import type { AnySchema, StructSchema } from '../api/schema.ts'
import type { Discovery } from './discovery.ts'

type Json = Record<string, unknown>

interface Dialect {
  readonly prefix: string
  readonly wrapRefs: boolean
}

const V3: Dialect = { prefix: '#/components/schemas/', wrapRefs: true }
const V2: Dialect = { prefix: '#/definitions/', wrapRefs: false }
const INFO = { title: 'Kubernetes', version: 'v1.33.0' }

/** The document of one group and version; `path` is `api/v1` or `apis/G/V`. */
export function openApiV3(path: string, kinds: readonly KindDefinition[]): object {
  const schemas = new Schemas(V3)
  const paths: Json = {}
  for (const kind of kinds) Object.assign(paths, pathsOf(`/${path}`, kind, schemas, true))
  return { openapi: '3.0.0', info: INFO, paths, components: { schemas: schemas.all } }
}

/** All groups in one document. */
export function openApiV2(discovery: Discovery): object {
  const schemas = new Schemas(V2)
  const paths: Json = {}
  for (const { group, versions } of discovery.groups()) {
    for (const { version, kinds } of versions) {
      const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
      for (const kind of kinds) Object.assign(paths, pathsOf(path, kind, schemas, false))
    }
  }
  return { swagger: '2.0', info: INFO, paths, definitions: schemas.all }
}

const CONTENT_TYPES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
]

function pathsOf(base: string, kind: KindDefinition, schemas: Schemas, v3: boolean): Json {
  const { group, version, resource, namespaced } = kind
  const gvk = { group, version, kind: kind.kind }
  const collection = namespaced ? `${base}/namespaces/{namespace}/${resource}` : `${base}/${resource}`
  const body = schemas.refOfKind(kind)
  // kubectl looks here for which patches a kind takes.
  const patchTypes =
    kind.body === undefined ? CONTENT_TYPES : CONTENT_TYPES.filter((it) => !it.includes('strategic'))
  const operation = (action: string, queries: readonly string[], takesBody: boolean, array = false): Json => {
    const content = (types: readonly string[]) =>
      Object.fromEntries(types.map((type) => [type, { schema: body }]))
    const parameters = queries.map((name) =>
      v3
        ? { name, in: 'query', schema: { type: 'string', uniqueItems: true } }
        : { name, in: 'query', type: 'string' },
    )
    return {
      operationId: `${action}${kind.kind}`,
      parameters:
        takesBody && !v3
          ? [{ name: 'body', in: 'body', required: true, schema: body }, ...parameters]
          : parameters,
      ...(takesBody && v3
        ? { requestBody: { content: content(action === 'patch' ? patchTypes : ['*/*']) } }
        : {}),
      responses: {
        '200': v3
          ? { description: 'OK', content: content(['application/json']) }
          : { description: 'OK', schema: array ? { type: 'object' } : body },
      },
      'x-kubernetes-action': action,
      'x-kubernetes-group-version-kind': gvk,
    }
  }
  const writes = ['dryRun', 'fieldManager', 'fieldValidation']
  const verbs = kind.verbs ?? ['get', 'list', 'create', 'update', 'patch', 'delete']
  const many: Json = {}
  if (verbs.includes('list')) {
    many['get'] = operation(
      'list',
      ['labelSelector', 'fieldSelector', 'limit', 'continue', 'watch'],
      false,
      true,
    )
  }
  if (verbs.includes('create')) many['post'] = operation('post', writes, true)
  const one: Json = {}
  if (verbs.includes('get')) one['get'] = operation('get', [], false)
  if (verbs.includes('update')) one['put'] = operation('put', writes, true)
  if (verbs.includes('patch')) one['patch'] = operation('patch', [...writes, 'force'], true)
  if (verbs.includes('delete'))
    one['delete'] = operation('delete', ['gracePeriodSeconds', 'propagationPolicy'], false)
  return {
    [collection]: many,
    ...(Object.keys(one).length > 0 ? { [`${collection}/{name}`]: one } : {}),
  }
}

/** Schemas by their OpenAPI name; each struct once. */
class Schemas {
  readonly all: Json = {}
  readonly #dialect: Dialect

  constructor(dialect: Dialect) {
    this.#dialect = dialect
  }

  refOfKind(kind: KindDefinition): Json {
    if (kind.openApi !== undefined) return this.#custom(kind)
    const schema = kind.schema() as unknown as StructSchema
    const ref = this.#struct(schema)
    const own = this.all[openApiName(schema.name)] as Json
    own['x-kubernetes-group-version-kind'] = [{ group: kind.group, version: kind.version, kind: kind.kind }]
    return ref
  }

  /** A custom resource brings its own schema along. */
  #custom({ group, version, kind, openApi }: KindDefinition): Json {
    const name = `${group.split('.').reverse().join('.')}.${version}.${kind}`
    this.all[name] = {
      ...openApi,
      properties: {
        ...openApi?.properties,
        apiVersion: { type: 'string' },
        kind: { type: 'string' },
        metadata: this.#of(objectMeta as AnySchema),
      },
      'x-kubernetes-group-version-kind': [{ group, version, kind }],
    }
    return { $ref: `${this.#dialect.prefix}${name}` }
  }

  #struct(schema: StructSchema): Json {
    const name = openApiName(schema.name)
    if (this.all[name] === undefined) {
      const own: Json = { type: 'object', description: '' }
      this.all[name] = own
      const fields = schema.fields()
      const properties: Json = {}
      for (const key of Object.keys(fields)) {
        const description = describeField(schema.name, key)
        const property = withEnum(this.#of(fields[key]!), enumOf(schema.name, key))
        // In v2 nothing may stand beside a reference.
        const bare = description === undefined || '$ref' in property
        properties[key] = bare ? property : { description, ...property }
      }
      if (Object.keys(properties).length > 0) own['properties'] = properties
      if (schema.required.length > 0) own['required'] = [...schema.required]
      own['description'] = describeType(schema.name) ?? ''
    }
    return { $ref: `${this.#dialect.prefix}${name}` }
  }

  #of(schema: AnySchema): Json {
    switch (schema.type) {
      case 'struct': {
        const ref = this.#struct(schema)
        return this.#dialect.wrapRefs ? { allOf: [ref], default: {} } : ref
      }
      case 'list':
        return {
          type: 'array',
          items: this.#of(schema.items),
          ...(schema.keys
            ? { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': schema.keys }
            : {}),
          ...(schema.set ? { 'x-kubernetes-list-type': 'set' } : {}),
          ...(schema.mergeKey
            ? { 'x-kubernetes-patch-strategy': 'merge', 'x-kubernetes-patch-merge-key': schema.mergeKey }
            : {}),
        }
      case 'map':
        return { type: 'object', additionalProperties: this.#of(schema.values) }
      case 'int32':
      case 'int64':
        return { type: 'integer', format: schema.type }
      case 'double':
        return { type: 'number', format: 'double' }
      case 'boolean':
        return { type: 'boolean' }
      case 'time':
      case 'microTime':
        return { type: 'string', format: 'date-time' }
      case 'bytes':
        return { type: 'string', format: 'byte' }
      case 'intOrString':
        return this.#dialect.wrapRefs
          ? { oneOf: [{ type: 'integer' }, { type: 'string' }], format: 'int-or-string' }
          : { type: 'string', format: 'int-or-string' }
      case 'json':
        return { type: 'object' }
      default:
        return { type: 'string' }
    }
  }
}

/** Of a list, it is its items that are among the words. */
function withEnum(property: Json, words: readonly string[] | undefined): Json {
  if (words === undefined) return property
  if (property['type'] !== 'array') return { ...property, enum: words }
  return { ...property, items: { ...(property['items'] as Json), enum: words } }
}

/** `apps/v1.Deployment` -> `io.k8s.api.apps.v1.Deployment`. */
function openApiName(name: string): string {
  const dotted = name.replaceAll('/', '.')
  if (dotted.startsWith('meta.')) return `io.k8s.apimachinery.pkg.apis.${dotted}`
  if (dotted.startsWith('metrics.')) return `io.k8s.metrics.pkg.apis.${dotted}`
  return `io.k8s.api.${dotted}`
}

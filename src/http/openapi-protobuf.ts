/**
 * The OpenAPI v2 document in the protobuf form that kubectl asks for (`explain --output=plaintext-openapiv2`, and all
 * of `explain` and `diff` before 1.27). Only what such clients read is written; the message and field numbers are those
 * of gnostic's openapiv2/OpenAPIv2.proto.
 */

interface SwaggerSchema {
  readonly $ref?: string
  readonly format?: string
  readonly description?: string
  readonly type?: string
  readonly required?: readonly string[]
  readonly items?: SwaggerSchema
  readonly properties?: Readonly<Record<string, SwaggerSchema>>
  readonly additionalProperties?: SwaggerSchema | boolean
  readonly [extension: `x-${string}`]: unknown
}

interface SwaggerOperation {
  readonly operationId?: string
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly type?: string }[]
  readonly [extension: `x-${string}`]: unknown
}

interface Swagger {
  readonly swagger: string
  readonly info: { readonly title: string; readonly version: string }
  readonly paths: Readonly<Record<string, Readonly<Record<string, SwaggerOperation>>>>
  readonly definitions: Readonly<Record<string, SwaggerSchema>>
}

const METHODS: Readonly<Record<string, number>> = { get: 2, put: 3, post: 4, delete: 5, patch: 8 }

export function openApiV2Protobuf(document: object): Buffer {
  const { swagger, info, paths, definitions } = document as Swagger
  return Buffer.concat([
    text(1, swagger),
    message(2, [text(1, info.title), text(2, info.version)]),
    message(
      8,
      entries(paths, (name, methods) => message(2, [text(1, name), message(2, pathItem(methods))])),
    ),
    message(9, namedSchemas(definitions)),
  ])
}

function pathItem(methods: Swagger['paths'][string]): Buffer[] {
  return entries(methods, (method, operation) => {
    const field = METHODS[method]
    if (field === undefined) return Buffer.alloc(0)
    const queries = (operation.parameters ?? []).filter((it) => it.in === 'query')
    return message(field, [
      text(5, operation.operationId ?? ''),
      ...queries.map(queryParameter),
      ...extensions(13, operation),
    ])
  })
}

/** ParametersItem, Parameter, NonBodyParameter, QueryParameterSubSchema: one inside the other. */
function queryParameter({
  name,
  type = 'string',
}: {
  readonly name: string
  readonly type?: string
}): Buffer {
  const own = [text(2, 'query'), text(4, name), text(6, type)]
  return message(8, [message(1, [message(2, [message(3, own)])])])
}

function namedSchemas(schemas: Readonly<Record<string, SwaggerSchema>>): Buffer[] {
  return entries(schemas, (name, schema) => message(1, [text(1, name), message(2, schemaOf(schema))]))
}

function schemaOf(schema: SwaggerSchema): Buffer[] {
  const { $ref, format, description, type, required = [], items, properties, additionalProperties } = schema
  return [
    ...($ref === undefined ? [] : [text(1, $ref)]),
    ...(format === undefined ? [] : [text(2, format)]),
    ...(description === undefined ? [] : [text(4, description)]),
    ...required.map((name) => text(19, name)),
    ...(typeof additionalProperties === 'object'
      ? [message(21, [message(1, schemaOf(additionalProperties))])]
      : []),
    ...(type === undefined ? [] : [message(22, [text(1, type)])]),
    ...(items === undefined ? [] : [message(23, [message(1, schemaOf(items))])]),
    ...(properties === undefined ? [] : [message(25, namedSchemas(properties))]),
    ...extensions(31, schema),
  ]
}

/** NamedAny; JSON is YAML. */
function extensions(field: number, of: object): Buffer[] {
  return entries(of as Readonly<Record<string, unknown>>, (name, value) =>
    name.startsWith('x-')
      ? message(field, [text(1, name), message(2, [text(2, JSON.stringify(value))])])
      : Buffer.alloc(0),
  )
}

function entries<T>(of: Readonly<Record<string, T>>, write: (name: string, value: T) => Buffer): Buffer[] {
  return Object.entries(of).map(([name, value]) => write(name, value))
}

function text(field: number, value: string): Buffer {
  return lengthDelimited(field, Buffer.from(value))
}

function message(field: number, parts: readonly Buffer[]): Buffer {
  return lengthDelimited(field, Buffer.concat(parts))
}

function lengthDelimited(field: number, bytes: Buffer): Buffer {
  return Buffer.concat([varint((field << 3) | 2), varint(bytes.length), bytes])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let left = value
  for (; left > 0x7f; left >>>= 7) bytes.push((left & 0x7f) | 0x80)
  bytes.push(left)
  return Buffer.from(bytes)
}

/** The schema of a custom resource: OpenAPI v3 with Kubernetes' extensions. */
import {
  boolean,
  double,
  type Infer,
  int64,
  json,
  kept,
  list,
  listMap,
  map,
  type Schema,
  string,
  struct,
} from '../schema.ts'

/** Written out because it refers to itself. */
export interface JSONSchemaProps {
  readonly $ref?: string
  readonly $schema?: string
  readonly additionalItems?: JSONSchemaProps | boolean
  readonly additionalProperties?: JSONSchemaProps | boolean
  readonly allOf?: readonly JSONSchemaProps[]
  readonly anyOf?: readonly JSONSchemaProps[]
  readonly default?: unknown
  readonly definitions?: Readonly<Record<string, JSONSchemaProps>>
  readonly dependencies?: Readonly<Record<string, unknown>>
  readonly description?: string
  readonly enum?: readonly unknown[]
  readonly example?: unknown
  readonly exclusiveMaximum?: boolean
  readonly exclusiveMinimum?: boolean
  readonly externalDocs?: ExternalDocumentation
  readonly format?: string
  readonly id?: string
  readonly items?: JSONSchemaProps
  readonly maxItems?: number
  readonly maxLength?: number
  readonly maxProperties?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly minLength?: number
  readonly minProperties?: number
  readonly minimum?: number
  readonly multipleOf?: number
  readonly not?: JSONSchemaProps
  readonly nullable?: boolean
  readonly oneOf?: readonly JSONSchemaProps[]
  readonly pattern?: string
  readonly patternProperties?: Readonly<Record<string, JSONSchemaProps>>
  readonly properties?: Readonly<Record<string, JSONSchemaProps>>
  readonly required?: readonly string[]
  readonly title?: string
  readonly type?: string
  readonly uniqueItems?: boolean
  readonly 'x-kubernetes-embedded-resource'?: boolean
  readonly 'x-kubernetes-int-or-string'?: boolean
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
  readonly 'x-kubernetes-list-type'?: string
  readonly 'x-kubernetes-map-type'?: string
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean
  readonly 'x-kubernetes-validations'?: readonly ValidationRule[]
}

export const jsonSchemaProps: Schema<JSONSchemaProps> = struct('apiextensions/v1.JSONSchemaProps', () => ({
  $ref: string,
  $schema: string,
  additionalItems: json as Schema<JSONSchemaProps | boolean>,
  additionalProperties: json as Schema<JSONSchemaProps | boolean>,
  allOf: list(jsonSchemaProps),
  anyOf: list(jsonSchemaProps),
  default: json,
  definitions: map(jsonSchemaProps),
  dependencies: map(json),
  description: string,
  enum: list(json),
  example: json,
  exclusiveMaximum: kept(boolean),
  exclusiveMinimum: kept(boolean),
  externalDocs: externalDocumentation,
  format: string,
  id: string,
  items: jsonSchemaProps,
  maxItems: kept(int64),
  maxLength: kept(int64),
  maxProperties: kept(int64),
  maximum: kept(double),
  minItems: kept(int64),
  minLength: kept(int64),
  minProperties: kept(int64),
  minimum: kept(double),
  multipleOf: kept(double),
  not: jsonSchemaProps,
  nullable: kept(boolean),
  oneOf: list(jsonSchemaProps),
  pattern: string,
  patternProperties: map(jsonSchemaProps),
  properties: map(jsonSchemaProps),
  required: list(string),
  title: string,
  type: string,
  uniqueItems: kept(boolean),
  'x-kubernetes-embedded-resource': kept(boolean),
  'x-kubernetes-int-or-string': kept(boolean),
  'x-kubernetes-list-map-keys': list(string),
  'x-kubernetes-list-type': string,
  'x-kubernetes-map-type': string,
  'x-kubernetes-preserve-unknown-fields': kept(boolean),
  'x-kubernetes-validations': listMap(validationRule, 'rule'),
}))

export interface ExternalDocumentation extends Infer<typeof externalDocumentation> {}
export const externalDocumentation = struct('apiextensions/v1.ExternalDocumentation', () => ({
  description: string,
  url: string,
}))

export interface ValidationRule extends Infer<typeof validationRule> {}
export const validationRule = struct(
  'apiextensions/v1.ValidationRule',
  () => ({
    fieldPath: string,
    message: string,
    messageExpression: string,
    optionalOldSelf: kept(boolean),
    reason: string,
    rule: string,
  }),
  'rule',
)

/**
 * Turns a request body into an object of its kind: types are checked, unknown fields pruned and reported, zero
 * values and nulls dropped as Go's encoder would, quantities and times made canonical, everything frozen. What
 * needs no change is returned as it is, by reference; what has been through here before is not looked at again.
 *
 * Messages are those of upstream's JSON decoder (sigs.k8s.io/json), which users meet when a manifest is wrong.
 */
import { conforms, isKnown, remember, withFilled } from './conforms.ts'
import { badRequest } from './errors.ts'
import { deepFreeze } from './freeze.ts'
import { apiVersionOf, type KindDefinition, type KubeObject } from './kind.ts'
import { setOwn } from './own.ts'
import { canonicalQuantity, canonicalResource, QUANTITY_FORMAT_ERROR } from './quantity.ts'
import type {
  AnySchema,
  Fields,
  ListSchema,
  MapSchema,
  ScalarSchema,
  ScalarType,
  StructSchema,
} from './schema.ts'
import { formatMicroTime, formatTime, isTime, parseTime } from './time.ts'

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore'

export interface Decoded<T> {
  /** Deeply frozen. */
  readonly object: T
  /** `unknown field "spec.x"`; only with Warn. */
  readonly warnings: readonly string[]
}

export interface DecodeOptions {
  readonly fieldValidation?: FieldValidation
  /** Findings from the text itself, such as `duplicate field "spec.replicas"`. */
  readonly duplicates?: readonly string[]
  /** What is stored: parts that the body shares with it by reference are not looked at again. */
  readonly stored?: KubeObject
  /** The body is the result of a patch: messages do not name the kind. */
  readonly patched?: boolean
}

/** Throws ApiError (BadRequest). */
export function decode<T extends KubeObject>(
  kind: KindDefinition<T>,
  body: unknown,
  options: DecodeOptions = {},
): Decoded<T> {
  const schema = (kind.body?.schema() ?? kind.schema()) as StructSchema
  if (options.duplicates === undefined && kind.body === undefined && isTyped(kind, body)) {
    const whole = withFilled(schema, body)
    if (conforms(schema, whole, 0, options.stored)) return { object: whole as T, warnings: NO_WARNINGS }
  }
  const decoder = new Decoder(options.fieldValidation ?? 'Ignore')
  try {
    const read = withTypeMeta(kind, decoder.struct(schema, body, 0)) as T
    const { object, unknown } = kind.body?.prune(read) ?? { object: read, unknown: [] }
    const findings = [
      ...(options.duplicates ?? []),
      ...decoder.unknown,
      ...unknown.map((path) => `unknown field "${path}"`),
    ]
    if (findings.length > 0 && options.fieldValidation === 'Strict') {
      throw new DecodeError(`strict decoding error: ${findings.slice(0, MAX_FINDINGS).join(', ')}`)
    }
    return { object, warnings: options.fieldValidation === 'Warn' ? findings.slice(0, MAX_FINDINGS) : [] }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    const prefix = options.patched
      ? ''
      : `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: `
    throw badRequest(`${prefix}${error.message}`)
  }
}

/** Decodes a part of an object, such as options or a subresource's body that is no stored kind. Throws BadRequest. */
export function decodeValue<T>(schema: AnySchema, value: unknown): T {
  try {
    return new Decoder('Ignore').value(schema, value, 0) as T
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw badRequest(error.message)
  }
}

const MAX_FINDINGS = 100
/** Schemas that refer to themselves (those of custom resources) could otherwise exhaust the stack. */
const MAX_DEPTH = 400

class DecodeError extends Error {}

type Json = Record<string, unknown>

const NO_WARNINGS: readonly string[] = Object.freeze([])

class Decoder {
  readonly unknown: string[] = []
  readonly #report: boolean
  /** Field names and list indexes from the root to here. */
  readonly #path: (string | number)[] = []
  /** The structs around the current value, innermost last. */
  readonly #structs: StructSchema[] = []

  constructor(fieldValidation: FieldValidation) {
    this.#report = fieldValidation !== 'Ignore'
  }

  /** Undefined: the value says nothing, and the field is to be left out. */
  value(schema: AnySchema, value: unknown, depth: number): unknown {
    if (value === null || value === undefined) return undefined
    switch (schema.type) {
      case 'struct':
        return this.struct(schema, value, depth)
      case 'list':
        return this.#list(schema, value, depth)
      case 'map':
        return this.#map(schema, value, depth)
      default:
        return this.#scalar(schema, value)
    }
  }

  struct(schema: StructSchema, value: unknown, depth: number): object {
    if (!isObject(value)) return this.#mismatch(value, typeName(schema))
    if (isKnown(schema, value)) return value
    if (depth > MAX_DEPTH) throw new DecodeError('exceeded max depth')
    const fields = schema.fields()
    this.#structs.push(schema)
    let copy: Json | undefined
    let dropped: Set<string> | undefined
    for (const key in value) {
      const given = value[key]
      const field = fields[key]
      if (field === undefined) {
        if (schema.open) {
          deepFreeze(given)
          continue
        }
        if (this.#report && given !== undefined) this.unknown.push(`unknown field "${this.#pathText(key)}"`)
        ;(dropped ??= new Set()).add(key)
        continue
      }
      this.#path.push(key)
      const result = this.value(field, given, depth + 1)
      this.#path.pop()
      if (result === given && result !== undefined) continue
      if (result === undefined) (dropped ??= new Set()).add(key)
      else (copy ??= { ...value })[key] = result
    }
    this.#structs.pop()
    if (dropped !== undefined) copy = without(copy ?? value, dropped)
    for (const [name, empty] of filledFields(fields)) {
      const target = copy ?? value
      if (target[name] === undefined) {
        copy ??= { ...value }
        copy[name] = empty
      }
    }
    const result = Object.freeze(copy ?? value)
    remember(schema, result)
    return result
  }

  #list(schema: ListSchema, value: unknown, depth: number): unknown {
    if (!Array.isArray(value)) return this.#mismatch(value, typeName(schema))
    if (value.length === 0) return schema.kept ? Object.freeze(value) : undefined
    let copy: unknown[] | undefined
    for (let i = 0; i < value.length; i++) {
      this.#path.push(i)
      const result = this.value(schema.items, value[i], depth + 1)
      this.#path.pop()
      if (result === value[i] && result !== undefined) continue
      copy ??= [...value]
      // A null element stands for the zero value of its type.
      copy[i] = result ?? zeroOf(schema.items)
    }
    return Object.freeze(copy ?? value)
  }

  #map(schema: MapSchema, value: unknown, depth: number): unknown {
    if (!isObject(value)) return this.#mismatch(value, typeName(schema))
    const keys = Object.keys(value)
    if (keys.length === 0 && !schema.kept) return undefined
    let copy: Json | undefined
    const quantities = schema.values.type === 'quantity'
    for (const key of keys) {
      const given = value[key]
      this.#path.push(key)
      const result = quantities ? this.#quantity(given, true) : this.value(schema.values, given, depth + 1)
      this.#path.pop()
      if (result === given && result !== undefined) continue
      copy ??= { ...value }
      setOwn(copy, key, result ?? zeroOf(schema.values))
    }
    return Object.freeze(copy ?? value)
  }

  #scalar(schema: ScalarSchema, value: unknown): unknown {
    switch (schema.type) {
      case 'string':
        if (typeof value !== 'string') return this.#mismatch(value, 'string')
        return value === '' && !schema.kept ? undefined : value
      case 'int32':
      case 'int64':
        return this.#integer(schema, value)
      case 'boolean':
        if (typeof value !== 'boolean') return this.#mismatch(value, 'bool')
        return value || schema.kept ? value : undefined
      case 'double':
        if (typeof value === 'bigint') return Number(value)
        if (typeof value !== 'number') return this.#mismatch(value, 'float64')
        return value === 0 && !schema.kept ? undefined : value
      case 'quantity':
        return this.#quantity(value, false)
      case 'time':
      case 'microTime':
        return this.#time(schema.type, value)
      case 'intOrString':
        if (typeof value === 'string') return value
        if (!isInt32(value)) return this.#mismatch(value, 'int32')
        return value
      case 'bytes':
        if (typeof value !== 'string') return this.#mismatch(value, '[]uint8')
        return isBase64(value)
      case 'duration':
        if (typeof value !== 'string') return this.#mismatch(value, 'string')
        return value
      case 'json':
        return deepFreeze(value)
    }
  }

  #integer(schema: ScalarSchema, value: unknown): unknown {
    const fits = schema.type === 'int32' ? isInt32(value) : Number.isSafeInteger(value)
    if (!fits) return this.#mismatch(value, schema.type)
    // What is beyond 2^53 is refused rather than rounded. -0 would be another value than 0 to whoever compares.
    return value === 0 ? (schema.kept ? 0 : undefined) : value
  }

  #quantity(given: unknown, inResourceList: boolean): string {
    const value = typeof given === 'bigint' ? String(given) : given
    if (typeof value !== 'string' && typeof value !== 'number') {
      throw new DecodeError(QUANTITY_FORMAT_ERROR)
    }
    const text = inResourceList ? canonicalResource(value) : canonicalQuantity(value)
    if (text === undefined) {
      throw new DecodeError(
        /^[+-]?[0-9.]+$/.test(String(value)) || !/^[+-]?[0-9.]/.test(String(value))
          ? QUANTITY_FORMAT_ERROR
          : "unable to parse quantity's suffix",
      )
    }
    return text
  }

  #time(type: 'time' | 'microTime', value: unknown): string {
    if (typeof value !== 'string') return this.#mismatch(value, 'string')
    if (type === 'time' && isTime(value)) return value
    const ms = parseTime(value)
    if (Number.isNaN(ms)) {
      const layout = type === 'time' ? '2006-01-02T15:04:05Z07:00' : '2006-01-02T15:04:05.000000Z07:00'
      throw new DecodeError(
        `parsing time ${JSON.stringify(value)} as "${layout}": cannot parse ${JSON.stringify(value)} as "2006"`,
      )
    }
    if (type === 'microTime') return MICRO_TIME.test(value) ? value : formatMicroTime(ms)
    return formatTime(ms)
  }

  #mismatch(value: unknown, goType: string): never {
    const what = jsonTypeName(value, goType)
    const struct = this.#structs.at(-1)
    const fields = this.#path.filter((step) => typeof step === 'string')
    throw new DecodeError(
      struct === undefined || fields.length === 0
        ? `json: cannot unmarshal ${what} into Go value of type ${goType}`
        : `json: cannot unmarshal ${what} into Go struct field ${shortName(struct.name)}.${fields.join('.')} of type ${goType}`,
    )
  }

  #pathText(key: string): string {
    let text = ''
    for (const step of this.#path) {
      text += typeof step === 'number' ? `[${step}]` : text === '' ? step : `.${step}`
    }
    return text === '' ? key : `${text}.${key}`
  }
}

const MICRO_TIME = /\.\d{6}Z$/

/** Fields that read as {} when absent, each with its frozen empty value. */
function filledFields(fields: Fields): readonly (readonly [string, object])[] {
  let filled = filledBySchema.get(fields)
  if (filled === undefined) {
    filled = Object.entries(fields)
      .filter(([, field]) => field.filled && field.type === 'struct')
      .map(
        ([name, field]) =>
          [name, new Decoder('Ignore').struct(field as StructSchema, {}, MAX_DEPTH)] as const,
      )
    filledBySchema.set(fields, filled)
  }
  return filled
}

const filledBySchema = new WeakMap<Fields, readonly (readonly [string, object])[]>()

function isTyped<T extends KubeObject>(kind: KindDefinition<T>, body: unknown): boolean {
  const { apiVersion, kind: name } = (body ?? {}) as KubeObject
  return apiVersion === apiVersionOf(kind) && name === kind.kind
}

function withTypeMeta<T extends KubeObject>(kind: KindDefinition<T>, object: object): object {
  const { apiVersion, kind: name } = object as KubeObject
  const expected = apiVersionOf(kind)
  if (apiVersion === expected && name === kind.kind) return object
  if (apiVersion !== undefined && apiVersion !== expected) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${expected})`,
    )
  }
  if (name !== undefined && name !== kind.kind) {
    throw badRequest(
      `${name} in version "${kind.version}" cannot be handled as a ${kind.kind}: no kind "${name}" is registered for version "${expected}"`,
    )
  }
  return Object.freeze({ ...object, apiVersion: expected, kind: kind.kind })
}

/** A copy without some fields. Deleting them would turn the object into a slow and large dictionary. */
function without(object: Json, names: ReadonlySet<string>): Json {
  const copy: Json = {}
  for (const key in object) if (!names.has(key)) setOwn(copy, key, object[key])
  return copy
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isInt32(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= -2_147_483_648 && (value as number) <= 2_147_483_647
}

function zeroOf(schema: AnySchema): unknown {
  switch (schema.type) {
    case 'struct':
      return new Decoder('Ignore').struct(schema, {}, MAX_DEPTH)
    case 'list':
      return Object.freeze([])
    case 'map':
      return Object.freeze({})
    case 'int32':
    case 'int64':
    case 'double':
    case 'intOrString':
      return 0
    case 'boolean':
      return false
    case 'quantity':
      return '0'
    case 'json':
      return null
    default:
      return ''
  }
}

function isBase64(text: string): string {
  // Go ignores line breaks within base64; what is stored has none.
  const clean = /[\r\n]/.test(text) ? text.replace(/[\r\n]/g, '') : text
  const bad = clean.search(/[^A-Za-z0-9+/=]/)
  if (bad >= 0) throw new DecodeError(`illegal base64 data at input byte ${bad}`)
  const data = clean.replace(/={1,2}$/, '')
  if (clean.length % 4 !== 0 || data.includes('=')) {
    throw new DecodeError(
      `illegal base64 data at input byte ${data.includes('=') ? data.indexOf('=') : clean.length - (clean.length % 4)}`,
    )
  }
  return clean
}

const GO_SCALARS: Readonly<Record<ScalarType, string>> = {
  string: 'string',
  int32: 'int32',
  int64: 'int64',
  double: 'float64',
  boolean: 'bool',
  quantity: 'resource.Quantity',
  time: 'string',
  microTime: 'string',
  duration: 'string',
  bytes: '[]uint8',
  intOrString: 'intstr.IntOrString',
  json: 'interface {}',
}

/** As Go prints the type: `v1.PodSpec`, `[]v1.Container`, `map[string]string`. */
function typeName(schema: AnySchema): string {
  switch (schema.type) {
    case 'struct': {
      const [, version = 'v1', name = ''] = /^[^/]*\/([^.]+)\.(.+)$/.exec(schema.name) ?? []
      return `${version}.${name}`
    }
    case 'list':
      return `[]${typeName(schema.items)}`
    case 'map':
      return `map[string]${typeName(schema.values)}`
    default:
      return GO_SCALARS[schema.type]
  }
}

function shortName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1)
}

function jsonTypeName(value: unknown, goType: string): string {
  if (Array.isArray(value)) return 'array'
  switch (typeof value) {
    case 'string':
      return 'string'
    case 'boolean':
      return 'bool'
    case 'bigint':
    case 'number':
      // A number of the wrong form is shown; one where no number belongs is not.
      return /^(u?int|float)/.test(goType) ? `number ${value}` : 'number'
    default:
      return 'object'
  }
}

export { deepFreeze }

/**
 * The quick look before decoding: whether a value is already what decoding it would give. In process nearly every
 * body is, so this keeps no path, builds nothing, and leaves it to the decoder to find out what is wrong.
 */
import { canonicalQuantity, canonicalResource } from './quantity.ts'
import type { AnySchema, Fields, ScalarSchema, StructSchema } from './schema.ts'
import { isTime, parseTime } from './time.ts'

/** Schemas that refer to themselves must not exhaust the stack. */
const MAX_DEPTH = 100

/** Structs that many requests bring again by reference, with the schema that they passed. */
const known = new WeakMap<object, AnySchema>()

/** Specs come back with every status update, pod specs with every pod of their template. */
function isWorthKnowing(schema: StructSchema, depth: number): boolean {
  return schema.name === 'core/v1.PodSpec' || (depth === 1 && schema.name.endsWith('Spec'))
}

export function isKnown(schema: StructSchema, value: object): boolean {
  return known.get(value) === schema
}

/** Remembers a struct that came out of the decoder. */
export function remember(schema: StructSchema, value: object, depth: number): void {
  if (isWorthKnowing(schema, depth)) known.set(value, schema)
}

/** Freezes what it has looked at. False says nothing but that the decoder must look. */
export function conforms(schema: AnySchema, value: unknown, depth = 0): boolean {
  switch (schema.type) {
    case 'struct':
      return conformsStruct(schema, value, depth)
    case 'list': {
      if (!Array.isArray(value) || (value.length === 0 && !schema.kept)) return false
      for (const item of value) {
        if (item === null || item === undefined || !conforms(schema.items, item, depth + 1)) return false
      }
      Object.freeze(value)
      return true
    }
    case 'map':
      return conformsMap(schema.values, schema.kept === true, value, depth)
    default:
      return conformsScalar(schema, value)
  }
}

function conformsStruct(schema: StructSchema, value: unknown, depth: number): boolean {
  if (!isObject(value) || schema.open || depth > MAX_DEPTH) return false
  const worthKnowing = isWorthKnowing(schema, depth)
  if (worthKnowing && known.get(value) === schema) return true
  const fields = schema.fields()
  for (const key in value) {
    const field = fields[key]
    const given = value[key]
    if (field === undefined || given === undefined || given === null) return false
    if (!conforms(field, given, depth + 1)) return false
  }
  for (const name of filledNames(fields)) if (value[name] === undefined) return false
  Object.freeze(value)
  if (worthKnowing) known.set(value, schema)
  return true
}

function conformsMap(values: AnySchema, kept: boolean, value: unknown, depth: number): boolean {
  if (!isObject(value)) return false
  let empty = true
  for (const key in value) {
    empty = false
    const given = value[key]
    if (given === null || given === undefined || key === '__proto__') return false
    if (values.type === 'quantity') {
      if (typeof given !== 'string' || canonicalResource(given) !== given) return false
    } else if (values.type === 'string') {
      if (typeof given !== 'string' || (given === '' && !values.kept)) return false
    } else if (!conforms(values, given, depth + 1)) return false
  }
  if (empty && !kept) return false
  Object.freeze(value)
  return true
}

function conformsScalar(schema: ScalarSchema, value: unknown): boolean {
  switch (schema.type) {
    case 'string':
      return typeof value === 'string' && (value !== '' || schema.kept === true)
    case 'boolean':
      return value === true || (value === false && schema.kept === true)
    case 'int32':
      return (
        Number.isInteger(value) && (value as number) === ((value as number) | 0) && isNonZero(schema, value)
      )
    case 'int64':
      return Number.isSafeInteger(value) && isNonZero(schema, value)
    case 'double':
      return typeof value === 'number' && isNonZero(schema, value)
    case 'quantity':
      return typeof value === 'string' && canonicalQuantity(value) === value
    case 'time':
      return typeof value === 'string' && isTime(value)
    case 'microTime':
      return typeof value === 'string' && MICRO_TIME.test(value) && !Number.isNaN(parseTime(value))
    case 'intOrString':
      return (
        typeof value === 'string' ||
        (Number.isInteger(value) && value === ((value as number) | 0) && !Object.is(value, -0))
      )
    case 'duration':
      return typeof value === 'string'
    default:
      return false // Bytes and free JSON: rare, and the decoder knows.
  }
}

/** As `formatMicroTime` prints it. */
const MICRO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/

function isNonZero(schema: ScalarSchema, value: unknown): boolean {
  return value !== 0 || (schema.kept === true && !Object.is(value, -0))
}

/** The value with the parts that read as {} when absent: pods are created without a status. */
export function withFilled(schema: StructSchema, value: unknown): unknown {
  if (!isObject(value)) return value
  let copy: Record<string, unknown> | undefined
  for (const name of filledNames(schema.fields())) {
    if (value[name] === undefined && isLeafless(schema.fields()[name]!)) (copy ??= { ...value })[name] = EMPTY
  }
  return copy ?? value
}

const EMPTY = Object.freeze({})

function isLeafless(field: AnySchema): boolean {
  return field.type === 'struct' && filledNames(field.fields()).length === 0
}

/** Fields that read as {} when absent. */
function filledNames(fields: Fields): readonly string[] {
  let names = filled.get(fields)
  if (names === undefined) {
    names = Object.keys(fields).filter((name) => fields[name]!.filled && fields[name]!.type === 'struct')
    filled.set(fields, names)
  }
  return names
}

const filled = new WeakMap<Fields, readonly string[]>()

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * The quick look before decoding: whether a value is already what decoding it would give. In process nearly every
 * body is, so this keeps no path, builds nothing, and leaves it to the decoder to find out what is wrong.
 */
import { canonicalQuantity, canonicalResource } from './quantity.ts'
import type { AnySchema, ScalarSchema, StructSchema } from './schema.ts'
import { isMicroTime, isTime } from './time.ts'

/** Schemas that refer to themselves must not exhaust the stack. */
const MAX_DEPTH = 100

/** Structs that many requests bring again by reference, with the schema that they passed. */
const known = new WeakMap<object, AnySchema>()

/** Pod specs come with every pod of their template. */
function isWorthKnowing(schema: StructSchema): boolean {
  return schema.name === 'core/v1.PodSpec'
}

export function isKnown(schema: StructSchema, value: object): boolean {
  return known.get(value) === schema
}

/** Remembers a struct that came out of the decoder. */
export function remember(schema: StructSchema, value: object): void {
  if (isWorthKnowing(schema)) known.set(value, schema)
}

/**
 * Freezes what it has looked at. False says nothing but that the decoder must look.
 * @param stored  what is known to conform: parts that the value shares with it are not looked at again
 */
export function conforms(schema: AnySchema, value: unknown, depth = 0, stored?: unknown): boolean {
  switch (schema.type) {
    case 'struct':
      return conformsStruct(schema, value, depth, stored)
    case 'list': {
      if (!Array.isArray(value) || (value.length === 0 && !schema.kept)) return false
      const before = Array.isArray(stored) ? stored : NOTHING
      for (let i = 0; i < value.length; i++) {
        const item: unknown = value[i]
        if (item === null || item === undefined) return false
        if (item !== before[i] && !conforms(schema.items, item, depth + 1, before[i])) return false
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

function conformsStruct(schema: StructSchema, value: unknown, depth: number, stored: unknown): boolean {
  if (!isObject(value) || schema.open || depth > MAX_DEPTH) return false
  const worthKnowing = isWorthKnowing(schema)
  if (worthKnowing && known.get(value) === schema) return true
  const { fields, filled } = layoutOf(schema)
  const before = isObject(stored) ? stored : NOTHING
  for (const key in value) {
    const field = fields.get(key)
    const given = value[key]
    if (field === undefined || given === undefined || given === null) return false
    const known = before[key as keyof typeof before]
    if (given !== known && !conforms(field, given, depth + 1, known)) return false
  }
  for (let i = 0; i < filled.length; i++) if (value[filled[i]!] === undefined) return false
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
    } else if (!conforms(values, given, depth + 1, undefined)) return false
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
      return typeof value === 'string' && isMicroTime(value)
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

function isNonZero(schema: ScalarSchema, value: unknown): boolean {
  return value !== 0 || (schema.kept === true && !Object.is(value, -0))
}

/** The value with the parts that read as {} when absent: pods are created without a status. */
export function withFilled(schema: StructSchema, value: unknown): unknown {
  if (!isObject(value)) return value
  let copy: Record<string, unknown> | undefined
  const { fields, filled } = layoutOf(schema)
  for (const name of filled) {
    if (value[name] === undefined && isLeafless(fields.get(name)!)) (copy ??= { ...value })[name] = EMPTY
  }
  return copy ?? value
}

const EMPTY = Object.freeze({})
/** Has no parts to share. */
const NOTHING: Readonly<Record<PropertyKey, undefined>> = Object.freeze(Object.create(null))

function isLeafless(field: AnySchema): boolean {
  return field.type === 'struct' && layoutOf(field).filled.length === 0
}

/** A struct's fields, laid out for quick looking up. */
interface Layout {
  readonly fields: ReadonlyMap<string, AnySchema>
  /** Fields that read as {} when absent. */
  readonly filled: readonly string[]
}

function layoutOf(schema: StructSchema): Layout {
  let layout = layouts.get(schema)
  if (layout === undefined) {
    const fields = new Map(Object.entries(schema.fields()))
    const filled = [...fields.keys()].filter(
      (name) => fields.get(name)!.filled && fields.get(name)!.type === 'struct',
    )
    layout = { fields, filled }
    layouts.set(schema, layout)
  }
  return layout
}

const layouts = new WeakMap<StructSchema, Layout>()

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * The field sets of API types, as data. One declaration gives the TypeScript type (`Infer`), drives decoding,
 * pruning, both kinds of structured merge, server-side apply and OpenAPI. Its rules are those of Kubernetes' wire
 * form rather than of a general validator: null is absent, a zero value is absent unless `kept`, and what is
 * missing is a matter for validation, not for decoding.
 *
 * Fields stand in a thunk, so that files may refer to each other freely and an import builds nothing: the fields
 * of a type are built when the first object of that type is met.
 */

/** Marks that decide how a field is decoded, merged and owned. */
export interface FieldMarks {
  /** A given zero ('' 0 false [] {}) is kept: upstream's pointers, and fields without omitempty. */
  readonly kept?: boolean
  /** Absent reads as {}: upstream's structs by value, which its encoder always writes. */
  readonly filled?: boolean
  /** Server-side apply owns the object or map as one value. Lists are atomic unless they have keys or are sets. */
  readonly atomic?: boolean
  /** Strategic merge: a patch replaces the value as a whole, even where it is an object. */
  readonly replaced?: boolean
  /** Strategic merge: `$retainKeys` is honoured, for unions. */
  readonly retainKeys?: boolean
}

export type ScalarType =
  | 'string'
  | 'int32'
  | 'int64'
  | 'double'
  | 'boolean'
  | 'quantity'
  | 'time'
  | 'microTime'
  | 'duration'
  | 'bytes'
  | 'intOrString'
  | 'json'

export interface ScalarSchema extends FieldMarks {
  readonly type: ScalarType
}

export interface ListSchema extends FieldMarks {
  readonly type: 'list'
  readonly items: AnySchema
  /** Server-side apply: elements are told apart by these fields (list type map). */
  readonly keys?: readonly string[]
  /** Server-side apply: elements are told apart by value (list type set). */
  readonly set?: boolean
  /** Strategic merge: elements merge by this field. */
  readonly mergeKey?: string
  /** Strategic merge: scalars are united instead of replaced. */
  readonly mergePrimitives?: boolean
}

/** String keys to values of one type. */
export interface MapSchema extends FieldMarks {
  readonly type: 'map'
  readonly values: AnySchema
}

export interface StructSchema extends FieldMarks {
  readonly type: 'struct'
  /** `apps/v1.DeploymentSpec`: upstream's package and type, for messages, OpenAPI and the wire tables. */
  readonly name: string
  readonly fields: () => Fields
  readonly required: readonly string[]
  /** Custom resources: fields that are not declared are kept instead of pruned. */
  readonly open?: boolean
}

export type AnySchema = ScalarSchema | ListSchema | MapSchema | StructSchema
/** Null-prototype, so that a user's `__proto__` or `constructor` finds nothing. */
export type Fields = Readonly<Record<string, AnySchema>>

declare const VALUE: unique symbol
/** A schema whose values have the type T. */
export type Schema<T> = AnySchema & { readonly [VALUE]?: T }
/** The TypeScript type of a schema's values: deeply readonly, optional unless required. */
export type Infer<S> = S extends { readonly [VALUE]?: infer T } ? NonNullable<T> : never

type Struct<F, R extends keyof F> = Flat<
  { readonly [K in R]: Infer<F[K]> } & { readonly [K in Exclude<keyof F, R>]?: Infer<F[K]> }
>
type Flat<T> = { [K in keyof T]: T[K] }

const scalar = <T>(type: ScalarType): Schema<T> => Object.freeze({ type })

export const string = scalar<string>('string')
export const int32 = scalar<number>('int32')
export const int64 = scalar<number>('int64')
export const double = scalar<number>('double')
export const boolean = scalar<boolean>('boolean')
/** A resource amount such as `100m`; always a canonical string once decoded. */
export const quantity = scalar<string>('quantity')
/** RFC 3339, whole seconds, UTC. */
export const time = scalar<string>('time')
/** RFC 3339 with microseconds. */
export const microTime = scalar<string>('microTime')
/** Go's duration text: `1h2m3s`. */
export const duration = scalar<string>('duration')
/** Base64. */
export const bytes = scalar<string>('bytes')
/** A number, or a string such as `25%` or the name of a port. */
export const intOrString = scalar<number | string>('intOrString')
/** Any JSON value, kept as it is. */
export const json = scalar<unknown>('json')

/**
 * An object with the given fields. `name` is upstream's package and type; the trailing arguments name the
 * fields that an object must have, in types and in OpenAPI.
 */
export function struct<F extends Record<string, object>, R extends keyof F & string = never>(
  name: string,
  fields: () => F,
  ...required: R[]
): Schema<Struct<F, R>> {
  return Object.freeze({ type: 'struct', name, fields: once(fields, required), required })
}

/** Fields are built on first use and then stay, without a prototype. A zero in a required field is kept. */
function once(build: () => Record<string, object>, required: readonly string[]): () => Fields {
  let built: Fields | undefined
  return () => {
    if (built === undefined) {
      const fields = Object.assign(Object.create(null), build())
      for (const name of required) fields[name] = kept(fields[name])
      built = Object.freeze(fields) as Fields
    }
    return built
  }
}

/** A list that is replaced as a whole, or with the marks given. */
export function list<T>(
  items: Schema<T>,
  marks: Pick<ListSchema, 'keys' | 'set' | 'mergeKey' | 'mergePrimitives' | 'retainKeys'> = {},
): Schema<readonly T[]> {
  return Object.freeze({ type: 'list', items, ...marks })
}

/** A list told apart by `keys`; strategic merge uses the first of them. */
export function listMap<T>(items: Schema<T>, ...keys: [string, ...string[]]): Schema<readonly T[]> {
  return Object.freeze({ type: 'list', items, keys, mergeKey: keys[0] })
}

export function map<T>(values: Schema<T>): Schema<Readonly<Record<string, T>>> {
  return Object.freeze({ type: 'map', values })
}

/** Labels, annotations and the like. */
export const stringMap = map(string)

/** The same with a mark: see `FieldMarks`. */
export const kept = marker({ kept: true })
export const filled = marker({ filled: true })
export const atomic = marker({ atomic: true })
export const replaced = marker({ replaced: true })
export const retainKeys = marker({ retainKeys: true })

function marker(marks: FieldMarks): <T>(schema: Schema<T>) => Schema<T> {
  const marked = new WeakMap<object, unknown>()
  return <T>(schema: Schema<T>): Schema<T> => {
    let copy = marked.get(schema) as Schema<T> | undefined
    if (copy === undefined) {
      copy = Object.freeze({ ...schema, ...marks })
      marked.set(schema, copy)
    }
    return copy
  }
}

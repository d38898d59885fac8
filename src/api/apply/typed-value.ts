/**
 * Values together with their schema: which fields they set, how two differ, how they merge. Maps and structs are
 * looked into unless atomic, lists only if their elements can be told apart.
 * Upstream: sigs.k8s.io/structured-merge-diff/typed.
 */
import { stringify } from '../json.ts'
import { sameValue } from '../meta/validation.ts'
import { setOwn } from '../own.ts'
import type { AnySchema, ListSchema } from '../schema.ts'
import { EMPTY_SET, type FieldSet, isEmptySet, LEAF, Shape, setOf } from './field-set.ts'

type Json = Readonly<Record<string, unknown>>

/** Keys that may be left out, because the API fills them in. */
const KEY_DEFAULTS: ReadonlyMap<string, unknown> = new Map([['protocol', 'TCP']])

/** What a value sets: its leaves, empty maps, and elements of keyed lists. */
export function fieldsOf(value: unknown, schema: AnySchema | undefined): FieldSet {
  if (isGranularObject(value, schema)) {
    const children = new Map<string, FieldSet>()
    for (const key of Object.keys(value)) {
      const child = value[key]
      if (child === undefined) continue
      const set = fieldsOf(child, fieldSchema(schema, key))
      const bare = isEmptySet(set) && !(Array.isArray(child) && child.length > 0)
      children.set(`f:${key}`, bare ? LEAF : set)
    }
    return setOf(false, children)
  }
  if (Array.isArray(value) && isKeyed(schema)) {
    const children = new Map<string, FieldSet>()
    for (const item of value) {
      children.set(elementStep(item, schema), { ...fieldsOf(item, schema.items), own: true })
    }
    return setOf(false, children)
  }
  return LEAF
}

export interface Comparison {
  readonly added: FieldSet
  readonly removed: FieldSet
  readonly modified: FieldSet
}

/** Which fields an update added, removed and modified. What both share by reference costs nothing. */
export function compare(old: unknown, next: unknown, schema: AnySchema | undefined): Comparison {
  if (old === next) return SAME
  if (old === undefined) return { ...SAME, added: wholeOf(next, schema, schema?.filled) }
  if (next === undefined) return { ...SAME, removed: wholeOf(old, schema, schema?.filled) }
  const granular =
    (isGranularObject(old, schema) && isGranularObject(next, schema)) ||
    (isGranularList(old, schema) && isGranularList(next, schema))
  if (!granular || (isEmpty(old) && isEmpty(next))) {
    return sameValue(old, next) ? SAME : { ...SAME, modified: LEAF }
  }
  const before = childrenOf(old, schema)
  const after = childrenOf(next, schema)
  const builder = new ComparisonBuilder()
  for (const step of new Set([...before.keys(), ...after.keys()])) {
    const child = before.get(step) ?? after.get(step)
    builder.add(step, compare(before.get(step)?.value, after.get(step)?.value, child?.schema))
  }
  return builder.build()
}

const NONE: readonly string[] = []
const SAME: Comparison = { added: EMPTY_SET, removed: EMPTY_SET, modified: EMPTY_SET }

/** The same for an object that is new. */
export function allOf(object: object, schema: AnySchema | undefined): Comparison {
  return { ...SAME, added: wholeOf(object, schema, true) }
}

/**
 * What changes when a value comes or goes: all of its parts, and itself.
 * @param there  the value itself is always there, as Go's structs and lists without omitempty are: only its parts change
 */
function wholeOf(value: unknown, schema: AnySchema | undefined, there = false): FieldSet {
  if (isGranularObject(value, schema)) {
    const fields = schema?.type === 'struct' ? schema.fields() : undefined
    const required = schema?.type === 'struct' ? schema.required : NONE
    let shape = Shape.of('fields')
    for (const key of Object.keys(value)) {
      const child = value[key]
      if (child === undefined) continue
      if (typeof child !== 'object') {
        shape = shape.withField(key, LEAF)
        continue
      }
      const field = fields ? fields[key] : fieldSchema(schema, key)
      const always = field?.filled || (Array.isArray(child) && required.includes(key))
      const whole = wholeOf(child, field, there && always)
      if (!isEmptySet(whole)) shape = shape.withField(key, whole)
    }
    return there ? shape.parts : shape.whole
  }
  if (!isGranularList(value, schema)) return LEAF
  const { items } = schema as ListSchema
  let shape = Shape.of('elements')
  for (const item of value) shape = shape.withElement(elementStep(item, schema), wholeOf(item, items))
  return there ? shape.parts : shape.whole
}

class ComparisonBuilder {
  readonly #added = new Map<string, FieldSet>()
  readonly #removed = new Map<string, FieldSet>()
  readonly #modified = new Map<string, FieldSet>()

  add(step: string, { added, removed, modified }: Comparison): void {
    if (!isEmptySet(added)) this.#added.set(step, added)
    if (!isEmptySet(removed)) this.#removed.set(step, removed)
    if (!isEmptySet(modified)) this.#modified.set(step, modified)
  }

  build(): Comparison {
    return {
      added: setOf(false, this.#added),
      removed: setOf(false, this.#removed),
      modified: setOf(false, this.#modified),
    }
  }
}

interface Child {
  readonly value: unknown
  readonly schema: AnySchema | undefined
}

function childrenOf(value: unknown, schema: AnySchema | undefined): Map<string, Child> {
  const children = new Map<string, Child>()
  if (isGranularObject(value, schema)) {
    for (const key of Object.keys(value)) {
      if (value[key] !== undefined)
        children.set(`f:${key}`, { value: value[key], schema: fieldSchema(schema, key) })
    }
  } else if (Array.isArray(value) && isKeyed(schema)) {
    for (const item of value) children.set(elementStep(item, schema), { value: item, schema: schema.items })
  }
  return children
}

/** The live value with the applied one laid over it. */
export function mergeValues(live: unknown, applied: unknown, schema: AnySchema | undefined): unknown {
  if (applied === undefined || live === applied) return live
  if (isGranularObject(live, schema) && isGranularObject(applied, schema)) {
    const result: Record<string, unknown> = { ...live }
    for (const key of Object.keys(applied)) {
      const current = Object.hasOwn(live, key) ? live[key] : undefined
      setOwn(result, key, mergeValues(current, applied[key], fieldSchema(schema, key)))
    }
    return result
  }
  if (Array.isArray(live) && Array.isArray(applied) && isKeyed(schema))
    return mergeLists(live, applied, schema)
  return applied
}

/** The applied order holds for what it names; other live elements keep their places in between. */
function mergeLists(live: readonly unknown[], applied: readonly unknown[], schema: ListSchema): unknown[] {
  const liveByStep = new Map(live.map((item) => [elementStep(item, schema), item]))
  const appliedByStep = new Map(applied.map((item) => [elementStep(item, schema), item]))
  const left = [...liveByStep.keys()]
  const right = [...appliedByStep.keys()]
  const shared = right.filter((step) => liveByStep.has(step))
  const result: unknown[] = []
  let nextShared = 0
  for (let l = 0, r = 0; l < left.length || r < right.length; ) {
    const ours = left[l]
    const theirs = right[r]
    if (ours !== undefined && theirs !== undefined && ours !== theirs) {
      // Shared, and not the one whose turn it is: the applied order moves it.
      if (appliedByStep.has(ours) && shared[nextShared] !== ours) {
        l++
        continue
      }
    }
    if (ours !== undefined && !appliedByStep.has(ours)) {
      result.push(liveByStep.get(ours))
      l++
    } else if (theirs !== undefined) {
      result.push(mergeValues(liveByStep.get(theirs), appliedByStep.get(theirs), schema.items))
      if (shared[nextShared] === theirs) nextShared++
      if (ours === theirs) l++
      r++
    } else l++
  }
  return result
}

/** The value without the paths of `doomed`; undefined when nothing is left to stand there. */
export function removePaths(value: unknown, doomed: FieldSet, schema: AnySchema | undefined): unknown {
  if (doomed.children.size === 0) return value
  if (isGranularObject(value, schema)) {
    const result: Record<string, unknown> = {}
    for (const key of Object.keys(value)) {
      const child = doomed.children.get(`f:${key}`)
      if (child?.own) continue
      setOwn(
        result,
        key,
        child === undefined ? value[key] : removePaths(value[key], child, fieldSchema(schema, key)),
      )
    }
    return result
  }
  if (Array.isArray(value) && isKeyed(schema)) {
    return value.flatMap((item) => {
      const child = doomed.children.get(elementStep(item, schema))
      if (child?.own) return []
      return [child === undefined ? item : removePaths(item, child, schema.items)]
    })
  }
  return value
}

function isGranularObject(value: unknown, schema: AnySchema | undefined): value is Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  if (schema === undefined) return true
  return (schema.type === 'struct' || schema.type === 'map') && !schema.atomic
}

function isGranularList(value: unknown, schema: AnySchema | undefined): value is readonly unknown[] {
  return Array.isArray(value) && isKeyed(schema)
}

export function isKeyed(schema: AnySchema | undefined): schema is ListSchema {
  return schema?.type === 'list' && !schema.atomic && (schema.keys !== undefined || schema.set === true)
}

function fieldSchema(schema: AnySchema | undefined, key: string): AnySchema | undefined {
  if (schema?.type === 'struct') return schema.fields()[key]
  return schema?.type === 'map' ? schema.values : undefined
}

export function elementStep(item: unknown, schema: AnySchema | undefined): string {
  const { keys } = schema as ListSchema
  if (keys === undefined) return `v:${jsonOf(item)}`
  let parts = ''
  for (const key of inOrder(keys)) {
    const value =
      isObject(item) && Object.hasOwn(item, key) ? item[key] : defaultOf(key, schema as ListSchema)
    if (value !== undefined) parts += `${parts === '' ? '' : ','}${jsonOf(key)}:${jsonOf(value)}`
  }
  return `k:{${parts}}`
}

function defaultOf(key: string, { items }: ListSchema): unknown {
  if (KEY_DEFAULTS.has(key)) return KEY_DEFAULTS.get(key)
  if (items.type !== 'struct' || !items.required.includes(key)) return undefined
  return items.fields()[key]?.type === 'string' ? '' : 0
}

/** Most names need no escaping, which takes longer than looking. */
function jsonOf(value: unknown): string {
  return typeof value === 'string' && /^[\w./:-]*$/.test(value) ? `"${value}"` : stringify(value)
}

function inOrder(keys: readonly string[]): readonly string[] {
  let sorted = sortedKeys.get(keys)
  if (sorted === undefined) sortedKeys.set(keys, (sorted = [...keys].sort()))
  return sorted
}

const sortedKeys = new WeakMap<readonly string[], readonly string[]>()

/** The key without which it cannot be said which element is meant; what is required has its zero instead. */
export function missingKey(item: unknown, { keys = [], items }: ListSchema): string | undefined {
  return keys.find((key) => {
    if (KEY_DEFAULTS.has(key) || (isObject(item) && Object.hasOwn(item, key))) return false
    return items.type !== 'struct' || items.open === true || !items.required.includes(key)
  })
}

function isEmpty(value: unknown): boolean {
  if (value === undefined) return true
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

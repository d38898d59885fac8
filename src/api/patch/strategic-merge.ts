/**
 * Strategic merge patch: a merge patch that knows from the schema which lists are keyed, and takes directives
 * (`$patch`, `$retainKeys`, `$setElementOrder/x`, `$deleteFromPrimitiveList/x`). Neither document is changed;
 * what the patch leaves alone is shared with the original.
 * Upstream: apimachinery/pkg/util/strategicpatch/patch.go.
 */
import { goPlain } from '../go-syntax.ts'
import { setOwn } from '../own.ts'
import type { AnySchema, ListSchema } from '../schema.ts'

/** A patch that makes no sense; the API server answers it with 400 (or 422 for orders that contradict). */
export class PatchError extends Error {
  override readonly name = 'PatchError'
}

type Json = Readonly<Record<string, unknown>>
type MutableJson = Record<string, unknown>

const PATCH = '$patch'
const RETAIN_KEYS = '$retainKeys'
const DELETE_FROM_LIST = '$deleteFromPrimitiveList/'
const ELEMENT_ORDER = '$setElementOrder/'

/** `schema` is the kind's; without one, maps merge and lists are replaced. Throws PatchError. */
export function strategicMerge(original: unknown, patch: unknown, schema: AnySchema | undefined): unknown {
  if (!isObject(patch)) throw new PatchError('invalid JSON document')
  return mergeMap(isObject(original) ? original : {}, patch, schema)
}

function mergeMap(original: Json, patch: Json, schema: AnySchema | undefined): Json {
  if (Object.hasOwn(patch, PATCH)) return applyDirective(patch)
  const result: MutableJson = retained(original, patch)
  const rest = new Map(Object.entries(patch))
  rest.delete(RETAIN_KEYS)
  for (const [key, order] of [...rest]) {
    if (!key.startsWith(ELEMENT_ORDER)) continue
    rest.delete(key)
    const field = key.slice(ELEMENT_ORDER.length)
    mergeOrdered(result, field, rest.get(field), order, fieldOf(schema, field))
    rest.delete(field)
  }
  for (const [key, value] of rest) mergeField(result, key, value, schema)
  return result
}

function mergeField(result: MutableJson, key: string, value: unknown, schema: AnySchema | undefined): void {
  if (key.startsWith(DELETE_FROM_LIST)) {
    const field = key.slice(DELETE_FROM_LIST.length)
    const list = own(result, field)
    if (value === null) delete result[field]
    else if (Array.isArray(list) && Array.isArray(value))
      setOwn(
        result,
        field,
        list.filter((item) => !value.includes(item)),
      )
    return
  }
  if (value === null) {
    delete result[key]
    return
  }
  const current = own(result, key)
  if (isObject(current) && isObject(value)) {
    const field = fieldOf(schema, key)
    setOwn(result, key, field?.replaced ? withoutDirectives(value) : mergeMap(current, value, field))
  } else if (Array.isArray(current) && Array.isArray(value)) {
    setOwn(result, key, mergeList(current, value, fieldOf(schema, key)))
  } else {
    setFresh(result, key, value)
  }
}

/** A value for which the document has no counterpart: what carries `$patch` is about nothing, and goes. */
function setFresh(result: MutableJson, key: string, value: unknown): void {
  if (isDirected(value)) delete result[key]
  else setOwn(result, key, withoutDirectives(withoutDirected(value)))
}

/** `$patch` in a map: the patch takes the place of the original, or nothing does. */
function applyDirective(patch: Json): Json {
  const directive = patch[PATCH]
  if (directive === 'delete') return {}
  if (directive !== 'replace')
    throw new PatchError(`unknown patch type: ${directive} in map: ${goPlain(patch)}`)
  const { [PATCH]: _, ...rest } = patch
  return rest
}

/** The original without what `$retainKeys` does not name; always a copy. */
function retained(original: Json, patch: Json): MutableJson {
  if (!Object.hasOwn(patch, RETAIN_KEYS)) return { ...original }
  const keys = patch[RETAIN_KEYS]
  if (!Array.isArray(keys)) throw new PatchError('invalid patch format of retainKeys')
  for (const [key, value] of Object.entries(patch)) {
    const aboutList = key.startsWith(DELETE_FROM_LIST) || key.startsWith(ELEMENT_ORDER)
    if (key !== RETAIN_KEYS && value !== null && !aboutList && !keys.includes(key)) {
      throw new PatchError('invalid patch format of retainKeys')
    }
  }
  return Object.fromEntries(Object.entries(original).filter(([key]) => keys.includes(key)))
}

function mergeList(
  original: readonly unknown[],
  patch: readonly unknown[],
  field: AnySchema | undefined,
): unknown {
  const list = field?.type === 'list' ? field : undefined
  if (list?.mergeKey === undefined && !list?.mergePrimitives) return withoutDirectives(patch)
  if (original.length === 0 && patch.length === 0) return original
  const merged = mergeElements(original, patch, list)
  const elements = patch.filter((item) => !isDirected(item))
  const identify = identityOf(list, [...original, ...elements])
  return ordered(merged, elements, withoutDeleted(original, patch, identify), identify)
}

/** `$setElementOrder/field`: the list's new order, with or without a patch of its elements. */
function mergeOrdered(
  result: MutableJson,
  field: string,
  patch: unknown,
  order: unknown,
  schema: AnySchema | undefined,
): void {
  const list = schema?.type === 'list' ? schema : undefined
  const orderList = asList(order)
  const current = own(result, field)
  const original = current === undefined ? undefined : asList(current)
  const patchList = patch === undefined ? undefined : asList(patch)
  if (original === undefined && patchList === undefined) return
  if (!original?.length && !patchList?.length) throw new PatchError('no elements in any of the given slices')
  const elements = (patchList ?? []).filter((item) => !isDirected(item))
  const identify = identityOf(list, [...(original ?? []), ...elements, ...orderList])
  if (patchList !== undefined) checkOrder(patchList, orderList, identify, field)
  let merged: readonly unknown[]
  if (original !== undefined && patchList !== undefined) {
    merged = mergeList(original, patchList, schema) as unknown[]
  } else merged = original ?? (withoutDirectives(withoutDirected(patchList)) as unknown[])
  setOwn(
    result,
    field,
    ordered(merged, orderList, liveOrder(original ?? [], patchList ?? [], identify), identify),
  )
}

/**
 * The order that elements without a wish keep. Upstream deletes and appends within one array and then reads the
 * order off that same array: as many new elements as were deleted count as if they had been live.
 */
function liveOrder(
  original: readonly unknown[],
  patch: readonly unknown[],
  identify: (item: unknown) => unknown,
): readonly unknown[] {
  const remaining = withoutDeleted(original, patch, identify)
  if (remaining.length === original.length) return original
  const kept = new Set(remaining.map(identify))
  const added = patch.filter((item) => !isDirected(item) && !kept.has(identify(item)))
  return [...remaining, ...added].slice(0, original.length)
}

function withoutDeleted(
  original: readonly unknown[],
  patch: readonly unknown[],
  identify: (item: unknown) => unknown,
): readonly unknown[] {
  const deleted = new Set(patch.filter((item) => directiveOf(item) === 'delete').map(identify))
  return deleted.size === 0 ? original : original.filter((item) => !deleted.has(identify(item)))
}

/** What the two lists hold together; their order is settled afterwards. */
function mergeElements(original: readonly unknown[], patch: readonly unknown[], list: ListSchema): unknown[] {
  if (list.mergeKey === undefined || ![...original, ...patch].every(isObject)) {
    if ([...original, ...patch].some(isObject)) throw new PatchError('list element types are not identical')
    return [...new Set([...original, ...patch])]
  }
  const key = list.mergeKey
  const elements = patch as readonly Json[]
  if (elements.some((item) => item[PATCH] === 'replace')) {
    return elements.filter((item) => !Object.hasOwn(item, PATCH))
  }
  let merged = [...original] as Json[]
  for (const item of elements) {
    const directive = item[PATCH]
    if (directive === undefined) continue
    if (directive === 'merge') throw new PatchError('merging lists cannot yet be specified in the patch')
    if (directive !== 'delete')
      throw new PatchError(`unknown patch type: ${directive} in map: ${goPlain(item)}`)
    const id = mergeKeyOf(item, key)
    merged = merged.filter((it) => mergeKeyOf(it, key) !== id)
  }
  for (const item of elements) {
    if (Object.hasOwn(item, PATCH)) continue
    const id = mergeKeyOf(item, key)
    const index = merged.findIndex((it) => mergeKeyOf(it, key) === id)
    if (index < 0) merged.push(withoutDirectives(item) as Json)
    else merged[index] = mergeMap(merged[index] as Json, item, list.items)
  }
  return merged
}

/**
 * Elements that `order` names take its order; the others are slotted in between by the live list's: an
 * element stays before one it preceded there.
 */
function ordered(
  merged: readonly unknown[],
  order: readonly unknown[],
  live: readonly unknown[],
  identify: (item: unknown) => unknown,
): unknown[] {
  const rank = ranks(order, identify)
  const liveRank = ranks(live, identify)
  const by = (position: Map<unknown, number>) => (a: unknown, b: unknown) =>
    (position.get(identify(a)) ?? position.size) - (position.get(identify(b)) ?? position.size)
  const named = merged.filter((item) => rank.has(identify(item))).sort(by(rank))
  const others = merged.filter((item) => !rank.has(identify(item))).sort(by(liveRank))
  const result: unknown[] = []
  let i = 0
  for (const item of named) {
    const itemRank = liveRank.get(identify(item))
    while (i < others.length) {
      const otherRank = liveRank.get(identify(others[i]))
      if (itemRank === undefined || otherRank === undefined || otherRank > itemRank) break
      result.push(others[i++])
    }
    result.push(item)
  }
  return [...result, ...others.slice(i)]
}

function ranks(list: readonly unknown[], identify: (item: unknown) => unknown): Map<unknown, number> {
  const positions = new Map<unknown, number>()
  list.forEach((item, index) => {
    const id = identify(item)
    if (!positions.has(id)) positions.set(id, index)
  })
  return positions
}

/** The elements of a patch must stand in the order that the patch itself asks for. */
function checkOrder(
  patch: readonly unknown[],
  order: readonly unknown[],
  identify: (item: unknown) => unknown,
  field: string,
): void {
  if (order.length === 0) return
  const wanted = patch.filter((item) => !isDirected(item)).map(identify)
  let found = 0
  for (const item of order) if (found < wanted.length && identify(item) === wanted[found]) found++
  if (found < wanted.length) {
    throw new PatchError(
      `The order in patch list:\n${goPlain(patch)}\n doesn't match ${ELEMENT_ORDER}${field} list:\n${goPlain(order)}\n`,
    )
  }
}

/** How elements of a list are told apart: by merge key, or by themselves. */
function identityOf(list: ListSchema | undefined, items: readonly unknown[]): (item: unknown) => unknown {
  const key = list?.mergeKey
  return key !== undefined && items.every(isObject) ? (item) => mergeKeyOf(item as Json, key) : (item) => item
}

/** As text: upstream compares what the keys print as. */
function mergeKeyOf(item: Json, key: string): string {
  const value = own(item, key)
  if (value === undefined || value === null) {
    throw new PatchError(`map: ${goPlain(item)} does not contain declared merge key: ${key}`)
  }
  return String(value)
}

/**
 * As the kind's fields take a value of the patch that was not merged: they know no directives and no nulls. What
 * carries `$patch` stays, without it.
 */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives)
  if (!isObject(value)) return value
  const result: MutableJson = {}
  for (const [key, item] of Object.entries(value)) {
    const directive =
      key === PATCH ||
      key === RETAIN_KEYS ||
      key.startsWith(ELEMENT_ORDER) ||
      key.startsWith(DELETE_FROM_LIST)
    if (!directive && item !== null) setOwn(result, key, withoutDirectives(item))
  }
  return result
}

/** A value without the maps in it that carry `$patch`. */
function withoutDirected(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => !isDirected(item)).map(withoutDirected)
  if (!isObject(value)) return value
  const result: MutableJson = {}
  for (const [key, item] of Object.entries(value)) {
    if (!isDirected(item)) setOwn(result, key, withoutDirected(item))
  }
  return result
}

function isDirected(item: unknown): boolean {
  return isObject(item) && Object.hasOwn(item, PATCH)
}

function directiveOf(item: unknown): unknown {
  return isDirected(item) ? (item as Json)[PATCH] : undefined
}

function fieldOf(schema: AnySchema | undefined, key: string): AnySchema | undefined {
  if (schema?.type === 'struct') return schema.fields()[key]
  return schema?.type === 'map' ? schema.values : undefined
}

function asList(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  const kind = isObject(value) ? 'map[string]interface {}' : value === null ? '%!s(<nil>)' : typeof value
  throw new PatchError(`expected a []interface {}, but received a ${kind}`)
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function own(target: Json, key: string): unknown {
  return Object.hasOwn(target, key) ? target[key] : undefined
}

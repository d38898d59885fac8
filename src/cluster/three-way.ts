/**
 * What `kubectl apply` sends: the difference between what was applied last, what is to be applied and what is live.
 * Fields the user dropped are removed, fields the user gives are set, everything else is left to its owners
 * (kubectl, CreateThreeWayMergePatch in apimachinery/util/strategicpatch).
 */
import type { AnySchema, ListSchema } from '../api/schema.ts'

export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

type Json = Readonly<Record<string, unknown>>

/**
 * A strategic merge patch when `schema` is given, else a JSON merge patch (custom resources); undefined when
 * nothing differs.
 */
export function threeWayPatch(
  original: Json,
  modified: Json,
  live: Json,
  schema?: AnySchema,
): Json | undefined {
  const patch = patchMap(original, modified, live, schema)
  return Object.keys(patch).length === 0 ? undefined : patch
}

function patchMap(original: Json, modified: Json, live: Json, schema: AnySchema | undefined): Json {
  const patch: Record<string, unknown> = Object.create(null)
  for (const key of Object.keys(modified)) {
    const wanted = modified[key]
    if (wanted === undefined || wanted === null) continue
    const child = childSchema(schema, key)
    const before = own(original, key)
    const now = own(live, key)
    if (isMap(wanted) && isMap(now) && child?.replaced !== true) {
      const inner = patchMap(isMap(before) ? before : {}, wanted, now, child)
      if (Object.keys(inner).length === 0) continue
      patch[key] = child?.retainKeys === true ? { ...inner, $retainKeys: Object.keys(wanted).sort() } : inner
    } else if (Array.isArray(wanted) && Array.isArray(now) && isMergedList(child)) {
      patchList(patch, key, Array.isArray(before) ? before : [], wanted, now, child)
    } else if (!sameValue(wanted, now)) patch[key] = wanted
  }
  for (const key of Object.keys(original)) {
    if (own(modified, key) === undefined && own(live, key) !== undefined) patch[key] = null
  }
  return patch
}

function patchList(
  patch: Record<string, unknown>,
  field: string,
  original: readonly unknown[],
  modified: readonly unknown[],
  live: readonly unknown[],
  schema: ListSchema,
): void {
  if (schema.mergeKey === undefined) {
    const added = modified.filter((value) => !live.includes(value))
    const dropped = original.filter((value) => !modified.includes(value) && live.includes(value))
    if (added.length > 0) patch[field] = added
    if (dropped.length > 0) patch[`$deleteFromPrimitiveList/${field}`] = dropped
    if (added.length > 0) patch[`$setElementOrder/${field}`] = modified
    return
  }
  const mergeKey = schema.mergeKey
  const find = (items: readonly unknown[], id: unknown) =>
    items.filter(isMap).find((it) => it[mergeKey] === id)
  const elements: Json[] = []
  for (const element of modified.filter(isMap)) {
    const id = element[mergeKey]
    const now = find(live, id)
    if (now === undefined) elements.push(element)
    else {
      const inner = patchMap(find(original, id) ?? {}, element, now, schema.items)
      if (Object.keys(inner).length > 0) elements.push({ ...inner, [mergeKey]: id })
    }
  }
  for (const element of original.filter(isMap)) {
    const id = element[mergeKey]
    if (find(modified, id) === undefined && find(live, id) !== undefined) {
      elements.push({ $patch: 'delete', [mergeKey]: id })
    }
  }
  if (elements.length === 0) return
  patch[field] = elements
  patch[`$setElementOrder/${field}`] = modified.filter(isMap).map((it) => ({ [mergeKey]: it[mergeKey] }))
}

function isMergedList(schema: AnySchema | undefined): schema is ListSchema {
  return schema?.type === 'list' && (schema.mergeKey !== undefined || schema.mergePrimitives === true)
}

function childSchema(schema: AnySchema | undefined, key: string): AnySchema | undefined {
  if (schema?.type === 'struct') return schema.fields()[key]
  return schema?.type === 'map' ? schema.values : undefined
}

/** Equal as JSON, whatever the order of keys. */
function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (Array.isArray(a))
    return Array.isArray(b) && a.length === b.length && a.every((it, i) => sameValue(it, b[i]))
  if (!isMap(a) || !isMap(b)) return false
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && sameValue(a[key], b[key]))
  )
}

function isMap(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function own(map: Json, key: string): unknown {
  return Object.hasOwn(map, key) ? map[key] : undefined
}

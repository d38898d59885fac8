/** What differs between two states of the cluster, object by object and field by field. */
import { type KubeObject, objectRef } from '../api/kind.ts'
import type { ObjectChange } from './cluster.ts'

/** Server bookkeeping that changes with every write and says nothing to a reader. */
const BOOKKEEPING = new Set(['metadata.resourceVersion', 'metadata.managedFields', 'metadata.generation'])

/** Both iterables may hold objects in any order; the answer is sorted by reference. */
export function diffObjects(from: Iterable<KubeObject>, to: Iterable<KubeObject>): ObjectChange[] {
  const before = new Map<string, KubeObject>()
  for (const object of from) before.set(refOf(object), object)
  const changes: ObjectChange[] = []
  for (const object of to) {
    const ref = refOf(object)
    const old = before.get(ref)
    before.delete(ref)
    if (old === object) continue
    if (old === undefined || old.metadata?.uid !== object.metadata?.uid) {
      if (old !== undefined) changes.push({ object: ref, change: 'deleted', fields: [] })
      changes.push({ object: ref, change: 'added', fields: [] })
      continue
    }
    const fields = diffFields(old, object)
    if (fields.length > 0) changes.push({ object: ref, change: 'modified', fields })
  }
  for (const ref of before.keys()) changes.push({ object: ref, change: 'deleted', fields: [] })
  return changes.sort((a, b) => (a.object < b.object ? -1 : a.object > b.object ? 1 : 0))
}

/** Leaf paths that differ: `spec.replicas`, `status.conditions[0].status`. Shared references are skipped whole. */
export function diffFields(before: object, after: object): ObjectChange['fields'] {
  const fields: { path: string; before: unknown; after: unknown }[] = []
  const visit = (path: string, a: unknown, b: unknown) => {
    if (a === b || BOOKKEEPING.has(path)) return
    if (Array.isArray(a) && Array.isArray(b)) {
      for (let i = 0; i < Math.max(a.length, b.length); i++) visit(`${path}[${i}]`, a[i], b[i])
    } else if (isMap(a) && isMap(b)) {
      for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
        visit(path === '' ? key : `${path}.${key}`, own(a, key), own(b, key))
      }
    } else if (!Object.is(a, b)) fields.push({ path, before: a, after: b })
  }
  visit('', before, after)
  return fields
}

function refOf(object: KubeObject): string {
  return objectRef(object.kind ?? '', object.metadata ?? {})
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function own(map: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(map, key) ? map[key] : undefined
}

/** What the server does to `metadata`: fills it on create, keeps what may not change on update. */
import type { KubeObject } from '../api/kind.ts'
import type { ObjectMeta } from '../api/meta/object-meta.ts'
import { nameSuffix, uuid } from '../kernel/ids.ts'
import { sizedCopy } from '../kernel/sized-object.ts'
import type { Call } from './call.ts'
import { equal } from './equal.ts'

/** Upstream: names.MaxGeneratedNameLength, 63 characters less the five random ones. */
const MAX_BASE = 58

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** Name, namespace, uid, time of creation and generation of a new object; whatever else only a server may set goes. */
export function fillForCreate(call: Call, object: KubeObject): KubeObject {
  const { server, resource, request } = call
  const { metadata: given } = object
  // Name or namespace where they are not given, uid, time of creation, generation and resourceVersion.
  const added =
    (given?.name ? 0 : 1) +
    (resource.kind.namespaced && !given?.namespace ? 1 : 0) +
    (resource.kind.generation ? 4 : 3)
  const metadata: Mutable<ObjectMeta> = sizedCopy(given, added)
  if (!metadata.name && metadata.generateName) metadata.name = generateName(call, metadata.generateName)
  if (resource.kind.namespaced) metadata.namespace = request.namespace
  else if (metadata.namespace !== undefined) delete metadata.namespace
  metadata.uid = uuid(server.random)
  metadata.creationTimestamp = server.strategy.now
  if (resource.kind.generation) metadata.generation = 1
  else if (metadata.generation !== undefined) delete metadata.generation
  if (metadata.deletionTimestamp !== undefined) delete metadata.deletionTimestamp
  if (metadata.deletionGracePeriodSeconds !== undefined) delete metadata.deletionGracePeriodSeconds
  if (metadata.selfLink !== undefined) delete metadata.selfLink
  return withMetadata(object, metadata, resource.kind.status && !('status' in object) ? 1 : 0)
}

/** The same object under another drawn name. */
export function rename(call: Call, object: KubeObject): KubeObject {
  const name = generateName(call, object.metadata!.generateName!)
  return withMetadata(object, { ...object.metadata, name })
}

function generateName(call: Call, base: string): string {
  // One flat string: names are kept for long.
  return [base.slice(0, MAX_BASE), nameSuffix(call.server.random)].join('')
}

/** @param more  properties that the object is going to get */
export function withMetadata(object: KubeObject, metadata: ObjectMeta, more = 0): KubeObject {
  const copy: Mutable<KubeObject> = sizedCopy(object, more)
  copy.metadata = metadata
  return copy
}

/** Metadata that a client may change through the main resource. */
const FREE = ['labels', 'annotations', 'ownerReferences', 'finalizers'] as const

/**
 * The metadata an update leads to: `free` fields from `next`, everything else as it was. Returns `old` itself
 * when nothing changed, and shares the fields that did not.
 */
export function mergeMetadata(
  old: ObjectMeta,
  next: ObjectMeta | undefined,
  free: readonly (typeof FREE)[number][] = FREE,
): ObjectMeta {
  if (old === next) return old
  let merged: Mutable<ObjectMeta> | undefined
  for (const field of free) {
    const before = old[field]
    const after = emptyIsAbsent(next?.[field])
    if (before === after || equal(before, after)) continue
    merged ??= { ...old }
    if (after === undefined) delete merged[field]
    else (merged as Record<string, unknown>)[field] = after
  }
  return merged === undefined ? old : Object.freeze(merged)
}

function emptyIsAbsent<T extends object>(value: T | undefined): T | undefined {
  if (value === undefined) return undefined
  for (const _ in value) return value
  return undefined
}

/** +1 when something outside metadata and status changed. Both arguments share what is equal. */
export function specChanged(old: KubeObject, next: KubeObject): boolean {
  const before = old as Record<string, unknown>
  const after = next as Record<string, unknown>
  for (const key in after) {
    if (key !== 'metadata' && key !== 'status' && after[key] !== before[key]) return true
  }
  for (const key in before) {
    if (key !== 'metadata' && key !== 'status' && before[key] !== undefined && after[key] === undefined)
      return true
  }
  return false
}

/** Nothing at all differs, apart from who manages which field since when. Both share what is equal. */
export function unchanged(old: KubeObject, next: KubeObject): boolean {
  if (specChanged(old, next)) return false
  if ((old as { status?: unknown }).status !== (next as { status?: unknown }).status) return false
  if (old.metadata === next.metadata) return true
  const before = old.metadata as Record<string, unknown>
  const after = next.metadata as Record<string, unknown>
  for (const one of [before, after]) {
    for (const key in one) {
      if (key === 'resourceVersion' || key === 'managedFields') continue
      if (!equal(before[key], after[key])) return false
    }
  }
  return sameManagers(old.metadata?.managedFields, next.metadata?.managedFields)
}

function sameManagers(before: ObjectMeta['managedFields'], after: ObjectMeta['managedFields']): boolean {
  const timeless = (entries: ObjectMeta['managedFields']) =>
    entries?.map((entry) => ({ ...entry, time: undefined }))
  return before === after || equal(timeless(before), timeless(after))
}

/**
 * Says in a few words what a commit changed: `status.phase Pending -> Running, Ready False -> True`. Walks only
 * into what is not shared between the two states.
 */
import type { KubeObject } from '../api/kind.ts'

/** Changes named at most; the rest is `...`. */
const NAMED = 3
/** Changes looked at before these are chosen. */
const FOUND = 12
/** What a reader wants to know first of many changes. */
const SAYS_MOST = /^(?:deletion|spec|taints|Ready|Available|Progressing|Complete|Failed|.*phase)\b/
/** Fields that change with every write and say nothing by themselves. */
const SILENT = new Set([
  'resourceVersion',
  'managedFields',
  'generation',
  'observedGeneration',
  'lastTransitionTime',
  'lastProbeTime',
  'lastUpdateTime',
  'lastHeartbeatTime',
  'uid',
])

export function changeText(object: KubeObject | undefined, previous: KubeObject | undefined): string {
  if (previous === undefined) return 'created'
  if (object === undefined) return 'deleted'
  const changes: string[] = []
  const { metadata } = object
  const before = previous.metadata
  if (metadata?.deletionTimestamp && !before?.deletionTimestamp) {
    const seconds = metadata.deletionGracePeriodSeconds
    changes.push(seconds ? `deletion requested, grace ${seconds} s` : 'deletion requested')
  }
  compare(object, previous, '', changes)
  if (changes.length === 0) return 'updated'
  if (changes.length <= NAMED) return changes.join(', ')
  const first = changes.filter((it) => SAYS_MOST.test(it))
  const named = [...first, ...changes.filter((it) => !first.includes(it))].slice(0, NAMED)
  return `${named.join(', ')}, ...`
}

function compare(after: object, before: object, path: string, changes: string[]): void {
  for (const key of Object.keys(after)) {
    if (changes.length >= FOUND) return
    if (SILENT.has(key) || key.startsWith('deletion')) continue
    const was = own(before, key)
    const is = own(after, key)
    if (is !== was) compareField(is, was, path === '' ? key : `${path}.${key}`, changes)
  }
  for (const key of Object.keys(before)) {
    if (changes.length >= FOUND) return
    if (own(after, key) !== undefined || own(before, key) === undefined || SILENT.has(key)) continue
    changes.push(`${short(path === '' ? key : `${path}.${key}`)} removed`)
  }
}

function compareField(is: unknown, was: unknown, path: string, changes: string[]): void {
  if (Array.isArray(is)) compareList(is, Array.isArray(was) ? was : [], path, changes)
  else if (isObject(is) && isObject(was)) compare(is, was, path, changes)
  else if (isObject(is)) changes.push(`${short(path)} set`)
  else if (was === undefined) changes.push(`${short(path)} ${scalar(is)}`)
  else changes.push(`${short(path)} ${scalar(was)} -> ${scalar(is)}`)
}

/** Elements that name themselves are compared one by one, else the list is named as a whole. */
function compareList(is: readonly unknown[], was: readonly unknown[], path: string, changes: string[]): void {
  if (idOf(is[0] ?? was[0]) === undefined) {
    if (is.length !== was.length || is.some((item, i) => item !== was[i]))
      changes.push(`${short(path)} changed`)
    return
  }
  const nameOf = (id: string | undefined) => (path.endsWith('.conditions') ? String(id) : `${path}[${id}]`)
  for (const item of is as object[]) {
    const id = idOf(item)
    const old = (was as object[]).find((it) => idOf(it) === id)
    if (item === old) continue
    const status = own(item, 'status')
    if (typeof status === 'string' && own(item, 'type') !== undefined) {
      const before = old && own(old, 'status')
      if (before !== status)
        changes.push(before ? `${nameOf(id)} ${before} -> ${status}` : `${nameOf(id)} ${status}`)
    } else if (old !== undefined) compare(item, old, nameOf(id), changes)
    else changes.push(`${short(nameOf(id))} added`)
  }
  for (const old of was) {
    const id = idOf(old)
    if (!is.some((it) => idOf(it) === id)) changes.push(`${short(nameOf(id))} removed`)
  }
}

/** What tells an element from its siblings: the type of a condition, the name of a container, a taint's key and effect. */
function idOf(item: unknown): string | undefined {
  if (!isObject(item)) return undefined
  const id = own(item, 'type') ?? own(item, 'name')
  if (id !== undefined) return String(id)
  const [key, effect] = [own(item, 'key'), own(item, 'effect')]
  return key === undefined || effect === undefined ? undefined : `${key}:${effect}`
}

/** `metadata.labels.app` reads better as `labels.app`. */
function short(path: string): string {
  return path.startsWith('metadata.') ? path.slice('metadata.'.length) : path
}

function scalar(value: unknown): string {
  const text = typeof value === 'string' ? value : String(value)
  return text === '' ? '""' : text.length > 60 ? `${text.slice(0, 57)}...` : text
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function own(object: object, key: string): unknown {
  return Object.hasOwn(object, key) ? (object as Record<string, unknown>)[key] : undefined
}

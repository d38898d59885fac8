/**
 * Who set which field: managedFields as they follow from updates, and server-side apply, which merges what one
 * manager wants into the live object and refuses what others own.
 * Upstream: apimachinery/pkg/util/managedfields, sigs.k8s.io/structured-merge-diff/merge.
 */
import { applyConflict, badRequest } from '../errors.ts'
import { deepFreeze } from '../freeze.ts'
import type { KubeObject } from '../kind.ts'
import type { ManagedFieldsEntry } from '../meta/object-meta.ts'
import type { StatusCause } from '../meta/status.ts'
import type { AnySchema } from '../schema.ts'
import {
  decodeSet,
  difference,
  EMPTY_SET,
  encodeSet,
  equalSets,
  type FieldSet,
  formatSteps,
  intersection,
  isEmptySet,
  pathsOf,
  setOf,
  union,
  withParents,
} from './field-set.ts'
import { allOf, compare, fieldsOf, mergeValues, removePaths } from './typed-value.ts'

export interface WriteInfo {
  /** `kubectl`, `kube-controller-manager`: the fieldManager, or the user agent up to the first slash. */
  readonly manager: string
  /** Of the endpoint that was written to. */
  readonly apiVersion: string
  /** '' for the main resource. */
  readonly subresource: string
  /** RFC 3339. */
  readonly now: string
  /** Top-level fields that the endpoint ignores, and whose owners therefore do not change: `['status']`. */
  readonly ignored: readonly string[]
}

/** Fields that the server keeps itself, and that therefore nobody owns. */
const UNTRACKED = ['f:apiVersion', 'f:kind'] as const
const UNTRACKED_METADATA = [
  'name',
  'namespace',
  'creationTimestamp',
  'selfLink',
  'uid',
  'generation',
  'managedFields',
  'resourceVersion',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
].map((field) => `f:${field}`)

/** Upstream merges the oldest update managers into one beyond this number. */
const MAX_UPDATE_MANAGERS = 10
const ANCIENT = 'ancient-changes'
const BEFORE_FIRST_APPLY = 'before-first-apply'

/**
 * `next` with the owners that follow from the update. `old` is the object as it was (undefined on create);
 * what both share by reference costs nothing. Owners of what nobody touched stay as they are, by reference.
 */
export function trackUpdate<T extends KubeObject>(
  schema: AnySchema,
  old: T | undefined,
  next: T,
  info: WriteInfo,
): T {
  if (old === undefined) return withAuthor(schema, withoutManaged(next), info)
  const owners = Owners.of(old)
  owners.update(schema, old, next, ownerOf('Update', info), info)
  return withOwners(next, owners, old)
}

/** Of a new object everything is its author's. */
function withAuthor<T extends KubeObject>(schema: AnySchema, object: T, info: WriteInfo): T {
  const set = tracked(allOf(object, schema).added, info.ignored)
  if (isEmptySet(set)) return object
  return { ...object, metadata: { ...object.metadata, managedFields: booksOf(set, info) } }
}

/** One and the same for objects of one shape that somebody makes in the same second. */
function booksOf(set: FieldSet, info: WriteInfo): readonly ManagedFieldsEntry[] {
  const known = lastBooks.get(set)
  if (known !== undefined && isSameWrite(known.info, info)) return known.books
  const books = deepFreeze([entryOf(ownerOf('Update', info), set)])
  lastBooks.set(set, { info, books })
  return books
}

const lastBooks = new WeakMap<
  FieldSet,
  { readonly info: WriteInfo; readonly books: readonly ManagedFieldsEntry[] }
>()

/** Apart from what is ignored: a set of owned fields is without that. */
function isSameWrite(a: WriteInfo, b: WriteInfo): boolean {
  return (
    a.manager === b.manager &&
    a.apiVersion === b.apiVersion &&
    a.subresource === b.subresource &&
    a.now === b.now
  )
}

/**
 * Server-side apply: `live` with `applied` merged into it, and the owners. What this manager applied before and
 * no longer does is removed, unless another manager owns it too. Throws ApiError: Conflict, or BadRequest.
 */
export function applyObject<T extends KubeObject>(
  schema: AnySchema,
  live: T | undefined,
  applied: T,
  info: WriteInfo & { readonly force: boolean },
): T {
  if (applied.metadata?.managedFields !== undefined) throw badRequest('metadata.managedFields must be nil')
  const owners = Owners.of(live)
  if (live !== undefined && owners.isEmpty) {
    // The object is older than its bookkeeping: whoever made it keeps what it has.
    owners.update(schema, undefined, live, ownerOf('Update', { ...info, manager: BEFORE_FIRST_APPLY }), info)
  }
  const base = live === undefined ? {} : withoutManaged(live)
  const merged = mergeValues(base, applied, schema) as T
  const owner = ownerOf('Apply', info)
  const before = owners.get(owner)
  owners.set(owner, tracked(fieldsOf(applied, schema), info.ignored))
  const doomed = difference(withParents(before), withParents(owners.all()))
  const pruned = removePaths(merged, doomed, schema) as T
  const changes = compare(withoutManaged(live), pruned, schema)
  const taken = tracked(union(changes.added, changes.modified), info.ignored)
  owners.disown(owner, taken, changes.removed, info.force)
  return withOwners(pruned, owners, live)
}

/** One line of bookkeeping: who, how, in which version, through which endpoint. */
interface Owner {
  readonly manager: string
  readonly operation: 'Apply' | 'Update'
  readonly apiVersion: string
  readonly subresource: string
  /** When it last took or applied something. */
  readonly time: string
}

function ownerOf(operation: Owner['operation'], info: WriteInfo): Owner {
  const { manager, apiVersion, subresource, now } = info
  return { manager, operation, apiVersion, subresource, time: now }
}

interface Holding {
  owner: Owner
  set: FieldSet
  /** The entry this was read from; kept as it is while the set stays the same. */
  entry: ManagedFieldsEntry | undefined
}

/** All owners of one object, changed in place while one write is worked out. */
class Owners {
  readonly #holdings = new Map<string, Holding>()

  static of(object: KubeObject | undefined): Owners {
    const owners = new Owners()
    for (const entry of object?.metadata?.managedFields ?? []) {
      const owner: Owner = {
        manager: entry.manager ?? '',
        operation: entry.operation === 'Apply' ? 'Apply' : 'Update',
        apiVersion: entry.apiVersion ?? '',
        subresource: entry.subresource ?? '',
        time: entry.time ?? '',
      }
      owners.#holdings.set(keyOf(owner), { owner, set: decodeSet(entry.fieldsV1), entry })
    }
    return owners
  }

  get isEmpty(): boolean {
    return this.#holdings.size === 0
  }

  get(owner: Owner): FieldSet {
    return this.#holdings.get(keyOf(owner))?.set ?? EMPTY_SET
  }

  all(): FieldSet {
    let set = EMPTY_SET
    for (const holding of this.#holdings.values()) set = union(set, holding.set)
    return set
  }

  set(owner: Owner, set: FieldSet): void {
    const held = this.#holdings.get(keyOf(owner))
    if (held !== undefined && equalSets(held.set, set)) return
    this.#holdings.set(keyOf(owner), { owner, set, entry: undefined })
  }

  /** The writer takes what it added and modified; nobody owns what is gone. */
  update(
    schema: AnySchema,
    old: KubeObject | undefined,
    next: KubeObject,
    owner: Owner,
    info: WriteInfo,
  ): void {
    const changes =
      old === undefined
        ? allOf(withoutManaged(next), schema)
        : compare(withoutManaged(old), withoutManaged(next), schema)
    const taken = tracked(union(changes.added, changes.modified), info.ignored)
    this.disown(owner, taken, changes.removed, true)
    if (isEmptySet(taken)) return
    const held = this.get(owner)
    this.#holdings.set(keyOf(owner), {
      owner,
      set: union(difference(held, changes.removed), taken),
      entry: undefined,
    })
    this.#mergeAncient()
  }

  /** Takes fields from everyone but `taker`. Without force, a field that someone else owns is a conflict. */
  disown(taker: Owner, taken: FieldSet, removed: FieldSet, force: boolean): void {
    const conflicts: { owner: Owner; set: FieldSet }[] = []
    for (const [key, holding] of this.#holdings) {
      const isTaker = key === keyOf(taker)
      const lost = isTaker ? EMPTY_SET : intersection(holding.set, taken)
      if (!isEmptySet(lost)) conflicts.push({ owner: holding.owner, set: lost })
      const left = difference(difference(holding.set, lost), removed)
      if (equalSets(left, holding.set)) continue
      if (isEmptySet(left)) this.#holdings.delete(key)
      else this.#holdings.set(key, { ...holding, set: left, entry: undefined })
    }
    if (!force && conflicts.length > 0) throw conflictError(conflicts)
  }

  entries(): ManagedFieldsEntry[] {
    return [...this.#holdings.values()]
      .filter(({ set }) => !isEmptySet(set))
      .sort((a, b) => compareOwners(a.owner, b.owner))
      .map(({ owner, set, entry }) => entry ?? entryOf(owner, set))
  }

  #mergeAncient(): void {
    const updates = [...this.#holdings.values()].filter(({ owner }) => owner.operation === 'Update')
    if (updates.length <= MAX_UPDATE_MANAGERS) return
    updates.sort((a, b) => compareOwners(a.owner, b.owner))
    const old = updates.slice(0, updates.length - MAX_UPDATE_MANAGERS + 1)
    const newest = old.at(-1)!.owner
    let set = EMPTY_SET
    for (const holding of old) {
      set = union(set, holding.set)
      this.#holdings.delete(keyOf(holding.owner))
    }
    const ancient: Owner = { ...newest, manager: ANCIENT, subresource: '' }
    this.#holdings.set(keyOf(ancient), { owner: ancient, set, entry: undefined })
  }
}

/** An owner is the same whenever it writes. */
function keyOf({ manager, operation, apiVersion, subresource }: Owner): string {
  return [manager, operation, apiVersion, subresource].join('\0')
}

/** Appliers first, then by time: the order in which entries are stored. */
function compareOwners(a: Owner, b: Owner): number {
  const keys = (it: Owner) => [it.operation, it.time, it.manager, it.apiVersion, it.subresource]
  const x = keys(a)
  const y = keys(b)
  for (let i = 0; i < x.length; i++) {
    if (x[i] !== y[i]) return (x[i] as string) < (y[i] as string) ? -1 : 1
  }
  return 0
}

function entryOf(owner: Owner, set: FieldSet): ManagedFieldsEntry {
  const { manager, operation, apiVersion, subresource, time } = owner
  return {
    manager,
    operation,
    apiVersion,
    ...(time === '' ? {} : { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: encodeSet(set),
    ...(subresource === '' ? {} : { subresource }),
  }
}

function conflictError(conflicts: readonly { owner: Owner; set: FieldSet }[]): Error {
  const sorted = [...conflicts].sort((a, b) => (nameOf(a.owner) < nameOf(b.owner) ? -1 : 1))
  const causes: StatusCause[] = []
  const lines: string[] = []
  for (const { owner, set } of sorted) {
    lines.push(`conflicts with ${nameOf(owner)}:`)
    for (const path of pathsOf(set)) {
      const field = formatSteps(path)
      lines.push(`- ${field}`)
      causes.push({ reason: 'FieldManagerConflict', message: `conflict with ${nameOf(owner)}`, field })
    }
  }
  const message =
    causes.length === 1
      ? `Apply failed with 1 conflict: ${causes[0]!.message}: ${causes[0]!.field}`
      : `Apply failed with ${causes.length} conflicts: ${lines.join('\n')}`
  return applyConflict(message, causes)
}

/** `"kubectl"`, `"kubelet" with subresource "status" using v1`. */
function nameOf({ manager, operation, apiVersion, subresource }: Owner): string {
  const via = subresource === '' ? '' : ` with subresource "${subresource}"`
  return `"${manager}"${via}${operation === 'Update' ? ` using ${apiVersion}` : ''}`
}

/** Without what the server keeps itself, and what the endpoint ignores; one and the same for one set. */
function tracked(set: FieldSet, ignored: readonly string[]): FieldSet {
  const key = ignored.join()
  let byIgnored = trackedOf.get(set)
  if (byIgnored === undefined) trackedOf.set(set, (byIgnored = new Map()))
  let found = byIgnored.get(key)
  if (found === undefined) byIgnored.set(key, (found = withoutUntracked(set, ignored)))
  return found
}

const trackedOf = new WeakMap<FieldSet, Map<string, FieldSet>>()

function withoutUntracked(set: FieldSet, ignored: readonly string[]): FieldSet {
  const children = new Map(set.children)
  for (const step of UNTRACKED) children.delete(step)
  for (const field of ignored) children.delete(`f:${field}`)
  const metadata = children.get('f:metadata')
  if (metadata !== undefined) {
    const left = new Map(metadata.children)
    for (const step of UNTRACKED_METADATA) left.delete(step)
    // That there is metadata at all is nobody's doing.
    if (left.size === 0) children.delete('f:metadata')
    else children.set('f:metadata', { own: false, children: left })
  }
  return setOf(false, children)
}

/** What its author says of who owns what does not count. */
export function withoutManaged<T extends KubeObject | undefined>(object: T): T {
  if (object?.metadata?.managedFields === undefined) return object
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata }
}

function withOwners<T extends KubeObject>(object: T, owners: Owners, old: KubeObject | undefined): T {
  const entries = owners.entries()
  const before = old?.metadata?.managedFields
  const same = before?.length === entries.length && entries.every((entry, index) => entry === before[index])
  const managedFields = same ? before : deepFreeze(entries)
  if (object.metadata?.managedFields === managedFields) return object
  const { managedFields: _, ...metadata } = object.metadata ?? {}
  return { ...object, metadata: entries.length === 0 ? metadata : { ...metadata, managedFields } }
}

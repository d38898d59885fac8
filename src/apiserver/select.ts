/** Which objects a list, watch or deletecollection is about, found by an index where there is one. */
import { badRequest } from '../api/errors.ts'
import { type FieldTerm, parseFieldSelector, requiredFieldValue } from '../api/field-selector.ts'
import { goQuote } from '../api/go-syntax.ts'
import type { KindDefinition, KubeObject } from '../api/kind.ts'
import { parseSelector, type Selector, SelectorError } from '../api/label-selector.ts'
import type { RequestOptions } from '../api/request.ts'
import type { ServerContext } from './call.ts'
import { labelOf } from './indexes.ts'
import type { Resource } from './resource.ts'
import { served } from './versions.ts'
import type { WatchFilter } from './watch-hub.ts'

/** Below so many objects a scan is as good as an index. */
const SCAN_MAX = 64
/** A scan is as good for what matches more than one in so many. */
const SCAN_SHARE = 8
/** So many are not worth reading one by one. */
const AT_ONCE_MAX = 1000
/** Making an index of more than that would hold up whoever takes objects one by one so as not to hold up others. */
const INDEX_MAX = 10_000
/** Every object is held against every one of them. */
const REQUIREMENTS_MAX = 1000

export interface Selection {
  /** Undefined when everything (of the namespace) is selected. */
  readonly matches: ((object: KubeObject) => boolean) | undefined
  readonly filter: WatchFilter
  /** As they are now, in key order. */
  objects(): KubeObject[]
  /** The same, but those of a long range are looked at one by one, when they are asked for; undefined: not this one. */
  oneByOne(): Iterable<KubeObject | undefined>
}

interface ExactTerm {
  readonly field: string
  readonly value: string
  readonly of: (object: KubeObject) => string
}

/** Throws BadRequest for a selector that is none, or names a field that the kind does not have. */
export function select(
  call: {
    readonly server: ServerContext
    readonly request: { readonly namespace?: string; readonly name?: string }
    /** The kind that is asked for, where that is another version than the stored one. */
    readonly kind?: KindDefinition
  },
  resource: Resource,
  options: RequestOptions,
): Selection {
  const { kind } = resource
  const namespace = kind.namespaced ? call.request.namespace || undefined : undefined
  const labels = parse(() => parseSelector(options.labelSelector ?? ''))
  const terms = parse(() => parseFieldSelector(options.fieldSelector ?? ''))
  if (labels.requirements.length + terms.length > REQUIREMENTS_MAX) {
    throw badRequest(`a selector may have at most ${REQUIREMENTS_MAX} requirements`)
  }
  const asked = call.kind ?? kind
  const fields = terms.map((term) => {
    const of = fieldOf(asked, term.field)
    return { ...term, of: asked === kind ? of : (object: KubeObject) => of(served(asked, object)) }
  })
  const matches =
    labels.empty && fields.length === 0
      ? undefined
      : (object: KubeObject) =>
          fields.every((term) => (term.of(object) === term.value) !== term.not) &&
          labels.matches(object.metadata?.labels)
  const exact = asked === kind ? fields.find((term) => !term.not) : undefined
  const { storage } = call.server
  const prefix = resource.rangeOf(namespace)
  const read = (keys: readonly string[] | undefined) => {
    const found: KubeObject[] = []
    const add = (object: KubeObject | undefined) => {
      if (object !== undefined && (matches === undefined || matches(object))) found.push(object)
      return true
    }
    if (keys === undefined) storage.each(prefix, {}, (_, object) => add(object))
    else for (const key of keys) add(storage.get(key))
    return found
  }
  const keysNow = (makeIndex = true) =>
    candidates(call.server, resource, namespace, exact, labels, terms, makeIndex)
  return {
    matches,
    filter: {
      namespace,
      matches,
      route: exact && { field: exact.field, value: exact.value, of: exact.of },
    },
    objects: () => read(keysNow()),
    oneByOne: () => {
      const keys = keysNow(storage.count(resource.prefix) <= INDEX_MAX)
      if (keys !== undefined || storage.count(prefix) <= AT_ONCE_MAX) return read(keys)
      return matching(storage.snapshot(prefix), matches)
    },
  }
}

function parse<T>(body: () => T): T {
  try {
    return body()
  } catch (error) {
    throw error instanceof SelectorError ? badRequest(error.message) : error
  }
}

/** Reads one selectable field of a kind. */
export function fieldOf(kind: KindDefinition, field: string): (object: KubeObject) => string {
  if (field === 'metadata.name') return (object) => object.metadata?.name ?? ''
  if (field === 'metadata.namespace') return (object) => object.metadata?.namespace ?? ''
  const fields = kind.selectableFields
  if (fields === undefined || !Object.hasOwn(fields, field)) {
    throw badRequest(
      fields === undefined
        ? `${goQuote(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`
        : `field label not supported: ${field}`,
    )
  }
  return fields[field] as (object: KubeObject) => string
}

/** Keys of all that may match, in order; undefined where looking at every object is as good. */
function candidates(
  server: ServerContext,
  resource: Resource,
  namespace: string | undefined,
  exact: ExactTerm | undefined,
  labels: Selector,
  terms: readonly FieldTerm[],
  makeIndex: boolean,
): readonly string[] | undefined {
  const name = requiredFieldValue(terms, 'metadata.name')
  if (name !== undefined && (namespace !== undefined || !resource.kind.namespaced)) {
    return [resource.keyOf(namespace, name)]
  }
  const prefix = resource.rangeOf(namespace)
  const count = server.storage.count(prefix)
  const keys = count > SCAN_MAX ? indexed(server, resource, exact, labels, makeIndex) : undefined
  // Putting so many in order takes longer.
  if (keys === undefined || keys.size * SCAN_SHARE > count) return undefined
  return [...keys].filter((key) => key.startsWith(prefix)).sort()
}

function* matching(
  records: Iterable<{ readonly value: KubeObject }>,
  matches: ((object: KubeObject) => boolean) | undefined,
): Iterable<KubeObject | undefined> {
  for (const { value } of records) yield matches === undefined || matches(value) ? value : undefined
}

/** A field selector taken apart; throws BadRequest for one that is none. */
export function fieldTerms(selector: string): readonly FieldTerm[] {
  return parse(() => parseFieldSelector(selector))
}

/** Objects of a resource in the core group with this value in a selectable field, in no promised order. */
export function* indexedObjects(
  server: ServerContext,
  name: string,
  field: string,
  value: string,
): Iterable<KubeObject> {
  const resource = server.resourceOf('', name)
  const of = fieldOf(resource.kind, field)
  const keys = resource.indexes.lookup(`field ${field}`, of, value, () => allOf(server, resource))
  for (const key of keys ?? []) {
    const object = server.storage.get(key)
    if (object !== undefined) yield object
  }
}

function allOf(server: ServerContext, resource: Resource): [string, KubeObject][] {
  const entries: [string, KubeObject][] = []
  server.storage.each(resource.prefix, {}, (key, object) => entries.push([key, object]) > 0)
  return entries
}

/** Keys that may match, by an exact field or else an exact label. */
function indexed(
  server: ServerContext,
  resource: Resource,
  exact: ExactTerm | undefined,
  labels: Selector,
  makeIndex: boolean,
): ReadonlySet<string> | undefined {
  const all = makeIndex ? () => allOf(server, resource) : undefined
  if (exact !== undefined && exact.field !== 'metadata.namespace') {
    return resource.indexes.lookup(`field ${exact.field}`, exact.of, exact.value, all)
  }
  for (const { key, operator, values } of labels.requirements) {
    if (values.length !== 1 || (operator !== '=' && operator !== '==' && operator !== 'In')) continue
    return resource.indexes.lookup(`label ${key}`, labelOf(key), values[0]!, all)
  }
  return undefined
}

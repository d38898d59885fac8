/** Objects as JSON, each encoded once: readers and watchers of one frozen object share its text. */
import { stringify } from '../api/json.ts'
import type { KindDefinition, KubeObject } from '../api/kind.ts'
import type { ListMeta } from '../api/meta/status.ts'
import type { WatchEvent } from '../api/request.ts'
import type { MemberTexts } from '../api/untrusted-json.ts'
import { type IncludeObject, partial, table, tableHead, tableRow } from '../apiserver/table.ts'
import type { Representation } from './negotiate.ts'

/**
 * JSON as it goes out. Text has one byte a character, which node:http writes together with the headers; anything else
 * is bytes. Either way `length` counts bytes.
 */
export type Json = string | Buffer

/** Encodings kept for objects that may be read again soon. */
const KEPT = 1024
/** Bytes of one that is kept. */
const KEPT_LENGTH = 64 * 1024

let recent = new Map<object, Json>()
/** What was recent before. */
let older = new Map<object, Json>()

function kept(object: object): Json | undefined {
  return recent.get(object) ?? older.get(object)
}

function keep(object: object, json: Json): void {
  if (recent.size >= KEPT / 2) {
    older = recent
    recent = new Map()
  }
  recent.set(object, json)
}

/** @param texts  of members that it may have in common with a body that has just been read */
export function encodeObject(object: object, texts?: MemberTexts): Json {
  const known = kept(object)
  if (known !== undefined) return known
  const json = toJson(textOf(object, texts))
  // Only what is frozen stays what it is.
  if (json.length <= KEPT_LENGTH && Object.isFrozen(object)) keep(object, json)
  return json
}

/**
 * What `stringify` gives, for the price of what is new: the books on fields, which objects of one shape share, are
 * written once for all of them, and long members of a body that came back unchanged not at all.
 */
function textOf(object: object, texts: MemberTexts | undefined): string {
  const books = (object as KubeObject).metadata?.managedFields
  if (!Array.isArray(books) && texts === undefined) return stringify(object)
  return members(object, (key, value) => {
    if (key === 'metadata' && Array.isArray(books)) {
      return members(value as object, (name) => (name === 'managedFields' ? booksText(books) : undefined))
    }
    return texts?.get(value as object)
  })
}

function booksText(books: readonly object[]): string {
  const entry = (it: object) =>
    members(it, (name, value) => (name === 'fieldsV1' ? sharedText(value, stringify) : undefined))
  return sharedText(books, () => `[${books.map(entry).join(',')}]`) ?? stringify(books)
}

/** Undefined for what may change. */
function sharedText(value: unknown, write: (value: object) => string): string | undefined {
  if (typeof value !== 'object' || value === null || !Object.isFrozen(value)) return undefined
  let text = sharedTexts.get(value)
  if (text === undefined) sharedTexts.set(value, (text = write(value)))
  return text
}

const sharedTexts = new WeakMap<object, string>()

/** An object whose members are written by `known`, or as always where that has nothing to say. */
function members(object: object, known: (key: string, value: unknown) => string | undefined): string {
  let text = ''
  for (const [key, value] of Object.entries(object)) {
    if (value === undefined) continue
    text += `${text === '' ? '{' : ','}${JSON.stringify(key)}:${known(key, value) ?? stringify(value)}`
  }
  return text === '' ? '{}' : `${text}}`
}

export function encode(value: unknown): Json {
  return toJson(stringify(value))
}

export function toJson(text: string): Json {
  return Buffer.byteLength(text) === text.length ? text : Buffer.from(text)
}

/** How a request wants to see objects of a kind. */
export interface View {
  readonly representation: Representation
  readonly kind: KindDefinition
  readonly include: IncludeObject
  readonly nowMs: number
}

export interface List {
  readonly kind: string
  readonly apiVersion: string
  readonly metadata: ListMeta
  readonly items: readonly KubeObject[]
}

/** One object as it was asked for. Anything that is no API object of the kind is shown as it is. */
export function shape(object: KubeObject, { representation, kind, include, nowMs }: View): object {
  const { as } = representation
  if (as === undefined || object.kind !== kind.kind) return object
  const { resourceVersion } = object.metadata ?? {}
  return as === 'Table' ? table(kind, [object], { resourceVersion }, include, nowMs) : partial(object)
}

/** A list as it was asked for, in pieces, so that a long one can be written without holding up everybody else. */
export function encodeList(list: List, view: View, keepTypes: boolean): Iterable<string> {
  const { kind, apiVersion, metadata, items } = list
  switch (view.representation.as) {
    case 'Table':
      return pieces(tableHead(view.kind, metadata, true), 'rows', items, (it) =>
        tableRow(view.kind, it, view.include, view.nowMs),
      )
    case 'PartialObjectMetadata':
      return pieces(
        { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata },
        'items',
        items,
        partial,
      )
    default:
      return pieces({ kind, apiVersion, metadata }, 'items', items, keepTypes ? (it) => it : untyped)
  }
}

function* pieces(
  head: object,
  field: string,
  items: readonly KubeObject[],
  show: (item: KubeObject) => object,
): Iterable<string> {
  yield `${JSON.stringify(head).slice(0, -1)},"${field}":[`
  let comma = ''
  for (const item of items) {
    yield comma + stringify(show(item))
    comma = ','
  }
  yield ']}\n'
}

/** Items of typed lists do not repeat what they are. */
function untyped({ kind: _kind, apiVersion: _apiVersion, ...rest }: KubeObject): object {
  return rest
}

const lines = new WeakMap<WatchEvent, Map<string, string>>()

/** The line that says an event, made once for all watchers that look at it the same way. */
export function watchLine(event: WatchEvent, view: View, first: boolean): string {
  const { as } = view.representation
  const key = as === undefined ? '' : `${as} ${view.include} ${as === 'Table' && first}`
  let byView = lines.get(event)
  if (byView === undefined) {
    byView = new Map()
    lines.set(event, byView)
  }
  let line = byView.get(key)
  if (line === undefined) {
    line = freshLine(event, view, first)
    byView.set(key, line)
  }
  return line
}

/** The same for an event that one watcher alone gets. */
export function freshLine(event: WatchEvent, view: View, first: boolean): string {
  return `{"type":"${event.type}","object":${objectText(event, view, first)}}\n`
}

function objectText(event: WatchEvent, view: View, first: boolean): string {
  const object = event.object as KubeObject
  if (view.representation.as === undefined) {
    // What an answer carried is at hand; what only watchers see would push that out.
    return kept(object)?.toString() ?? stringify(object)
  }
  if (view.representation.as !== 'Table') return stringify(shape(object, view))
  const { resourceVersion } = object.metadata ?? {}
  const rows = event.type === 'BOOKMARK' ? [] : [object]
  return stringify(table(view.kind, rows, { resourceVersion }, view.include, view.nowMs, first))
}

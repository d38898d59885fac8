/** Objects as JSON bytes, each encoded once: readers and watchers of one frozen object share its bytes. */
import type { KindDefinition, KubeObject } from '../api/kind.ts'
import type { ListMeta } from '../api/meta/status.ts'
import type { WatchEvent } from '../api/request.ts'
import { type IncludeObject, partial, partialList, table } from '../apiserver/table.ts'
import type { Representation } from './negotiate.ts'

/** Encodings kept for objects that may be read again soon. */
const KEPT = 1024

const recent = new Map<KubeObject, Buffer>()

export function encodeObject(object: KubeObject): Buffer {
  const known = recent.get(object)
  if (known !== undefined) return known
  const bytes = Buffer.from(JSON.stringify(object))
  // Only what is frozen stays what it is.
  if (Object.isFrozen(object)) {
    if (recent.size >= KEPT) recent.delete(recent.keys().next().value!)
    recent.set(object, bytes)
  }
  return bytes
}

export function encode(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value))
}

/** How a request wants to see objects of a kind. */
export interface View {
  readonly representation: Representation
  readonly kind: KindDefinition
  readonly include: IncludeObject
  readonly nowMs: number
}

interface List {
  readonly kind: string
  readonly apiVersion: string
  readonly metadata: ListMeta
  readonly items: readonly KubeObject[]
}

export function isList(body: unknown): body is List {
  return typeof body === 'object' && body !== null && Array.isArray((body as List).items)
}

/** One object or list as it was asked for. Anything that is no API object of the kind is shown as it is. */
export function shape(body: unknown, { representation, kind, include, nowMs }: View): unknown {
  const { as } = representation
  if (as === undefined || (body as KubeObject).kind === 'Status') return body
  if (isList(body)) {
    return as === 'Table'
      ? table(kind, body.items, body.metadata, include, nowMs)
      : partialList(body.items, body.metadata)
  }
  const object = body as KubeObject
  if (object.kind !== kind.kind) return body
  const { resourceVersion } = object.metadata ?? {}
  return as === 'Table' ? table(kind, [object], { resourceVersion }, include, nowMs) : partial(object)
}

/** The pieces of a list, so that a long one can be written without holding up everybody else. */
export function* encodeList(
  { kind, apiVersion, metadata, items }: List,
  keepTypes: boolean,
): Iterable<string> {
  yield `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},"metadata":${JSON.stringify(metadata)},"items":[`
  let comma = ''
  for (const item of items) {
    yield comma + JSON.stringify(keepTypes ? item : untyped(item))
    comma = ','
  }
  yield ']}\n'
}

/** Items of typed lists do not repeat what they are. */
function untyped({ kind: _kind, apiVersion: _apiVersion, ...rest }: KubeObject): object {
  return rest
}

const lines = new WeakMap<WatchEvent, Map<string, Buffer>>()

/** The line that says an event, made once for all watchers that look at it the same way. */
export function watchLine(event: WatchEvent, view: View, first: boolean): Buffer {
  const { as } = view.representation
  const key = as === undefined ? '' : `${as} ${view.include} ${as === 'Table' && first}`
  let byView = lines.get(event)
  if (byView === undefined) {
    byView = new Map()
    lines.set(event, byView)
  }
  let line = byView.get(key)
  if (line === undefined) {
    line = Buffer.from(`{"type":"${event.type}","object":${objectText(event, view, first)}}\n`)
    byView.set(key, line)
  }
  return line
}

function objectText(event: WatchEvent, view: View, first: boolean): string {
  const object = event.object as KubeObject
  if (view.representation.as !== 'Table') return JSON.stringify(shape(object, view))
  const { resourceVersion } = object.metadata ?? {}
  const rows = event.type === 'BOOKMARK' ? [] : [object]
  return JSON.stringify(table(view.kind, rows, { resourceVersion }, view.include, view.nowMs, first))
}

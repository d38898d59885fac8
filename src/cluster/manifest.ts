/**
 * Reads Kubernetes manifests: YAML or JSON text of any number of documents becomes plain objects that remember
 * where each of their fields stands. Nothing here knows any kind; the API server judges the content.
 *
 * Scalars are YAML 1.2 (core schema) plus what kubectl's parser still reads as in YAML 1.1 and users rely on:
 * `0644` is octal, and `yes`, `no`, `on`, `off` are booleans. Custom tags and merge keys (`<<`) are refused.
 */
import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type ScalarTag,
  type Tags,
  type YAMLError,
} from 'yaml'
import type { KubeObject } from '../api/kind.ts'
import { formatPlace, InputError, type Place } from './input-error.ts'

/** Keys and indexes from the root of a document, or Kubernetes' notation of it: `spec.containers[0].image`. */
export type FieldPath = string | readonly (string | number)[]

/** One document of a YAML stream. */
export interface SourceDocument {
  readonly value: unknown
  /** Where the field's key (or the list's element) stands; of a missing field: its nearest ancestor. */
  placeOf(path: FieldPath): Place
}

/** One Kubernetes object of a manifest; `List` kinds are already taken apart. */
export interface ManifestObject {
  readonly object: KubeObject
  placeOf(path: FieldPath): Place
}

/** The API server takes no more in one request (3 MiB), so no document can be of use that is larger. */
const DOCUMENT_CHARS_MAX = 3 * 1024 * 1024
/** A file of many documents may be larger; beyond this, parsing would take longer than anybody waits for. */
const FILE_CHARS_MAX = 8 * 1024 * 1024
/** Kubernetes objects nest some 30 levels; the limit keeps hostile ones from exhausting the stack. */
const DEPTH_MAX = 500

/** Objects of a manifest in order. Throws {@link InputError} at the first thing that is wrong. */
export function parseManifest(text: string, file = 'manifest'): ManifestObject[] {
  return objectsOf(parseDocuments(text, file))
}

/** The same of documents that are parsed already. */
export function objectsOf(documents: readonly SourceDocument[]): ManifestObject[] {
  const objects = documents.flatMap((it) => manifestObjects(it.value, it.placeOf))
  refuseDuplicates(objects)
  return objects
}

/** All documents that are not empty. Throws {@link InputError} for text that is not YAML, or hostile. */
export function parseDocuments(text: string, file = 'manifest'): SourceDocument[] {
  const lines = new LineCounter()
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { file, line, column: col }
  }
  if (text.length > FILE_CHARS_MAX) {
    throw new InputError(
      `the file is too large: ${megabytes(text.length)} (at most ${megabytes(FILE_CHARS_MAX)})`,
      { file, line: 0, column: 0 },
      'split it into several files',
    )
  }
  const documents: SourceDocument[] = []
  for (const document of parseYaml(text, file, lines)) {
    const trouble = document.errors[0] ?? document.warnings[0]
    if (trouble !== undefined) throw describe(trouble, at(trouble.pos[0]))
    const [from, , to] = document.range
    if (to - from > DOCUMENT_CHARS_MAX) {
      throw new InputError(
        `the document is too large: ${megabytes(to - from)} (at most ${megabytes(DOCUMENT_CHARS_MAX)})`,
        at(from),
      )
    }
    const { contents } = document
    if (contents === null || (isScalar(contents) && contents.value === null)) continue
    checkTree(contents, 0, at)
    documents.push({
      value: toValue(document, at(from)),
      placeOf: (path) => at(offsetOf(document, typeof path === 'string' ? parseFieldPath(path) : path)),
    })
  }
  return documents
}

/** `spec.containers[0].ports["a.b"]` as a list of keys and indexes. */
export function parseFieldPath(path: string): (string | number)[] {
  const parts: (string | number)[] = []
  for (const [, index, quoted, key] of path.matchAll(/\[(\d+)\]|\["?([^\]"]*)"?\]|([^.[\]]+)/g)) {
    parts.push(index !== undefined ? Number(index) : (quoted ?? key ?? ''))
  }
  return parts
}

// -- YAML ---------------------------------------------------------------------------------------------------

const octal: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  format: 'OCT11',
  test: /^[-+]?0[0-7]+$/,
  resolve: (text) => Number.parseInt(text, 8),
}

const wordBoolean: ScalarTag = {
  tag: 'tag:yaml.org,2002:bool',
  default: true,
  test: /^(?:yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF)$/,
  resolve: (text) => /^(?:yes|on)$/i.test(text),
}

function parseYaml(text: string, file: string, lineCounter: LineCounter): Document.Parsed[] {
  try {
    const documents = parseAllDocuments(text, {
      schema: 'core',
      customTags: (tags: Tags) => [octal, wordBoolean, ...tags],
      lineCounter,
      prettyErrors: false,
      logLevel: 'silent',
    })
    return Array.isArray(documents) ? documents : []
  } catch (error) {
    if (error instanceof RangeError) throw tooDeep({ file, line: 0, column: 0 })
    throw error
  }
}

function tooDeep(place: Place): InputError {
  return new InputError(`nested more than ${DEPTH_MAX} levels deep`, place)
}

/** The parser's words, in ours where a Kubernetes user would not understand them. */
function describe(trouble: YAMLError, place: Place): InputError {
  // The composer recurses, and reports its own exhausted stack as an error of the text.
  if (trouble.message.startsWith('Maximum call stack')) return tooDeep(place)
  switch (trouble.code) {
    case 'DUPLICATE_KEY':
      return new InputError('the key occurs twice in this map', place)
    case 'TAG_RESOLVE_FAILED':
      return new InputError(`YAML tags are not supported: ${trouble.message}`, place)
    case 'TAB_AS_INDENT':
      return new InputError('tabs are not allowed for indentation: use spaces', place)
    default:
      return new InputError(trouble.message.charAt(0).toLowerCase() + trouble.message.slice(1), place)
  }
}

/** Refuses what only shows in the tree: merge keys, keys that are no words, unknown anchors, depth. */
function checkTree(
  node: unknown,
  depth: number,
  at: (offset: number) => Place,
  anchors: Set<string> = new Set(),
): void {
  if (isAlias(node)) {
    if (!anchors.has(node.source)) {
      throw new InputError(`nothing above is anchored as &${node.source}`, at(startOf(node)))
    }
    return
  }
  if ((isScalar(node) || isMap(node) || isSeq(node)) && node.anchor !== undefined) anchors.add(node.anchor)
  if (isPair(node)) {
    const key = node.key
    if (isScalar(key) && key.value === '<<' && key.type === 'PLAIN') {
      throw new InputError('merge keys (<<) are not supported: write the fields out', at(startOf(key)))
    }
    if (!isScalar(key)) {
      const hint = isMap(key)
        ? 'templates ({{ ... }}) must be rendered first, as with helm template'
        : undefined
      throw new InputError('a key must be a plain word', at(startOf(key)), hint)
    }
    checkTree(node.value, depth, at, anchors)
  } else if (isMap(node) || isSeq(node)) {
    if (depth >= DEPTH_MAX) throw tooDeep(at(startOf(node)))
    for (const item of node.items) checkTree(item, depth + 1, at, anchors)
  }
}

function toValue(document: Document.Parsed, place: Place): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch (error) {
    if (error instanceof ReferenceError) {
      throw new InputError('too many aliases: they expand to more than anybody writes by hand', place)
    }
    throw error
  }
}

/** Offset of the path's last key (or element) that exists. */
function offsetOf(document: Document.Parsed, path: readonly (string | number)[]): number {
  let node: unknown = document.contents
  let offset = startOf(node)
  for (const part of path) {
    if (isAlias(node)) node = node.resolve(document)
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(part))
      if (pair === undefined) break
      offset = startOf(pair.key)
      node = pair.value
    } else if (isSeq(node)) {
      const item = node.items[Number(part)]
      if (item === undefined) break
      offset = startOf(item)
      node = item
    } else break
  }
  return offset
}

function startOf(node: unknown): number {
  return (node as { range?: readonly number[] | null } | null)?.range?.[0] ?? 0
}

function megabytes(chars: number): string {
  return `${(chars / (1024 * 1024)).toFixed(1)} MB`
}

// -- Kubernetes objects -------------------------------------------------------------------------------------

/** The objects that one value holds: itself, or the items of a List. Throws {@link InputError}. */
export function manifestObjects(value: unknown, placeOf: SourceDocument['placeOf']): ManifestObject[] {
  if (!isRecord(value)) {
    throw new InputError(`expected a Kubernetes object, found ${nameOfType(value)}`, placeOf([]))
  }
  const missing = ['apiVersion', 'kind'].filter((key) => value[key] === undefined)
  if (missing.length > 0) {
    throw new InputError(`${missing.map((key) => `${key} not set`).join(', ')}`, placeOf([]))
  }
  for (const key of ['apiVersion', 'kind'] as const) {
    if (typeof value[key] !== 'string' || value[key] === '') {
      throw new InputError(`${key} must be a string, found ${nameOfType(value[key])}`, placeOf([key]))
    }
  }
  if (String(value['kind']).endsWith('List') && Array.isArray(value['items'])) {
    return value['items'].flatMap((item: unknown, i) =>
      manifestObjects(item, (path) => placeOf(['items', i, ...asParts(path)])),
    )
  }
  const metadata = value['metadata']
  if (metadata !== undefined && !isRecord(metadata)) {
    throw new InputError(`metadata must be a map, found ${nameOfType(metadata)}`, placeOf(['metadata']))
  }
  for (const key of ['name', 'namespace', 'generateName'] as const) {
    const given = metadata?.[key]
    if (given !== undefined && typeof given !== 'string') {
      throw new InputError(
        `metadata.${key} must be a string, found ${nameOfType(given)}`,
        placeOf(['metadata', key]),
        `write it in quotes: "${String(given)}"`,
      )
    }
  }
  return [{ object: value, placeOf }]
}

/** One file that says two things about one object is a slip: the second would silently win. */
function refuseDuplicates(objects: readonly ManifestObject[]): void {
  const seen = new Map<string, ManifestObject>()
  for (const it of objects) {
    const { apiVersion = '', kind = '', metadata } = it.object
    if (metadata?.name === undefined) continue
    const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''
    const name = `${metadata.namespace ?? 'default'}/${metadata.name}`
    const key = `${group}/${kind}/${name}`
    const earlier = seen.get(key)
    if (earlier !== undefined) {
      throw new InputError(
        `${kind} ${name} occurs twice; first at ${formatPlace(earlier.placeOf(['metadata', 'name']))}`,
        it.placeOf(['metadata', 'name']),
      )
    }
    seen.set(key, it)
  }
}

function asParts(path: FieldPath): readonly (string | number)[] {
  return typeof path === 'string' ? parseFieldPath(path) : path
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** `a list`, `a number`, ...: how messages call what they found. */
export function nameOfType(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'a map' : `a ${typeof value}`
}

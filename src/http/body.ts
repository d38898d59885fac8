/** Reading request bodies: bounded while they arrive, inflated if need be, and parsed by their media type. */
import { isAscii, isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { type Document, LineCounter, parseAllDocuments, visit } from 'yaml'
import { badRequest, requestEntityTooLarge, unsupportedMediaType } from '../api/errors.ts'
import { numberOf } from '../api/json.ts'
import { setOwn } from '../api/own.ts'
import { decodeProtobuf } from '../api/protobuf/decode.ts'
import type { Maybe } from '../api/request.ts'
import { MAX_DEPTH, type ParsedJson, parseJson } from '../api/untrusted-json.ts'

/** Upstream: MaxRequestBodyBytes. */
export const MAX_BODY = 3 * 1024 * 1024
/** What all bodies together may hold before large ones wait for one another. */
const HELD_MAX = 4 * 1024 * 1024
/** Smaller ones never wait. */
const SMALL_BODY = 64 * 1024
/**
 * Bytes of YAML that is not JSON. Reading it costs about a hundred times as much, and clients of the API convert what people write
 * before they send it.
 */
const MAX_YAML = 256 * 1024
/** Upstream's parser allows more the longer the document is; real manifests have a handful. */
const MAX_ALIASES = 100
const MAX_DUPLICATES = 100
export const ACCEPTED = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']

/** A body that is on its way: what it holds counts against what all of them may. */
interface Upload {
  readonly source: Readable
  size: number
}

/** In order of arrival. */
const uploads = new Set<Upload>()
let held = 0

/**
 * Goes on with the whole body, decompressed; rejects with RequestEntityTooLarge as soon as it is longer than `MAX_BODY`.
 * Large bodies wait for one another when there are many of them, the oldest for none.
 */
export function withBody<T>(request: IncomingMessage, next: (body: Buffer) => Maybe<T>): Promise<T> {
  const encoding = request.headers['content-encoding']
  if (encoding !== undefined && encoding !== 'gzip' && encoding !== 'identity') {
    return Promise.reject(unsupportedMediaType(['gzip']))
  }
  const length = Number(request.headers['content-length'] ?? 0)
  if (length > MAX_BODY) return Promise.reject(tooLarge())
  return new Promise((resolve, reject) => {
    // Most bodies are small, came with their headers, and are all there once the parser is done.
    process.nextTick(() => {
      if (!request.complete || encoding === 'gzip') {
        resolve(collect(request, encoding === 'gzip').then(next))
        return
      }
      try {
        resolve(next((request.read() as Buffer | null) ?? NOTHING))
      } catch (error) {
        reject(error)
      }
    })
  })
}

const NOTHING = Buffer.alloc(0)

function collect(request: IncomingMessage, isGzip: boolean): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const source = isGzip ? request.pipe(createGunzip()) : request
    const upload: Upload = { source, size: 0 }
    const chunks: Buffer[] = []
    uploads.add(upload)
    const fail = (error: Error) => {
      if (!settle(upload)) return
      chunks.length = 0 // The request lives on until its connection is closed.
      request.unpipe()
      request.pause()
      if (source !== request) source.destroy()
      reject(error)
    }
    source.on('data', (chunk: Buffer) => {
      if (!uploads.has(upload)) return
      chunks.push(chunk)
      upload.size += chunk.length
      held += chunk.length
      if (upload.size > MAX_BODY) fail(tooLarge())
      else if (held > HELD_MAX && upload.size > SMALL_BODY && !isOldest(upload)) source.pause()
    })
    source.on('end', () => {
      if (settle(upload)) resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks))
    })
    source.on('error', (error) => fail(badRequest(`cannot read the body: ${error.message}`)))
    request.on('close', () => {
      if (!request.complete) fail(badRequest('the request was aborted'))
    })
  })
}

/** False when it was settled before. Those who waited go on. */
function settle(upload: Upload): boolean {
  if (!uploads.delete(upload)) return false
  held -= upload.size
  for (const { source } of uploads) {
    if (source.isPaused()) source.resume()
    if (held > HELD_MAX) break
  }
  return true
}

function isOldest(upload: Upload): boolean {
  for (const oldest of uploads) return oldest === upload
  return false
}

function tooLarge() {
  return requestEntityTooLarge(`limit is ${MAX_BODY}`)
}

/** The media type without parameters, lower-case. */
export function mediaType(request: IncomingMessage): string {
  return (request.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase()
}

/** Throws ApiError when the text is malformed or the type is none that is understood. */
export function parseBody(type: string, body: Buffer): ParsedJson {
  switch (type) {
    case '':
    case 'application/json':
    case 'application/json-patch+json':
    case 'application/merge-patch+json':
    case 'application/strategic-merge-patch+json':
      return parseJson(utf8(body))
    case 'application/yaml':
    case 'application/apply-patch+yaml':
      return parseYaml(utf8(body))
    case 'application/vnd.kubernetes.protobuf':
      return { value: decodeProtobuf(body), duplicates: [] }
    default:
      throw unsupportedMediaType(ACCEPTED)
  }
}

function utf8(body: Buffer): string {
  if (isAscii(body)) return body.toString('latin1')
  if (!isUtf8(body)) throw badRequest('the body is not valid UTF-8')
  return body.toString('utf8')
}

/** YAML 1.2 core schema, one document; JSON is read as JSON, which is faster and knows duplicates. */
function parseYaml(text: string): ParsedJson {
  if (/^\s*[{[]/.test(text)) {
    try {
      return parseJson(text)
    } catch {
      // Flow-style YAML looks like JSON at first.
    }
  }
  if (text.length > MAX_YAML) throw requestEntityTooLarge(`limit of YAML is ${MAX_YAML}, send JSON`)
  if (tooDeep(text)) throw badRequest('exceeded max depth')
  const lines = new LineCounter()
  const documents = parseAllDocuments(text, {
    // Found below: the library compares every key with every other.
    uniqueKeys: false,
    schema: 'core',
    merge: false,
    prettyErrors: false,
    logLevel: 'error',
    intAsBigInt: true,
    // Without it, tags such as !!binary and !!set mean what JSON does not have.
    resolveKnownTags: false,
    lineCounter: lines,
  })
  if (!Array.isArray(documents) || documents.length === 0) return { value: null, duplicates: [] }
  if (documents.length > 1) throw badRequest('yaml: more than one document')
  const document = documents[0]!
  const problem = document.errors[0] ?? document.warnings[0]
  if (problem !== undefined) throw notYaml(problem.message)
  const duplicates = duplicateKeys(document, lines)
  try {
    return { value: plain(document.toJS({ maxAliasCount: 100 })), duplicates }
  } catch (error) {
    throw notYaml((error as Error).message)
  }
}

function notYaml(message: string) {
  return badRequest(`error converting YAML to JSON: yaml: ${message}`)
}

/** Also counts the aliases: looking them up costs as much as the document is long. */
function duplicateKeys(document: Document.Parsed, lines: LineCounter): string[] {
  const duplicates: string[] = []
  let aliases = 0
  visit(document, {
    Alias() {
      if (++aliases > MAX_ALIASES) throw notYaml('document contains excessive aliasing')
    },
    Map(_, { items }) {
      const seen = new Set<unknown>()
      for (const { key } of items) {
        const { value, range } = key as { value?: unknown; range?: [number, number, number] }
        if (seen.has(value) && duplicates.length < MAX_DUPLICATES) {
          const { line } = lines.linePos(range?.[0] ?? 0)
          duplicates.push(`  line ${line}: key ${JSON.stringify(String(value))} already set in map`)
        }
        seen.add(value)
      }
    },
  })
  return duplicates.length === 0 ? [] : [`yaml: unmarshal errors:\n${duplicates.join('\n')}`]
}

/**
 * Numbers as JSON has them, and a bound on what aliases blow up: they are one object in memory, and many in whatever is
 * written from it. Throws RangeError.
 */
function plain(value: unknown): unknown {
  let size = 0
  const walk = (item: unknown, depth: number): unknown => {
    if (depth > MAX_DEPTH) throw new RangeError('exceeded max depth')
    size += typeof item === 'string' ? item.length : 1
    if (size > MAX_BODY) throw new RangeError('document contains excessive aliasing')
    if (typeof item === 'bigint') return numberOf(String(item))
    if (typeof item === 'number' && !Number.isFinite(item)) throw new RangeError(`unsupported value: ${item}`)
    if (typeof item !== 'object' || item === null) return item
    for (const key of Object.keys(item)) {
      const own = item as Record<string, unknown>
      const given = own[key]
      const kept = walk(given, depth + 1)
      if (kept !== given) setOwn(own, key, kept)
    }
    return item
  }
  return walk(value, 0)
}

/** A bound on nesting, by indentation and by brackets, before a parser that recurses sees the text. */
function tooDeep(text: string): boolean {
  let depth = 0
  let deepest = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 0x7b || code === 0x5b) deepest = Math.max(deepest, ++depth)
    else if (code === 0x7d || code === 0x5d) depth--
  }
  if (deepest > MAX_DEPTH) return true
  return /^ {500}/m.test(text) || /^(?:[ \t]*[-?] ){200}/m.test(text)
}

/** Reading request bodies: bounded while they arrive, inflated if need be, and parsed by their media type. */
import type { IncomingMessage } from 'node:http'
import { createGunzip } from 'node:zlib'
import { parseAllDocuments, parseDocument } from 'yaml'
import { badRequest, requestEntityTooLarge, unsupportedMediaType } from '../api/errors.ts'
import { MAX_DEPTH, type ParsedJson, parseJson } from './json.ts'

/** Upstream: MaxRequestBodyBytes. */
export const MAX_BODY = 3 * 1024 * 1024
const ACCEPTED = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']

/** The whole body, decompressed; rejects with RequestEntityTooLarge as soon as it is longer than `MAX_BODY`. */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  const encoding = request.headers['content-encoding']
  if (encoding !== undefined && encoding !== 'gzip' && encoding !== 'identity') {
    return Promise.reject(unsupportedMediaType(encoding, ['gzip']))
  }
  const length = Number(request.headers['content-length'] ?? 0)
  if (length > MAX_BODY) return Promise.reject(tooLarge())
  return new Promise((resolve, reject) => {
    const source = encoding === 'gzip' ? request.pipe(createGunzip()) : request
    const chunks: Buffer[] = []
    let size = 0
    source.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > MAX_BODY) {
        source.removeAllListeners('data')
        request.unpipe()
        request.resume()
        reject(tooLarge())
      } else chunks.push(chunk)
    })
    source.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
    source.on('error', (error) => reject(badRequest(`cannot read the body: ${error.message}`)))
    request.on('aborted', () => reject(badRequest('the request was aborted')))
  })
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
    default:
      throw unsupportedMediaType(type, ACCEPTED)
  }
}

function utf8(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    throw badRequest('the body is not valid UTF-8')
  }
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
  if (tooDeep(text)) throw badRequest('exceeded max depth')
  const documents = parseAllDocuments(text, { uniqueKeys: false, schema: 'core', merge: false })
  if (Array.isArray(documents) && documents.length > 1) throw badRequest('yaml: more than one document')
  const document = parseDocument(text, {
    uniqueKeys: true,
    schema: 'core',
    merge: false,
    prettyErrors: false,
  })
  const duplicates: string[] = []
  for (const error of document.errors) {
    if (error.code !== 'DUPLICATE_KEY')
      throw badRequest(`error converting YAML to JSON: yaml: ${error.message}`)
    duplicates.push(error.message)
  }
  if (document.warnings.length > 0) {
    throw badRequest(`error converting YAML to JSON: yaml: ${document.warnings[0]!.message}`)
  }
  try {
    return { value: document.toJS({ maxAliasCount: 100 }), duplicates }
  } catch (error) {
    throw badRequest(`error converting YAML to JSON: yaml: ${(error as Error).message}`)
  }
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
  return /^ {1000}/m.test(text) || /^(?:[ \t]*[-?] ){200}/m.test(text)
}

/**
 * A byte connection to a port of a network namespace. Servers that speak HTTP only at the level of requests are
 * given a small HTTP/1.1 front, so that real clients can talk to them through a port-forward.
 */
import type { HttpRequest, HttpResponse, Listener, NetworkNamespace, Peer } from '../../api/sockets.ts'
import type { Connection, ConnectionSink } from '../../api/streams.ts'
import type { EventLoop } from '../../kernel/event-loop.ts'
import { decodeText, encodeText } from '../file-tree.ts'
import { REASONS } from '../http-reasons.ts'
import { concatBytes } from '../programs/pipe.ts'

/** Largest request head and body that the front accepts. */
const REQUEST_BYTES_MAX = 16 * 1024 * 1024

export function openConnection(
  host: { readonly loop: EventLoop },
  stack: NetworkNamespace,
  port: number,
  peer: Peer,
  sink: ConnectionSink,
): Connection {
  const listener = stack.alive ? stack.listener(port, 'TCP', '127.0.0.1') : undefined
  if (listener?.connect !== undefined) return listener.connect(peer, sink)
  if (listener?.http !== undefined) return httpFront(listener, peer, sink)
  const { loop } = host
  loop.at(loop.now, () => sink.end(`dial tcp4 127.0.0.1:${port}: connect: connection refused`), {
    label: 'connection refused',
  })
  return { write: () => {}, end: () => {} }
}

/** Parses requests from bytes and writes answers as bytes, in order. */
export function httpFront(listener: Listener, peer: Peer, sink: ConnectionSink): Connection {
  let buffer: Uint8Array = new Uint8Array(0)
  let busy = false
  let ended = false
  const pump = () => {
    while (!busy && !ended) {
      const parsed = parseRequest(buffer)
      if (parsed === undefined) {
        if (buffer.length > REQUEST_BYTES_MAX) finish()
        return
      }
      if (parsed === 'bad') {
        sink.data(encodeText('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'))
        finish()
        return
      }
      buffer = buffer.subarray(parsed.length)
      busy = true
      listener.http!(parsed.request, peer, (response) => {
        busy = false
        if (ended) return
        sink.data(formatResponse(response, parsed.request.method === 'HEAD'))
        if (parsed.close) finish()
        else pump()
      })
    }
  }
  const finish = () => {
    if (ended) return
    ended = true
    sink.end()
  }
  return {
    write(chunk) {
      if (ended) return
      buffer = buffer.length === 0 ? chunk : concatBytes([buffer, chunk])
      pump()
    },
    end() {
      // A client may half-close after its request: the answer still goes out.
      if (!busy) finish()
    },
  }
}

function parseRequest(
  buffer: Uint8Array,
): { request: HttpRequest; length: number; close: boolean } | 'bad' | undefined {
  const text = latin1(buffer)
  const headEnd = text.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const [first, ...lines] = text.slice(0, headEnd).split('\r\n')
  const match = /^([A-Z]+) (\S+) HTTP\/1\.([01])$/.exec(first!)
  if (match === null) return 'bad'
  const headers: Record<string, string> = Object.create(null)
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon <= 0) return 'bad'
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim()
  }
  let bodyEnd = headEnd + 4
  let body: Uint8Array = new Uint8Array(0)
  if (headers['transfer-encoding']?.toLowerCase() === 'chunked') {
    const chunks = dechunk(buffer, bodyEnd)
    if (chunks === undefined) return undefined
    body = chunks.body
    bodyEnd = chunks.end
  } else if (headers['content-length'] !== undefined) {
    const length = Number(headers['content-length'])
    if (!Number.isInteger(length) || length < 0) return 'bad'
    if (buffer.length < bodyEnd + length) return undefined
    body = buffer.slice(bodyEnd, bodyEnd + length)
    bodyEnd += length
  }
  const connection = headers['connection']?.toLowerCase()
  return {
    request: { method: match[1]!, path: match[2]!, headers, body: body.length > 0 ? decodeText(body) : '' },
    length: bodyEnd,
    close: connection === 'close' || (match[3] === '0' && connection !== 'keep-alive'),
  }
}

function dechunk(buffer: Uint8Array, from: number): { body: Uint8Array; end: number } | undefined {
  const parts: Uint8Array[] = []
  let at = from
  for (;;) {
    const text = latin1(buffer.subarray(at, at + 20))
    const lineEnd = text.indexOf('\r\n')
    if (lineEnd < 0) return undefined
    const size = Number.parseInt(text.slice(0, lineEnd), 16)
    if (Number.isNaN(size)) return undefined
    at += lineEnd + 2
    if (buffer.length < at + size + 2) return undefined
    if (size === 0) return { body: concatBytes(parts), end: at + 2 }
    parts.push(buffer.subarray(at, at + size))
    at += size + 2
  }
}

export function formatResponse(response: HttpResponse, headOnly: boolean): Uint8Array {
  const body = typeof response.body === 'string' ? encodeText(response.body) : response.body
  const lines = [`HTTP/1.1 ${response.status} ${REASONS[response.status] ?? 'Status'}`]
  for (const [name, value] of Object.entries(response.headers)) {
    if (name !== 'content-length' && name !== 'transfer-encoding') lines.push(`${name}: ${value}`)
  }
  lines.push(`content-length: ${body.length}`)
  const head = encodeText(`${lines.join('\r\n')}\r\n\r\n`)
  return headOnly ? head : concatBytes([head, body])
}

function latin1(bytes: Uint8Array): string {
  let text = ''
  const step = 8192
  for (let i = 0; i < bytes.length; i += step) text += String.fromCharCode(...bytes.subarray(i, i + step))
  return text
}

/** Writing answers: whole documents, refusals, and long lists piece by piece. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { parse, stringify } from '../api/json.ts'
import type { Status } from '../api/meta/status.ts'
import { encode, type Json, toJson } from './encode.ts'
import { isTrue } from './query.ts'
import { inTurn, turnIsOver } from './turns.ts'

/** Items of a list that are encoded at once, without waiting for a turn. */
export const ITEMS_AT_ONCE = 25
/** Characters of a long answer that are written in one go. */
const PIECE = 64 * 1024
/** Objects that are looked at in one go. */
export const LOOKED_AT = 500
/** A client that takes nothing of its answer for so long is gone. */
const STALLED_MS = 30_000
/** How long a client may go on sending what nobody reads. */
const LINGER_MS = 5000

/** Of every answer; browsers must not guess what it might be. */
export const COMMON_HEADERS = {
  'Cache-Control': 'no-cache, private',
  'X-Content-Type-Options': 'nosniff',
} as const

export function sendStatus(response: ServerResponse, status: Status): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const retry = status.details?.retryAfterSeconds
  if (retry !== undefined) response.setHeader('Retry-After', String(retry))
  if (status.code === 413) hangUpAfter(response)
  sendJson(response, status.code ?? 500, encode(status))
}

/** The rest of a body that is too large is not read; who sends it gets a moment to see the answer. */
function hangUpAfter(response: ServerResponse): void {
  const { req } = response
  req.read(0) // Otherwise node:http would read the rest, to throw it away.
  response.shouldKeepAlive = false
  // Closing at once would reset the connection, and the client might never see why.
  req.socket.destroySoon = () => {
    req.socket.end()
    req.socket.setTimeout(LINGER_MS, () => req.socket.destroy())
  }
}

export function sendJson(response: ServerResponse, code: number, compact: Json): void {
  const body = isForPeople(response.req) ? indented(compact) : compact
  response.writeHead(code, {
    'Content-Type': 'application/json',
    'Content-Length': body.length,
    ...COMMON_HEADERS,
  })
  response.end(body, 'latin1')
}

/** Browsers and command lines get indented JSON (upstream: negotiation.go, isPrettyPrint). */
function isForPeople({ url = '', headers }: IncomingMessage): boolean {
  const asked = url.includes('pretty=')
    ? isTrue(new URLSearchParams(url.slice(url.indexOf('?') + 1)).get('pretty'))
    : undefined
  return asked ?? /^(curl|Wget|Mozilla\/5\.0)/.test(headers['user-agent'] ?? '')
}

/** What it is comes first, as in upstream's structs. */
function indented(compact: Json): Json {
  const { kind, apiVersion, ...rest } = parse(compact.toString()) as Record<string, unknown>
  return toJson(stringify({ kind, apiVersion, ...rest }, 2))
}

/** What is there of `items`, found in turns. */
export function collect<T>(items: Iterable<T | undefined>): Promise<readonly T[]> {
  const found: T[] = []
  const iterator = items[Symbol.iterator]()
  return new Promise((resolve, reject) => {
    const step = () => {
      for (let looked = 0; looked === 0 || (looked < LOOKED_AT && !turnIsOver()); looked++) {
        const { done, value } = iterator.next()
        if (done) {
          resolve(found)
          return false
        }
        if (value !== undefined) found.push(value)
      }
      return true
    }
    inTurn({ step, failed: reject })
  })
}

/** Writes a long answer in turns; resolves when it is over, to the end or not. */
export function sendPieces(response: ServerResponse, pieces: Iterable<string>): Promise<void> {
  response.writeHead(200, { 'Content-Type': 'application/json', ...COMMON_HEADERS })
  response.setTimeout(STALLED_MS, () => response.destroy())
  const iterator = pieces[Symbol.iterator]()
  const work = {
    step: () => {
      let text = ''
      while (text === '' || (text.length < PIECE && !turnIsOver())) {
        const piece = iterator.next()
        if (piece.done) {
          response.setTimeout(0)
          response.end(text)
          return false
        }
        text += piece.value
      }
      if (response.destroyed) return false
      if (response.write(text)) return true
      response.once('drain', () => inTurn(work))
      return false
    },
    failed: () => response.destroy(),
  }
  inTurn(work)
  return new Promise((resolve) => response.once('close', resolve))
}

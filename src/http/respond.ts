/** Writing answers: whole documents, refusals, and long lists piece by piece. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Status } from '../api/meta/status.ts'
import { hostTurn } from '../kernel/drain.ts'
import { encode } from './encode.ts'
import { flag } from './query.ts'

/** Items of a list that are encoded in one go. */
export const ITEMS_PER_TURN = 200

export function sendStatus(response: ServerResponse, status: Status): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const retry = status.details?.retryAfterSeconds
  if (retry !== undefined) response.setHeader('Retry-After', String(retry))
  sendJson(response, status.code ?? 500, encode(status))
}

export function sendJson(response: ServerResponse, code: number, compact: Buffer): void {
  const body = isForPeople(response.req) ? indented(compact) : compact
  response.writeHead(code, {
    'Content-Type': 'application/json',
    'Content-Length': body.length,
    'Cache-Control': 'no-cache, private',
  })
  response.end(body)
}

/** Browsers and command lines get indented JSON (upstream: negotiation.go, isPrettyPrint). */
function isForPeople({ url = '', headers }: IncomingMessage): boolean {
  const asked = url.includes('pretty=') ? flag(new URL(url, 'http://x').searchParams, 'pretty') : undefined
  return asked ?? /^(curl|Wget|Mozilla\/5\.0)/.test(headers['user-agent'] ?? '')
}

/** What it is comes first, as in upstream's structs. */
function indented(compact: Buffer): Buffer {
  const { kind, apiVersion, ...rest } = JSON.parse(compact.toString('utf8')) as Record<string, unknown>
  return Buffer.from(JSON.stringify({ kind, apiVersion, ...rest }, null, 2))
}

/** Writes a long answer in turns: others get theirs between, and a slow reader holds up nothing but itself. */
export function sendPieces(response: ServerResponse, pieces: Iterable<string>): void {
  response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-cache, private' })
  const iterator = pieces[Symbol.iterator]()
  const turn = () => {
    let text = ''
    for (let i = 0; i < ITEMS_PER_TURN; i++) {
      const step = iterator.next()
      if (step.done) {
        response.end(text)
        return
      }
      text += step.value
    }
    if (response.destroyed) return
    if (response.write(text)) void hostTurn().then(turn)
    else response.once('drain', turn)
  }
  turn()
}

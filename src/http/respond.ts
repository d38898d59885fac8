/** Writing answers: whole documents, refusals, and long lists piece by piece. */
import type { ServerResponse } from 'node:http'
import type { Status } from '../api/meta/status.ts'
import { hostTurn } from '../kernel/drain.ts'
import { encode } from './encode.ts'

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

export function sendJson(response: ServerResponse, code: number, body: Buffer): void {
  response.writeHead(code, {
    'Content-Type': 'application/json',
    'Content-Length': body.length,
    'Cache-Control': 'no-cache, private',
  })
  response.end(body)
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

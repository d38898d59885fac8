/** Lines as nginx writes them to its access log. */
import type { HttpRequest, HttpResponse, Peer } from '../../api/sockets.ts'

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** @param nowMs ms since the epoch */
export function accessLogLine(
  nowMs: number,
  request: HttpRequest,
  peer: Peer,
  response: HttpResponse,
): string {
  const date = new Date(nowMs)
  const day = String(date.getUTCDate()).padStart(2, '0')
  const time = `${day}/${MONTHS[date.getUTCMonth()]}/${date.getUTCFullYear()}:${date.toISOString().slice(11, 19)} +0000`
  const agent = request.headers['user-agent'] ?? '-'
  return `${peer.ip} - - [${time}] "${request.method} ${request.path} HTTP/1.1" ${response.status} ${response.body.length} "-" "${agent}" "-"\n`
}

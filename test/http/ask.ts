/** One HTTP request over a socket, as it stands: nothing is tidied up before it is sent. */
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'

export interface Answer {
  readonly code: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** The first line of the body, or all of it when it is indented. */
  readonly json: Record<string, unknown>
}

export interface Ask {
  readonly method?: string
  readonly headers?: Record<string, string | string[]>
  readonly body?: string | Buffer
}

export function askAt(
  url: string,
  path: string,
  { method = 'GET', headers = {}, body }: Ask = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    // Not as one URL: that would be tidied up.
    const { hostname, port, protocol } = new URL(url)
    const send = protocol === 'https:' ? httpsRequest : httpRequest
    const options = { hostname, port, path, method, headers, rejectUnauthorized: false }
    const request = send(options, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => {
        const isJson = response.headers['content-type']?.startsWith('application/json')
        const first = text.startsWith('{\n') ? text : text.split('\n')[0]!
        const json = isJson ? (JSON.parse(first) as Record<string, unknown>) : {}
        resolve({ code: response.statusCode!, headers: response.headers, text, json })
      })
    })
    request.on('error', reject)
    request.end(body)
  })
}

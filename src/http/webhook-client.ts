/**
 * Takes admission reviews to webhooks that listen on this machine. Upstream calls any address; a simulator has no
 * business outside of its own machine, whoever writes the configuration.
 */
import { request as plain } from 'node:http'
import { type RequestOptions, request as secure } from 'node:https'
import type { AdmissionReview } from '../apiserver/admission/admission-review.ts'
import { urlOf, type WebhookAnswer, type WebhookCaller } from '../apiserver/admission/webhook-calls.ts'
import type { EventLoop } from '../kernel/event-loop.ts'

/** Upstream takes answers of up to so many bytes from webhooks. */
const MAX_ANSWER = 3 * 1024 * 1024

type Config = Parameters<WebhookCaller['call']>[0]

/** Answers arrive as events of the loop. */
export function webhookClient(loop: EventLoop): WebhookCaller {
  return {
    call(config, review, timeoutMs) {
      const answer = loop.suspend<WebhookAnswer>()
      const url = urlOf(config, timeoutMs / 1000)
      void post(url, config, review, timeoutMs)
        .catch((error: Error) => ({ failure: `Post "${url}": ${reasonOf(error)}` }))
        .then((it) => loop.inject(() => answer.resume(it)))
      return answer.promise
    },
  }
}

function post(
  url: string,
  config: Config,
  review: AdmissionReview,
  timeoutMs: number,
): Promise<WebhookAnswer> {
  const target = new URL(url)
  if (!isLoopback(target.hostname)) {
    return Promise.reject(new Error(`dial tcp: ${target.hostname} is not on this machine`))
  }
  const body = Buffer.from(JSON.stringify(review))
  const options: RequestOptions = {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/json',
      'Content-Length': body.length,
    },
    ...(config.caBundle === undefined ? {} : { ca: Buffer.from(config.caBundle, 'base64') }),
    signal: AbortSignal.timeout(timeoutMs),
    agent: false,
  }
  return new Promise((resolve, reject) => {
    const request = (target.protocol === 'https:' ? secure : plain)(target, options, (response) => {
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > MAX_ANSWER) request.destroy(new Error(`the answer is longer than ${MAX_ANSWER} bytes`))
        else chunks.push(chunk)
      })
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        if (response.statusCode !== 200) {
          return reject(new Error(text.trim() || `the server responded with ${response.statusCode}`))
        }
        try {
          resolve({ body: JSON.parse(text) })
        } catch (error) {
          reject(error)
        }
      })
    })
    request.on('error', reject)
    request.end(body)
  })
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host)
}

/** In the words of Go's client where there are some. */
function reasonOf(
  error: Error & { readonly code?: string; readonly address?: string; readonly port?: number },
): string {
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return 'context deadline exceeded'
  if (error.code === 'ECONNREFUSED')
    return `dial tcp ${error.address}:${error.port}: connect: connection refused`
  if (error.code === 'ECONNRESET') return 'EOF'
  if (error.code === 'SELF_SIGNED_CERT_IN_CHAIN' || error.code?.startsWith('UNABLE_TO_')) {
    return 'tls: failed to verify certificate: x509: certificate signed by unknown authority'
  }
  return error.message
}

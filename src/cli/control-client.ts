/** Talks to the control endpoint of a running `kubarium serve`, as the admin of the kubeconfig that it wrote. */
import { readFileSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { parse } from 'yaml'
import { InputError } from '../cluster/input-error.ts'
import type { ControlAnswer, ControlRequest } from '../http/control.ts'

/** Where `serve` writes it unless told otherwise. */
export const KUBECONFIG = 'kubarium.config'

interface Kubeconfig {
  readonly clusters: readonly {
    readonly cluster: { readonly server: string; readonly 'certificate-authority-data'?: string }
  }[]
  readonly users: readonly {
    readonly user: { readonly 'client-certificate-data'?: string; readonly 'client-key-data'?: string }
  }[]
}

/** Throws {@link InputError} when nobody serves there, or the server refuses. */
export async function sendControl(file: string, asked: ControlRequest): Promise<ControlAnswer> {
  const { cluster, user } = readKubeconfig(file)
  const decoded = (text: string | undefined) => (text === undefined ? undefined : Buffer.from(text, 'base64'))
  const url = new URL('/kubarium/v1/control', cluster.server)
  const options = {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    ca: decoded(cluster['certificate-authority-data']),
    cert: decoded(user['client-certificate-data']),
    key: decoded(user['client-key-data']),
  }
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const begin = url.protocol === 'https:' ? httpsRequest : httpRequest
    const request = begin(url, options, resolve)
    request.on('error', (error) =>
      reject(
        new InputError(
          `cannot reach ${cluster.server}: ${error.message}`,
          undefined,
          'is kubarium serve running?',
        ),
      ),
    )
    request.end(JSON.stringify(asked))
  })
  let text = ''
  for await (const chunk of response) text += String(chunk)
  const answer = JSON.parse(text) as ControlAnswer
  if (response.statusCode !== 200) throw new InputError(answer.message)
  return answer
}

function readKubeconfig(file: string) {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    throw new InputError(
      `cannot read ${file}`,
      undefined,
      'name the kubeconfig that serve wrote with --kubeconfig',
    )
  }
  const config = parse(text) as Kubeconfig
  const cluster = config.clusters?.[0]?.cluster
  if (cluster === undefined) throw new InputError(`${file} is no kubeconfig`)
  return { cluster, user: config.users?.[0]?.user ?? {} }
}

/** `kubarium ctl`: pause, step, speed up and break a cluster that `kubarium serve` runs. */
import { readFileSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Command } from 'commander'
import { parse } from 'yaml'
import { InputError } from '../cluster/input-error.ts'

interface Kubeconfig {
  readonly clusters: readonly {
    readonly cluster: { readonly server: string; readonly 'certificate-authority-data'?: string }
  }[]
  readonly users: readonly {
    readonly user: { readonly 'client-certificate-data'?: string; readonly 'client-key-data'?: string }
  }[]
}

export function register(program: Command): void {
  program
    .command('ctl')
    .description('control a running `kubarium serve`')
    .argument('<action>', 'pause, resume, step, speed, advance or fault')
    .argument('[arguments...]', 'step 10; speed 60; advance 6m; fault node-1 crash')
    .option('--kubeconfig <file>', 'the kubeconfig that serve wrote', 'kubarium.config')
    .addHelpText(
      'after',
      `
Faults of a node: crash, recover, crash-kubelet, restart-kubelet, partition, heal.

Examples:
  kubarium ctl pause
  kubarium ctl advance 10m
  kubarium ctl fault node-2 crash`,
    )
    .action(async (action: string, args: string[], options: { readonly kubeconfig: string }) => {
      process.stdout.write(`${await send(options.kubeconfig, action, args)}\n`)
    })
}

async function send(file: string, action: string, args: readonly string[]): Promise<string> {
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
    request.end(JSON.stringify({ action, arguments: args }))
  })
  let text = ''
  for await (const chunk of response) text += String(chunk)
  const { message } = JSON.parse(text) as { readonly message: string }
  if (response.statusCode !== 200) throw new InputError(message)
  return message
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

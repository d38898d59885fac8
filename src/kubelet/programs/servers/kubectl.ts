/**
 * `kubectl` inside a pod: get, and proxy (the ambassador). It reads the service account's files and the
 * KUBERNETES_SERVICE_* variables as the real one does, and asks the API server over the pod's network.
 */
import type { HttpOutcome } from '../../../api/sockets.ts'
import { bodyText } from '../commands/network.ts'
import type { ProcessContext, Program } from '../program.ts'

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'

interface Server {
  readonly host: string
  readonly port: number
  readonly token: string | undefined
  readonly namespace: string
}

export const kubectl: Program = {
  name: 'kubectl',
  async start(context) {
    const args = context.argv.slice(1)
    const verb = args[0]
    if (verb === 'proxy') return proxy(context, args.slice(1))
    if (verb === 'version') {
      context.stdout.write('Client Version: v1.33.2\n')
      return 0
    }
    if (verb === 'get') return get(context, args.slice(1))
    context.stderr.write(`error: unknown command "${verb ?? ''}" for "kubectl"\n`)
    return 1
  },
}

function serverOf(context: ProcessContext): Server {
  const read = (name: string) =>
    context.fs.exists(`${ACCOUNT}/${name}`) ? context.fs.readText(`${ACCOUNT}/${name}`) : undefined
  return {
    host: context.env.get('KUBERNETES_SERVICE_HOST') ?? 'kubernetes.default.svc',
    port: Number(context.env.get('KUBERNETES_SERVICE_PORT') ?? '443'),
    token: read('token'),
    namespace: read('namespace')?.trim() || 'default',
  }
}

function ask(
  context: ProcessContext,
  server: Server,
  path: string,
  request: { method?: string; headers?: Readonly<Record<string, string>>; body?: Uint8Array | string } = {},
): Promise<HttpOutcome> {
  context.unsteady()
  const headers: Record<string, string> = { ...request.headers, host: server.host }
  if (server.token !== undefined) headers['authorization'] = `Bearer ${server.token}`
  return context.net.http({ host: server.host, port: server.port }, { ...request, path, headers, tls: true })
}

/** Listens on localhost and passes everything on with the account's token. */
async function proxy(context: ProcessContext, args: readonly string[]): Promise<number> {
  const flag = args.find((it) => it.startsWith('--port='))?.slice('--port='.length)
  const at = args.findIndex((it) => it === '--port' || it === '-p')
  const port = Number(flag ?? (at >= 0 ? args[at + 1] : '8001'))
  const server = serverOf(context)
  const ended = context.loop.suspend<number>()
  context.onSignal('SIGTERM', () => ended.resume(143))
  context.net.listen({
    port,
    address: '127.0.0.1',
    steady: false,
    http: (request, _peer, done) => {
      const { host: _host, ...headers } = request.headers
      void ask(context, server, request.path, { method: request.method, headers, body: request.body }).then(
        (outcome) => {
          if (outcome.ok) done(outcome.response)
          else done({ status: 502, headers: {}, body: `${outcome.detail}\n` })
        },
      )
    },
  })
  context.stdout.write(`Starting to serve on 127.0.0.1:${port}\n`)
  return ended.promise
}

const PATHS: Readonly<Record<string, { readonly path: string; readonly namespaced: boolean }>> = {
  pods: { path: 'api/v1', namespaced: true },
  services: { path: 'api/v1', namespaced: true },
  configmaps: { path: 'api/v1', namespaced: true },
  secrets: { path: 'api/v1', namespaced: true },
  endpoints: { path: 'api/v1', namespaced: true },
  nodes: { path: 'api/v1', namespaced: false },
  namespaces: { path: 'api/v1', namespaced: false },
  deployments: { path: 'apis/apps/v1', namespaced: true },
  replicasets: { path: 'apis/apps/v1', namespaced: true },
  statefulsets: { path: 'apis/apps/v1', namespaced: true },
  daemonsets: { path: 'apis/apps/v1', namespaced: true },
  jobs: { path: 'apis/batch/v1', namespaced: true },
}

const SHORT: Readonly<Record<string, string>> = {
  po: 'pods',
  pod: 'pods',
  svc: 'services',
  service: 'services',
  cm: 'configmaps',
  configmap: 'configmaps',
  secret: 'secrets',
  no: 'nodes',
  node: 'nodes',
  ns: 'namespaces',
  namespace: 'namespaces',
  deploy: 'deployments',
  deployment: 'deployments',
  rs: 'replicasets',
  replicaset: 'replicasets',
  job: 'jobs',
  ep: 'endpoints',
}

async function get(context: ProcessContext, args: readonly string[]): Promise<number> {
  const server = serverOf(context)
  const words: string[] = []
  let namespace = server.namespace
  let output = ''
  let all = false
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!
    if (arg === '-n' || arg === '--namespace') namespace = args[++i] ?? namespace
    else if (arg === '-A' || arg === '--all-namespaces') all = true
    else if (arg === '-o' || arg === '--output') output = args[++i] ?? ''
    else if (arg.startsWith('-o')) output = arg.slice(2).replace(/^=/, '')
    else if (arg.startsWith('--raw=')) return raw(context, server, arg.slice('--raw='.length))
    else if (arg === '--raw') return raw(context, server, args[++i] ?? '/')
    else words.push(arg)
  }
  const [typed = '', name] = words[0]?.includes('/') ? words[0].split('/') : words
  const resource = SHORT[typed] ?? typed
  const known = Object.hasOwn(PATHS, resource) ? PATHS[resource] : undefined
  if (known === undefined) {
    context.stderr.write(`error: the server doesn't have a resource type "${typed}"\n`)
    return 1
  }
  const scope = known.namespaced && !all ? `/namespaces/${namespace}` : ''
  const path = `/${known.path}${scope}/${resource}${name === undefined ? '' : `/${name}`}`
  const accept: Record<string, string> =
    output === '' || output === 'wide'
      ? { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' }
      : {}
  const outcome = await ask(context, server, path, { headers: accept })
  const body = await answerOf(context, server, outcome)
  if (body === undefined) return 1
  if (output === 'json') context.stdout.write(`${JSON.stringify(body, null, 4)}\n`)
  else if (output === 'name') {
    for (const item of itemsOf(body))
      context.stdout.write(`${resource.replace(/s$/, '')}/${item.metadata?.name}\n`)
  } else context.stdout.write(tableText(body))
  return 0
}

async function raw(context: ProcessContext, server: Server, path: string): Promise<number> {
  const outcome = await ask(context, server, path)
  const body = await answerOf(context, server, outcome)
  if (body === undefined) return 1
  context.stdout.write(`${JSON.stringify(body)}\n`)
  return 0
}

interface Body {
  readonly kind?: string
  readonly message?: string
  readonly reason?: string
  readonly items?: readonly Item[]
  readonly metadata?: { readonly name?: string }
  readonly columnDefinitions?: readonly { readonly name: string; readonly priority?: number }[]
  readonly rows?: readonly { readonly cells: readonly unknown[] }[]
}

type Item = { readonly metadata?: { readonly name?: string } }

async function answerOf(
  context: ProcessContext,
  server: Server,
  outcome: HttpOutcome,
): Promise<Body | undefined> {
  if (!outcome.ok) {
    context.stderr.write(
      `The connection to the server ${server.host}:${server.port} was refused - did you specify the right host or port?\n`,
    )
    return undefined
  }
  const text = bodyText(outcome.response.body)
  const body = JSON.parse(text) as Body
  if (outcome.response.status < 400) return body
  context.stderr.write(
    `Error from server (${body.reason ?? outcome.response.status}): ${body.message ?? text}\n`,
  )
  return undefined
}

function itemsOf(body: Body): readonly Item[] {
  return body.items ?? [body]
}

/** Columns as kubectl pads them. */
function tableText(body: Body): string {
  if (body.columnDefinitions === undefined) {
    return `NAME\n${itemsOf(body)
      .map((it) => `${it.metadata?.name}\n`)
      .join('')}`
  }
  if ((body.rows?.length ?? 0) === 0) return 'No resources found\n'
  const shown = body.columnDefinitions
    .map((it, index) => ({ ...it, index }))
    .filter((it) => (it.priority ?? 0) === 0)
  const lines = [
    shown.map((it) => it.name.toUpperCase()),
    ...(body.rows ?? []).map((row) => shown.map((it) => String(row.cells[it.index] ?? '<none>'))),
  ]
  const widths = shown.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)))
  return lines
    .map(
      (line) =>
        `${line.map((cell, i) => (i === line.length - 1 ? cell : cell.padEnd(widths[i]! + 3))).join('')}\n`,
    )
    .join('')
}

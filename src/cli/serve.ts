/** `kubarium serve`: a cluster that kubectl and every other client can use, at the pace of real time. */
import { randomInt } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import pc from 'picocolors'
import type { KubeObject } from '../api/kind.ts'
import type { ClusterOptions } from '../cluster/cluster.ts'
import { buildCluster } from '../cluster/create-cluster.ts'
import { InputError } from '../cluster/input-error.ts'
import { mirrorOf, OBJECT_CODEC } from '../cluster/stored-objects.ts'
import { ADMIN } from '../cluster/users.ts'
import { epochOf, serve, wallClock } from '../http/serve.ts'
import { webhookClient } from '../http/webhook-client.ts'
import { connectEtcd } from '../storage/etcd.ts'
import { type DataDirectory, openDataDirectory } from '../storage/lmdb.ts'
import { memoryStore } from '../storage/memory.ts'
import { installAddOns } from './add-ons.ts'

interface Options {
  readonly nodes: number
  readonly port: number
  readonly kubeconfig: string
  readonly seed?: number
  readonly speed: number
  readonly epoch?: number
  readonly controllers?: string
  readonly controlPlanes: number
  readonly manifests?: string
  readonly data?: string
  readonly proxyMode?: ClusterOptions['proxyMode']
  readonly cloud?: boolean
  readonly etcd?: string
  readonly eventTtl?: string
  readonly apiOnly?: boolean
  readonly insecureHttp?: boolean
}

/** Entries of the journal that a long-running server keeps. */
const JOURNAL_ENTRIES = 50_000

export function register(program: Command): void {
  program
    .command('serve')
    .description('serve a cluster to kubectl and other clients, on this machine')
    .option('-n, --nodes <number>', 'number of nodes', parseCount, 3)
    .option('-p, --port <number>', 'port on 127.0.0.1; 0 picks a free one', parseCount, 6443)
    .option('--kubeconfig <file>', 'where to write the kubeconfig', 'kubarium.config')
    .option('--seed <number>', 'seed of chance', parseCount)
    .option('--speed <factor>', 'virtual seconds per real second, or max', parseSpeed, 1)
    .option(
      '--epoch <time>',
      'virtual time at the start, or how long ago: 2025-01-01T00:00:00Z, 30d',
      parseEpoch,
    )
    .option('--controllers <list>', "as kube-controller-manager's flag: *,-job", '*')
    .option(
      '--control-planes <number>',
      'controller managers and schedulers; of several one leads',
      parseCount,
      1,
    )
    .option('--manifests <dir>', 'apply every .yaml, .yml and .json file of a directory first')
    .option('--data <dir>', 'keep state in a directory, so that it outlives the process')
    .addOption(
      new Option('--proxy-mode <mode>', 'how kube-proxy balances').choices([
        'iptables',
        'ipvs',
        'nftables',
        'userspace',
      ]),
    )
    .option(
      '--cloud',
      'nodes are instances of a fake cloud: load balancers get addresses, disks are attached',
    )
    .option('--etcd <url>', 'keep state in a real etcd, as in http://127.0.0.1:2379')
    .option('--event-ttl <duration>', 'how long Events are kept after they were last written', '1h')
    .option('--api-only', 'an API server alone, beside another kubarium on the same etcd')
    .option('--insecure-http', 'plain HTTP without credentials, for curl; everybody is admin')
    .addHelpText(
      'after',
      `
Without --data and --etcd, state is in memory: it ends with the process. With either, objects survive even kill -9.
In any case, watches that continue from before a restart are told to list again. Several servers may share an etcd:
let one run everything, and start the others with --api-only. Claims without a class get volumes of the StorageClass
standard, which is made unless there is one already; names are resolved as long as a pod of Deployment coredns in
kube-system is ready.

At a speed above 1 virtual time runs ahead of this machine's clock. What kubectl get prints is right all the same, since
the server works it out; ages that kubectl works out itself, as describe does for events, become <invalid>. With an
--epoch far enough in the past they stay numbers: how long ago it was by this machine's clock.

Examples:
  kubarium serve --speed 60 --epoch 30d
  kubarium serve --nodes 5 --kubeconfig ./kubarium.config
  kubectl --kubeconfig ./kubarium.config get nodes`,
    )
    .action((options: Options) => run(options))
}

async function run(options: Options): Promise<void> {
  if (options.data !== undefined && options.etcd !== undefined) {
    throw new InputError('--data and --etcd both say where the state is kept', undefined, 'choose one')
  }
  const start = new Date(Math.floor(options.epoch ?? wallClock())).toISOString()
  using data = options.data === undefined ? undefined : await openData(options.data)
  using mirror = options.etcd === undefined ? undefined : await openEtcd(options.etcd)
  const cluster = buildCluster({
    nodes: options.apiOnly ? 0 : options.nodes,
    // Ids are drawn by the seed: a cluster that goes on must not draw those of its objects again.
    seed: (options.seed ?? (mirror === undefined ? 1 : randomInt(2 ** 31))) + (data?.lastRevision ?? 0),
    start,
    journal: JOURNAL_ENTRIES,
    controllers: !options.apiOnly && options.controllers,
    scheduler: !options.apiOnly,
    controlPlanes: options.controlPlanes,
    authorization: 'RBAC',
    eventTTL: options.eventTtl,
    proxyMode: options.proxyMode,
    cloud: options.cloud ? {} : undefined,
    openStore: data?.openStore ?? (mirror === undefined ? memoryStore(wallClock()) : undefined),
    mirror: mirror?.mirror,
  })
  const { server, loop, webhooks, ready } = cluster.foundation
  webhooks.outside = webhookClient(loop)
  if (mirror === undefined) {
    await cluster.settle()
    await furnish(cluster, options)
    await cluster.settle()
  } else await ready
  const served = await serve({
    server,
    loop,
    streamsOf: cluster.foundation.streamsOf,
    node: (name) => cluster.nodes().find((it) => it.name === name),
    port: options.port,
    insecure: options.insecureHttp,
    admin: ADMIN,
    speed: options.speed,
  }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error
    throw new InputError(
      `port ${options.port} is taken`,
      undefined,
      'choose another with --port, or 0 for any',
    )
  })
  if (served.authority !== undefined) cluster.foundation.authority = served.authority
  // What a real etcd answers takes real time, which passes only from here on.
  if (mirror !== undefined) await furnish(cluster, options)
  const file = resolve(options.kubeconfig)
  mkdirSync(dirname(file), { recursive: true })
  // Made anew: the mode is of no avail for a file that is there already.
  rmSync(file, { force: true })
  writeFileSync(file, served.kubeconfig, { mode: 0o600 })
  const what = options.apiOnly ? 'an API server' : `${options.nodes} nodes`
  process.stdout.write(
    [
      `${pc.green('serving')} ${what} at ${served.url}, ${whereState(options)}, seed ${cluster.seed}`,
      `kubeconfig: ${file}`,
      `try:        kubectl --kubeconfig ${options.kubeconfig} get nodes`,
      '',
    ].join('\n'),
  )
  await interrupted()
  await served.close()
  await cluster.dispose()
  rmSync(file, { force: true })
}

function whereState({ data, etcd }: Options): string {
  if (data !== undefined) return `state in ${data}`
  return etcd === undefined ? 'state in memory only' : `state in etcd at ${etcd}`
}

function openData(directory: string): Promise<DataDirectory<KubeObject>> {
  return openDataDirectory(resolve(directory), OBJECT_CODEC).catch((error: Error) => {
    throw new InputError(`--data ${directory}: ${error.message}`)
  })
}

async function openEtcd(url: string) {
  try {
    const mirror = await mirrorOf(await connectEtcd(url))
    return { mirror, [Symbol.dispose]: () => mirror.close() }
  } catch (error) {
    throw new InputError(`--etcd ${url}: ${(error as Error).message}`)
  }
}

async function furnish(cluster: ReturnType<typeof buildCluster>, options: Options): Promise<void> {
  if (!options.apiOnly) await installAddOns(cluster)
  if (options.manifests !== undefined) await applyAll(cluster, options.manifests)
}

async function applyAll(cluster: ReturnType<typeof buildCluster>, directory: string): Promise<void> {
  const files = readdirSync(directory)
    .filter((name) => /\.(ya?ml|json)$/.test(name))
    .sort()
  for (const name of files) {
    const file = join(directory, name)
    await cluster.apply(readFileSync(file, 'utf8'), { file })
  }
}

function interrupted(): Promise<void> {
  return new Promise((done) => {
    process.once('SIGINT', () => done())
    process.once('SIGTERM', () => done())
  })
}

function parseCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('expected a whole number')
  return Number(text)
}

function parseEpoch(text: string): number {
  const epoch = epochOf(text, wallClock())
  if (epoch === undefined) {
    throw new InvalidArgumentError('expected a time (RFC 3339), or how long ago it was')
  }
  return epoch
}

function parseSpeed(text: string): number {
  if (text === 'max') return Number.POSITIVE_INFINITY
  const speed = Number(text)
  if (!(speed > 0)) throw new InvalidArgumentError('expected a number above 0, or max')
  return speed
}

/**
 * `npm run bench:http`: the HTTP front beside a bare node:http handler that sends the same bytes, and beside a real etcd,
 * all in one run and in turns. Servers are processes of their own; this one is the client.
 */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { findEtcd, startEtcd } from '../test/etcd/oracle/etcd-process.ts'
import { get, post, RawClient } from '../test/http/raw-client.ts'
import { ServerProcess, serveIfChild } from '../test/http/server-process.ts'
import { crowdIfChild, fanOut } from './http-watches.ts'

const MAPS = '/api/v1/namespaces/default/configmaps'
const PODS = '/api/v1/namespaces/default/pods'
const PODS_LISTED = 100_000
/** A streaming list; it ends as soon as a watch can. */
const INITIAL =
  '?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=1'
const ROUNDS = 7
const ROUND_MS = 400
/** Until the compiler has done its work. */
const WARM_UP_MS = 4000
const words = process.argv.slice(2)
const chosen = (name: string) => words.length === 0 || words.some((word) => name.includes(word))

if (!crowdIfChild() && !(await serveIfChild())) {
  if (chosen('get') || chosen('post')) await oneClient()
  if (chosen('list')) await longList()
  if (chosen('watch')) await fanOut(print)
  process.exit()
}

function print(name: string, figure: string, more = ''): void {
  process.stdout.write(`${name.padEnd(50)} ${figure.padStart(18)}  ${more}\n`)
}

function whole(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',')
}

interface Contender {
  readonly name: string
  once(): Promise<unknown>
  /** Processor time of the server so far, ms. */
  cpu?(): Promise<number>
}

/** Operations a second, the best of several turns each, and the least processor time of the server for one, us. */
async function compete(contenders: readonly Contender[]) {
  const best = contenders.map(() => ({ rate: 0, cpuUs: Number.POSITIVE_INFINITY }))
  for (const { once } of contenders) {
    for (const start = performance.now(); performance.now() - start < WARM_UP_MS; ) await once()
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, { once, cpu }] of contenders.entries()) {
      const cpuBefore = (await cpu?.()) ?? 0
      const start = performance.now()
      let count = 0
      while (performance.now() - start < ROUND_MS) {
        for (let n = 0; n < 20; n++) await once()
        count += 20
      }
      const rate = (count * 1000) / (performance.now() - start)
      const cpuUs = (((await cpu?.()) ?? Number.NaN) - cpuBefore) * (1000 / count)
      best[i]!.rate = Math.max(best[i]!.rate, rate)
      best[i]!.cpuUs = Math.min(best[i]!.cpuUs, cpuUs)
    }
  }
  return best
}

async function oneClient(): Promise<void> {
  await using served = await ServerProcess.start('served')
  await using bare = await ServerProcess.start('bare')
  const binary = findEtcd()
  await using etcdProcess = binary === undefined ? undefined : await startEtcd(binary)
  const etcd = etcdProcess && new (etcd3().Etcd3)({ hosts: etcdProcess.endpoint })
  const ours = await RawClient.open(served.port)
  const floor = await RawClient.open(bare.port)
  const cpuOf = (it: ServerProcess) => async () => (await it.order({ do: 'stats' })).cpuMs
  let counter = 0
  for (const [kind, path, make] of [
    ['config map', MAPS, configMap],
    ['pod', PODS, pod],
  ] as const) {
    const first = await ours.send(post(path, make(`${kind.replace(' ', '-')}-0`)))
    if (first.code !== 201) throw new Error(String(first.body))
    const read = get(`${path}/${kind.replace(' ', '-')}-0`)
    const shown = await ours.send(read)
    await bare.order({ do: 'answer', get: String(shown.body), post: String(first.body) })
    const value = String(shown.body)
    await etcd?.put('/bench').value(value)
    const checked = async (client: RawClient, code: number, bytes: string) => {
      const answer = await client.send(bytes)
      if (answer.code !== code) throw new Error(`${answer.code}: ${answer.body}`)
    }
    const gets: Contender[] = [
      { name: 'ours', once: () => checked(ours, 200, read), cpu: cpuOf(served) },
      { name: 'bare', once: () => checked(floor, 200, read), cpu: cpuOf(bare) },
    ]
    const posts: Contender[] = [
      {
        name: 'ours',
        once: () => checked(ours, 201, post(path, make(`made-${counter++}`))),
        cpu: cpuOf(served),
      },
      {
        name: 'bare',
        once: () => checked(floor, 201, post(path, make(`made-${counter++}`))),
        cpu: cpuOf(bare),
      },
    ]
    if (etcd !== undefined) {
      gets.push({ name: 'etcd', once: () => etcd.get('/bench').string() })
      posts.push({ name: 'etcd', once: async () => etcd.put(`/bench/${counter++}`).value(value) })
    }
    if (chosen('get')) report(`get a ${kind} of ${whole(value.length)} bytes`, await compete(gets))
    if (chosen('post')) report(`post a ${kind} of ${whole(value.length)} bytes`, await compete(posts))
  }
  ours.close()
  floor.close()
  etcd?.close()
}

/** Not bundled: it reads files beside itself. */
function etcd3(): typeof import('etcd3') {
  return createRequire(join(process.cwd(), 'package.json'))('etcd3') as typeof import('etcd3')
}

function report(name: string, [ours, bare, etcd]: Awaited<ReturnType<typeof compete>>): void {
  const percent = (part: number) => `${Math.round(100 * part)} %`
  print(
    `http: ${name}`,
    `${whole(ours!.rate)} /s`,
    [
      `${percent(ours!.rate / bare!.rate)} of bare node:http`,
      `${ours!.cpuUs.toFixed(0)} us of the server's processor time, bare ${bare!.cpuUs.toFixed(0)}`,
      etcd === undefined ? 'no etcd here' : `${(ours!.rate / etcd.rate).toFixed(1)} x etcd`,
    ].join('; '),
  )
}

/** 100,000 pods in one answer: how long is nobody else served? */
async function longList(): Promise<void> {
  await using served = await ServerProcess.start('served')
  await served.order({ do: 'fill', pods: PODS_LISTED })
  const client = await RawClient.open(served.port)
  for (const [name, accept, query = ''] of [
    ['as JSON', ''],
    ['as JSON', ''],
    ['of one label', '', '?labelSelector=tier%3Dweb'],
    ['of a label that none has', '', '?labelSelector=tier%3Dnone'],
    ['of a label that none has, 500 a page', '', '?labelSelector=tier%3Dnone&limit=500'],
    ['as JSON', ''],
    ['as a watch', '', INITIAL],
    ['as a table', 'Accept: application/json;as=Table;v=v1;g=meta.k8s.io\r\n'],
    ['as metadata', 'Accept: application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io\r\n'],
  ]) {
    const before = await served.order({ do: 'stats', reset: true })
    const started = performance.now()
    const bytes = await drain(served.port, PODS + query, accept!)
    const ms = performance.now() - started
    const after = await served.order({ do: 'stats' })
    print(
      `http: list ${whole(PODS_LISTED)} pods ${name}`,
      `${(bytes / 2 ** 20).toFixed(0)} MiB`,
      `${whole(ms)} ms, ${whole(after.cpuMs - before.cpuMs)} of processor time; longest turn ${after.turnMaxMs.toFixed(0)} ms of its thread; loop delay at most ${after.delayMaxMs.toFixed(0)} ms, p99.9 ${after.delayP999Ms.toFixed(0)}; ${whole(after.rssMiB - before.rssMiB)} MiB more memory`,
    )
  }
  client.close()
}

/** Reads an answer to its end without keeping it. */
async function drain(port: number, path: string, headers: string): Promise<number> {
  const { socket } = await RawClient.open(port)
  socket.removeAllListeners('data')
  return new Promise((resolve) => {
    let bytes = 0
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length
    })
    socket.on('end', () => resolve(bytes))
    socket.write(get(path, `${headers}Connection: close\r\n`))
  })
}

function configMap(name: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name },
    data: { text: 'x'.repeat(3700) },
  })
}

function pod(name: string): string {
  const container = (i: number) => ({
    name: `c${i}`,
    image: `registry.example/team/app-${i}:1.2.3`,
    args: ['--listen', '0.0.0.0:8080', '--level', 'info'],
    env: Array.from({ length: 6 }, (_, n) => ({ name: `VARIABLE_${n}`, value: `value number ${n}` })),
    ports: [{ containerPort: 8080 + i, name: `http${i}`, protocol: 'TCP' }],
    resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '200m', memory: '128Mi' } },
    readinessProbe: { httpGet: { path: '/ready', port: 8080 + i }, periodSeconds: 5 },
  })
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: 'web', tier: 'front' } },
    spec: { schedulerName: 'nobody', containers: [container(0), container(1), container(2)] },
  })
}

/**
 * A served cluster in a process of its own, for measurements: its processor time, memory and event-loop delay are then
 * nobody else's. The same program is both sides: run with the role `served` it is the server.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { ConfigMap } from '../../src/api/core/config-map.ts'
import { deepFreeze } from '../../src/api/freeze.ts'
import { buildCluster } from '../../src/cluster/create-cluster.ts'
import { ADMIN } from '../../src/cluster/users.ts'
import { serve } from '../../src/http/serve.ts'

export interface Stats {
  readonly cpuMs: number
  readonly rssMiB: number
  /** What JavaScript holds; after a collection when `reset` was asked for. */
  readonly heapMiB: number
  /** Of the event loop since the last reset, ms. */
  readonly delayMaxMs: number
  readonly delayP999Ms: number
  /** Processor time of the thread in the longest turn of its event loop since then, whatever else the machine had to do. */
  readonly turnMaxMs: number
  readonly watches: number
  readonly descriptors: number
}

/** What a server does when told: answers with its stats afterwards. */
type Order =
  | { readonly do: 'stats'; readonly reset?: boolean }
  /** Pods that nobody schedules, of about a kilobyte each. */
  | { readonly do: 'fill'; readonly pods: number }
  /** Writes config maps `moving-0`..: each says in `data.at` when it was written, microseconds of the monotonic clock. */
  | {
      readonly do: 'write'
      readonly perSecond: number
      readonly seconds: number
      readonly objects: number
    }
  /** The bare server: sends these bytes, whatever is asked. */
  | { readonly do: 'answer'; readonly get: string; readonly post: string }

export class ServerProcess implements AsyncDisposable {
  readonly port: number
  readonly pid: number
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.port = port
    this.pid = child.pid!
  }

  static async start(role: 'served' | 'bare'): Promise<ServerProcess> {
    const child = fork(process.argv[1]!, [role], {
      execArgv: ['--expose-gc'],
    })
    const port = await new Promise<number>((resolve, reject) => {
      child.once('message', (message) => resolve((message as { port: number }).port))
      child.once('exit', (code) => reject(new Error(`the server exited with ${code}`)))
    })
    return new ServerProcess(child, port)
  }

  order(order: Order): Promise<Stats> {
    return new Promise((resolve, reject) => {
      const exited = (code: number | null) => reject(new Error(`the server exited with ${code}`))
      this.#child.once('exit', exited)
      this.#child.once('message', (message) => {
        this.#child.off('exit', exited)
        resolve(message as Stats)
      })
      this.#child.send(order)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.kill('SIGKILL')
    await gone
  }
}

/** Becomes the server when this process was started as one. */
export async function serveIfChild(): Promise<boolean> {
  const role = process.argv[2]
  if (process.send === undefined || (role !== 'served' && role !== 'bare')) return false
  if (role === 'bare') bare()
  else await served()
  process.on('disconnect', () => process.exit())
  return true
}

function bare(): void {
  let get: Buffer = Buffer.alloc(0)
  let post: Buffer = Buffer.alloc(0)
  const server = createServer((request, response) => {
    const answer = (code: number, body: Buffer) => {
      response.writeHead(code, { 'Content-Type': 'application/json', 'Content-Length': body.length })
      response.end(body)
    }
    if (request.method === 'GET') return answer(200, get)
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => answer(Buffer.concat(chunks).length > 0 ? 201 : 400, post))
  })
  server.listen(0, '127.0.0.1', () => listen((server.address() as AddressInfo).port, () => 0))
  process.on('message', (order: Order) => {
    if (order.do !== 'answer') return
    get = Buffer.from(order.get)
    post = Buffer.from(order.post)
  })
}

async function served(): Promise<void> {
  const cluster = buildCluster({ nodes: 0, journal: 50_000, authorization: 'RBAC' })
  await cluster.settle()
  const { server, loop } = cluster.foundation
  const front = await serve({
    server,
    loop,
    streamsOf: () => undefined,
    port: 0,
    speed: 1,
    insecure: true,
    admin: ADMIN,
  })
  const write = (verb: 'create' | 'update', resource: string, name: string | undefined, body: object) => {
    const answer = server.handle({
      verb,
      group: '',
      version: 'v1',
      resource,
      namespace: 'default',
      name,
      body: deepFreeze(body),
      user: ADMIN,
    })
    if (answer instanceof Promise || !answer.ok) throw new Error(`${verb} ${resource} was refused`)
  }
  listen(Number(new URL(front.url).port), () => server.resourceOf('', 'configmaps').hub.watchers, {
    fill: async ({ pods }) => {
      for (let i = 0; i < pods; i++) {
        loop.enter(() => write('create', 'pods', undefined, pod(i)))
        if (i % 500 === 0) await new Promise((resolve) => setImmediate(resolve))
      }
    },
    write: ({ perSecond, seconds, objects }) =>
      new Promise((resolve) => {
        const started = performance.now()
        let written = 0
        const tick = setInterval(() => {
          const due = Math.min(((performance.now() - started) / 1000) * perSecond, perSecond * seconds)
          for (; written < due; written++) {
            const name = `moving-${written % objects}`
            const first = written < objects && !server.find('', 'configmaps', 'default', name)
            const at = String(process.hrtime.bigint() / 1000n).padStart(16, '0')
            const body = {
              apiVersion: 'v1',
              kind: 'ConfigMap',
              metadata: { name, namespace: 'default' },
              data: { at },
            }
            loop.enter(() =>
              write(first ? 'create' : 'update', ConfigMap.resource, first ? undefined : name, body),
            )
          }
          if (written < perSecond * seconds) return
          clearInterval(tick)
          resolve()
        }, 1)
      }),
  })
}

type Orders = { readonly [K in 'fill' | 'write']: (order: Order & { do: K }) => Promise<void> }

function listen(port: number, watches: () => number, orders?: Orders): void {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const cpuMs = () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  }
  let turnMaxMs = 0
  let turnStart = 0
  let ticking = false
  const tick = () => {
    const now = threadMs()
    turnMaxMs = Math.max(turnMaxMs, now - turnStart)
    turnStart = now
  }
  const report = () => {
    process.send!({
      cpuMs: cpuMs(),
      turnMaxMs,
      rssMiB: process.memoryUsage.rss() / 2 ** 20,
      heapMiB: process.memoryUsage().heapUsed / 2 ** 20,
      delayMaxMs: delay.max / 1e6,
      delayP999Ms: delay.percentile(99.9) / 1e6,
      watches: watches(),
      descriptors: readdirSync('/proc/self/fd').length,
    } satisfies Stats)
  }
  process.on('message', (order: Order) => {
    if (order.do === 'fill') void orders!.fill(order).then(report)
    else if (order.do === 'write') void orders!.write(order).then(report)
    else {
      if (order.do === 'stats' && order.reset) {
        globalThis.gc?.()
        delay.reset()
        turnMaxMs = 0
        turnStart = threadMs()
        if (!ticking) setInterval(tick, 1)
        ticking = true
      }
      report()
    }
  })
  process.send!({ port })
}

/** Processor time of the main thread so far: compilers and collectors have others. */
function threadMs(): number {
  return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'latin1').split(' ', 1)[0]) / 1e6
}

/** About a kilobyte, and different from all others. */
function pod(i: number): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `pod-${i}`,
      namespace: 'default',
      labels: { app: `app-${i % 100}`, tier: 'web' },
    },
    spec: {
      schedulerName: 'nobody',
      containers: [
        {
          name: 'main',
          image: 'registry.example/app:1.2.3',
          env: [{ name: 'INDEX', value: String(i) }],
          ports: [{ containerPort: 8080, protocol: 'TCP' }],
          resources: {
            requests: { cpu: '100m', memory: '64Mi' },
            limits: { cpu: '200m', memory: '128Mi' },
          },
        },
      ],
    },
  }
}

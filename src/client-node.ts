/**
 * `kubarium/client-node`: both ways between the simulator and `@kubernetes/client-node` (an optional peer).
 * `runControllers` runs the controllers that the simulator tests against a real cluster, with a KubeConfig: the same
 * runtime, the same informers and work queues; only the transport is another one, and time is the wall's. `inProcess`
 * runs what was written for client-node against a simulated cluster.
 */
import { type RequestOptions as HttpOptions, request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { createInterface } from 'node:readline'
import type { KubeObject } from './api/kind.ts'
import type { Status } from './api/meta/status.ts'
import type { ApiRequest, ApiResponse, Transport, WatchEvent, WatchHandle, WatchSink } from './api/request.ts'
import { createScheme, type Scheme } from './api/scheme.ts'
import { type ProcessHandle, startProcess } from './client/process-host.ts'
import { SharedTimers } from './client/shared-timers.ts'
import { type AnyController, freshControllers } from './cluster/user-controllers.ts'
import { EventLoop } from './kernel/event-loop.ts'
import { Journal } from './kernel/journal.ts'
import { randomStream } from './kernel/random.ts'
import { realNow, WallPacer } from './kernel/wall-clock.ts'

export {
  inProcess,
  type KubeConfigTarget,
  operator,
  type VirtualTimeout,
  type VirtualTimers,
  virtualTimers,
} from './http/kube-config.ts'

/** What is used of client-node's KubeConfig. */
export interface KubeConfigLike {
  getCurrentCluster(): { readonly server: string } | null | undefined
  applyToHTTPSOptions(options: object): Promise<void>
}

export interface RunOptions {
  /** User agent, and name of the process; default that of the first controller. */
  readonly name?: string
  /** Hears failures and other notes of the runtime. */
  readonly log?: (line: string) => void
}

export interface RunningControllers {
  readonly process: ProcessHandle
  stop(): void
}

/** Starts the controllers; they run until `stop`. */
export function runControllers(
  controllers: readonly unknown[],
  config: KubeConfigLike,
  options: RunOptions = {},
): RunningControllers {
  const definitions = controllers as readonly AnyController[]
  const loop = new EventLoop({ start: performance.timeOrigin + realNow(), outsideAwaits: true })
  const pacer = new WallPacer(() => loop.now, 1)
  const journal = new Journal(loop, options.log === undefined ? 'off' : 1000)
  const { log } = options
  if (log !== undefined) journal.subscribe(({ actor, object, text }) => log(`${actor} ${object} ${text}`))
  const scheme = createScheme()
  // Two of us must not draw alike: names and jitter come from here.
  const seed = Math.floor(performance.timeOrigin * 1000) % 2 ** 31
  const name = options.name ?? `${definitions[0]?.name ?? 'no'}-controller`
  const process = startProcess({
    name,
    user: { name: '', groups: [] },
    transport: new HttpTransport(config, loop, scheme),
    components: [freshControllers(() => definitions)],
    environment: {
      loop,
      journal,
      scheme,
      timers: new SharedTimers(loop),
      random: (stream) => randomStream(seed, stream),
    },
  })
  loop.follow(pacer)
  return {
    process,
    stop: () => {
      process.stop()
      loop.follow(undefined)
    },
  }
}

/** Requests over HTTP(S); answers come back as events of the loop. */
export class HttpTransport implements Transport {
  readonly #config: KubeConfigLike
  readonly #loop: EventLoop
  readonly #scheme: Scheme

  constructor(config: KubeConfigLike, loop: EventLoop, scheme: Scheme) {
    this.#config = config
    this.#loop = loop
    this.#scheme = scheme
  }

  request(request: ApiRequest, done?: (response: ApiResponse) => void): void {
    void this.#answer(request).then((response) => this.#loop.inject(() => done?.(response)))
  }

  watch(request: ApiRequest, sink: WatchSink): WatchHandle {
    let stopped = false
    let close = () => {}
    const inject = (body: () => void) => this.#loop.inject(() => stopped || body())
    const end = (error?: Status) =>
      inject(() => {
        stopped = true
        sink.end(error)
      })
    this.#open(request).then(
      async (response) => {
        close = () => response.destroy()
        if (stopped) return close()
        if (response.statusCode !== 200)
          return end(statusOf(response.statusCode ?? 0, await textOf(response)))
        for await (const line of createInterface({ input: response })) {
          const { type, object } = JSON.parse(line) as { type: string; object: unknown }
          if (type === 'ERROR') return end(object as Status)
          const event = { type, object: freeze(object), revision: 0, cause: 0 } as WatchEvent
          inject(() => sink.events([event]))
        }
        end()
      },
      (error: Error) => end(failure(0, error.message)),
    )
    return {
      stop: () => {
        stopped = true
        close()
      },
    }
  }

  async #answer(request: ApiRequest): Promise<ApiResponse> {
    try {
      const response = await this.#open(request)
      const code = response.statusCode ?? 0
      const text = await textOf(response)
      if (code >= 400) return { ok: false, code, status: statusOf(code, text) }
      return { ok: true, code, body: freeze(withKinds(JSON.parse(text))) }
    } catch (error) {
      return {
        ok: false,
        code: 0,
        status: failure(0, error instanceof Error ? error.message : String(error)),
      }
    }
  }

  async #open(request: ApiRequest): Promise<IncomingMessage> {
    const server = this.#config.getCurrentCluster()?.server
    if (server === undefined) throw new Error('the kubeconfig has no current cluster')
    const url = new URL(server.replace(/\/$/, '') + pathOf(request))
    const body = bodyOf(request, this.#scheme)
    const options: HttpOptions = { method: METHODS[request.verb], headers: headersOf(request, body) }
    await this.#config.applyToHTTPSOptions(options)
    return new Promise((resolve, reject) => {
      const send = url.protocol === 'http:' ? httpRequest : httpsRequest
      const out = send(url, options, resolve)
      out.on('error', reject)
      out.end(body)
    })
  }
}

const METHODS = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
} as const

function pathOf({
  verb,
  group,
  version,
  resource,
  subresource,
  namespace,
  name,
  options = {},
}: ApiRequest): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
  const place = namespace ? `/namespaces/${encodeURIComponent(namespace)}` : ''
  // The name of what is created stands in the body, unless a subresource of it is.
  const target =
    name !== undefined && (verb !== 'create' || subresource) ? `/${encodeURIComponent(name)}` : ''
  const query = new URLSearchParams()
  const { gracePeriodSeconds: _g, propagationPolicy: _p, preconditions: _c, dryRun, ...rest } = options
  for (const [key, value] of Object.entries(rest)) if (value !== undefined) query.set(key, String(value))
  if (dryRun) query.set('dryRun', 'All')
  if (verb === 'watch') query.set('watch', 'true')
  const search = query.toString()
  return `${root}${place}/${resource}${target}${subresource ? `/${subresource}` : ''}${search ? `?${search}` : ''}`
}

/** The object with its apiVersion and kind, the patch, or the DeleteOptions. */
function bodyOf(
  { verb, group, version, resource, subresource, body, options }: ApiRequest,
  scheme: Scheme,
): string | undefined {
  if (verb === 'delete' || verb === 'deletecollection') {
    const { gracePeriodSeconds, propagationPolicy, preconditions } = options ?? {}
    return JSON.stringify({
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      gracePeriodSeconds,
      propagationPolicy,
      preconditions,
    })
  }
  if (body === undefined) return undefined
  const kind = scheme.byResource(group, resource)?.kind
  const typed = verb === 'patch' || kind === undefined || (subresource && subresource !== 'status')
  if (typed) return JSON.stringify(body)
  const apiVersion = group === '' ? version : `${group}/${version}`
  return JSON.stringify({ apiVersion, kind, ...(body as object) })
}

function headersOf({ patchType, userAgent }: ApiRequest, body: string | undefined): Record<string, string> {
  const headers: Record<string, string> = {
    accept: 'application/json',
    'user-agent': userAgent ?? 'kubarium',
  }
  if (body !== undefined) {
    headers['content-type'] = patchType ?? 'application/json'
    headers['content-length'] = String(Buffer.byteLength(body))
  }
  return headers
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

function statusOf(code: number, text: string): Status {
  try {
    const status = JSON.parse(text) as Status
    if (status.kind === 'Status') return status
  } catch {
    // A proxy's page, not the API server's answer: told as it is.
  }
  return failure(code, text.slice(0, 200))
}

function failure(code: number, message: string): Status {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', code, reason: '', message }
}

/** Items of a list come without kind and apiVersion; controllers expect both. */
function withKinds(body: KubeObject & { readonly items?: readonly KubeObject[] }): unknown {
  if (!Array.isArray(body.items) || !body.kind?.endsWith('List')) return body
  const kind = body.kind.slice(0, -'List'.length)
  return { ...body, items: body.items.map((item) => ({ apiVersion: body.apiVersion, kind, ...item })) }
}

/** As in the simulator: who changes what a cache holds is told at once. */
function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const field of Object.values(value)) freeze(field)
  return Object.freeze(value)
}

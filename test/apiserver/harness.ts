/** An API server over a store in memory, and short ways to ask it things. */
import { ApiError } from '../../src/api/errors.ts'
import type { KindDefinition, KubeObject, Stored } from '../../src/api/kind.ts'
import type { Status } from '../../src/api/meta/status.ts'
import type { ApiRequest, ApiResponse, UserInfo, Verb, WatchEvent } from '../../src/api/request.ts'
import { createScheme } from '../../src/api/scheme.ts'
import { ApiServer, type ApiServerOptions } from '../../src/apiserver/server.ts'
import { Store } from '../../src/etcd/store.ts'
import { EventLoop } from '../../src/kernel/event-loop.ts'
import { Journal, type JournalMode } from '../../src/kernel/journal.ts'
import { randomStream } from '../../src/kernel/random.ts'

export const ADMIN: UserInfo = { name: 'admin', groups: ['system:masters', 'system:authenticated'] }
export const START = Date.UTC(2025, 0, 1)

/** All that a request needs to know of a kind. */
export type Served = Pick<KindDefinition, 'group' | 'version' | 'resource' | 'namespaced'>

type Any = Stored<KubeObject> & Record<string, unknown>

export interface Harness {
  readonly api: ApiServer
  readonly loop: EventLoop
  readonly journal: Journal
  readonly store: Store<KubeObject>
  request(verb: Verb, kind: Served, more?: Partial<ApiRequest>): ApiResponse
  /** Throws what the server refuses. */
  call<T = Any>(verb: Verb, kind: Served, more?: Partial<ApiRequest>): T
  create<T extends KubeObject>(kind: KindDefinition<T>, object: T, more?: Partial<ApiRequest>): Stored<T>
  get<T extends KubeObject>(kind: KindDefinition<T>, name: string, namespace?: string): Stored<T>
  watch(kind: Served, options?: ApiRequest['options'], namespace?: string): Watched
}

export interface Watched {
  readonly events: WatchEvent<Any>[]
  /** `ADDED web-1`. */
  readonly lines: string[]
  ended: boolean
  error: Status | undefined
  stop(): void
}

/** Without admission unless asked: `harness({ admission: undefined })` has the default plug-ins. */
export function harness(options: Partial<ApiServerOptions> = {}, journalMode: JournalMode = 'full'): Harness {
  const loop = new EventLoop({ start: START })
  const journal = new Journal(loop, journalMode)
  const clock = {
    now: () => loop.now,
    after: (ms: number, run: () => void) => loop.after(ms, run, { background: true }),
  }
  const store = new Store<KubeObject>({ clock })
  const scheme = createScheme()
  const api = new ApiServer({
    loop,
    journal,
    scheme,
    store,
    random: randomStream(1, 'apiserver'),
    admission: [],
    ...options,
  })
  const request = (verb: Verb, kind: Served, more: Partial<ApiRequest> = {}): ApiResponse => {
    const { group, version, resource } = kind
    const response = api.handle({ verb, group, version, resource, user: ADMIN, ...more })
    if (response instanceof Promise) throw new Error('the store is in memory')
    return response
  }
  const call = <T>(verb: Verb, kind: Served, more?: Partial<ApiRequest>): T => {
    const response = request(verb, kind, more)
    if (!response.ok) throw new ApiError(response.status)
    return response.body as T
  }
  return {
    api,
    loop,
    journal,
    store,
    request,
    call,
    create: (kind, object, more) =>
      call('create', kind, {
        namespace: kind.namespaced ? (object.metadata?.namespace ?? 'default') : undefined,
        body: object,
        ...more,
      }),
    get: (kind, name, namespace = 'default') =>
      call('get', kind, {
        name,
        namespace: kind.namespaced ? namespace : undefined,
      }),
    watch: (kind, watchOptions, namespace) => {
      const { group, version, resource } = kind
      const watched: Watched = {
        events: [],
        lines: [],
        ended: false,
        error: undefined,
        stop: () => handle.stop(),
      }
      const handle = api.watch(
        { verb: 'watch', group, version, resource, namespace, options: watchOptions, user: ADMIN },
        {
          events: (batch) => {
            for (const event of batch as readonly WatchEvent<Any>[]) {
              watched.events.push(event)
              watched.lines.push(
                `${event.type} ${event.object.metadata.name ?? event.object.metadata.resourceVersion}`,
              )
            }
          },
          end: (error) => {
            watched.ended = true
            watched.error = error
          },
        },
      )
      return watched
    },
  }
}

/** What the server answers when it refuses. */
export function refusal(body: () => unknown): Status {
  try {
    body()
  } catch (error) {
    if (error instanceof ApiError) return error.status
    throw error
  }
  throw new Error('it was not refused')
}

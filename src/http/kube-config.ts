/**
 * Gives `@kubernetes/client-node` a cluster of this very process: a KubeConfig whose requests, watches, informers,
 * logs and exec sessions need no socket, and the timers that its users' code expects, in virtual time.
 */
import type { Agent } from 'node:http'
import type { ApiHandler, ApiRequest, ApiResponse, Transport, UserInfo, WatchSink } from '../api/request.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { Foundation } from '../cluster/foundation.ts'
import type { Component, Process } from '../cluster/user-controllers.ts'
import { ADMIN } from '../cluster/users.ts'
import type { EventLoop } from '../kernel/event-loop.ts'
import { IN_PROCESS_URL, inProcessAgent } from './in-process.ts'
import { type Dispatcher, inProcessDispatcher } from './in-process-dispatcher.ts'

/** What is used of client-node's KubeConfig, which all its clients ask for how to connect. */
export interface KubeConfigTarget {
  loadFromOptions(options: unknown): void
  applyToHTTPSOptions(options: object): Promise<void>
  applySecurityAuthentication(context: never): Promise<void>
}

/**
 * A program with promises of its own as a component, for `cluster.run` and the `controllers` of a simTest. `main` is
 * called at every start of the process; one that rejects ends it, as an error that nobody catches does.
 */
export function operator(name: string, main: (process: Process) => Promise<void>): Component {
  return {
    name,
    start: (process) => {
      const run = async () => main(process)
      process.spawn(name, () => run().catch((error) => process.exit(String(error))))
    },
  }
}

/** Longer waits are no work that `settle` waits for. */
const FOREGROUND_MAX_MS = 1000

/**
 * Points `config` at a cluster and returns it.
 *
 * @param where a cluster: calls come from outside and drive it until they are answered; events of watches come while
 *   something drives it. Or a process of it: calls are made in its name, over its link, and end with it.
 * @param user who asks, default the cluster's admin or the process's user
 */
export function inProcess<C extends KubeConfigTarget>(
  config: C,
  where: Cluster | Process,
  user: UserInfo = 'transport' in where ? where.user : ADMIN,
): C {
  const foundation = Foundation.of(where.loop)
  const { server, loop, streamsOf, network } = foundation
  const handler =
    'transport' in where
      ? new TransportHandler(loop, where.transport, where.name)
      : new TransportHandler(loop, network.link('user'), 'user', true)
  const agent = inProcessAgent({ server, loop, user, handler, streamsOf: (node) => streamsOf(node) })
  config.loadFromOptions({
    clusters: [{ name: 'kubarium', server: IN_PROCESS_URL, skipTLSVerify: true }],
    users: [{ name: user.name }],
    contexts: [{ name: 'kubarium', cluster: 'kubarium', user: user.name, namespace: 'default' }],
    currentContext: 'kubarium',
  })
  // Everything in client-node that opens a connection asks one of these two for its agent.
  const { applyToHTTPSOptions, applySecurityAuthentication } = config
  config.applyToHTTPSOptions = async (options: { agent?: Agent }) => {
    await applyToHTTPSOptions.call(config, options)
    options.agent = agent
  }
  const dispatcher = inProcessDispatcher(agent)
  config.applySecurityAuthentication = async (context: {
    setAgent?(agent: Agent): void
    setDispatcher?(dispatcher: Dispatcher): void
  }) => {
    await applySecurityAuthentication.call(config, context as never)
    context.setAgent?.(agent) // 1.x
    context.setDispatcher?.(dispatcher) // 2.x
  }
  return config
}

/** Requests over a transport; answers resume whoever waits for them in the context in which they asked. */
class TransportHandler implements ApiHandler {
  readonly #loop: EventLoop
  readonly #transport: Transport
  /** The journal's actor. */
  readonly #name: string
  /** Nobody else drives the loop while the caller waits. */
  readonly #driving: boolean

  constructor(loop: EventLoop, transport: Transport, name: string, driving = false) {
    this.#loop = loop
    this.#transport = transport
    this.#name = name
    this.#driving = driving
  }

  handle(request: ApiRequest): Promise<ApiResponse> {
    const { promise, resume } = this.#loop.suspend<ApiResponse>()
    this.#transport.request({ ...request, userAgent: this.#name }, resume)
    return this.#driving ? this.#loop.outside(promise) : promise
  }

  watch(request: ApiRequest, sink: WatchSink) {
    const release = hold(this.#loop)
    const handle = this.#transport.watch(
      { ...request, userAgent: this.#name },
      {
        events: (batch) => {
          sink.events(batch)
          this.#loop.yieldToHost()
        },
        end: (error) => {
          release()
          sink.end(error)
          this.#loop.yieldToHost()
        },
      },
    )
    return {
      stop: () => {
        release()
        handle.stop()
      },
    }
  }
}

/** As far as Node's own, which code under test may ask for. */
export interface VirtualTimeout {
  ref(): VirtualTimeout
  unref(): VirtualTimeout
  hasRef(): boolean
}

export interface VirtualTimers {
  setTimeout<A extends unknown[]>(run: (...args: A) => void, ms?: number, ...args: A): VirtualTimeout
  setInterval<A extends unknown[]>(run: (...args: A) => void, ms?: number, ...args: A): VirtualTimeout
  clearTimeout(timeout: VirtualTimeout | undefined): void
  clearInterval(timeout: VirtualTimeout | undefined): void
}

/**
 * The global timers' counterparts on the clock of a process: give them to the code under test, or put them in the
 * place of the global ones. They end with the process.
 */
export function virtualTimers({ clock, loop }: Process): VirtualTimers {
  const cancels = new WeakMap<VirtualTimeout, () => void>()
  const handleOf = (cancel: () => void): VirtualTimeout => {
    const handle: VirtualTimeout = { ref: () => handle, unref: () => handle, hasRef: () => true }
    cancels.set(handle, cancel)
    return handle
  }
  const clear = (handle: VirtualTimeout | undefined) => {
    if (handle !== undefined) cancels.get(handle)?.()
  }
  return {
    setTimeout: (run, ms = 0, ...args) => {
      const release = hold(loop)
      const fire = () => {
        release()
        run(...args)
        loop.yieldToHost()
      }
      const background = ms > FOREGROUND_MAX_MS ? true : undefined
      const timer = clock.after(ms, fire, { background, label: 'setTimeout' })
      return handleOf(() => {
        release()
        timer.cancel()
      })
    },
    setInterval: (run, ms = 1, ...args) => {
      const release = hold(loop)
      const fire = () => {
        run(...args)
        loop.yieldToHost()
      }
      const timer = clock.every(Math.max(ms, 1), fire)
      return handleOf(() => {
        release()
        timer.cancel()
      })
    },
    clearTimeout: clear,
    clearInterval: clear,
  }
}

/** Until it is released, the present task counts as waiting for the loop: something may call back what resumes it. */
function hold(loop: EventLoop): () => void {
  const { task } = loop.context
  let held = true
  task?.suspend()
  return () => {
    if (held) task?.resume()
    held = false
  }
}

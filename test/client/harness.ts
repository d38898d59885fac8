/** The least of a cluster that a process needs: loop, store, API server and network, without latency. */
import type { ConfigMap } from '../../src/api/core/config-map.ts'
import type { KubeObject, Stored } from '../../src/api/kind.ts'
import { createScheme } from '../../src/api/scheme.ts'
import { ApiServer } from '../../src/apiserver/server.ts'
import { ApiClient } from '../../src/client/api-client.ts'
import type { Client } from '../../src/client/client.ts'
import type { Component } from '../../src/client/process.ts'
import { type Environment, type ProcessHandle, startProcess } from '../../src/client/process-host.ts'
import { Requests } from '../../src/client/requests.ts'
import { SharedTimers } from '../../src/client/shared-timers.ts'
import { type LatencyModel, Network } from '../../src/client/transport.ts'
import { Store } from '../../src/etcd/store.ts'
import { EventLoop } from '../../src/kernel/event-loop.ts'
import { Journal } from '../../src/kernel/journal.ts'
import { randomStream } from '../../src/kernel/random.ts'

export const USER = { name: 'system:admin', groups: ['system:masters'] }

export interface Harness {
  readonly loop: EventLoop
  readonly journal: Journal
  readonly network: Network
  readonly server: ApiServer
  readonly environment: Environment
  /** Calls of an outside user; drives the loop until they are answered. */
  user<T>(call: (client: Client) => Promise<T>): Promise<T>
  start(name: string, ...components: Component[]): ProcessHandle
  /** Everything that is stored. */
  objects(): Stored<KubeObject>[]
}

export function harness(options: { readonly latency?: LatencyModel } = {}): Harness {
  const loop = new EventLoop({ start: Date.UTC(2025, 0, 1) })
  const journal = new Journal(loop)
  const scheme = createScheme()
  const clock = {
    now: () => loop.now,
    after: (delayMs: number, run: () => void) => loop.after(delayMs, run, { background: true }),
  }
  const store = new Store<KubeObject>({ clock })
  const random = (name: string) => randomStream(1, name)
  const server = new ApiServer({ loop, journal, scheme, store, random: random('kube-apiserver') })
  server.bootstrap()
  const { latency } = options
  const network = new Network({
    loop,
    api: server,
    latency: latency === undefined ? undefined : () => latency,
  })
  const environment: Environment = { loop, journal, scheme, timers: new SharedTimers(loop), random }
  const outside = new ApiClient(new Requests(USER, 'user'), loop, network.link('user'))
  return {
    loop,
    journal,
    network,
    server,
    environment,
    user: (call) => loop.outside(call(outside)),
    start: (name, ...components) =>
      startProcess({ name, user: USER, transport: network.link(name), components, environment }),
    objects() {
      const objects: Stored<KubeObject>[] = []
      store.forEach('/registry/', {}, ({ value }) => objects.push(value as Stored<KubeObject>) > 0)
      return objects
    },
  }
}

export function configMap(name: string, data: Record<string, string> = {}): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data }
}

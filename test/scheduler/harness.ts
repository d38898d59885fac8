/** A real API server with the scheduler as its only process, and builders that fill in what a case is not about. */
import { Namespace } from '../../src/api/core/namespace.ts'
import type { Node } from '../../src/api/core/node.ts'
import { Pod } from '../../src/api/core/pod.ts'
import type { PodSpec } from '../../src/api/core/pod-spec.ts'
import { Event } from '../../src/api/events/event.ts'
import type { KindDefinition, KubeObject, Stored } from '../../src/api/kind.ts'
import { createScheme } from '../../src/api/scheme.ts'
import { ApiServer } from '../../src/apiserver/server.ts'
import { ApiClient } from '../../src/client/api-client.ts'
import type { Client } from '../../src/client/client.ts'
import { type ProcessHandle, startProcess } from '../../src/client/process-host.ts'
import { Requests } from '../../src/client/requests.ts'
import { SharedTimers } from '../../src/client/shared-timers.ts'
import { Network } from '../../src/client/transport.ts'
import { Store } from '../../src/etcd/store.ts'
import { EventLoop } from '../../src/kernel/event-loop.ts'
import { Journal } from '../../src/kernel/journal.ts'
import { randomStream } from '../../src/kernel/random.ts'
import { type SchedulerOptions, scheduler } from '../../src/scheduler/scheduler.ts'

const ADMIN = { name: 'admin', groups: ['system:masters', 'system:authenticated'] }
export const START = Date.UTC(2025, 0, 1)

export interface World {
  readonly loop: EventLoop
  readonly journal: Journal
  readonly client: Client
  readonly process: ProcessHandle
  create<T extends KubeObject>(kind: KindDefinition<T>, ...objects: readonly T[]): Promise<void>
  pod(name: string): Promise<Stored<Pod>>
  /** `name` -> node name, or '' while it waits. */
  placements(): Promise<Record<string, string>>
  /** `Reason: note` of the events about a pod, oldest first. */
  events(podName: string): Promise<string[]>
  settle(): Promise<void>
}

export async function world(options: SchedulerOptions = {}, seed = 1): Promise<World> {
  const loop = new EventLoop({ start: START })
  const journal = new Journal(loop, 'full')
  const scheme = createScheme()
  const clock = {
    now: () => loop.now,
    after: (ms: number, run: () => void) => loop.after(ms, run, { background: true }),
  }
  const api = new ApiServer({
    loop,
    journal,
    scheme,
    store: new Store<KubeObject>({ clock }),
    random: randomStream(seed, 'apiserver'),
    admission: [],
  })
  const network = new Network({ loop, api })
  const process = startProcess({
    name: 'kube-scheduler',
    user: { name: 'system:kube-scheduler', groups: ['system:authenticated'] },
    transport: network.link('kube-scheduler'),
    components: [scheduler(options)],
    environment: {
      loop,
      journal,
      scheme,
      timers: new SharedTimers(loop),
      random: (name) => randomStream(seed, name),
    },
  })
  const inner = new ApiClient(new Requests(ADMIN, 'kubectl'), loop, network.link('kubectl'))
  const client = outside(inner, loop)
  const self: World = {
    loop,
    journal,
    client,
    process,
    async create(kind, ...objects) {
      for (const object of objects) await client.create(kind, object)
    },
    pod: (name) => client.get(Pod, { namespace: 'default', name }),
    async placements() {
      const { items } = await client.list(Pod, {})
      return Object.fromEntries(items.map((it) => [it.metadata.name, it.spec.nodeName ?? '']))
    },
    async events(podName) {
      const { items } = await client.list(Event, { namespace: 'default' })
      return items.filter((it) => it.regarding?.name === podName).map((it) => `${it.reason}: ${it.note}`)
    },
    settle: () => loop.settle(),
  }
  await self.create(Namespace, { metadata: { name: 'default' }, spec: {} })
  return self
}

/** Calls drive the loop until they are answered. */
function outside(client: Client, loop: EventLoop): Client {
  return new Proxy(client, {
    get(target, name: keyof Client) {
      const method = target[name] as (...args: readonly unknown[]) => Promise<unknown>
      return (...args: readonly unknown[]) => loop.outside(method.apply(target, args as []))
    },
  })
}

type Labels = Readonly<Record<string, string>>

export interface NodeParts {
  readonly labels?: Labels
  readonly cpu?: string
  readonly memory?: string
  readonly pods?: string
  readonly allocatable?: Labels
  readonly zone?: string
  readonly spec?: Node['spec']
  readonly images?: NonNullable<Node['status']>['images']
}

export function node(name: string, parts: NodeParts = {}): Node {
  const { labels, cpu = '4', memory = '16Gi', pods = '110', allocatable, zone, spec = {}, images } = parts
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'kubernetes.io/hostname': name,
        ...(zone && { 'topology.kubernetes.io/zone': zone }),
        ...labels,
      },
    },
    spec,
    status: { allocatable: allocatable ?? { cpu, memory, pods }, images },
  }
}

export interface PodParts extends Partial<PodSpec> {
  readonly labels?: Labels
  readonly namespace?: string
  readonly requests?: Labels
  readonly hostPort?: number
  readonly status?: Pod['status']
  readonly ownerReferences?: NonNullable<Pod['metadata']>['ownerReferences']
}

export function pod(name: string, parts: PodParts = {}): Pod {
  const { labels, namespace = 'default', requests, hostPort, status, ownerReferences, ...spec } = parts
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels, ownerReferences },
    spec: {
      schedulerName: 'default-scheduler',
      containers: [
        {
          name: 'main',
          image: 'app:1',
          ...(requests && { resources: { requests } }),
          ...(hostPort && { ports: [{ containerPort: hostPort, hostPort, protocol: 'TCP' }] }),
        },
      ],
      ...spec,
    },
    status,
  }
}

/**
 * A control plane of real parts without scheduler and kubelets: one component stands in for these, so that
 * controllers can be tested through the API, fast and by themselves. What a pod does is in its first image:
 * `ok` runs and is ready, `never` does not start, `exit-0` and `exit-1` end a second later.
 */
import { Lease } from '../../src/api/coordination/lease.ts'
import { Node } from '../../src/api/core/node.ts'
import { Pod } from '../../src/api/core/pod.ts'
import { isConflict, isNotFound } from '../../src/api/errors.ts'
import { type KubeObject, objectKey, type Stored } from '../../src/api/kind.ts'
import { formatMicroTime, formatTime } from '../../src/api/time.ts'
import type { Client, KindRef } from '../../src/client/client.ts'
import type { Component, Process } from '../../src/client/process.ts'
import type { ProcessHandle } from '../../src/client/process-host.ts'
import type { LatencyModel } from '../../src/client/transport.ts'
import { BUILT_IN } from '../../src/controllers/registry.ts'
import { controllerManager } from '../../src/controllers/runtime/manager.ts'
import { type Harness, harness } from '../client/harness.ts'

export interface WorldOptions {
  readonly nodes?: number
  readonly latency?: LatencyModel
  /** As the flag --controllers. */
  readonly controllers?: string
}

export class World {
  readonly harness: Harness
  readonly manager: ProcessHandle
  readonly machines: Machines

  private constructor(base: Harness, manager: ProcessHandle, machines: Machines) {
    this.harness = base
    this.manager = manager
    this.machines = machines
  }

  static async create({ nodes = 3, latency, controllers = '*' }: WorldOptions = {}): Promise<World> {
    const base = harness({ latency })
    const machines = new Machines()
    const world = new World(
      base,
      base.start(
        'kube-controller-manager',
        controllerManager({
          controllers: BUILT_IN.map((it) => it.create() as never),
          enabled: controllers,
        }),
      ),
      machines,
    )
    base.start('machines', machines)
    for (let i = 1; i <= nodes; i++) await world.addNode(`node-${i}`)
    await world.settle()
    return world
  }

  get now(): number {
    return this.harness.loop.now
  }

  client<T>(call: (client: Client) => Promise<T>): Promise<T> {
    return this.harness.user(call)
  }

  settle(): Promise<void> {
    return this.harness.loop.settle()
  }

  advance(seconds: number): Promise<void> {
    return this.harness.loop.advance(seconds * 1000)
  }

  async addNode(name: string, labels: Record<string, string> = {}): Promise<void> {
    const conditions = healthyConditions(this.now)
    const metadata = { name, labels: { 'kubernetes.io/hostname': name, ...labels } }
    const lease = {
      metadata: { name, namespace: 'kube-node-lease' },
      spec: { renewTime: formatMicroTime(this.now) },
    }
    await this.client((it) => it.create(Lease, lease))
    await this.client((it) => it.create(Node, { metadata, spec: {} }))
    const options = { type: 'application/merge-patch+json', subresource: 'status' } as const
    await this.client((it) => it.patch(Node, { name }, { status: { conditions } }, options))
    this.machines.dead.delete(name)
  }

  /** A node that was silent reports again, and does what it has missed. */
  async revive(name: string): Promise<void> {
    this.machines.dead.delete(name)
    const conditions = healthyConditions(this.now)
    const options = { type: 'application/merge-patch+json', subresource: 'status' } as const
    await this.client((it) => it.patch(Node, { name }, { status: { conditions } }, options))
    this.machines.catchUp()
  }

  create<T extends KubeObject>(kind: KindRef<T>, object: T): Promise<Stored<T>> {
    return this.client((it) => it.create(kind, object))
  }

  get<T extends KubeObject>(kind: KindRef<T>, name: string, namespace = 'default'): Promise<Stored<T>> {
    return this.client((it) => it.get(kind, kind.namespaced ? { namespace, name } : { name }))
  }

  async list<T extends KubeObject>(kind: KindRef<T>, namespace?: string): Promise<readonly Stored<T>[]> {
    return (await this.client((it) => it.list(kind, { namespace }))).items
  }

  /** Derives and PUTs, trying again when a controller was faster. */
  async update<T extends KubeObject>(
    kind: KindRef<T>,
    name: string,
    change: (object: Stored<T>) => Stored<T>,
    namespace = 'default',
  ): Promise<Stored<T>> {
    for (;;) {
      const object = await this.get(kind, name, namespace)
      try {
        return await this.client((it) => it.replace(kind, change(object)))
      } catch (error) {
        if (!isConflict(error)) throw error
      }
    }
  }

  delete(kind: KindRef, name: string, options: Parameters<Client['delete']>[2] = {}, namespace = 'default') {
    return this.client((it) => it.delete(kind, kind.namespaced ? { namespace, name } : { name }, options))
  }

  pods(): Promise<readonly Stored<Pod>[]> {
    return this.list(Pod, 'default')
  }

  /** Revision of the store: unchanged means that nobody wrote. */
  async revision(): Promise<string> {
    return (await this.client((it) => it.list(Pod))).resourceVersion
  }
}

/** Scheduler and kubelets in one: binds to the nodes in turn, starts a second later, ends a second after a deletion. */
export class Machines implements Component {
  readonly name = 'machines'
  /** Nodes that have gone silent: nothing happens on them. */
  readonly dead = new Set<string>()
  #turn = 0
  #catchUp = () => {}

  /** Looks at all pods again. */
  catchUp(): void {
    this.#catchUp()
  }

  start(process: Process): void {
    const pods = process.informers.for(Pod)
    const nodes = process.informers.for(Node)
    const act = (pod: Stored<Pod>) =>
      process.spawn(`machine of ${objectKey(pod.metadata)}`, () => this.#act(process, pod))
    pods.addHandlers({ add: act, update: act })
    this.#catchUp = () => pods.lister.list().forEach(act)
    nodes.addHandlers({ add: this.#catchUp })
    process.clock.every(10_000, () => {
      for (const { metadata } of nodes.lister.list()) {
        if (!this.dead.has(metadata.name)) process.spawn('heartbeat', () => beat(process, metadata.name))
      }
    })
  }

  async #act(process: Process, pod: Stored<Pod>): Promise<void> {
    try {
      if (!pod.spec.nodeName) await this.#bind(process, pod)
      else if (!this.dead.has(pod.spec.nodeName)) await run(process, pod)
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error
    }
  }

  async #bind({ client, informers }: Process, pod: Stored<Pod>): Promise<void> {
    if (pod.metadata.deletionTimestamp !== undefined) return
    const usable = informers
      .for(Node)
      .lister.list()
      .filter((it) => !this.dead.has(it.metadata.name) && fits(pod, it))
    const names = [...usable].map((it) => it.metadata.name).sort()
    if (names.length === 0) return
    const name = names[this.#turn++ % names.length]!
    const { namespace, name: podName, uid } = pod.metadata
    const body = { metadata: { name: podName, namespace, uid }, target: { kind: 'Node', name } }
    await client.subresource('create', Pod, { namespace, name: podName }, 'binding', body)
  }
}

function healthyConditions(now: number) {
  const time = formatTime(now)
  return ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready'].map((type) => ({
    type,
    status: type === 'Ready' ? 'True' : 'False',
    lastHeartbeatTime: time,
    lastTransitionTime: time,
  }))
}

/** Required affinity by node name, which is how DaemonSets say where; and a node that takes pods. */
function fits(pod: Pod, node: Stored<Node>): boolean {
  if (
    node.spec.unschedulable &&
    !pod.spec.tolerations?.some((it) => it.key === 'node.kubernetes.io/unschedulable')
  )
    return false
  const terms =
    pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
  if (terms === undefined) return true
  return terms.some(
    (term) => term.matchFields?.every((it) => it.values?.includes(node.metadata.name)) === true,
  )
}

async function run({ client, clock }: Process, pod: Stored<Pod>): Promise<void> {
  const image = pod.spec.containers[0]?.image ?? 'ok'
  const { namespace, name, deletionTimestamp } = pod.metadata
  const phase = pod.status?.phase ?? 'Pending'
  if (deletionTimestamp !== undefined) {
    await clock.sleep(1000)
    await client.delete(
      Pod,
      { namespace, name },
      { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } },
    )
  } else if (phase === 'Pending' && image !== 'never') {
    await clock.sleep(1000)
    await client.updateStatus(Pod, { ...pod, status: statusOf(pod, 'Running', clock.now()) })
  } else if (phase === 'Running' && image.startsWith('ok') && !isReady(pod)) {
    // Somebody took it for lost while its node was silent.
    await client.updateStatus(Pod, { ...pod, status: statusOf(pod, 'Running', clock.now()) })
  } else if (phase === 'Running' && image.startsWith('exit-')) {
    await clock.sleep(1000)
    await client.updateStatus(Pod, {
      ...pod,
      status: statusOf(pod, image === 'exit-0' ? 'Succeeded' : 'Failed', clock.now()),
    })
  }
}

function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.some((it) => it.type === 'Ready' && it.status === 'True') === true
}

function statusOf(pod: Pod, phase: string, now: number) {
  const ready = phase === 'Running'
  const time = formatTime(now)
  const exitCode = phase === 'Failed' ? 1 : 0
  return {
    ...pod.status,
    phase,
    startTime: pod.status?.startTime ?? time,
    podIP: `10.244.0.${1 + (hash(pod.metadata?.uid ?? '') % 250)}`,
    conditions: [
      { type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: time },
      { type: 'PodScheduled', status: 'True', lastTransitionTime: time },
    ],
    containerStatuses: pod.spec.containers.map(({ name, image = '' }) => ({
      name,
      image,
      imageID: '',
      ready,
      restartCount: 0,
      state: ready ? { running: { startedAt: time } } : { terminated: { exitCode, finishedAt: time } },
    })),
  }
}

function hash(text: string): number {
  let sum = 0
  for (let i = 0; i < text.length; i++) sum = (sum * 31 + text.charCodeAt(i)) % 65521
  return sum
}

async function beat({ client, clock }: Process, name: string): Promise<void> {
  const lease = await client.find(Lease, { namespace: 'kube-node-lease', name })
  if (lease === undefined) return
  try {
    await client.replace(Lease, {
      ...lease,
      spec: { ...lease.spec, renewTime: formatMicroTime(clock.now()) },
    })
  } catch (error) {
    if (!isConflict(error) && !isNotFound(error)) throw error
  }
}

/** A template of one container. */
export function template(labels: Record<string, string>, image = 'ok') {
  return { metadata: { labels }, spec: { containers: [{ name: 'c', image }] } }
}

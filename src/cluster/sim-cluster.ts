/** The cluster behind `createCluster`: one event loop, one store, one API server, and the processes around them. */
import type { KubeObject } from '../api/kind.ts'
import { objectRef } from '../api/kind.ts'
import type { Scheme } from '../api/scheme.ts'
import type { ContainerRef } from '../api/streams.ts'
import type { Client } from '../client/client.ts'
import type { Component } from '../client/process.ts'
import type { ProcessHandle } from '../client/process-host.ts'
import type { Cloud } from '../cloud/provider.ts'
import {
  type AnyController,
  type ControllerManager,
  controllerManager,
} from '../controllers/runtime/manager.ts'
import type { EventLoop } from '../kernel/event-loop.ts'
import { invariant } from '../kernel/invariant.ts'
import type { Journal, JournalEntry } from '../kernel/journal.ts'
import { nearestWord } from '../kernel/nearest-word.ts'
import { kubeProxy } from '../network/kube-proxy.ts'
import type { TrafficSummary } from '../network/traffic.ts'
import type { Explanation } from '../scheduler/explain.ts'
import type { SchedulerOptions } from '../scheduler/scheduler.ts'
import { applyManifest, deleteManifest, type ManifestInput } from './apply.ts'
import type {
  ApplyResult,
  Cluster,
  ClusterOptions,
  CommandResult,
  ControllerHandle,
  DurationLike,
  LogOptions,
  NetworkFaults,
  NodeHandle,
  NodeSpec,
  ObjectChange,
  ProcessControl,
  RequestsOptions,
  Snapshot,
} from './cluster.ts'
import { serveComponentStatuses } from './component-statuses.ts'
import { planControlPlane } from './control-plane.ts'
import { controllerHandles, findController } from './controller-handles.ts'
import type { CustomMetric } from './custom-metrics.ts'
import { diffObjects } from './diff.ts'
import { drivingClient } from './driving-client.ts'
import { toMs } from './duration.ts'
import type { Foundation } from './foundation.ts'
import { SimNode } from './node.ts'
import { type Reach, readLog, runCommand, sendRequests } from './pod-access.ts'
import { serveResourceMetrics } from './resource-metrics.ts'
import { StoreSnapshot } from './snapshot.ts'
import { componentOf } from './user-controllers.ts'
import { ADMIN, KUBE_PROXY } from './users.ts'
import type { WebhookFunction } from './webhooks.ts'
import { explainPod, type WhatIfChange, type WhatIfReport, whatIf } from './what-if.ts'
import { causesOf, explainCauses } from './why.ts'

export const SETTLE_WITHIN = '1h'
export const WAIT_WITHIN = '10m'

export class SimCluster implements Cluster {
  readonly seed: number
  readonly client: Client
  readonly #foundation: Foundation
  readonly #options: ClusterOptions
  readonly #processes = new Map<string, ProcessHandle>()
  readonly #nodes = new Map<string, SimNode>()
  /** By the name of their process. */
  readonly #managers = new Map<string, ControllerManager>()
  #nodesMade = 0

  constructor(foundation: Foundation, options: ClusterOptions) {
    this.seed = foundation.seed
    this.#foundation = foundation
    this.#options = options
    this.client = drivingClient(foundation.outsideClient(), foundation.loop)
    foundation.streamsOf = (node) => this.#nodes.get(node)?.machine.streams
    serveResourceMetrics(foundation.server, () => this.#nodes.values())
    serveComponentStatuses(foundation.server, (name) => this.#processes.get(name)?.state === 'running')
  }

  get now(): number {
    return this.#foundation.loop.now
  }

  get loop(): EventLoop {
    return this.#foundation.loop
  }

  get journal(): Journal {
    return this.#foundation.journal
  }

  get scheme(): Scheme {
    return this.#foundation.scheme
  }

  get revision(): number {
    return this.#foundation.store.revision
  }

  /** What the API server, transports and machines of this cluster are; for the rooms above. */
  get foundation(): Foundation {
    return this.#foundation
  }

  // -- objects ------------------------------------------------------------------------------------------

  apply(manifest: ManifestInput, options: { readonly file?: string } = {}): Promise<ApplyResult[]> {
    return this.#asStep('apply', (client) =>
      applyManifest(client, this.loop, this.scheme, manifest, options.file),
    )
  }

  delete(manifest: ManifestInput): Promise<void> {
    return this.#asStep('delete', (client) => deleteManifest(client, this.scheme, manifest))
  }

  // -- time ---------------------------------------------------------------------------------------------

  settle(within: DurationLike = SETTLE_WITHIN): Promise<void> {
    return this.loop.settle(toMs(within))
  }

  advance(duration: DurationLike): Promise<void> {
    return this.loop.advance(toMs(duration))
  }

  async waitFor(check: () => boolean, within: DurationLike = WAIT_WITHIN): Promise<void> {
    const ms = toMs(within)
    if (!(await this.loop.waitFor(check, ms))) {
      throw new Error(`the check did not hold within ${ms / 1000} s of virtual time`)
    }
  }

  step(count = 1): Promise<number> {
    return this.loop.step(count)
  }

  // -- nodes and processes ------------------------------------------------------------------------------

  node(name: string): NodeHandle {
    return named(this.#nodes, name, 'node')
  }

  nodes(): SimNode[] {
    return [...this.#nodes.values()]
  }

  /** Starts a node's machine and kubelet; the Node object follows when the kubelet registers it. */
  startNode(spec: NodeSpec): SimNode {
    const name = spec.name ?? this.#freeNodeName()
    if (this.#nodes.has(name)) throw new Error(`there is a node ${name} already`)
    return this.#keepNode(new SimNode({ ...spec, name }, ++this.#nodesMade, this.#foundation, this.#options))
  }

  async addNode(spec: NodeSpec = {}): Promise<NodeHandle> {
    const node = this.startNode(spec)
    await this.settle()
    return node
  }

  process(name: string): ProcessHandle {
    return named(this.#processes, name, 'process')
  }

  processes(): ProcessHandle[] {
    return [...this.#processes.values()]
  }

  /** Starts components in a process of their own. */
  startProcess(
    name: string,
    components: readonly Component[],
    user = ADMIN,
    restartDelayMs?: number,
  ): ProcessHandle {
    if (this.#processes.has(name)) throw new Error(`there is a process ${name} already`)
    const process = this.#foundation.startProcess(name, user, components, restartDelayMs)
    this.#processes.set(name, process)
    return process
  }

  run(...controllers: readonly (AnyController | Component)[]): ProcessControl {
    invariant(controllers.length > 0, 'there is a controller to run')
    const name = controllers.map((it) => componentOf(it)).join('+')
    const manager = controllerManager({ controllers })
    const process = this.startProcess(name, [manager])
    this.#managers.set(name, manager)
    return process
  }

  controller(name: string): ControllerHandle {
    return findController(this.controllers(), name)
  }

  controllers(): ControllerHandle[] {
    return controllerHandles(this.#managers)
  }

  webhook(webhook: WebhookFunction): void {
    this.#foundation.webhooks.register(webhook)
  }

  metric(metric: CustomMetric): void {
    this.#foundation.metrics.set(metric)
  }

  get network(): NetworkFaults {
    const { podNetwork } = this.#foundation
    return {
      partition: (a, b) => this.#fault(`no traffic between ${a} and ${b}`, () => podNetwork.partition(a, b)),
      heal: (a, b) => this.#fault(`traffic between ${a} and ${b} flows again`, () => podNetwork.heal(a, b)),
      lose: (share) =>
        this.#fault(`${share * 100} % of the requests between nodes get lost`, () => podNetwork.lose(share)),
    }
  }

  get cloud(): Cloud | undefined {
    return this.#foundation.cloud
  }

  #fault(text: string, body: () => void): void {
    this.journal.record('fault', 'user', '', text)
    body()
  }

  // -- history ------------------------------------------------------------------------------------------

  sendRequests(options: RequestsOptions, done: (summary: TrafficSummary) => void): void {
    sendRequests(this.#reach, options, done)
  }

  async logs(container: ContainerRef, options: LogOptions = {}): Promise<string> {
    return this.loop.outside(() => readLog(this.#reach, container, options))
  }

  async exec(container: ContainerRef, command: readonly string[]): Promise<CommandResult> {
    return this.loop.outside(() => runCommand(this.#reach, container, command))
  }

  get #reach(): Reach {
    const first = this.#nodes.values().next().value
    return {
      foundation: this.#foundation,
      node: (name) => (name === undefined ? first : this.#nodes.get(name)),
    }
  }

  peek(): Snapshot {
    return new StoreSnapshot(this.#foundation.store, this.scheme, this.revision)
  }

  at(revision: number): Snapshot {
    return new StoreSnapshot(this.#foundation.store, this.scheme, revision)
  }

  diff(from: Snapshot | number, to: Snapshot | number = this.revision): ObjectChange[] {
    const all = (side: Snapshot | number) => (typeof side === 'number' ? this.at(side) : side).all()
    return diffObjects(all(from), all(to))
  }

  async fork(): Promise<Cluster> {
    const forked = new SimCluster(this.#foundation.fork(), this.#options)
    for (const node of this.#nodes.values()) forked.#adopt(node)
    forked.startControlPlane()
    return forked
  }

  #adopt(node: SimNode): void {
    this.#nodesMade = Math.max(this.#nodesMade, node.ordinal)
    this.#keepNode(new SimNode(node.spec, node.ordinal, this.#foundation, this.#options, node))
  }

  #keepNode(node: SimNode): SimNode {
    this.#nodes.set(node.name, node)
    this.#startKubeProxy()
    this.#processes.set(node.process.name, node.process)
    return node
  }

  /** Controllers and scheduler, as far as the options want them. */
  startControlPlane(): void {
    for (const { name, user, components, manager, restartDelayMs } of this.#plans()) {
      this.startProcess(name, components, user, restartDelayMs)
      if (manager !== undefined) this.#managers.set(name, manager)
    }
  }

  #plans() {
    return planControlPlane(this.#options, { authority: () => this.#foundation.authority })
  }

  /** One process for the kube-proxies of all nodes; a cluster without nodes has none. */
  #startKubeProxy(): void {
    if (this.#processes.has('kube-proxy')) return
    this.startProcess('kube-proxy', [kubeProxy({ network: this.#foundation.podNetwork })], KUBE_PROXY)
  }

  // -- causes -------------------------------------------------------------------------------------------

  why(object: KubeObject | string): string {
    return explainCauses(this.causes(object), this.#foundation.start)
  }

  causes(object: KubeObject | string): JournalEntry[] {
    const ref = typeof object === 'string' ? object : objectRef(object.kind ?? '', object.metadata ?? {})
    return causesOf(this.journal, ref)
  }

  explain(pod: KubeObject | string): Explanation {
    return explainPod(pod, this.peek(), this.journal, this.#schedulerOptions()).explanation
  }

  whatIf(change: WhatIfChange): WhatIfReport {
    return whatIf(this.peek(), change, this.#schedulerOptions())
  }

  #schedulerOptions(): SchedulerOptions {
    const { scheduler } = this.#options
    return typeof scheduler === 'object' ? scheduler : {}
  }

  runHash(): string {
    return this.journal.hash()
  }

  async dispose(): Promise<void> {
    this.loop.pause()
    for (const process of this.#processes.values()) process.crash()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose()
  }

  // -----------------------------------------------------------------------------------------------------

  /** Runs a user's call as a task with a journal entry of its own, which everything it leads to names as its cause. */
  #asStep<T>(text: string, body: (client: Client) => Promise<T>): Promise<T> {
    const { loop, journal } = this.#foundation
    const cause = journal.record('step', 'user', '', text)
    const done = new Promise<T>((resolve, reject) => {
      loop.within(loop.causedBy(cause), () =>
        loop.spawn(text, 'user', () => body(this.#foundation.outsideClient()).then(resolve, reject)),
      )
    })
    return loop.outside(done)
  }

  #freeNodeName(): string {
    for (let i = 1; ; i++) if (!this.#nodes.has(`node-${i}`)) return `node-${i}`
  }
}

function named<T>(map: ReadonlyMap<string, T>, name: string, what: string): T {
  const found = map.get(name)
  if (found !== undefined) return found
  const near = nearestWord(name, [...map.keys()])
  throw new Error(
    `there is no ${what} ${name}${near === undefined ? '' : `; did you mean ${near}?`}${map.size === 0 ? ` (the cluster has no ${what})` : ''}`,
  )
}

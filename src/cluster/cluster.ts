/**
 * The cluster as its user sees it: what `createCluster` returns. Everything here works in virtual time; a call that
 * returns a promise drives the event loop until it has its answer.
 */
import type { KubeObject, Stored } from '../api/kind.ts'
import type { Scheme } from '../api/scheme.ts'
import type { ContainerRef } from '../api/streams.ts'
import type { Client } from '../client/client.ts'
import type { Component } from '../client/process.ts'
import type { Cloud } from '../cloud/provider.ts'

export type { Cloud } from '../cloud/provider.ts'

import type { AnyController } from '../controllers/runtime/manager.ts'
import type { Mirror } from '../etcd/mirror.ts'
import type { Store, StoreOptions } from '../etcd/store.ts'
import type { Chooser } from '../kernel/chooser.ts'
import type { EventLoop } from '../kernel/event-loop.ts'
import type { Journal, JournalEntry, JournalMode } from '../kernel/journal.ts'
import type { ProxyMode } from '../network/proxy/balancer.ts'
import type { TrafficSummary } from '../network/traffic.ts'
import type { Explanation } from '../scheduler/explain.ts'
import type { SchedulerOptions } from '../scheduler/scheduler.ts'
import type { CloudSettings } from './cloud.ts'
import type { CustomMetric } from './custom-metrics.ts'
import type { WebhookFunction } from './webhooks.ts'
import type { WhatIfChange, WhatIfReport } from './what-if.ts'

/** A duration: milliseconds, or Go's notation (`90s`, `6m`, `1h30m`). */
export type DurationLike = number | string

/** What a node offers; absent fields have the defaults of a small machine (4 cpu, 16Gi, 110 pods). */
export interface NodeSpec {
  readonly name?: string
  readonly cpu?: string
  readonly memory?: string
  readonly pods?: number
  readonly zone?: string
  readonly region?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly taints?: readonly { readonly key: string; readonly value?: string; readonly effect: string }[]
  readonly runtime?: 'containerd' | 'cri-o' | 'dockershim'
  /** Extended resources, e.g. `{ 'nvidia.com/gpu': '4' }`. */
  readonly resources?: Readonly<Record<string, string>>
}

/** What an image does when it runs; images not named here run for ever and are ready at once. */
export interface ImageSpec {
  /** `php:8.2-fpm`, or a pattern with `*`. */
  readonly image: string
  /** Pulling fails with this: `not found`, `unauthorized`, ... */
  readonly pullError?: string
  readonly size?: string
  /** Runs so long, then exits; absent: runs until stopped. */
  readonly runsFor?: DurationLike
  readonly exitCode?: number
  /** Fails with `exitCode` in so many of 100 starts. */
  readonly failPercent?: number
  /** Serves (and passes readiness) after so long. */
  readonly readyAfter?: DurationLike
}

export interface ClusterOptions {
  /** Number of nodes `node-1` ... or their specs; default 1. */
  readonly nodes?: number | readonly NodeSpec[]
  /** Default 1. Same version, seed and inputs: same journal. */
  readonly seed?: number
  /** Virtual time at the start, RFC 3339; default 2025-01-01T00:00:00Z. */
  readonly start?: string
  readonly journal?: JournalMode
  /** `*,-job` as in kube-controller-manager, or false: none. */
  readonly controllers?: string | false
  /**
   * So many kube-controller-managers and kube-schedulers (`kube-controller-manager`, `kube-controller-manager-2` ...).
   * Of several one leads, by a Lease in kube-system; the only one leads without. Default 1.
   */
  readonly controlPlanes?: number
  /** False: none; or a KubeSchedulerConfiguration, plugins of your own, and what else a scheduler takes. */
  readonly scheduler?: boolean | SchedulerOptions
  readonly kubelets?: boolean
  /** Who may do what: everybody everything (default), or as Roles and bindings say. */
  readonly authorization?: 'AlwaysAllow' | 'RBAC'
  /** Admission webhooks that are functions of this process, by the address that configurations name. */
  readonly webhooks?: readonly WebhookFunction[]
  /** What autoscalers may ask for besides CPU and memory: metrics of pods, of other objects, and external ones. */
  readonly metrics?: readonly CustomMetric[]
  /** Journal what container runtimes do below each call of a kubelet: snapshots, bundles, runc. */
  readonly runtimeSteps?: boolean
  /** How kube-proxy balances on every node; default iptables. */
  readonly proxyMode?: ProxyMode
  /** Nodes are instances of a fake cloud with its controllers; absent: bare machines. */
  readonly cloud?: CloudSettings
  /** Network latency between processes and the API server: `lan` (default: about a millisecond, seeded), or ms each way. */
  readonly latency?: 'none' | 'lan' | number
  /** The kinds that are served; default: all built-in ones. Clusters may share one that nothing is added to. */
  readonly scheme?: Scheme
  readonly images?: readonly ImageSpec[]
  /**
   * `bounded` (default): revisions older than five to ten minutes are compacted, as upstream does; `full`: every
   * revision stays readable through `at(revision)`.
   */
  readonly history?: 'bounded' | 'full'
  /** How long Events are kept after they were last written: kube-apiserver's --event-ttl. Default 1h. */
  readonly eventTTL?: DurationLike
  /**
   * False: processes write no Events to the API, for large simulations. What they would say is in the journal all the
   * same, so that timeline and `why` know it. Default true.
   */
  readonly events?: boolean
  /** Where objects are kept. Default: a new store in memory. A fork is always in memory. */
  readonly openStore?: (options: StoreOptions<KubeObject>) => Store<KubeObject>
  /** An etcd elsewhere that holds the objects; such a cluster needs a pacer, since its answers take real time. */
  readonly mirror?: Mirror<KubeObject>
  /** Decides what is undetermined, for explorers; default: nothing ever goes wrong by itself. */
  readonly chooser?: Chooser
  /** Bandwidth of image pulls per node, bytes a second. */
  readonly pullBandwidth?: number
}

export interface ApplyResult {
  readonly object: Stored<KubeObject>
  readonly operation: 'created' | 'configured' | 'unchanged'
}

/** A node and its machine, by name. */
export interface NodeHandle {
  readonly name: string
  /** Power off: kubelet and containers are gone at once. */
  crash(): void
  /** Switches off in an orderly way: pods are ended first, within 30 s. */
  shutdown(): void
  /** Power on again after a crash or shutdown. */
  recover(): void
  /** The kubelet process only; containers keep running. */
  crashKubelet(): void
  restartKubelet(): void
  /** Cuts the node's network to the API server. */
  partition(): void
  heal(): void
  /** Runs a tool on the node: `crictl ps`, `iptables-save`, `ipvsadm -Ln`, `nft list ruleset`. */
  tool(command: readonly string[]): CommandResult
}

/** Faults of the pod network; the network to the API server is another matter ({@link NodeHandle.partition}). */
export interface NetworkFaults {
  /** No traffic between the pods of two nodes until it heals. */
  partition(a: string, b: string): void
  heal(a: string, b: string): void
  /** Share of the requests between nodes that get lost, 0 to 1. */
  lose(share: number): void
}

/** A process by name: `kube-controller-manager`, `kube-scheduler`, `kubelet/node-1`, a user's controller. */
export interface ProcessControl {
  readonly name: string
  readonly state: 'running' | 'paused' | 'crashed' | 'stopped'
  crash(): void
  restart(): void
  pause(): void
  resume(): void
  stop(): void
}

/**
 * One controller, by its name in kube-controller-manager: held, restarted and replaced while the others of its process
 * go on. With several control planes it is the one of whoever leads, now and later.
 */
export interface ControllerHandle {
  /** `job-controller`. */
  readonly name: string
  /** Processes that it belongs to. */
  readonly processes: readonly string[]
  readonly paused: boolean
  /** Reconciles under way finish; no further one starts. */
  pause(): void
  resume(): void
  /** While paused: lets the next `count` reconciles start, now or when there is something to do. Default 1. */
  step(count?: number): void
  /** Every reconcile starts so much later; 0: at once again. */
  slowDown(by: DurationLike): void
  /** It forgets what it remembered, and looks at everything again. */
  restart(): void
  /** Another takes its place: yours, under whatever name. */
  replace(definition: AnyController): void
}

/** HTTP requests over the pod network. */
export interface RequestsOptions {
  /** `http://web.default/path`: names resolve as in a pod of namespace default. */
  readonly url: string
  /** A node's name, or a pod as `namespace/name`; default: the first node. */
  readonly from?: string
  /** Default 1. */
  readonly count?: number
  /** Requests a second; absent: one after another. */
  readonly rate?: number
  readonly method?: string
  /** Of each request; default 5 s. */
  readonly timeout?: DurationLike
}

export interface LogOptions {
  /** The instance before the present one. */
  readonly previous?: boolean
  readonly tailLines?: number
  readonly sinceSeconds?: number
  readonly timestamps?: boolean
}

export interface CommandResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** The cluster as it was at one revision. */
export interface Snapshot {
  readonly revision: number
  get<T extends KubeObject>(
    kind: { readonly kind: string; readonly group?: string },
    ref: { readonly namespace?: string; readonly name: string },
  ): T | undefined
  list<T extends KubeObject>(
    kind: { readonly kind: string; readonly group?: string },
    namespace?: string,
  ): readonly T[]
  /** Every object of every kind, in storage order. */
  all(): Iterable<KubeObject>
}

export interface ObjectChange {
  /** `Pod default/web-1`. */
  readonly object: string
  readonly change: 'added' | 'modified' | 'deleted'
  /** `spec.replicas`: for modified objects, what differs. */
  readonly fields: readonly { readonly path: string; readonly before: unknown; readonly after: unknown }[]
}

export interface Cluster extends AsyncDisposable {
  readonly seed: number
  /** Ms since the epoch, virtual. */
  readonly now: number
  readonly loop: EventLoop
  readonly journal: Journal
  readonly scheme: Scheme
  /** Acts as the cluster's admin from outside; its calls drive the loop until they are answered. */
  readonly client: Client

  /**
   * Applies YAML text (any number of documents), an object, or a list of them, as `kubectl apply` does. All input is
   * parsed and checked before the first is sent; the first refusal rejects and names what was applied before it.
   */
  apply(
    manifest: string | KubeObject | readonly KubeObject[],
    options?: { readonly file?: string },
  ): Promise<readonly ApplyResult[]>
  delete(manifest: string | KubeObject | readonly KubeObject[]): Promise<void>
  /** Until nothing is left to do; fails with who still works once `within` (default 1h) has passed. */
  settle(within?: DurationLike): Promise<void>
  advance(duration: DurationLike): Promise<void>
  /** Until the check holds, asked after every event; rejects past `within` (default 10m). */
  waitFor(check: () => boolean, within?: DurationLike): Promise<void>
  step(count?: number): Promise<number>

  node(name: string): NodeHandle
  addNode(spec?: NodeSpec): Promise<NodeHandle>
  nodes(): readonly NodeHandle[]
  process(name: string): ProcessControl
  processes(): readonly ProcessControl[]
  /** Runs a controller, or any component, in a process of its own (named after it, unless said otherwise). */
  run(...controllers: readonly (AnyController | Component)[]): ProcessControl
  /** A controller that runs, built-in or of `run`: `job-controller`, or `job` as in `controllers`. */
  controller(name: string): ControllerHandle
  controllers(): readonly ControllerHandle[]

  /** Answers an admission webhook's questions with a function; see {@link ClusterOptions.webhooks}. */
  webhook(webhook: WebhookFunction): void
  /** Sets a metric for autoscalers, or takes the place of an earlier one of the same name, object and labels. */
  metric(metric: CustomMetric): void

  /** What can go wrong between nodes. */
  readonly network: NetworkFaults
  /** The fake cloud that the nodes run on, with an API of its own; undefined: bare machines. */
  readonly cloud: Cloud | undefined

  /** Sends requests while the loop goes on; `done` hears once, when all were answered or have failed. */
  sendRequests(options: RequestsOptions, done: (summary: TrafficSummary) => void): void
  /** What the container has written so far, as `kubectl logs`. */
  logs(container: ContainerRef, options?: LogOptions): Promise<string>
  /** Runs a command in the container to its end, as `kubectl exec`. */
  exec(container: ContainerRef, command: readonly string[]): Promise<CommandResult>

  /** Reads the API server's store directly: no request, no latency, no journal. */
  peek(): Snapshot
  at(revision: number): Snapshot
  readonly revision: number
  diff(from: Snapshot | number, to?: Snapshot | number): readonly ObjectChange[]
  /** A new cluster that continues from this state; control plane processes start afresh. */
  fork(): Promise<Cluster>

  /** Why the pod is where it is, or Pending: who rejected which node, and all points. `pod/web-1` or the object. */
  explain(pod: KubeObject | string): Explanation
  /** Answers without touching anything: where would the pods of a drained node go, how many more fit? */
  whatIf(change: WhatIfChange): WhatIfReport

  /** Why the object is as it is: the chain of causes of its last change, outermost first, as text. */
  why(object: KubeObject | string): string
  causes(object: KubeObject | string): readonly JournalEntry[]
  runHash(): string
  dispose(): Promise<void>
}

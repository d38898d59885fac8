/**
 * A scheduler plugin: any subset of the extension points below, under one name. Order of the points for one pod:
 *
 *   preEnqueue -> less (queue) -> preFilter -> filter per node -+-> postFilter            (no node passed)
 *                                                               +-> preScore -> score per node -> normalize
 *                                                                   -> reserve -> permit    (scheduling cycle ends)
 *                                                                   -> preBind -> bind -> postBind
 *
 * Points up to permit are synchronous and see one unchanging picture of the cluster; preBind and bind may await.
 * Upstream: framework/interface.go.
 */

import type { Maybe } from '../../api/request.ts'
import type { Client, KindRef } from '../../client/client.ts'
import type { EventRecorder } from '../../client/event-recorder.ts'
import type { InformerFactory } from '../../client/informer.ts'
import type { Clock } from '../../client/process.ts'
import type { Random } from '../../kernel/random.ts'
import type { ClusterCache, Trial } from '../cache/cluster-cache.ts'
import type { NodeInfo, PodInfo } from '../cache/node-info.ts'
import type { PodClass } from '../cache/pod-class.ts'
import type { EventInterest } from './cluster-event.ts'
import type { Failure } from './failure.ts'
import type { Status } from './status.ts'

/** Scores after normalisation are in 0..100. */
export const MAX_NODE_SCORE = 100

export interface Plugin {
  readonly name: string
  /**
   * `node`: preFilter, filter and score depend on nothing but what the pod's spec, labels and namespace say, the node
   * object and the pods on that node. Answers are then remembered for identical pods until the node changes. Leave it
   * out when in doubt: the plugin is asked every time.
   */
  readonly depends?: 'node'
  /** Whether the plugin has anything to say about such pods. No is what upstream's Skip is; asked once per class. */
  concerns?(pod: PodClass, point: 'filter' | 'score'): boolean

  /** A pod that is refused stays out of the queue until it is updated (or an event of `events` happens). */
  preEnqueue?(pod: PodInfo): Status
  /** Which pod goes first. Exactly one plugin of a scheduler has it. */
  less?(a: QueueEntry, b: QueueEntry): boolean
  /** Events that may help a pod that this plugin rejected. Absent: any event does. */
  readonly events?: readonly EventInterest[]

  /** Further kinds whose changes are events; their `resource` is the kind's name. */
  readonly watches?: readonly KindRef[]

  /** Before the nodes are looked at: a refusal fails the pod at once; node names narrow the search. */
  preFilter?(pod: PodInfo, cycle: Cycle): PreFilterResult
  filter?(pod: PodInfo, node: NodeInfo, cycle: Cycle): Status
  /** Preemption and nominated pods are tried out: what the cycle's state says must follow. */
  podAdded?(pod: PodInfo, other: PodInfo, node: NodeInfo, cycle: Cycle): void
  podRemoved?(pod: PodInfo, other: PodInfo, node: NodeInfo, cycle: Cycle): void
  /** No node passed. The first plugin that makes room wins. */
  postFilter?(pod: PodInfo, cycle: Cycle, failure: Failure): PostFilterResult

  /** Once the nodes that pass are known; SKIP leaves the plugin's score out. */
  preScore?(pod: PodInfo, nodes: readonly NodeInfo[], cycle: Cycle): Status
  /** Any finite number when there is a `normalize`, else 0..100. */
  score?(pod: PodInfo, node: NodeInfo, cycle: Cycle): number
  /** Brings the first `count` scores into 0..100, in place. */
  normalize?(scores: Float64Array, count: number, pod: PodInfo, cycle: Cycle): void

  /** The pod has been given a node; a refusal undoes it. `unreserve` is called in reverse order and may not fail. */
  reserve?(pod: PodInfo, node: NodeInfo, cycle: Cycle): Status
  unreserve?(pod: PodInfo, node: NodeInfo, cycle: Cycle): void
  /** May ask to wait until `waiting.allow` is called. */
  permit?(pod: PodInfo, node: NodeInfo, cycle: Cycle): Status
  preBind?(pod: PodInfo, node: NodeInfo, cycle: Cycle): Maybe<Status>
  /** SKIP passes the pod on to the next bind plugin. */
  bind?(pod: PodInfo, node: NodeInfo, cycle: Cycle): Maybe<Status>
  /** Like `bind`, but answers through a callback: a promise per pod is what would make binding slow. */
  bindAsync?(pod: PodInfo, node: NodeInfo, cycle: Cycle, done: (status: Status) => void): void
  postBind?(pod: PodInfo, node: NodeInfo, cycle: Cycle): void

  /** Which of the two `track` stands for. */
  readonly tracks?: readonly ('filter' | 'score')[]
  /** Instead of filter and score: counts kept for a class of pods. Built-in plugins that look at many nodes use it. */
  track?(pod: PodClass): Tracker | undefined
}

/**
 * A plugin's counts for one class of identical pods, kept up to date node by node. Made when a class is first met and
 * disposed when it is forgotten. `filter` and `score` are the hot path: a few array reads each.
 */
export interface Tracker {
  /** Called before every cycle: false when the counts are void and must be made anew. */
  refresh?(): boolean
  /** The node in this slot, or the pods on it, changed. */
  update(slot: number): void
  /** Whether `filter` can reject at all; may change in `refresh`. */
  readonly filters: boolean
  /** Undefined: the node passes. */
  filter(slot: number): Status | undefined
  /** Whether `score` can tell nodes apart at all; may change in `refresh`. */
  readonly scores: boolean
  /** Which nodes will be scored; false: nothing to say this time. */
  prepare(slots: Int32Array, count: number): boolean
  score(slot: number): number
  normalize(scores: Float64Array, slots: Int32Array, count: number): void
  dispose(): void
}

/** A pod in the queue, as `less` sees it. */
export interface QueueEntry {
  readonly info: PodInfo
  /** When it entered the queue, ms on the scheduler's clock. */
  readonly timestamp: number
  /** Tells apart pods of one instant: lower came first. */
  readonly sequence: number
}

/** `status` SUCCESS with node names narrows the search to those. */
export interface PreFilterResult {
  readonly status: Status
  readonly nodeNames?: ReadonlySet<string>
}

/** `nominatedNode` is '' to clear a nomination, undefined to leave it alone. */
export interface PostFilterResult {
  readonly status: Status
  readonly nominatedNode?: string
}

/** One attempt to place one pod. */
export interface Cycle {
  readonly pod: PodInfo
  /** For plugins to pass data from point to point, under a name of their own. */
  readonly state: Map<string, unknown>
}

/** What a plugin may reach; given to its factory once per profile. */
export interface PluginHandle {
  readonly schedulerName: string
  readonly cache: ClusterCache
  readonly client: Client
  readonly clock: Clock
  readonly informers: InformerFactory
  readonly recorder: EventRecorder
  readonly random: Random
  /** All filters of the profile for the cycle's pod, on the node as it is now and with the pods promised to it. */
  filterNow(cycle: Cycle, node: NodeInfo): Status
  /** Moves pods off and onto the node for the time of `body`: "would it fit if these were gone?" */
  tryOut<T>(cycle: Cycle, node: NodeInfo, body: (trial: Trial) => T): T
  /** Whether what decides about such pods depends on single nodes alone, so that answers can be remembered. */
  isLocal(pod: PodClass): boolean
  /** Sends one request without a promise; `done` is called from an event of the loop, or never after a crash. */
  readonly requests: PluginRequests
  /** Pods that were promised a node by preemption. */
  readonly nominator: NominatorView
  readonly waiting: WaitingPods
  /** Wakes pods that may fit now. */
  moveAll(label: string): void
  /** A pod's preEnqueue answer may have changed; `anyway` tries it again even if that did not hold it back. */
  recheck(uid: string, anyway: boolean): void
}

export interface PluginRequests {
  bind(pod: PodInfo, nodeName: string, done: (status: Status) => void): void
  /** Marks the victim, deletes it with its own grace, and records the event. */
  preempt(
    victim: PodInfo,
    preemptor: PodInfo,
    nodeName: string,
    message: string,
    done: (status: Status) => void,
  ): void
  clearNomination(pod: PodInfo): void
}

export interface NominatorView {
  on(nodeName: string): readonly PodInfo[]
  nodeOf(uid: string): string | undefined
}

/** Pods that a permit plugin holds back. */
export interface WaitingPods {
  list(): readonly PodInfo[]
  allow(uid: string, plugin: string): void
  reject(uid: string, plugin: string, reason: string): boolean
}

/** Makes a plugin for one profile; `args` have been checked against the plugin's schema. */
export type PluginFactory = (args: unknown, handle: PluginHandle) => Plugin

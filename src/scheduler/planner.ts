/**
 * "What if?": places pods on a picture of a cluster that nothing else changes, with the very plugins that the scheduler
 * runs. No time passes, nothing is written, and no preemption takes place.
 */
import type { Node } from '../api/core/node.ts'
import type { Pod } from '../api/core/pod.ts'
import type { KubeObject, Stored } from '../api/kind.ts'
import type { ClusterCache } from './cache/cluster-cache.ts'
import type { NodeInfo, PodInfo } from './cache/node-info.ts'
import { CPU, MEMORY } from './cache/resource-columns.ts'
import { type Explanation, explainChoice, explainFailure } from './explain.ts'
import { failureMessage } from './framework/failure.ts'
import type { Cycle } from './framework/plugin.ts'
import type { Profile } from './framework/profile.ts'
import { rehearseProfiles } from './rehearsal.ts'
import { checkConfiguration, registryOf, type SchedulerOptions } from './scheduler.ts'

export interface Placement {
  readonly pod: Stored<Pod>
  /** Where it stood before, if it did. */
  readonly from?: string
  /** Where it would go; absent: nowhere, and `message` says why. */
  readonly to?: string
  readonly message?: string
}

/** How much of one resource is free, and in what pieces. CPU in milli, memory in bytes. */
export interface ResourceRoom {
  readonly allocatable: number
  readonly requested: number
  /** On nodes that take pods. */
  readonly free: number
  readonly largestFree: number
}

export interface Capacity {
  readonly nodes: number
  readonly pods: number
  readonly cpu: ResourceRoom
  readonly memory: ResourceRoom
}

export interface ReplicaRoom {
  /** How many more pods like this one would be placed. */
  readonly replicas: number
  /** How many would fit if all free room of the cluster were one piece; the difference is fragmentation. */
  readonly inOnePiece: number
  readonly perNode: ReadonlyMap<string, number>
  /** Why the next one fits nowhere; absent when the search stopped at its limit. */
  readonly message?: string
}

/** More replicas than that are not counted. */
const REPLICAS_MAX = 100_000

export interface PlannerSource {
  /** Objects of a kind, as they stand. */
  list(kind: string): readonly Stored<KubeObject>[]
}

export class Planner {
  readonly #cache: ClusterCache
  readonly #profiles: ReadonlyMap<string, Profile>
  readonly #pending: readonly Stored<Pod>[]

  /** @param options configuration and plugins of the scheduler to be imitated */
  constructor(source: PlannerSource, options: Pick<SchedulerOptions, 'configuration' | 'plugins'> = {}) {
    const configuration = checkConfiguration(options.configuration ?? {})
    const rehearsal = rehearseProfiles(configuration, registryOf(options.plugins), (kind) =>
      source.list(kind),
    )
    this.#cache = rehearsal.cache
    this.#profiles = rehearsal.profiles
    for (const it of source.list('Namespace'))
      this.#cache.setNamespace(it as Parameters<ClusterCache['setNamespace']>[0])
    for (const it of source.list('Node')) this.#cache.setNode(it as Stored<Node>)
    const pods = (source.list('Pod') as Stored<Pod>[]).filter((it) => !isFinished(it))
    for (const it of pods) if (it.spec.nodeName) this.#cache.setPod(it)
    this.#pending = pods.filter((it) => !it.spec.nodeName && it.metadata.deletionTimestamp === undefined)
  }

  addNode(node: Stored<Node>): void {
    this.#cache.setNode(node)
  }

  /**
   * Takes the node away and places its pods anew, the most important first. Pods of a DaemonSet go with the node; pods
   * that no controller would make again are lost, and say so.
   */
  drain(nodeName: string): readonly Placement[] {
    const node = this.#cache.node(nodeName)
    if (node === undefined) throw new Error(`there is no node ${JSON.stringify(nodeName)}`)
    const pods = [...node.pods.values()].map((it) => it.pod)
    for (const { metadata } of pods) this.#cache.removePod(metadata.uid)
    this.#cache.removeNode(nodeName)
    return byPriority(pods.filter((it) => ownerOf(it)?.kind !== 'DaemonSet')).map((pod): Placement => {
      if (ownerOf(pod) === undefined)
        return { pod, from: nodeName, message: 'lost: no controller would make it again' }
      const { nodeName: _, ...spec } = pod.spec
      return { ...this.place({ ...pod, spec }), from: nodeName }
    })
  }

  /** Tries the pods that wait, the most important first. */
  placePending(): readonly Placement[] {
    return byPriority(this.#pending).map((it) => this.place(it))
  }

  /** Places the pod, and keeps it there. */
  place(pod: Stored<Pod>): Placement {
    const info = this.#cache.describe(pod)
    const profile = this.#profileOf(info)
    if (profile === undefined) return { pod, message: `no profile serves ${pod.spec.schedulerName}` }
    const preEnqueue = profile.preEnqueue
      .map((it) => it.preEnqueue!(info))
      .find((it) => it.code !== 'success')
    if (preEnqueue !== undefined) return { pod, message: preEnqueue.reasons.join(', ') }
    const cycle: Cycle = { pod: info, state: new Map() }
    const found = choose(profile, cycle, this.#cache)
    if (typeof found === 'string') return { pod, message: found }
    this.#cache.assume(info, found.name)
    return { pod, to: found.name }
  }

  /** How many more pods like this one would be placed, one after the other; they stay. */
  fill(template: Stored<Pod>, limit = REPLICAS_MAX): ReplicaRoom {
    const inOnePiece = this.#inOnePiece(this.#cache.describe(template))
    const perNode = new Map<string, number>()
    for (let replicas = 0; replicas < limit; replicas++) {
      const uid = `${template.metadata.uid}-${replicas}`
      const name = `${template.metadata.name}-${replicas}`
      const { nodeName: _, ...spec } = template.spec
      const { to, message } = this.place({ ...template, metadata: { ...template.metadata, uid, name }, spec })
      if (to === undefined) return { replicas, inOnePiece, perNode, message }
      perNode.set(to, (perNode.get(to) ?? 0) + 1)
    }
    return { replicas: limit, inOnePiece, perNode }
  }

  /** The decision about a pod as it would be made now; a pod that stands somewhere is taken as not there. */
  explain(pod: Stored<Pod>): Explanation {
    const stood = this.#cache.removePod(pod.metadata.uid)
    const { nodeName: _, ...spec } = pod.spec
    const info = this.#cache.describe({ ...pod, spec })
    const profile = this.#profileOf(info)
    if (profile === undefined) throw new Error(`no profile serves ${pod.spec.schedulerName}`)
    const cycle: Cycle = { pod: info, state: new Map() }
    const nodes = this.#cache.nodes()
    const { feasible, failure } = profile.evaluator.search(cycle)
    if (failure !== undefined)
      return explainFailure(profile, cycle, nodes, failure, failureMessage(failure), undefined)
    const standing = stood === undefined ? undefined : this.#cache.node(stood.nodeName)
    const chosen = standing ?? chooseAmong(profile, cycle, this.#cache, feasible)
    return explainChoice(profile, cycle, nodes, feasible, chosen)
  }

  capacity(): Capacity {
    const nodes = this.#cache.nodes()
    return {
      nodes: nodes.length,
      pods: this.#cache.pods.size,
      cpu: room(nodes, CPU),
      memory: room(nodes, MEMORY),
    }
  }

  #profileOf({ class: { spec } }: PodInfo): Profile | undefined {
    return this.#profiles.get(spec.schedulerName ?? 'default-scheduler')
  }

  #inOnePiece({ class: { requests } }: PodInfo): number {
    const { cpu, memory } = this.capacity()
    const slots = this.#cache.nodes().reduce((sum, it) => sum + Math.max(0, it.allowedPods - it.podCount), 0)
    const byCpu = requests.cpu === 0 ? slots : Math.floor(cpu.free / requests.cpu)
    const byMemory = requests.memory === 0 ? slots : Math.floor(memory.free / requests.memory)
    return Math.min(slots, byCpu, byMemory)
  }
}

/** The node, or why there is none. */
function choose(profile: Profile, cycle: Cycle, cache: ClusterCache): NodeInfo | string {
  if (cache.nodes().length === 0) return 'no nodes available to schedule pods'
  const { feasible, failure } = profile.evaluator.search(cycle)
  return failure === undefined ? chooseAmong(profile, cycle, cache, feasible) : failureMessage(failure)
}

function chooseAmong(
  { evaluator }: Profile,
  cycle: Cycle,
  cache: ClusterCache,
  feasible: Parameters<Profile['evaluator']['choose']>[0],
): NodeInfo {
  if (feasible.count === 1) return cache.at(feasible.slots[0]!)!
  return evaluator.choose(feasible, evaluator.score(cycle, feasible))
}

function room(nodes: readonly NodeInfo[], column: number): ResourceRoom {
  let allocatable = 0
  let requested = 0
  let free = 0
  let largestFree = 0
  for (const node of nodes) {
    const left = Math.max(0, node.allocatable(column) - node.requested(column))
    allocatable += node.allocatable(column)
    requested += node.requested(column)
    if (node.node?.spec.unschedulable) continue
    free += left
    largestFree = Math.max(largestFree, left)
  }
  return { allocatable, requested, free, largestFree }
}

function byPriority(pods: readonly Stored<Pod>[]): readonly Stored<Pod>[] {
  return [...pods].sort((a, b) => (b.spec.priority ?? 0) - (a.spec.priority ?? 0))
}

function ownerOf({ metadata }: Stored<Pod>): { readonly kind: string } | undefined {
  return metadata.ownerReferences?.find((it) => it.controller)
}

function isFinished({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed'
}

/**
 * Extenders: somebody outside filters, scores or binds, asked in the JSON of extender/v1. How they are reached is given
 * from outside; the core knows no network. Upstream: pkg/scheduler/extender.go.
 */
import type { Pod } from '../api/core/pod.ts'
import type { ClusterCache } from './cache/cluster-cache.ts'
import type { NodeInfo, PodInfo } from './cache/node-info.ts'
import type { ExtenderConfiguration } from './config.ts'
import type { Failure } from './framework/failure.ts'
import { type Cycle, MAX_NODE_SCORE } from './framework/plugin.ts'
import type { Profile } from './framework/profile.ts'
import { by, failed, type Status, SUCCESS, unresolvable, unschedulable } from './framework/status.ts'

/**
 * POSTs `body` as JSON to `url` and resolves to the decoded answer; rejects when there is none. The promise must be one
 * that the event loop knows (`process.loop.suspend`), or virtual time would run past the answer.
 */
export type CallExtender = (url: string, body: unknown, timeoutMs: number | undefined) => Promise<unknown>

/** The scores of extenders count 0..10. */
const MAX_EXTENDER_PRIORITY = 10
const EXTENDER = 'Extender'

interface FilterAnswer {
  readonly nodes?: { readonly items?: readonly { readonly metadata?: { readonly name?: string } }[] }
  readonly nodeNames?: readonly string[]
  readonly failedNodes?: Readonly<Record<string, string>>
  readonly failedAndUnresolvableNodes?: Readonly<Record<string, string>>
  readonly error?: string
}

type Choice = { readonly node: NodeInfo; readonly failure?: undefined } | { readonly failure: Failure }

export class Extenders {
  readonly #all: readonly ExtenderConfiguration[]
  readonly #call: CallExtender
  readonly #cache: ClusterCache

  constructor(all: readonly ExtenderConfiguration[], call: CallExtender, cache: ClusterCache) {
    this.#all = all
    this.#call = call
    this.#cache = cache
  }

  concerns(pod: PodInfo): boolean {
    return this.#all.some((it) => isInterested(it, pod.pod))
  }

  /** Narrows the nodes that passed the plugins, adds the extenders' points, and chooses. */
  async choose(profile: Profile, cycle: Cycle): Promise<Choice> {
    const { evaluator } = profile
    const result = evaluator.search(cycle)
    if (result.failure !== undefined) return { failure: result.failure }
    const { slots, count } = result.feasible
    let nodes = Array.from(slots.subarray(0, count), (slot) => this.#cache.at(slot)!)
    const rejected = new Map<NodeInfo, Status>()
    const interested = this.#all.filter((it) => isInterested(it, cycle.pod.pod))
    for (const extender of interested) {
      if (!extender.filterVerb || nodes.length === 0) continue
      nodes = await this.#filter(extender, cycle.pod.pod, nodes, rejected)
    }
    if (nodes.length === 0) return { failure: this.#failure(rejected) }
    if (nodes.length === 1) return { node: nodes[0]! }
    const totals = evaluator.scoreOf(cycle, nodes)
    for (const extender of interested)
      if (extender.prioritizeVerb) await this.#prioritize(extender, cycle.pod.pod, nodes, totals)
    return { node: evaluator.chooseOf(nodes, totals) }
  }

  binds(pod: PodInfo): boolean {
    return this.#binder(pod) !== undefined
  }

  async bind({ pod }: PodInfo, node: NodeInfo): Promise<Status> {
    const extender = this.#all.find((it) => it.bindVerb && isInterested(it, pod))!
    const { name, namespace, uid } = pod.metadata
    const body = { PodName: name, PodNamespace: namespace, PodUID: uid, Node: node.name }
    const answer = (await this.#ask(extender, extender.bindVerb!, body)) as { readonly error?: string }
    return answer?.error ? failed(answer.error) : SUCCESS
  }

  #binder({ pod }: PodInfo): ExtenderConfiguration | undefined {
    return this.#all.find((it) => it.bindVerb && isInterested(it, pod))
  }

  async #filter(
    extender: ExtenderConfiguration,
    pod: Pod,
    nodes: readonly NodeInfo[],
    rejected: Map<NodeInfo, Status>,
  ): Promise<NodeInfo[]> {
    let answer: FilterAnswer
    try {
      answer = (await this.#ask(extender, extender.filterVerb!, argsOf(extender, pod, nodes))) as FilterAnswer
      if (answer.error) throw new Error(answer.error)
    } catch (error) {
      if (extender.ignorable) return [...nodes]
      throw error
    }
    const kept = new Set(answer.nodeNames ?? answer.nodes?.items?.map((it) => it.metadata?.name ?? '') ?? [])
    for (const node of nodes) {
      const hard = answer.failedAndUnresolvableNodes?.[node.name]
      const soft = answer.failedNodes?.[node.name]
      if (hard !== undefined) rejected.set(node, by(EXTENDER, unresolvable(hard)))
      else if (!kept.has(node.name))
        rejected.set(node, by(EXTENDER, unschedulable(soft ?? 'rejected by extender')))
    }
    return nodes.filter((it) => kept.has(it.name))
  }

  async #prioritize(
    extender: ExtenderConfiguration,
    pod: Pod,
    nodes: readonly NodeInfo[],
    totals: Float64Array,
  ): Promise<void> {
    try {
      const answer = await this.#ask(extender, extender.prioritizeVerb!, argsOf(extender, pod, nodes))
      const scores = new Map(
        (answer as readonly { readonly host: string; readonly score: number }[]).map((it) => [
          it.host,
          it.score,
        ]),
      )
      const unit = (extender.weight ?? 1) * (MAX_NODE_SCORE / MAX_EXTENDER_PRIORITY)
      nodes.forEach(({ name }, i) => {
        totals[i]! += (scores.get(name) ?? 0) * unit
      })
    } catch {
      // Upstream ignores it as well: other opinions still count.
    }
  }

  #ask(extender: ExtenderConfiguration, verb: string, body: unknown): Promise<unknown> {
    const url = `${extender.urlPrefix.replace(/\/$/, '')}/${verb}`
    const seconds = /^(\d+(?:\.\d+)?)s$/.exec(extender.httpTimeout ?? '')?.[1]
    return this.#call(url, body, seconds === undefined ? undefined : Number(seconds) * 1000)
  }

  #failure(rejected: ReadonlyMap<NodeInfo, Status>): Failure {
    const counts = new Map<Status, number>()
    for (const status of rejected.values()) counts.set(status, (counts.get(status) ?? 0) + 1)
    return {
      allNodes: this.#cache.nodes().length,
      counts,
      rejected: (code) =>
        [...rejected].filter(([, it]) => code === undefined || it.code === code).map(([node]) => node),
      statusOf: (node) => rejected.get(node),
      plugins: new Set([EXTENDER]),
      pendingPlugins: new Set(),
    }
  }
}

function argsOf(extender: ExtenderConfiguration, pod: Pod, nodes: readonly NodeInfo[]): object {
  return extender.nodeCacheCapable
    ? { Pod: pod, NodeNames: nodes.map((it) => it.name) }
    : { Pod: pod, Nodes: { items: nodes.map((it) => it.node) } }
}

/** Extenders that manage resources are asked only about pods that want one of those. */
function isInterested({ managedResources }: ExtenderConfiguration, pod: Pod): boolean {
  if (managedResources.length === 0) return true
  const all = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]
  return managedResources.some(({ name }) =>
    all.some(({ resources }) => Object.hasOwn({ ...resources?.requests, ...resources?.limits }, name)),
  )
}

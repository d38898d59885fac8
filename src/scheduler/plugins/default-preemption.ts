/**
 * Makes room for a pod that fits nowhere by evicting pods of lower priority. The pod is promised the node and waits for
 * its victims to go; nothing is bound in this cycle (plugins/defaultpreemption).
 */
import * as z from 'zod'
import { PodDisruptionBudget } from '../../api/policy/pod-disruption-budget.ts'
import { lazily } from '../../kernel/lazily.ts'
import type { Trial } from '../cache/cluster-cache.ts'
import type { NodeInfo, PodInfo } from '../cache/node-info.ts'
import type { PodClass } from '../cache/pod-class.ts'
import type { Failure } from '../framework/failure.ts'
import { countReasons, fitErrorMessage } from '../framework/fit-error.ts'
import type { Cycle, Plugin, PluginFactory, PluginHandle, PostFilterResult } from '../framework/plugin.ts'
import {
  failed,
  isRejection,
  type Status,
  SUCCESS,
  unresolvable,
  unschedulable,
} from '../framework/status.ts'
import {
  byImportance,
  type Candidate,
  candidate,
  pickCandidate,
  splitByBudget,
} from './preemption-candidates.ts'

export const defaultPreemptionArgs = lazily(() =>
  z
    .strictObject({
      minCandidateNodesPercentage: z.int().min(0).max(100).default(10),
      minCandidateNodesAbsolute: z.int().min(0).default(100),
    })
    .refine((it) => it.minCandidateNodesPercentage + it.minCandidateNodesAbsolute > 0, {
      message: 'minCandidateNodesPercentage and minCandidateNodesAbsolute cannot both be zero',
    }),
)

export type DefaultPreemptionArgs = z.output<ReturnType<typeof defaultPreemptionArgs>>

const NO_VICTIMS = unresolvable('No preemption victims found for incoming pod')
const WAITING = unresolvable('waiting for the preemption for this pod to be finished')
const NOT_HELPFUL = 'Preemption is not helpful for scheduling'

export const defaultPreemption: PluginFactory = (args, handle) =>
  new DefaultPreemption(args as DefaultPreemptionArgs, handle)

interface Search {
  readonly candidates: readonly Candidate[]
  /** Nodes that cannot help, by answer. */
  readonly statuses: ReadonlyMap<Status, number>
}

type Outcome =
  | { readonly candidate: Candidate; readonly status?: undefined }
  | { readonly candidate?: undefined; readonly status: Status }

/** What was found out about one node, for a class, as long as the node does not change. */
interface Remembered {
  readonly generation: number
  readonly starts: number
  readonly budgets: number
  readonly outcome: Outcome
}

export class DefaultPreemption implements Plugin {
  readonly name = 'DefaultPreemption'
  /** Waiting preemptors are woken by name. */
  readonly events = []
  readonly #args: DefaultPreemptionArgs
  readonly #handle: PluginHandle
  /** Pods whose victims are being told. */
  readonly #preempting = new Set<string>()
  readonly #remembered = new WeakMap<PodClass, (Remembered | undefined)[]>()
  #budgets: readonly PodDisruptionBudget[] = []
  #budgetsVersion = 0

  constructor(args: DefaultPreemptionArgs, handle: PluginHandle) {
    this.#args = args
    this.#handle = handle
    const budgets = handle.informers.for(PodDisruptionBudget)
    const changed = () => {
      this.#budgets = [...budgets.lister.list()]
      this.#budgetsVersion++
    }
    budgets.addHandlers({ add: changed, update: changed, delete: changed })
  }

  preEnqueue(pod: PodInfo): Status {
    return this.#preempting.has(pod.uid) ? WAITING : SUCCESS
  }

  postFilter(pod: PodInfo, cycle: Cycle, failure: Failure): PostFilterResult {
    const reason = this.#ineligibility(pod, failure)
    if (reason !== undefined) return { status: unschedulable(`preemption: ${reason}`) }

    const { candidates, statuses } = this.#findCandidates(pod, cycle, failure)
    if (candidates.length === 0) {
      const status = unschedulable(`preemption: ${this.#explain(failure.allNodes, statuses)}`)
      return { status, nominatedNode: '' }
    }
    const best = pickCandidate(candidates)!
    this.#prepare(pod, best)
    return { status: SUCCESS, nominatedNode: best.node.name }
  }

  #ineligibility(pod: PodInfo, failure: Failure): string | undefined {
    if (pod.class.spec.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.'
    const nominated = this.#handle.nominator.nodeOf(pod.uid)
    const node = nominated === undefined ? undefined : this.#handle.cache.node(nominated)
    if (node === undefined || failure.statusOf(node)?.code === 'unresolvable') return undefined
    for (const other of node.pods.values())
      if (other.class.priority < pod.class.priority && isBeingPreempted(other))
        return 'not eligible due to a terminating pod on the nominated node.'
    return undefined
  }

  #findCandidates(pod: PodInfo, cycle: Cycle, failure: Failure): Search {
    const statuses = new Map<Status, number>()
    const isHopeless = !this.#handle.cache.hasPodsBelow(pod.class.priority)
    if (isHopeless) {
      const nodes = failure.preFilter === undefined ? rejectedWithHope(failure) : failure.allNodes
      if (nodes > 0) statuses.set(NO_VICTIMS, nodes)
      return { candidates: [], statuses }
    }
    const potential = this.#potentialNodes(failure)
    const wanted = candidatesWanted(potential.length, this.#args)
    const offset = potential.length === 0 ? 0 : this.#handle.random.below(potential.length)
    const outcomeOn = this.#outcomes(pod, cycle)
    let last: Status | undefined
    let run = 0
    const count = () => {
      if (last !== undefined) statuses.set(last, (statuses.get(last) ?? 0) + run)
      run = 0
    }
    const harmless: Candidate[] = []
    const violating: Candidate[] = []
    for (let i = 0; i < potential.length; i++) {
      const node = potential[(offset + i) % potential.length]!
      const outcome = outcomeOn(node)
      if (outcome.status !== undefined) {
        if (outcome.status !== last) count()
        last = outcome.status
        run++
        continue
      }
      ;(outcome.candidate.violations === 0 ? harmless : violating).push(outcome.candidate)
      if (harmless.length > 0 && harmless.length + violating.length >= wanted) break
    }
    count()
    return { candidates: [...harmless, ...violating], statuses }
  }

  /** Nodes on which evictions may help. */
  #potentialNodes(failure: Failure): readonly NodeInfo[] {
    if (failure.preFilter !== undefined)
      return failure.preFilter.code === 'unschedulable' ? this.#handle.cache.nodes() : []
    return failure.rejected('unschedulable')
  }

  /** Remembers what was found out about a node until it changes, where nothing but the node decides. */
  #outcomes(pod: PodInfo, cycle: Cycle): (node: NodeInfo) => Outcome {
    const { cache, nominator } = this.#handle
    if (!this.#handle.isLocal(pod.class) || nominator.nodeOf(pod.uid) !== undefined)
      return (node) => this.outcomeOn(node, cycle)
    const remembered = this.#remembered.get(pod.class) ?? []
    this.#remembered.set(pod.class, remembered)
    return (node) => {
      const known = remembered[node.slot]
      const generation = cache.generation[node.slot]!
      const starts = cache.starts[node.slot]!
      const budgets = this.#budgetsVersion
      if (known?.generation === generation && known.starts === starts && known.budgets === budgets)
        return known.outcome
      const outcome = this.outcomeOn(node, cycle)
      remembered[node.slot] = { generation, starts, budgets, outcome }
      return outcome
    }
  }

  /** Takes all lesser pods away, then puts back as many as fit, the most important first. */
  outcomeOn(node: NodeInfo, cycle: Cycle): Outcome {
    const { pod } = cycle
    const lesser = [...node.pods.values()].filter((it) => it.class.priority < pod.class.priority)
    if (lesser.length === 0) return { status: NO_VICTIMS }
    return this.#handle.tryOut(cycle, node, (trial): Outcome => {
      for (const it of lesser) trial.remove(it)
      const status = this.#handle.filterNow(cycle, node)
      if (status.code !== 'success') return { status: this.#shared(status) }
      const { violating, others } = splitByBudget(lesser.sort(byImportance), this.#budgets)
      const victims = violating.filter((it) => !this.#returns(it, trial, node, cycle))
      const violations = victims.length
      victims.push(...others.filter((it) => !this.#returns(it, trial, node, cycle)))
      return { candidate: candidate(node, victims.sort(byImportance), violations) }
    })
  }

  readonly #statuses = new Map<string, Status>()

  /** Equal answers become one, so that counting them is cheap. */
  #shared(status: Status): Status {
    const key = status.reasons.join('\n')
    const known = this.#statuses.get(key)
    if (known === undefined) this.#statuses.set(key, status)
    return known ?? status
  }

  #returns(victim: PodInfo, trial: Trial, node: NodeInfo, cycle: Cycle): boolean {
    trial.add(victim)
    if (!isRejection(this.#handle.filterNow(cycle, node))) return true
    trial.remove(victim)
    return false
  }

  /** The same shape as the pod's own message, over the nodes that were tried. */
  #explain(allNodes: number, statuses: Search['statuses']): string {
    const counted = [...statuses].map(([{ reasons }, nodes]) => ({ reasons, nodes }))
    const tried = counted.reduce((sum, { nodes }) => sum + nodes, 0)
    if (allNodes > tried) counted.push({ reasons: [NOT_HELPFUL], nodes: allNodes - tried })
    return fitErrorMessage({ allNodes, reasons: countReasons(counted) })
  }

  /** Evicts in the background; until all but the last victim are told, the pod stays out of the queue. */
  #prepare(pod: PodInfo, { node, victims }: Candidate): void {
    const { requests, nominator } = this.#handle
    for (const lesser of nominator.on(node.name))
      if (lesser.class.priority < pod.class.priority) requests.clearNomination(lesser)
    if (victims.length === 0) return
    const message = `${pod.class.spec.schedulerName ?? ''}: preempting to accommodate a higher priority pod`
    const evict = (victim: PodInfo, done: (status: Status) => void) => {
      if (this.#handle.waiting.reject(victim.uid, this.name, 'preempted')) return done(SUCCESS)
      requests.preempt(victim, pod, node.name, message, done)
    }
    const last = victims.at(-1)!
    let waitingFor = victims.length - 1
    const finish = (status: Status) => {
      this.#preempting.delete(pod.uid)
      this.#handle.recheck(pod.uid, status.code !== 'success')
    }
    const release = () => {
      this.#preempting.delete(pod.uid)
      evict(last, finish)
    }
    this.#preempting.add(pod.uid)
    if (waitingFor === 0) {
      release()
      return
    }
    for (const victim of victims.slice(0, -1))
      evict(victim, (status) => {
        if (status.code !== 'success') return finish(failed(status.reasons.join(', ')))
        if (--waitingFor === 0) release()
      })
  }
}

/** Nodes whose answer leaves hope for eviction, whatever they hold. */
function rejectedWithHope({ counts }: Failure): number {
  let nodes = 0
  for (const [{ code }, count] of counts) if (code === 'unschedulable') nodes += count
  return nodes
}

/** How many candidates are enough, of so many potential nodes. */
export function candidatesWanted(nodes: number, args: DefaultPreemptionArgs): number {
  const share = Math.trunc((nodes * args.minCandidateNodesPercentage) / 100)
  return Math.min(nodes, Math.max(share, args.minCandidateNodesAbsolute))
}

function isBeingPreempted({ pod }: PodInfo): boolean {
  if (pod.metadata.deletionTimestamp === undefined) return false
  return (pod.status?.conditions ?? []).some(
    (it) => it.type === 'DisruptionTarget' && it.status === 'True' && it.reason === 'PreemptionByScheduler',
  )
}

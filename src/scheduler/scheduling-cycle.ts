/** Takes pods from the queue one by one, finds each a node, and binds it in the background (schedule_one.go). */
import type { Pod } from '../api/core/pod.ts'
import { objectKey, objectRef, type Stored } from '../api/kind.ts'
import type { Maybe } from '../api/request.ts'
import type { EventRecorder } from '../client/event-recorder.ts'
import type { Lister } from '../client/informer.ts'
import type { Process } from '../client/process.ts'
import type { ApiWrites } from './api-writes.ts'
import type { ClusterCache } from './cache/cluster-cache.ts'
import type { NodeInfo, PodInfo } from './cache/node-info.ts'
import { type ExplanationLog, explainChoice, explainFailure, type KeptExplanation } from './explain.ts'
import type { Extenders } from './extender.ts'
import { PluginError } from './framework/evaluator.ts'
import { type Failure, failureMessage } from './framework/failure.ts'
import type { Nominator } from './framework/nominator.ts'
import type { Cycle, Plugin } from './framework/plugin.ts'
import type { Profile } from './framework/profile.ts'
import { by, failed, isRejection, messageOf, type Status, SUCCESS } from './framework/status.ts'
import type { QueuedPod } from './queue/queued-pod.ts'
import type { SchedulingQueue } from './queue/scheduling-queue.ts'
import type { HeldPods } from './waiting-pods.ts'

const NO_NODES = 'no nodes available to schedule pods'

export interface CycleParts {
  readonly process: Process
  readonly cache: ClusterCache
  readonly queue: SchedulingQueue
  readonly nominator: Nominator
  readonly held: HeldPods
  readonly writes: ApiWrites
  readonly pods: Lister<Stored<Pod>>
  readonly profileOf: (pod: PodInfo) => Profile
  readonly recorderOf: (profile: Profile) => EventRecorder
  readonly extenders: Extenders | undefined
  readonly explanations: ExplanationLog
}

interface Choice {
  readonly queued: QueuedPod
  readonly node: NodeInfo
  readonly profile: Profile
  readonly cycle: Cycle
  readonly kept: KeptExplanation | undefined
}

/** A pod between being given a node and being bound to it. */
interface Assumed extends Choice {
  readonly info: PodInfo
}

/** What a `schedule` entry of the journal says to programs. */
export interface ScheduleDetail {
  readonly attempts: number
  readonly nominatedNode?: string
  readonly kept?: KeptExplanation
}

export class SchedulingCycle {
  readonly #parts: CycleParts
  #isScheduled = false
  /** An extender is asked about the current pod: the next one waits. */
  #isBusy = false

  constructor(parts: CycleParts) {
    this.#parts = parts
  }

  /** Work is there: one event per pod, so that other processes get their turn and a stepped loop shows each. */
  wake(): void {
    if (this.#isScheduled || this.#isBusy) return
    this.#isScheduled = true
    const run = () => {
      this.#isScheduled = false
      this.#scheduleNext()
    }
    this.#parts.process.clock.after(0, run, { background: false, label: 'kube-scheduler: schedules a pod' })
  }

  #scheduleNext(): void {
    const { queue, process } = this.#parts
    const queued = queue.pop()
    if (queued === undefined) return
    const { cause } = queued.context
    process.loop.within(process.loop.causedBy(cause, false), () => this.#scheduleOne(queued))
    if (queue.hasReady) this.wake()
  }

  #scheduleOne(queued: QueuedPod): void {
    const { queue, cache, profileOf, recorderOf } = this.#parts
    const { pod, uid } = queued.info
    const profile = profileOf(queued.info)
    if (pod.metadata.deletionTimestamp !== undefined) {
      const { namespace, name } = pod.metadata
      const text = `skip schedule deleting pod: ${namespace}/${name}`
      recorderOf(profile).event(pod, 'Warning', 'FailedScheduling', text, { action: 'Scheduling' })
      queue.finish(uid)
      return
    }
    if (cache.isAssumed(uid)) {
      queue.finish(uid)
      return
    }
    const cycle: Cycle = { pod: queued.info, state: new Map() }
    this.#guarded(queued, profile, () => this.#findNode(queued, profile, cycle))
  }

  #findNode(queued: QueuedPod, profile: Profile, cycle: Cycle): void {
    const { cache, extenders, explanations } = this.#parts
    const { evaluator } = profile
    if (cache.nodes().length === 0) {
      this.#failed(queued, profile, NO_NODES, 'Unschedulable')
      return
    }
    const result = evaluator.search(cycle)
    if (result.failure !== undefined) {
      this.#unschedulable(queued, profile, cycle, result.failure)
      return
    }
    const { feasible } = result
    if (extenders?.concerns(queued.info)) {
      this.#askExtenders(queued, profile, cycle, extenders)
      return
    }
    const node =
      feasible.count === 1
        ? cache.at(feasible.slots[0]!)!
        : evaluator.choose(feasible, evaluator.score(cycle, feasible))
    const kept = this.#keepsExplanations()
      ? explanations.keep(explainChoice(profile, cycle, cache.nodes(), feasible, node))
      : undefined
    this.#assume({ queued, profile, cycle, node, kept })
  }

  #keepsExplanations(): boolean {
    const { process, cache, explanations } = this.#parts
    return process.journal.enabled && explanations.wants(cache.nodes().length)
  }

  /** Extenders are outside and slow: the cycle goes on when they have answered, and the next pod waits for it. */
  #askExtenders(queued: QueuedPod, profile: Profile, cycle: Cycle, extenders: Extenders): void {
    const { process } = this.#parts
    this.#isBusy = true
    process.spawn('kube-scheduler: asks extenders', async () => {
      try {
        const answer = await extenders.choose(profile, cycle)
        if (answer.failure !== undefined)
          this.#guarded(queued, profile, () => this.#unschedulable(queued, profile, cycle, answer.failure))
        else
          this.#guarded(queued, profile, () =>
            this.#assume({ queued, profile, cycle, node: answer.node, kept: undefined }),
          )
      } catch (error) {
        this.#failed(
          queued,
          profile,
          error instanceof Error ? error.message : String(error),
          'SchedulerError',
        )
      } finally {
        this.#isBusy = false
        if (this.#parts.queue.hasReady) this.wake()
      }
    })
  }

  // -- the pod has a node ---------------------------------------------------------------------------------

  #assume(choice: Choice): void {
    const { cache, nominator, held } = this.#parts
    const { queued, profile, cycle, node } = choice
    const info = { ...queued.info }
    cache.assume(info, node.name)
    nominator.remove(info.uid)
    const assumed: Assumed = { ...choice, info }
    for (const plugin of profile.reserve) {
      const status = plugin.reserve?.(info, node, cycle) ?? SUCCESS
      if (status.code !== 'success') {
        this.#bindingFailed(assumed, by(plugin.name, status))
        return
      }
    }
    const waits = new Map<string, number>()
    for (const plugin of profile.permit) {
      const status = plugin.permit!(info, node, cycle)
      if (status.code === 'wait') waits.set(plugin.name, status.timeoutMs ?? 0)
      else if (status.code !== 'success') {
        this.#bindingFailed(assumed, by(plugin.name, status))
        return
      }
    }
    if (waits.size === 0) {
      this.#bind(assumed)
      return
    }
    held.hold(info, waits, (status) => {
      if (status.code === 'success') this.#bind(assumed)
      else this.#bindingFailed(assumed, status)
    })
  }

  /** No promise where none is needed: the usual profile has no plugin that awaits. */
  #bind(assumed: Assumed): void {
    const { profile, info, node, cycle } = assumed
    const binder = profile.bind[0]!
    const waits = profile.preBind.some((it) => it.concerns?.(info.class, 'filter') ?? true)
    const needsTask = waits || profile.bind.length > 1 || binder.bindAsync === undefined
    const isExtended = this.#parts.extenders?.binds(info) ?? false
    if (!needsTask && !isExtended) {
      binder.bindAsync!(info, node, cycle, (status) => this.#bound(assumed, by(binder.name, status)))
      return
    }
    this.#parts.process.spawn(`kube-scheduler: binds ${objectKey(info.pod.metadata)}`, async () => {
      this.#bound(assumed, await this.#runBindingPlugins(assumed))
    })
  }

  async #runBindingPlugins({ profile, info, node, cycle }: Assumed): Promise<Status> {
    try {
      for (const plugin of profile.preBind) {
        const status = await plugin.preBind!(info, node, cycle)
        if (status.code !== 'success' && status.code !== 'skip') return by(plugin.name, status)
      }
      const { extenders, process } = this.#parts
      if (extenders?.binds(info)) return await extenders.bind(info, node)
      for (const plugin of profile.bind) {
        const status = await bindWith(plugin, process, info, node, cycle)
        if (status.code !== 'skip') return by(plugin.name, status)
      }
      return failed('no bind plugin bound the pod')
    } catch (error) {
      return failed(error instanceof Error ? error.message : String(error))
    }
  }

  #bound(assumed: Assumed, status: Status): void {
    const { queued, profile, info, node, cycle, kept } = assumed
    if (status.code !== 'success') {
      this.#bindingFailed(assumed, status)
      return
    }
    const { queue, process, recorderOf } = this.#parts
    queue.finish(info.uid)
    const { namespace, name } = info.pod.metadata
    if (process.journal.enabled)
      process.journal.record(
        'schedule',
        process.name,
        objectRef('Pod', info.pod.metadata),
        `bound to ${node.name}`,
        { attempts: queued.attempts, kept } satisfies ScheduleDetail,
      )
    recorderOf(profile).event(
      info.pod,
      'Normal',
      'Scheduled',
      `Successfully assigned ${namespace}/${name} to ${node.name}`,
      { action: 'Binding' },
    )
    for (const plugin of profile.postBind) plugin.postBind!(info, node, cycle)
  }

  /** After the pod was given the node: take it back. */
  #bindingFailed({ queued, profile, info, node, cycle }: Assumed, status: Status): void {
    const { cache, queue } = this.#parts
    for (const plugin of [...profile.reserve].reverse()) plugin.unreserve?.(info, node, cycle)
    cache.forget(info.uid)
    const rejected = isRejection(status)
    const message = rejected
      ? `0/1 nodes are available: 1 ${messageOf(status)}.`
      : `binding rejected: ${messageOf(status)}`
    if (rejected) {
      const plugins = new Set(status.plugin === undefined ? [] : [status.plugin])
      this.#reject(queued, profile, message, plugins, new Set())
    } else this.#failed(queued, profile, message, 'SchedulerError')
    // What it held is free again.
    queue.moveAll(
      { resource: 'AssignedPod', action: 2, label: 'AssignedPodDelete', oldObject: info.pod },
      rejected ? info.uid : undefined,
    )
  }

  // -- the pod has no node --------------------------------------------------------------------------------

  #unschedulable(queued: QueuedPod, profile: Profile, cycle: Cycle, failure: Failure): void {
    let nominated: string | undefined
    let postFilterMessage: string | undefined
    for (const plugin of profile.postFilter) {
      const { status, nominatedNode } = plugin.postFilter!(queued.info, cycle, failure)
      nominated = nominatedNode ?? nominated
      if (status.code === 'success') {
        postFilterMessage = undefined
        break
      }
      if (!isRejection(status)) {
        this.#failed(queued, profile, messageOf(status), 'SchedulerError')
        return
      }
      postFilterMessage = messageOf(status)
    }
    const message = failureMessage(failure, postFilterMessage)
    const { cache, explanations } = this.#parts
    const kept = this.#keepsExplanations()
      ? explanations.keep(explainFailure(profile, cycle, cache.nodes(), failure, message, nominated))
      : undefined
    this.#reject(queued, profile, message, failure.plugins, failure.pendingPlugins, { nominated, kept })
  }

  #reject(
    queued: QueuedPod,
    profile: Profile,
    message: string,
    plugins: ReadonlySet<string>,
    pending: ReadonlySet<string>,
    { nominated, kept }: { readonly nominated?: string; readonly kept?: KeptExplanation } = {},
  ): void {
    const { queue, nominator } = this.#parts
    if (this.#isGone(queued)) return
    if (nominated) nominator.add(queued.info, nominated)
    else if (nominated === '') nominator.remove(queued.info.uid)
    queue.requeueUnschedulable(queued, plugins, pending)
    this.#report(queued, profile, message, 'Unschedulable', nominated, kept)
  }

  /** Not the pod's fault, or nothing that an event could cure. */
  #failed(
    queued: QueuedPod,
    profile: Profile,
    message: string,
    reason: 'Unschedulable' | 'SchedulerError',
  ): void {
    if (this.#isGone(queued)) return
    if (reason === 'Unschedulable')
      this.#parts.queue.requeueUnschedulable(queued, NO_NODE_PLUGINS, NO_PLUGINS)
    else this.#parts.queue.requeueAfterError(queued)
    this.#report(queued, profile, message, reason, undefined)
  }

  #report(
    queued: QueuedPod,
    profile: Profile,
    message: string,
    reason: 'Unschedulable' | 'SchedulerError',
    nominated: string | undefined,
    kept?: KeptExplanation,
  ): void {
    const { process, writes, recorderOf } = this.#parts
    const { pod } = queued.info
    if (process.journal.enabled)
      process.journal.record('schedule', process.name, objectRef('Pod', pod.metadata), message, {
        attempts: queued.attempts,
        nominatedNode: nominated,
        kept,
      } satisfies ScheduleDetail)
    recorderOf(profile).event(pod, 'Warning', 'FailedScheduling', message, { action: 'Scheduling' })
    writes.reportFailure(pod, { type: 'PodScheduled', status: 'False', reason, message }, nominated)
  }

  /** Deleted, or placed by somebody else, while the attempt ran. */
  #isGone({ info }: QueuedPod): boolean {
    const current = this.#parts.pods.get(objectKey(info.pod.metadata))
    const isGone =
      current === undefined || current.metadata.uid !== info.uid || Boolean(current.spec.nodeName)
    if (isGone) this.#parts.queue.delete(info.uid)
    return isGone
  }

  /** A plugin that throws fails the attempt, with back-off, and never the scheduler. */
  #guarded(queued: QueuedPod, profile: Profile, body: () => void): void {
    try {
      body()
    } catch (error) {
      if (!(error instanceof PluginError)) throw error
      this.#failed(queued, profile, error.message, 'SchedulerError')
    }
  }
}

const NO_PLUGINS: ReadonlySet<string> = new Set()
/** With no node at all the pod waits for one: any plugin that listens for nodes will do. */
const NO_NODE_PLUGINS: ReadonlySet<string> = new Set(['NodeUnschedulable', 'NodeResourcesFit'])

function bindWith(
  plugin: Plugin,
  process: Process,
  info: PodInfo,
  node: NodeInfo,
  cycle: Cycle,
): Maybe<Status> {
  if (plugin.bind !== undefined) return plugin.bind(info, node, cycle)
  const { promise, resume } = process.loop.suspend<Status>()
  plugin.bindAsync!(info, node, cycle, resume)
  return promise
}

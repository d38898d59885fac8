/**
 * The kube-scheduler as a component of a process: watches pods and nodes, decides, and writes bindings.
 * `scheduler({ configuration, plugins })` takes what a KubeSchedulerConfiguration file and an own build would give.
 */
import { Pod } from '../api/core/pod.ts'
import type { EventRecorder } from '../client/event-recorder.ts'
import type { Component, Process } from '../client/process.ts'
import type { Random } from '../kernel/random.ts'
import { ApiWrites } from './api-writes.ts'
import { ClusterCache } from './cache/cluster-cache.ts'
import type { PodInfo } from './cache/node-info.ts'
import {
  DEFAULT_CONFIGURATION,
  type SchedulerConfiguration,
  type SchedulerConfigurationInput,
  schedulerConfiguration,
} from './config.ts'
import { watchCluster, watchKind } from './event-handlers.ts'
import { DEFAULT_LIMITS, type ExplanationLimits, ExplanationLog } from './explain.ts'
import { type CallExtender, Extenders } from './extender.ts'
import { Nominator } from './framework/nominator.ts'
import type { PluginFactory, PluginHandle } from './framework/plugin.ts'
import { ConfigurationError, issueText, Profile, pathText } from './framework/profile.ts'
import { SchedulingQueue } from './queue/scheduling-queue.ts'
import { BUILT_IN, type RegisteredPlugin } from './registry.ts'
import { rehearseProfiles } from './rehearsal.ts'
import { SchedulingCycle } from './scheduling-cycle.ts'
import { HeldPods } from './waiting-pods.ts'

const DEFAULT_SCHEDULER = 'default-scheduler'

export interface SchedulerOptions {
  /** As in a KubeSchedulerConfiguration; absent: upstream's defaults. */
  readonly configuration?: SchedulerConfigurationInput
  /** Plugins of your own by name; enable them in a profile. */
  readonly plugins?: Readonly<Record<string, PluginFactory>> | readonly RegisteredPlugin[]
  /** Breaks ties and picks where preemption starts looking; default: the process's stream `scheduler`. */
  readonly random?: Random
  /** Which decisions are explained in the journal; default: the last 200 of clusters up to 100 nodes. */
  readonly explain?: Partial<ExplanationLimits>
  /** Reaches HTTP extenders; without it a configuration that names some is refused. */
  readonly callExtender?: CallExtender
}

/** A scheduler to be run in a process. Throws {@link ConfigurationError} when the configuration is wrong. */
export function scheduler(options: SchedulerOptions = {}): Component {
  const setup = setUp(options)
  return { name: 'kube-scheduler', start: (process) => void new Scheduler(process, setup) }
}

/** Options, checked. */
interface Setup {
  readonly configuration: SchedulerConfiguration
  readonly registry: ReadonlyMap<string, RegisteredPlugin>
  readonly random: Random | undefined
  readonly limits: ExplanationLimits
  readonly callExtender: CallExtender | undefined
}

function setUp({ configuration, plugins, random, explain, callExtender }: SchedulerOptions): Setup {
  const checked = configuration === undefined ? DEFAULT_CONFIGURATION : checkConfiguration(configuration)
  const registry = registryOf(plugins)
  // What was not configured needs no check; what was must fail here and not when the process starts.
  if (configuration !== undefined) rehearseProfiles(checked, registry)
  if (checked.extenders.length > 0 && callExtender === undefined)
    throw new ConfigurationError('extenders', 'there is no way to call them from here: give callExtender')
  return { configuration: checked, registry, random, limits: { ...DEFAULT_LIMITS, ...explain }, callExtender }
}

export function checkConfiguration(input: unknown): SchedulerConfiguration {
  const checked = schedulerConfiguration().safeParse(input)
  if (checked.success) return checked.data
  const issue = checked.error.issues[0]!
  throw new ConfigurationError(pathText(issue.path).replace(/^\./, '') || 'configuration', issueText(issue))
}

export function registryOf(plugins: SchedulerOptions['plugins'] = []): ReadonlyMap<string, RegisteredPlugin> {
  const own = Array.isArray(plugins)
    ? (plugins as readonly RegisteredPlugin[])
    : Object.entries(plugins).map(([name, create]): RegisteredPlugin => ({ name, create }))
  const registry = new Map(BUILT_IN.map((it) => [it.name, it]))
  for (const plugin of own) {
    if (registry.has(plugin.name))
      throw new ConfigurationError('plugins', `there is a plugin ${JSON.stringify(plugin.name)} already`)
    registry.set(plugin.name, plugin)
  }
  return registry
}

/** One incarnation. */
class Scheduler {
  constructor(process: Process, { configuration, registry, limits, callExtender, ...setup }: Setup) {
    const random = setup.random ?? process.random('scheduler')
    const cache = new ClusterCache()
    const nominator = new Nominator(cache)
    const held = new HeldPods(process.clock)
    const recorders = new Map<string, EventRecorder>()
    const recorder = (name: string) => {
      let found = recorders.get(name)
      if (found === undefined) recorders.set(name, (found = process.recorder(name, { api: 'events.k8s.io' })))
      return found
    }
    const defaultRecorder = recorder(configuration.profiles[0]!.schedulerName)
    const writes = new ApiWrites(process, defaultRecorder)
    const handle: Omit<PluginHandle, 'schedulerName' | 'filterNow' | 'tryOut' | 'isLocal'> = {
      cache,
      client: process.client,
      clock: process.clock,
      informers: process.informers,
      recorder: defaultRecorder,
      random,
      requests: writes,
      nominator,
      waiting: held,
      moveAll: (label) => queue.moveAll({ resource: '*', action: 0, label }),
      recheck: (uid, anyway) => {
        if (anyway || queue.get(uid)?.gated) queue.activate(uid)
      },
    }
    const profiles = new Map<string, Profile>()
    configuration.profiles.forEach((it, i) => {
      const { percentageOfNodesToScore } = configuration
      const path = `profiles[${i}]`
      const profile = new Profile(it, { registry, nominator, percentageOfNodesToScore, handle, path })
      profiles.set(it.schedulerName, profile)
    })
    const all = [...profiles.values()]
    const profileOf = ({ class: { spec } }: PodInfo) => profiles.get(spec.schedulerName ?? DEFAULT_SCHEDULER)!
    const queue: SchedulingQueue = new SchedulingQueue(process.clock, process.loop, nominator, {
      initialBackoffMs: configuration.podInitialBackoffSeconds * 1000,
      maxBackoffMs: configuration.podMaxBackoffSeconds * 1000,
      less: all[0]!.less,
      profileOf,
      onReady: () => {
        if (synced) cycle.wake()
      },
    })
    const cycle: SchedulingCycle = new SchedulingCycle({
      process,
      cache,
      queue,
      nominator,
      held,
      writes,
      pods: process.informers.for(Pod).lister,
      profileOf,
      recorderOf: (profile) => recorder(profile.schedulerName),
      extenders:
        callExtender && configuration.extenders.length > 0
          ? new Extenders(configuration.extenders, callExtender, cache)
          : undefined,
      explanations: new ExplanationLog(limits),
    })
    watchCluster(process.informers, {
      cache,
      queue,
      isOurs: ({ spec }) => profiles.has(spec.schedulerName ?? DEFAULT_SCHEDULER),
      onDeleted: (uid) => void held.reject(uid, 'deleted', 'pod was deleted'),
    })
    const watched = new Map(
      all
        .flatMap(({ plugins }) => [...plugins.values()].flatMap((it) => it.watches ?? []))
        .map((it) => [it.resource, it]),
    )
    for (const kind of watched.values()) watchKind(process.informers, queue, kind)
    // Deciding on half a picture would spread pods over the first few nodes heard of.
    let synced = false
    process.informers.whenSynced(() => {
      synced = true
      if (queue.hasReady) cycle.wake()
    })
  }
}

/** The scheduler's insides without API server, queue or time: a cache and one profile. */
import type { Namespace } from '../../src/api/core/namespace.ts'
import type { Node } from '../../src/api/core/node.ts'
import type { Pod } from '../../src/api/core/pod.ts'
import { type KubeObject, objectKey, type Stored } from '../../src/api/kind.ts'
import type { Client } from '../../src/client/client.ts'
import type { Informer, InformerFactory } from '../../src/client/informer.ts'
import type { Clock } from '../../src/client/process.ts'
import { type Random, randomStream } from '../../src/kernel/random.ts'
import { ClusterCache } from '../../src/scheduler/cache/cluster-cache.ts'
import type { NodeInfo, PodInfo } from '../../src/scheduler/cache/node-info.ts'
import type { SchedulerConfigurationInput } from '../../src/scheduler/config.ts'
import { Nominator } from '../../src/scheduler/framework/nominator.ts'
import type { Cycle, Plugin } from '../../src/scheduler/framework/plugin.ts'
import { Profile } from '../../src/scheduler/framework/profile.ts'
import { BUILT_IN, type RegisteredPlugin } from '../../src/scheduler/registry.ts'
import { checkConfiguration } from '../../src/scheduler/scheduler.ts'

export interface LabOptions {
  readonly nodes?: readonly Node[]
  /** Placed when they name a node. */
  readonly pods?: readonly Pod[]
  readonly namespaces?: readonly Namespace[]
  /** Services, replica sets, budgets and the like, by kind. */
  readonly objects?: Readonly<Record<string, readonly KubeObject[]>>
  readonly configuration?: SchedulerConfigurationInput
  readonly plugins?: readonly RegisteredPlugin[]
  readonly random?: Random
}

export interface Lab {
  readonly cache: ClusterCache
  readonly profile: Profile
  readonly nominator: Nominator
  stored<T extends KubeObject>(object: T): Stored<T>
  cycle(pod: Pod): Cycle
  /** One filter on one node; undefined: it passes. */
  filter(plugin: string, cycle: Cycle, node: NodeInfo): string | undefined
  /** Normalised scores of one plugin on nodes, or 'Skip'. */
  score(plugin: string, cycle: Cycle, nodes: readonly NodeInfo[], normalized?: boolean): number[] | 'Skip'
}

let counter = 0

export function stored<T extends KubeObject>(object: T): Stored<T> {
  const { name = '', ...rest } = object.metadata ?? {}
  const uid = `uid-${++counter}`
  const stamps = { resourceVersion: String(counter), creationTimestamp: '2025-01-01T00:00:00Z' }
  return { ...object, metadata: { uid, ...stamps, name, ...rest } } as Stored<T>
}

export function lab(options: LabOptions = {}): Lab {
  const cache = new ClusterCache()
  for (const it of options.namespaces ?? []) cache.setNamespace(stored(it))
  for (const it of options.nodes ?? []) cache.setNode(stored(it))
  for (const it of options.pods ?? []) if (it.spec.nodeName) cache.setPod(stored(it))
  const nominator = new Nominator(cache)
  const registry = new Map([...BUILT_IN, ...(options.plugins ?? [])].map((it) => [it.name, it]))
  const configuration = checkConfiguration(options.configuration ?? {})
  const random = options.random ?? randomStream(1, 'scheduler')
  const profile = new Profile(configuration.profiles[0]!, {
    registry,
    nominator,
    percentageOfNodesToScore: configuration.percentageOfNodesToScore,
    path: 'profiles[0]',
    handle: {
      cache,
      client: {} as Client,
      clock: { now: () => 0 } as Clock,
      informers: fixedInformers(options.objects ?? {}),
      recorder: { event() {} },
      random,
      requests: { bind() {}, preempt() {}, clearNomination() {} },
      nominator,
      waiting: { list: () => [], allow() {}, reject: () => false },
      moveAll() {},
      recheck() {},
    },
  })
  const { evaluator } = profile
  return {
    cache,
    profile,
    nominator,
    stored,
    cycle: (pod) => ({ pod: cache.describe(stored(pod)), state: new Map() }),
    filter(name, cycle, node) {
      const plugin = profile.plugins.get(name)!
      if (!(plugin.concerns?.(cycle.pod.class, 'filter') ?? true)) return undefined
      const tracker = plugin.tracks?.includes('filter') ? plugin.track!(cycle.pod.class) : undefined
      const status = tracker ? tracker.filter(node.slot) : plugin.filter?.(cycle.pod, node, cycle)
      tracker?.dispose()
      return status === undefined || status.code === 'success' ? undefined : status.reasons.join(', ')
    },
    score(name, cycle, nodes, normalized = true) {
      const plugin = profile.plugins.get(name)!
      if (!(plugin.concerns?.(cycle.pod.class, 'score') ?? true)) return 'Skip'
      const scores = new Float64Array(nodes.length)
      if (plugin.tracks?.includes('score')) return tracked(plugin, cycle.pod, nodes, scores)
      nodes.forEach((node, i) => {
        scores[i] = plugin.score!(cycle.pod, node, cycle)
      })
      if (normalized) plugin.normalize?.(scores, nodes.length, cycle.pod, cycle)
      return [...scores]
    },
  }

  function tracked(
    plugin: Plugin,
    pod: PodInfo,
    nodes: readonly NodeInfo[],
    scores: Float64Array,
  ): number[] | 'Skip' {
    void evaluator
    const tracker = plugin.track!(pod.class)!
    const slots = Int32Array.from(nodes, (it) => it.slot)
    if (!tracker.prepare(slots, slots.length)) return 'Skip'
    nodes.forEach(({ slot }, i) => {
      scores[i] = tracker.score(slot)
    })
    tracker.normalize(scores, slots, slots.length)
    return [...scores]
  }
}

/** Informers that know a few objects from the start and hear of no others. */
export function fixedInformers(objects: Readonly<Record<string, readonly KubeObject[]>>): InformerFactory {
  return {
    for(kind: { readonly kind: string }) {
      const items = (objects[kind.kind] ?? []).map(stored)
      const byKey = new Map(items.map((it) => [objectKey(it.metadata), it]))
      return {
        kind,
        synced: true,
        resourceVersion: '1',
        whenSynced: (run: () => void) => run(),
        addHandlers: (handlers: { add?(object: unknown): void }) => {
          for (const it of items) handlers.add?.(it)
        },
        lister: {
          get: (key: string) => byKey.get(key),
          list: () => items,
          byIndex: (_index: string, value: string) =>
            items.filter((it) => (it.metadata as { namespace?: string }).namespace === value),
          size: items.length,
        },
      } as unknown as Informer<KubeObject>
    },
    whenSynced: (run: () => void) => run(),
  } as InformerFactory
}

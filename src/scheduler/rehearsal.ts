/** Profiles over objects that stand still: to check a configuration, to explain a decision, to ask "what if". */
import { type KubeObject, objectKey, type Stored } from '../api/kind.ts'
import type { Client } from '../client/client.ts'
import type { Informer, InformerFactory, InformerHandlers } from '../client/informer.ts'
import type { Clock } from '../client/process.ts'
import { randomStream } from '../kernel/random.ts'
import { ClusterCache } from './cache/cluster-cache.ts'
import type { SchedulerConfiguration } from './config.ts'
import { Nominator } from './framework/nominator.ts'
import { ConfigurationError, Profile } from './framework/profile.ts'
import type { RegisteredPlugin } from './registry.ts'

export interface Rehearsal {
  readonly cache: ClusterCache
  readonly nominator: Nominator
  /** By scheduler name. */
  readonly profiles: ReadonlyMap<string, Profile>
}

/** Throws ConfigurationError for whatever a profile cannot be made of. */
export function rehearseProfiles(
  configuration: SchedulerConfiguration,
  registry: ReadonlyMap<string, RegisteredPlugin>,
  objectsOf: (kind: string) => readonly Stored<KubeObject>[] = () => [],
  seed = 1,
): Rehearsal {
  const cache = new ClusterCache()
  const nominator = new Nominator(cache)
  const clock: Clock = {
    now: () => 0,
    stamp: () => 0,
    after: () => NEVER,
    every: () => NEVER,
    shared: () => NEVER,
    sleep: () => new Promise(() => {}),
  }
  const profiles = configuration.profiles.map(
    (it, i) =>
      new Profile(it, {
        registry,
        nominator,
        percentageOfNodesToScore: configuration.percentageOfNodesToScore,
        path: `profiles[${i}]`,
        handle: {
          cache,
          client: NO_CLIENT,
          clock,
          informers: stillInformers(objectsOf),
          recorder: { event() {} },
          random: randomStream(seed, 'kube-scheduler/scheduler'),
          requests: { bind() {}, preempt() {}, clearNomination() {} },
          nominator,
          waiting: { list: () => [], allow() {}, reject: () => false },
          moveAll() {},
          recheck() {},
        },
      }),
  )
  profiles.forEach((profile, i) => {
    if (profile.queueSortName !== profiles[0]!.queueSortName)
      throw new ConfigurationError(
        `profiles[${i}].plugins.queueSort`,
        'must be the same plugin with the same args in all profiles',
      )
  })
  return { cache, nominator, profiles: new Map(profiles.map((it) => [it.schedulerName, it])) }
}

const NEVER = { cancel() {} }
/** Nothing is written in a rehearsal: a plugin that tries has been called outside its point. */
const NO_CLIENT = Object.freeze({}) as Client

function stillInformers(objectsOf: (kind: string) => readonly Stored<KubeObject>[]): InformerFactory {
  const informerOf = ({ kind }: { readonly kind: string }) => {
    const objects = objectsOf(kind)
    const byKey = new Map(objects.map((it) => [objectKey(it.metadata), it]))
    return {
      kind,
      synced: true,
      resourceVersion: '',
      whenSynced: (run: () => void) => run(),
      addHandlers(handlers: InformerHandlers<Stored<KubeObject>>) {
        for (const it of objects) handlers.add?.(it)
      },
      lister: {
        get: (key: string) => byKey.get(key),
        list: () => objects,
        byIndex: (_: string, value: string) => objects.filter((it) => it.metadata.namespace === value),
        size: objects.length,
      },
    } as unknown as Informer<KubeObject>
  }
  return { for: informerOf as unknown as InformerFactory['for'], whenSynced: (run) => run() }
}

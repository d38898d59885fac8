/** What every cluster stands on, before any process runs: loop, journal, store, API server, network. */

import { type CertificateAuthority, pretendedAuthority } from '../api/certificates/certificate.ts'
import type { KubeObject } from '../api/kind.ts'
import type { Maybe, UserInfo } from '../api/request.ts'
import { createScheme, type Scheme } from '../api/scheme.ts'
import type { NodeStreams } from '../api/streams.ts'
import { parseTime } from '../api/time.ts'
import { ApiServer } from '../apiserver/server.ts'
import { ApiClient } from '../client/api-client.ts'
import type { Client } from '../client/client.ts'
import type { Component } from '../client/process.ts'
import { type Environment, type ProcessHandle, startProcess } from '../client/process-host.ts'
import { Requests } from '../client/requests.ts'
import { SharedTimers } from '../client/shared-timers.ts'
import { lanNetwork, Network } from '../client/transport.ts'
import type { Cloud } from '../cloud/provider.ts'
import { Store } from '../etcd/store.ts'
import { EventLoop } from '../kernel/event-loop.ts'
import { invariant } from '../kernel/invariant.ts'
import { Journal } from '../kernel/journal.ts'
import { type Random, randomStream } from '../kernel/random.ts'
import type { ImageCatalog } from '../kubelet/cri/image-catalog.ts'
import type { FileTree } from '../kubelet/file-tree.ts'
import { BUILT_IN_IMAGES, BUILT_IN_PROGRAMS } from '../kubelet/programs/built-in.ts'
import type { ProgramTable } from '../kubelet/programs/program.ts'
import type { ClusterNetwork } from '../network/cluster-network.ts'
import type { ClusterOptions, DurationLike } from './cluster.ts'
import { ClusterMetrics } from './custom-metrics.ts'
import { toMs } from './duration.ts'
import { imageCatalog } from './images.ts'
import { InputError } from './input-error.ts'
import { podNetwork } from './pod-network.ts'
import { ADMIN } from './users.ts'
import { ClusterWebhooks } from './webhooks.ts'

const DEFAULT_START = '2025-01-01T00:00:00Z'
const DEFAULT_SEED = 1
/** The API server of upstream compacts etcd every five minutes (apiserver, --etcd-compaction-interval). */
const COMPACTION_INTERVAL_MS = 300_000

export class Foundation {
  /** What the owner of this loop stands on. */
  static of(loop: EventLoop): Foundation {
    // No WeakMap: V8's young collections keep the values of one that is old, and thousands of clusters with them.
    invariant(loop.owner instanceof Foundation, 'the loop belongs to a cluster')
    return loop.owner
  }

  readonly seed: number
  /** Virtual time at which this cluster, or the one it was forked from, began. */
  readonly start: number
  readonly loop: EventLoop
  readonly journal: Journal
  readonly scheme: Scheme
  readonly store: Store<KubeObject>
  readonly server: ApiServer
  readonly network: Network
  readonly environment: Environment
  /** Carries what containers say to one another. */
  readonly podNetwork: ClusterNetwork
  /** How to reach the containers of a node; undefined while its kubelet is down. */
  streamsOf: (node: string) => NodeStreams | undefined = () => undefined
  /** The ways from the API server to webhooks. */
  readonly webhooks: ClusterWebhooks
  /** What autoscalers may ask for besides CPU and memory. */
  readonly metrics: ClusterMetrics
  /** Contents of disks that nodes attach, by PersistentVolume: they follow their pods from node to node. */
  readonly disks = new Map<string, FileTree>()
  /** The cloud that the nodes run on, if any. */
  cloud: Cloud | undefined
  /** What the registries of this world hold. */
  readonly images: ImageCatalog
  /** Programs that containers may run, by name. */
  readonly programs: ProgramTable
  /** What an empty cluster has to hold is there; a promise where an etcd elsewhere keeps it. */
  readonly ready: Maybe<undefined>
  readonly #options: ClusterOptions
  #authority: CertificateAuthority | undefined

  constructor(options: ClusterOptions, from?: Foundation) {
    this.#options = options
    this.seed = options.seed ?? DEFAULT_SEED
    this.start = from?.start ?? parseStart(options.start ?? DEFAULT_START)
    this.loop = new EventLoop({ start: from?.loop.now ?? this.start, chooser: options.chooser })
    this.journal = new Journal(this.loop, options.journal)
    this.scheme = options.scheme ?? createScheme()
    // A fork goes its own way, in memory.
    const mirror = from === undefined ? options.mirror : undefined
    this.store = from?.store.clone(this.#storeOptions()) ?? this.#openStore()
    const random = (name: string) => this.random(name)
    this.server = new ApiServer({
      loop: this.loop,
      journal: this.journal,
      scheme: this.scheme,
      store: this.store,
      mirror,
      random: random('kube-apiserver'),
      authorization: options.authorization,
      eventTtlSeconds: secondsToLive(options.eventTTL),
    })
    this.ready = from === undefined ? this.server.bootstrap() : undefined
    this.network = networkOf(options, this.loop, this.server, this.seed)
    this.environment = {
      loop: this.loop,
      journal: this.journal,
      scheme: this.scheme,
      timers: new SharedTimers(this.loop),
      recordEvents: options.events,
      random,
    }
    this.podNetwork = podNetwork(this, random('network'), options.proxyMode)
    this.webhooks = new ClusterWebhooks(this, options.webhooks ?? [], from?.webhooks)
    this.server.webhookCaller = this.webhooks
    this.metrics = new ClusterMetrics(this.server, options.metrics ?? [], from?.metrics)
    this.images = imageCatalog(options.images, BUILT_IN_IMAGES)
    this.programs = BUILT_IN_PROGRAMS
    this.#keepHistoryBounded()
    this.loop.owner = this
  }

  /** Who signs certificates: a real one once the cluster is served to the outside. */
  get authority(): CertificateAuthority {
    this.#authority ??= pretendedAuthority(() => this.loop.now)
    return this.#authority
  }

  set authority(authority: CertificateAuthority) {
    this.#authority = authority
  }

  random(name: string): Random {
    return randomStream(this.seed, name)
  }

  /** A client from outside any process; its calls are events like all others. */
  outsideClient(user: UserInfo = ADMIN, userAgent = 'user'): Client {
    return new ApiClient(new Requests(user, userAgent), this.loop, this.network.link(userAgent))
  }

  startProcess(
    name: string,
    user: UserInfo,
    components: readonly Component[],
    restartDelayMs?: number,
  ): ProcessHandle {
    const transport = this.network.link(name)
    const { environment } = this
    return startProcess({ name, user, transport, components, environment, restartDelayMs })
  }

  /** A second foundation that continues from this one's state. */
  fork(): Foundation {
    return new Foundation(this.#options, this)
  }

  #openStore(): Store<KubeObject> {
    const { mirror, openStore } = this.#options
    if (mirror !== undefined) return mirror.openStore(this.#storeOptions())
    return openStore?.(this.#storeOptions()) ?? new Store<KubeObject>(this.#storeOptions())
  }

  #storeOptions() {
    return {
      clock: {
        now: () => this.loop.now,
        after: (ms: number, run: () => void) =>
          this.loop.after(ms, run, { background: true, label: 'etcd lease' }),
      },
    }
  }

  /** As upstream does: what was current one interval ago is the oldest that stays readable. */
  #keepHistoryBounded(): void {
    if (this.#options.history === 'full') return
    let before = this.store.revision
    this.loop.every(COMPACTION_INTERVAL_MS, () => {
      if (before > this.store.compactRevision && before > 1) this.store.compact(before)
      before = this.store.revision
    })
  }
}

function networkOf({ latency }: ClusterOptions, loop: EventLoop, api: ApiServer, seed: number): Network {
  if (typeof latency === 'number') return new Network({ loop, api, latency: () => () => latency })
  return latency === 'none' ? new Network({ loop, api }) : lanNetwork(loop, api, seed)
}

function secondsToLive(ttl: DurationLike | undefined): number | undefined {
  if (ttl === undefined) return undefined
  const ms = toMs(ttl)
  if (ms > 0) return Math.ceil(ms / 1000)
  throw new InputError('eventTTL: Events live longer than 0s', undefined, 'events: false writes none at all')
}

function parseStart(text: string): number {
  const ms = parseTime(text)
  if (Number.isNaN(ms)) throw new InputError(`start: "${text}" is no RFC 3339 time such as ${DEFAULT_START}`)
  return ms
}

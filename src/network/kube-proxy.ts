/**
 * kube-proxy for all nodes: watches Services, EndpointSlices and NetworkPolicies and writes the rules (upstream:
 * pkg/proxy). One process stands for the one on every node, since all of them compute the same from the same; what
 * differs by node (mode, local endpoints, counters) is asked for per node. When it is down, the rules stay.
 */
import { Namespace } from '../api/core/namespace.ts'
import { Pod } from '../api/core/pod.ts'
import { Service } from '../api/core/service.ts'
import { EndpointSlice } from '../api/discovery/endpoint-slice.ts'
import type { Stored } from '../api/kind.ts'
import { NetworkPolicy } from '../api/networking/network-policy.ts'
import type { Informer } from '../client/informer.ts'
import type { Component, Process } from '../client/process.ts'
import type { Timer } from '../kernel/event-loop.ts'
import type { ClusterNetwork, ClusterView } from './cluster-network.ts'
import { iptablesRules } from './proxy/iptables.ts'
import { ipvsServers } from './proxy/ipvs.ts'
import { nftablesRules } from './proxy/nftables.ts'
import { userspaceRules } from './proxy/userspace.ts'
import { type ServicePortEntry, ServiceTable, serviceEntries } from './service-table.ts'

export interface KubeProxyOptions {
  readonly network: ClusterNetwork
  /** Rules are written at most so often (upstream: minSyncPeriod); the first change after a pause at once. Default 1 s. */
  readonly minSyncMs?: number
}

const MIN_SYNC_MS = 1000
const SERVICE_NAME = 'kubernetes.io/service-name'
const CLUSTER_CIDR = '10.244.0.0/16'

export function kubeProxy(options: KubeProxyOptions): Component {
  return { name: 'kube-proxy', start: (process) => void new KubeProxy(options, process) }
}

class KubeProxy implements ClusterView {
  readonly #network: ClusterNetwork
  readonly #process: Process
  readonly #minSyncMs: number
  readonly #services: Informer<Service>
  readonly #slices: Informer<EndpointSlice>
  readonly #policies: Informer<NetworkPolicy>
  /** Only asked for once a policy needs labels: a big cluster without policies pays nothing. */
  #pods: Informer<Pod> | undefined
  #namespaces: Informer<Namespace> | undefined
  /** Entries by service key; those of changed services are made again. */
  readonly #entries = new Map<string, readonly ServicePortEntry[]>()
  readonly #dirty = new Set<string>()
  #lastSync = Number.NEGATIVE_INFINITY
  #timer: Timer | undefined

  constructor(options: KubeProxyOptions, process: Process) {
    this.#network = options.network
    this.#process = process
    this.#minSyncMs = options.minSyncMs ?? MIN_SYNC_MS
    const { informers } = process
    this.#services = informers.for(Service)
    this.#slices = informers.for(EndpointSlice, { indexes: { service: sliceService } })
    this.#policies = informers.for(NetworkPolicy)
    const service = (it: Stored<Service>) => this.#changed(`${it.metadata.namespace}/${it.metadata.name}`)
    this.#services.addHandlers({ add: service, update: service, delete: service })
    const slice = (it: Stored<EndpointSlice>) => {
      const [key] = sliceService(it)
      if (key !== undefined) this.#changed(key)
    }
    this.#slices.addHandlers({ add: slice, update: slice, delete: slice })
    this.#policies.addHandlers({ add: () => this.#watchPods() })
    informers.whenSynced(() => {
      this.#network.view = this
      this.#sync()
    })
  }

  // -- what the network asks ----------------------------------------------------------------------------

  get policies(): readonly NetworkPolicy[] {
    return this.#policies.lister.size === 0 ? NO_POLICIES : [...this.#policies.lister.list()]
  }

  pod(namespace: string, name: string): Pod | undefined {
    return this.#pods?.lister.get(`${namespace}/${name}`)
  }

  namespaceLabels(name: string): Readonly<Record<string, string>> {
    return this.#namespaces?.lister.get(name)?.metadata.labels ?? {}
  }

  service(namespace: string, name: string): Stored<Service> | undefined {
    return this.#services.lister.get(`${namespace}/${name}`)
  }

  slices(namespace: string, service: string): readonly EndpointSlice[] {
    return [...this.#slices.lister.byIndex('service', `${namespace}/${service}`)]
  }

  // -- rules --------------------------------------------------------------------------------------------

  #changed(key: string): void {
    this.#dirty.add(key)
    if (this.#timer !== undefined || !this.#services.synced || !this.#slices.synced) return
    const { clock } = this.#process
    const wait = Math.max(0, this.#lastSync + this.#minSyncMs - clock.now())
    this.#timer = clock.after(
      wait,
      () => {
        this.#timer = undefined
        this.#sync()
      },
      { label: 'kube-proxy rules' },
    )
  }

  #sync(): void {
    this.#lastSync = this.#process.clock.now()
    for (const key of this.#dirty) {
      const service = this.#services.lister.get(key)
      const [namespace = '', name = ''] = key.split('/')
      const entries = service === undefined ? [] : serviceEntries(service, this.slices(namespace, name))
      if (entries.length === 0) this.#entries.delete(key)
      else this.#entries.set(key, entries)
    }
    this.#dirty.clear()
    this.#network.table = new ServiceTable([...this.#entries.values()].flat())
  }

  #watchPods(): void {
    if (this.#pods !== undefined) return
    this.#pods = this.#process.informers.for(Pod)
    this.#namespaces = this.#process.informers.for(Namespace)
  }
}

const NO_POLICIES: readonly NetworkPolicy[] = Object.freeze([])

/** `namespace/service` of a slice. */
function sliceService(slice: Stored<EndpointSlice>): readonly string[] {
  const name = slice.metadata.labels?.[SERVICE_NAME]
  return name === undefined ? [] : [`${slice.metadata.namespace}/${name}`]
}

/** The rules of a node, as the tool of its mode prints them. */
export function proxyRules(network: ClusterNetwork, node: string): string {
  const balancer = network.balancer(node)
  switch (balancer.mode) {
    case 'iptables':
      return iptablesRules(network.table, node, CLUSTER_CIDR)
    case 'nftables':
      return nftablesRules(network.table, node, CLUSTER_CIDR)
    case 'ipvs':
      return ipvsServers(
        network.table,
        node,
        network.nodeNamespace(node)?.ips[0] ?? node,
        balancer.scheduler,
        balancer,
      )
    case 'userspace':
      return userspaceRules(network.table, node)
  }
}

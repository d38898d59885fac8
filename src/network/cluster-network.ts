/**
 * The pod network: carries requests and connections between network namespaces. Addresses are found as packets
 * find them: localhost, a service's address through the rules of the sender's node, a node port, a pod, a node.
 * What the rules say is written by kube-proxy; they stay in force when it is down, as the kernel's do.
 */
import type { Pod } from '../api/core/pod.ts'
import type { NetworkPolicy } from '../api/networking/network-policy.ts'
import type {
  DnsConfig,
  DnsRecord,
  HttpOutcome,
  HttpRequest,
  Listener,
  NetworkFailure,
  NetworkNamespace,
  Peer,
  PodNetwork,
} from '../api/sockets.ts'
import type { Connection, ConnectionSink } from '../api/streams.ts'
import type { EventLoop } from '../kernel/event-loop.ts'
import type { Journal } from '../kernel/journal.ts'
import type { Random } from '../kernel/random.ts'
import { type DnsSource, resolveName } from './dns.ts'
import { inCidr, isIpv4 } from './ip.ts'
import { forbiddenBy, type Party } from './network-policy.ts'
import { type IpvsScheduler, NodeBalancer, type ProxyMode } from './proxy/balancer.ts'
import {
  type Endpoint,
  NO_SERVICES,
  type ServicePortEntry,
  type ServiceTable,
  usableEndpoints,
} from './service-table.ts'

export interface ClusterNetworkOptions {
  readonly loop: EventLoop
  readonly journal: Journal
  readonly random: Random
  /** How each node balances; default iptables. */
  readonly mode?: ProxyMode | ((node: string) => ProxyMode)
  readonly ipvsScheduler?: IpvsScheduler
  readonly clusterDomain?: string
  /** One way within a node and between nodes, ms; defaults 0.1 and 0.5. */
  readonly latencyMs?: { readonly local: number; readonly remote: number }
  /** Journal every request; default false. */
  readonly trace?: boolean
}

/** What the API knows and the network needs: kept up to date by the `network` component. */
export interface ClusterView extends DnsSource {
  readonly policies: readonly NetworkPolicy[]
  pod(namespace: string, name: string): Pod | undefined
  namespaceLabels(name: string): Readonly<Record<string, string>>
}

interface Route {
  readonly namespace: NetworkNamespace | undefined
  readonly listener: Listener | undefined
  readonly ip: string
  readonly port: number
  /** The address that the server sees. */
  readonly sourceIp: string
  readonly endpoint: Endpoint | undefined
  readonly service: ServicePortEntry | undefined
  readonly balancer: NodeBalancer | undefined
}

type Blocked = { readonly failure: NetworkFailure; readonly detail: string; readonly why?: string }

const TIMEOUT_MS = 5000
const EMPTY_VIEW: ClusterView = {
  policies: [],
  pod: () => undefined,
  namespaceLabels: () => ({}),
  service: () => undefined,
  slices: () => [],
}

export class ClusterNetwork implements PodNetwork {
  readonly options: ClusterNetworkOptions
  /** Names outside the cluster. */
  readonly externalNames = new Map<string, string>()
  table: ServiceTable = NO_SERVICES
  view: ClusterView = EMPTY_VIEW
  readonly #namespaces = new Map<string, NetworkNamespace>()
  /** Nodes' own namespaces by node name. */
  readonly #nodes = new Map<string, NetworkNamespace>()
  /** Servers that are no pods: the API server, the outside world. By `ip:port`. */
  readonly #servers = new Map<string, Listener>()
  readonly #balancers = new Map<string, NodeBalancer>()
  /** Pairs of nodes that cannot reach each other: `a b`. */
  readonly #cuts = new Set<string>()
  #loss = 0

  constructor(options: ClusterNetworkOptions) {
    this.options = options
  }

  // -- topology -----------------------------------------------------------------------------------------

  attach(namespace: NetworkNamespace): void {
    for (const ip of namespace.ips) this.#namespaces.set(ip, namespace)
    if (namespace.pod === undefined) this.#nodes.set(namespace.node, namespace)
  }

  detach(namespace: NetworkNamespace): void {
    for (const ip of namespace.ips) if (this.#namespaces.get(ip) === namespace) this.#namespaces.delete(ip)
  }

  /** Who has this address now. */
  namespaceAt(ip: string): NetworkNamespace | undefined {
    return this.#namespaces.get(ip)
  }

  /** Puts a server at an address that belongs to no pod; the function returned takes it away. */
  serve(ip: string, listener: Listener): () => void {
    const key = `${ip}:${listener.port}`
    this.#servers.set(key, listener)
    return () => this.#servers.delete(key)
  }

  /** No traffic between two nodes until `heal`. */
  partition(a: string, b: string): void {
    this.#cuts.add(pair(a, b))
  }

  heal(a: string, b: string): void {
    this.#cuts.delete(pair(a, b))
  }

  /** Share of requests between nodes that get lost, 0 to 1. */
  lose(share: number): void {
    this.#loss = share
  }

  /** What one node's kernel knows about balancing. */
  balancer(node: string): NodeBalancer {
    let balancer = this.#balancers.get(node)
    if (balancer === undefined) {
      const { mode = 'iptables', ipvsScheduler = 'rr', random } = this.options
      balancer = new NodeBalancer(typeof mode === 'function' ? mode(node) : mode, ipvsScheduler, random)
      this.#balancers.set(node, balancer)
    }
    return balancer
  }

  nodeNamespace(node: string): NetworkNamespace | undefined {
    return this.#nodes.get(node)
  }

  /** A node that can send: where the API server's own traffic starts. */
  anyNode(): NetworkNamespace | undefined {
    for (const node of this.#nodes.values()) if (node.alive) return node
    return undefined
  }

  // -- traffic ------------------------------------------------------------------------------------------

  http(
    from: NetworkNamespace,
    target: { readonly host: string; readonly port: number },
    request: HttpRequest,
    options: { readonly dns?: DnsConfig; readonly timeoutMs?: number },
    done: (outcome: HttpOutcome) => void,
  ): void {
    const { loop } = this.options
    const timeoutMs = options.timeoutMs ?? TIMEOUT_MS
    const route = this.#route(from, target, options.dns)
    if ('failure' in route) {
      this.#explain(from, target, request, route.detail, undefined, route.why)
      const delay = route.failure === 'i/o timeout' ? timeoutMs : this.#latency(from, undefined)
      loop.after(delay, () => done({ ok: false, ...route }), { label: `request to ${target.host}` })
      return
    }
    const latency = this.#latency(from, route.namespace)
    route.balancer?.opened(route.endpoint!)
    let over = false
    const finish = (outcome: HttpOutcome) => {
      if (over) return
      over = true
      deadline?.cancel()
      if (route.endpoint !== undefined) route.balancer?.closed(route.endpoint)
      done(outcome)
    }
    const fail = (failure: NetworkFailure, what: string) => {
      if (over) return
      const detail = `${what} ${route.ip}:${route.port}: ${failure}`
      this.#explain(from, target, request, detail, route, undefined)
      finish({ ok: false, failure, detail })
    }
    let deadline: { cancel(): void } | undefined
    loop.after(
      latency,
      () => {
        const { namespace } = route
        if (namespace !== undefined && !namespace.alive) return fail('connection refused', 'dial tcp')
        const listener = route.listener ?? namespace?.listener(route.port, 'TCP', route.ip)
        if (listener?.http === undefined) return fail('connection refused', 'dial tcp')
        if (this.options.trace === true) this.#trace(from, target, request, route)
        const stopWatching = namespace?.onChange(() => {
          // The process that had the request is gone before it answered.
          if (!namespace.alive || namespace.listener(route.port, 'TCP', route.ip) !== listener) {
            stopWatching?.()
            fail('connection reset by peer', 'read tcp')
          }
        })
        listener.http(request, { ip: route.sourceIp, port: 0 }, (response) => {
          stopWatching?.()
          if (over) return
          const peer: Peer = { ip: route.ip, port: route.port }
          loop.after(latency, () => finish({ ok: true, response, from: peer }), {
            label: `answer of ${route.ip}`,
          })
        })
        if (!over) {
          deadline = loop.after(
            timeoutMs,
            () => {
              stopWatching?.()
              fail('i/o timeout', 'read tcp')
            },
            { background: true, label: `time-out of ${target.host}` },
          )
        }
      },
      { label: `request to ${target.host}` },
    )
  }

  connect(
    from: NetworkNamespace,
    target: { readonly host: string; readonly port: number },
    options: { readonly dns?: DnsConfig },
    sink: ConnectionSink,
  ): Connection {
    const { loop } = this.options
    const early: (Uint8Array | 'end')[] = []
    let connection: Connection | undefined
    const local = target.host === 'localhost' || target.host.startsWith('127.')
    const route = local ? this.#own(from, target.port) : this.#route(from, target, options.dns)
    const refuse = (text: string) =>
      loop.after(this.#latency(from, undefined), () => sink.end(text), { label: 'connection refused' })
    if ('failure' in route) refuse(route.detail)
    else {
      loop.after(
        this.#latency(from, route.namespace),
        () => {
          const listener = route.listener ?? route.namespace?.listener(route.port, 'TCP', route.ip)
          if (listener?.connect === undefined) {
            sink.end(`connect: connection refused`)
            return
          }
          connection = listener.connect({ ip: route.sourceIp, port: 0 }, sink)
          for (const it of early) {
            if (it === 'end') connection.end()
            else connection.write(it)
          }
        },
        { label: `connection to ${target.host}` },
      )
    }
    return {
      write: (chunk) => (connection === undefined ? void early.push(chunk) : connection.write(chunk)),
      end: () => (connection === undefined ? void early.push('end') : connection.end()),
    }
  }

  resolve(
    from: NetworkNamespace,
    name: string,
    type: 'A' | 'SRV',
    dns: DnsConfig | undefined,
    done: (records: readonly DnsRecord[] | undefined) => void,
  ): void {
    const deaf = !isIpv4(name) && this.#noNameServer(from) !== undefined
    const records = deaf ? undefined : this.#lookup(name, type, dns)
    const delay = deaf ? DNS_TIMEOUT_MS : this.#latency(from, undefined)
    this.options.loop.after(delay, () => done(records), { label: `DNS query for ${name}` })
  }

  // -- routing ------------------------------------------------------------------------------------------

  #lookup(name: string, type: 'A' | 'SRV', dns: DnsConfig | undefined): readonly DnsRecord[] | undefined {
    const zone = {
      clusterDomain: this.options.clusterDomain ?? 'cluster.local',
      external: this.externalNames,
    }
    return resolveName(name, type, dns, zone, this.view)
  }

  /** A policy for what leaves a pod that forgets the name service cuts it off from all names. */
  #noNameServer(from: NetworkNamespace): string | undefined {
    if (from.pod === undefined) return undefined
    const forbidden = this.#forbidden(from, () => NAME_SERVER, 53, 'UDP')
    if (forbidden !== undefined) return forbidden
    // In clusters where it is a workload, somebody has to be there.
    if (this.view.service('kube-system', 'kube-dns') === undefined) return undefined
    const endpoints = this.view.slices('kube-system', 'kube-dns').flatMap((it) => it.endpoints ?? [])
    return endpoints.some((it) => it.conditions?.ready !== false)
      ? undefined
      : 'Service kube-system/kube-dns has no endpoints'
  }

  #own(from: NetworkNamespace, port: number): Route | Blocked {
    return { ...direct, namespace: from, ip: '127.0.0.1', port, sourceIp: '127.0.0.1' }
  }

  #route(
    from: NetworkNamespace,
    target: { readonly host: string; readonly port: number },
    dns: DnsConfig | undefined,
  ): Route | Blocked {
    const { host, port } = target
    let ip = host
    if (!isIpv4(host)) {
      const why = this.#noNameServer(from)
      if (why !== undefined) {
        const detail = `dial tcp: lookup ${host} on ${NAME_SERVER.ip}:53: i/o timeout`
        return { failure: 'no such host', detail, why }
      }
      const records = (this.#lookup(host, 'A', dns) ?? []).flatMap((it) => (it.type === 'A' ? [it.ip] : []))
      if (records.length === 0)
        return { failure: 'no such host', detail: `dial tcp: lookup ${host}: no such host` }
      ip = records.length === 1 ? records[0]! : this.options.random.pick(records)
    }
    return this.#toAddress(from, ip, port)
  }

  #toAddress(from: NetworkNamespace, ip: string, port: number): Route | Blocked {
    const clientIp = from.ips[0] ?? ''
    const known = this.#servers.get(`${ip}:${port}`)
    if (known !== undefined) return this.#toServer(from, known, ip, port)
    const entry = this.table.at(ip, port)
    if (entry !== undefined) {
      const external = ip !== entry.clusterIp
      const { sourceRanges, loadBalancerIps } = entry
      if (
        sourceRanges.length > 0 &&
        loadBalancerIps.includes(ip) &&
        !sourceRanges.some((it) => inCidr(clientIp, it))
      )
        return dropped(ip, port, `${clientIp} is not in loadBalancerSourceRanges`)
      // A load balancer's address, asked from within: the node short-cuts it, for pods always to all endpoints.
      const local = external ? false : entry.internalLocal
      return this.#toService(from, entry, from.node, local, clientIp, ip, port)
    }
    if (this.table.isServiceAddress(ip)) return refused(ip, port)
    const node = this.#namespaces.get(ip)
    if (node !== undefined && node.pod === undefined) {
      const byPort = this.table.atNodePort(port)
      if (byPort !== undefined && node.listener(port, 'TCP', ip) === undefined) {
        if (this.#isCut(from.node, node.node)) return timedOut(ip, port)
        const source = byPort.externalLocal ? clientIp : (node.ips[0] ?? clientIp)
        return this.#toService(node, byPort, node.node, byPort.externalLocal, source, ip, port)
      }
    }
    return this.#toEndpoint(from, ip, port, clientIp, undefined, undefined, undefined)
  }

  #toService(
    from: NetworkNamespace,
    entry: ServicePortEntry,
    node: string,
    localOnly: boolean,
    clientIp: string,
    ip: string,
    port: number,
  ): Route | Blocked {
    const balancer = this.balancer(node)
    const endpoints = usableEndpoints(entry, node, localOnly)
    const endpoint = balancer.pick(entry, endpoints, clientIp, this.options.loop.now)
    // Without any endpoint the kernel rejects; with none here under policy Local it drops.
    if (endpoint === undefined)
      return localOnly && entry.endpoints.length > 0 ? timedOut(ip, port) : refused(ip, port)
    const server = this.#servers.get(`${endpoint.ip}:${endpoint.port}`)
    if (server !== undefined) {
      const route = this.#toServer(from, server, endpoint.ip, endpoint.port)
      return 'failure' in route ? route : { ...route, endpoint, service: entry, balancer }
    }
    return this.#toEndpoint(from, endpoint.ip, endpoint.port, clientIp, endpoint, entry, balancer)
  }

  #toEndpoint(
    from: NetworkNamespace,
    ip: string,
    port: number,
    sourceIp: string,
    endpoint: Endpoint | undefined,
    service: ServicePortEntry | undefined,
    balancer: NodeBalancer | undefined,
  ): Route | Blocked {
    const namespace = this.#namespaces.get(ip)
    if (namespace === undefined) {
      // A pod that is gone from a node that is there: the node says so. Otherwise nobody answers.
      const node = endpoint?.node === undefined ? undefined : this.#nodes.get(endpoint.node)
      const gone = node?.alive === true ? unreachable(ip, port) : timedOut(ip, port)
      const why = `pod ${endpoint?.pod} is gone, and the rules of ${from.node} do not know it yet`
      return endpoint?.pod === undefined ? gone : { ...gone, why }
    }
    if (this.#isCut(from.node, namespace.node)) return timedOut(ip, port)
    if (from.node !== namespace.node && this.#loss > 0 && this.options.random.float() < this.#loss)
      return timedOut(ip, port)
    // What a node and its own pods say to each other is never filtered: its kubelet probes them.
    const ownNode = from.node === namespace.node && (from.pod === undefined || namespace.pod === undefined)
    if (from !== namespace && !ownNode) {
      const forbidden = this.#forbidden(from, () => this.#party(namespace), port)
      if (forbidden !== undefined) return dropped(ip, port, forbidden)
    }
    return { namespace, listener: undefined, ip, port, sourceIp, endpoint, service, balancer }
  }

  /** A server that is no pod: only what leaves the sender can be forbidden. */
  #toServer(from: NetworkNamespace, listener: Listener, ip: string, port: number): Route | Blocked {
    const forbidden = this.#forbidden(from, () => ({ ip }), port)
    if (forbidden !== undefined) return dropped(ip, port, forbidden)
    return { ...direct, listener, ip, port, sourceIp: from.ips[0] ?? '' }
  }

  /** The policy that drops it, as `policy default/deny-all, egress`. */
  #forbidden(from: NetworkNamespace, to: () => Party, port: number, protocol = 'TCP'): string | undefined {
    const { policies } = this.view
    if (policies.length === 0) return undefined
    const found = forbiddenBy(policies, { from: this.#party(from), to: to(), port, protocol })
    if (found === undefined) return undefined
    const { namespace, name } = found.policy.metadata ?? {}
    return `policy ${namespace}/${name}, ${found.direction}`
  }

  #party(namespace: NetworkNamespace): Party {
    const ip = namespace.ips[0] ?? ''
    if (namespace.pod === undefined) return { ip }
    const pod = this.view.pod(namespace.pod.namespace, namespace.pod.name)
    return {
      ip,
      namespace: namespace.pod.namespace,
      labels: pod?.metadata?.labels ?? {},
      namespaceLabels: this.view.namespaceLabels(namespace.pod.namespace),
      ports: pod?.spec.containers.flatMap((it) => it.ports ?? []),
    }
  }

  #isCut(a: string, b: string): boolean {
    return this.#cuts.size > 0 && this.#cuts.has(pair(a, b))
  }

  #latency(from: NetworkNamespace, to: NetworkNamespace | undefined): number {
    const { local = 0.1, remote = 0.5 } = this.options.latencyMs ?? {}
    return to !== undefined && from.node === to.node ? local : remote
  }

  /** Tells in the journal why a request failed, with the pod it was meant for. */
  #explain(
    from: NetworkNamespace,
    target: { readonly host: string; readonly port: number },
    request: HttpRequest,
    detail: string,
    route: Route | undefined,
    why: string | undefined,
  ): void {
    const { journal } = this.options
    if (!journal.enabled) return
    const who = from.pod === undefined ? `node ${from.node}` : `${from.pod.namespace}/${from.pod.name}`
    const { service, namespace } = route ?? {}
    const pod = namespace?.pod
    const through =
      service === undefined
        ? ''
        : `; the rules of ${from.node} for ${service.namespace}/${service.name} chose it`
    const state =
      pod === undefined
        ? ''
        : namespace!.alive
          ? `; ${pod.name} does not listen there now`
          : `; ${pod.name} is gone`
    journal.record(
      'network',
      who,
      pod === undefined ? '' : `Pod ${pod.namespace}/${pod.name}`,
      `${request.method} ${target.host}:${target.port}${request.path} failed: ${detail}${through}${state}${why === undefined ? '' : `; ${why}`}`,
    )
  }

  #trace(
    from: NetworkNamespace,
    target: { readonly host: string; readonly port: number },
    request: HttpRequest,
    route: Route,
  ): void {
    const { journal } = this.options
    if (!journal.enabled) return
    const who = from.pod === undefined ? `node ${from.node}` : `${from.pod.namespace}/${from.pod.name}`
    const via = route.service === undefined ? '' : ` via ${route.service.namespace}/${route.service.name}`
    journal.record(
      'network',
      who,
      '',
      `${request.method} ${target.host}:${target.port}${request.path}${via} -> ${route.ip}:${route.port}`,
    )
  }
}

/** The cluster's name service as policies know it. */
const NAME_SERVER: Party = {
  ip: '10.96.0.10',
  namespace: 'kube-system',
  labels: { 'k8s-app': 'kube-dns' },
  namespaceLabels: { 'kubernetes.io/metadata.name': 'kube-system' },
  ports: [
    { name: 'dns', containerPort: 53 },
    { name: 'dns-tcp', containerPort: 53 },
  ],
}
/** A resolver's two attempts of 5 s. */
const DNS_TIMEOUT_MS = 10_000

const direct = {
  namespace: undefined,
  listener: undefined,
  endpoint: undefined,
  service: undefined,
  balancer: undefined,
} as const

function refused(ip: string, port: number): Blocked {
  return { failure: 'connection refused', detail: `dial tcp ${ip}:${port}: connect: connection refused` }
}

function timedOut(ip: string, port: number): Blocked {
  return { failure: 'i/o timeout', detail: `dial tcp ${ip}:${port}: i/o timeout` }
}

function dropped(ip: string, port: number, why: string): Blocked {
  return { failure: 'i/o timeout', detail: `dial tcp ${ip}:${port}: i/o timeout`, why }
}

function unreachable(ip: string, port: number): Blocked {
  return { failure: 'no route to host', detail: `dial tcp ${ip}:${port}: connect: no route to host` }
}

function pair(a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`
}

/**
 * The seam between what runs in containers and what carries its traffic. A node's machine gives every pod a
 * {@link NetworkNamespace}; the cluster's network implements {@link PodNetwork}. Traffic is carried at the level
 * of whole HTTP requests, or of byte connections for everything else: one event per message, not per packet.
 */
import type { Connection, ConnectionSink } from './streams.ts'

export interface HttpRequest {
  readonly method: string
  /** `/path?query`. */
  readonly path: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | string
  readonly tls?: boolean
}

export interface HttpResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | string
}

/** Who asked, as the server sees it. */
export interface Peer {
  readonly ip: string
  readonly port: number
}

/**
 * Somebody listening on a port. `steady`: the answer to one and the same request depends on nothing but the
 * state whose changes are announced with {@link NetworkNamespace.changed}, so that probes need not ask again.
 */
export interface Listener {
  readonly port: number
  readonly protocol: 'TCP' | 'UDP'
  readonly steady: boolean
  /** Only this address: `127.0.0.1`. Absent: all. */
  readonly address?: string
  /** HTTP servers have it; `done` may be called at once or later, once. */
  http?(request: HttpRequest, peer: Peer, done: (response: HttpResponse) => void): void
  /** Byte servers have it. */
  connect?(peer: Peer, sink: ConnectionSink): Connection
  /** gRPC health service: the status of a service name, `SERVING` or other. */
  grpcHealth?(service: string): string
}

/** One network stack: a pod's, shared by its containers, or a node's own. */
export interface NetworkNamespace {
  readonly node: string
  /** The pod, or undefined for the node's own namespace. */
  readonly pod?: { readonly namespace: string; readonly name: string; readonly uid: string }
  /** First is the primary one. */
  readonly ips: readonly string[]
  readonly alive: boolean
  listen(listener: Listener): () => void
  listener(port: number, protocol?: 'TCP' | 'UDP', address?: string): Listener | undefined
  listeners(): Iterable<Listener>
  /** Something that a probe could notice has changed. */
  changed(): void
  /** Hears every `changed`, and listeners that come and go; returns the function that stops it. */
  onChange(run: () => void): () => void
}

/** Why traffic did not arrive, in the words of Linux and Go. */
export type NetworkFailure =
  | 'connection refused'
  | 'connection reset by peer'
  | 'no route to host'
  | 'i/o timeout'
  | 'no such host'

export type HttpOutcome =
  | { readonly ok: true; readonly response: HttpResponse; readonly from: Peer }
  | { readonly ok: false; readonly failure: NetworkFailure; readonly detail: string }

export type DnsRecord =
  | { readonly type: 'A'; readonly ip: string }
  | { readonly type: 'CNAME'; readonly name: string }
  | { readonly type: 'SRV'; readonly target: string; readonly port: number }

/** What a pod's /etc/resolv.conf says. */
export interface DnsConfig {
  readonly nameservers: readonly string[]
  readonly searches: readonly string[]
  readonly ndots: number
}

export interface PodNetwork {
  /** The namespace can be reached from now on. */
  attach(namespace: NetworkNamespace): void
  detach(namespace: NetworkNamespace): void
  /** One HTTP request to a name or address; `done` is called once, from the loop, after the latency. */
  http(
    from: NetworkNamespace,
    target: { readonly host: string; readonly port: number },
    request: HttpRequest,
    options: { readonly dns?: DnsConfig; readonly timeoutMs?: number },
    done: (outcome: HttpOutcome) => void,
  ): void
  connect(
    from: NetworkNamespace,
    target: { readonly host: string; readonly port: number },
    options: { readonly dns?: DnsConfig },
    sink: ConnectionSink,
  ): Connection
  /** Empty: the name exists without such records; undefined: NXDOMAIN. */
  resolve(
    from: NetworkNamespace,
    name: string,
    type: 'A' | 'SRV',
    dns: DnsConfig | undefined,
    done: (records: readonly DnsRecord[] | undefined) => void,
  ): void
}

/**
 * Byte streams between a client (kubectl over HTTP, a scenario, a test) and what runs on a node: exec, attach,
 * port-forward and logs. A kubelet serves {@link NodeStreams}; the HTTP front wraps them in WebSocket or SPDY
 * frames. Everything is called from the event loop and nothing blocks: data that comes early is buffered.
 */

/** Which container of which pod. Without `container` the only one, or the one that an annotation names. */
export interface ContainerRef {
  readonly namespace: string
  readonly pod: string
  readonly container?: string
}

/** A refusal before the stream begins: an HTTP status code and upstream's text. */
export interface StreamRefusal {
  readonly code: 400 | 404 | 409 | 500
  readonly reason: 'BadRequest' | 'NotFound' | 'Conflict' | 'InternalError'
  readonly message: string
}

/** How a process ended: by exiting, or because it could not be run (`error`). */
export interface ExitStatus {
  readonly exitCode: number
  readonly error?: string
}

export interface ExecRequest extends ContainerRef {
  readonly command: readonly string[]
  readonly stdin?: boolean
  readonly stdout?: boolean
  readonly stderr?: boolean
  readonly tty?: boolean
}

export type AttachRequest = Omit<ExecRequest, 'command'>

/** What the client hears. After `exit` nothing follows. */
export interface ExecSink {
  stdout(chunk: Uint8Array): void
  stderr(chunk: Uint8Array): void
  exit(status: ExitStatus): void
}

/** What the client does. */
export interface ExecSession {
  stdin(chunk: Uint8Array): void
  endStdin(): void
  resize(columns: number, rows: number): void
  /** The client went away: an exec'd process gets SIGHUP, an attached one goes on. */
  close(): void
}

export interface LogRequest extends ContainerRef {
  readonly follow?: boolean
  /** The instance before the present one. */
  readonly previous?: boolean
  readonly tailLines?: number
  readonly limitBytes?: number
  readonly sinceSeconds?: number
  /** RFC 3339. */
  readonly sinceTime?: string
  readonly timestamps?: boolean
}

export interface LogSink {
  data(chunk: Uint8Array): void
  end(): void
}

/** One connection to a port of a pod, as port-forward opens them. */
export interface ConnectionSink {
  data(chunk: Uint8Array): void
  /** The pod closed its side; with `error` when there is nobody listening or the pod went away. */
  end(error?: string): void
}

export interface Connection {
  write(chunk: Uint8Array): void
  end(): void
}

/** Resource use at one instant: CPU in millicores averaged over the window, memory in bytes. */
export interface ContainerUsage {
  readonly name: string
  readonly cpuMillis: number
  readonly memoryBytes: number
}

export interface PodUsage {
  readonly namespace: string
  readonly name: string
  readonly containers: readonly ContainerUsage[]
}

/** What a kubelet serves on its port 10250. A refusal is returned, never thrown. */
export interface NodeStreams {
  exec(request: ExecRequest, sink: ExecSink): ExecSession | StreamRefusal
  attach(request: AttachRequest, sink: ExecSink): ExecSession | StreamRefusal
  /** `stop` ends a followed log silently. */
  logs(request: LogRequest, sink: LogSink): { stop(): void } | StreamRefusal
  portForward(pod: ContainerRef, port: number, sink: ConnectionSink): Connection | StreamRefusal
  /** For metrics.k8s.io: every pod that runs here now. */
  usage(): readonly PodUsage[]
}

export function isRefusal(value: object): value is StreamRefusal {
  return 'code' in value && 'message' in value
}

/** What a kubelet says of a container that does not run (upstream: kubelet_pods.go, GetExec and GetAttach). */
export function containerNotFound(
  attach: boolean,
  container: string,
  { metadata }: { readonly metadata?: { readonly name?: string; readonly namespace?: string } },
): string {
  return attach
    ? `container ${container} not found in pod ${metadata?.name}_${metadata?.namespace}`
    : `container not found ("${container}")`
}

/**
 * The Container Runtime Interface: the boundary between a kubelet and what runs containers on its node
 * (upstream: k8s.io/cri-api, runtime/v1). The kubelet knows nothing below this file, and a runtime knows nothing
 * of pods beyond what these calls tell it.
 *
 * Reads answer at once. What takes time on a real node takes a `done` callback, called exactly once, from an
 * event of the loop or before the call returns when the runtime needs no time for it; never after the machine
 * lost power. After a restart the kubelet rebuilds its picture with `listPodSandbox` and `listContainers`.
 */
import type { Connection, ConnectionSink, ExecSession, ExecSink } from '../../api/streams.ts'
import type { FileTree } from '../file-tree.ts'

/** gRPC codes that runtimes use. */
export type CriCode =
  | 'NotFound'
  | 'Unknown'
  | 'Canceled'
  | 'DeadlineExceeded'
  | 'FailedPrecondition'
  | 'Unavailable'

/** A failed call. `text()` is how the kubelet prints it: `rpc error: code = NotFound desc = ...`. */
export class CriError {
  readonly code: CriCode
  readonly message: string

  constructor(code: CriCode, message: string) {
    this.code = code
    this.message = message
  }

  text(): string {
    return `rpc error: code = ${this.code} desc = ${this.message}`
  }
}

/** The answer to a call: a value, or why not. */
export type Reply<T> = (error: CriError | undefined, value: T) => void

export interface PodSandboxConfig {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  /** 0 for the first sandbox of the pod, +1 for every later one. */
  readonly attempt: number
  readonly hostname: string
  /** In full, for a pod with a subdomain. */
  readonly fqdn?: string
  readonly hostNetwork: boolean
  readonly dns?: {
    readonly nameservers: readonly string[]
    readonly searches: readonly string[]
    readonly ndots: number
  }
  readonly hostAliases?: readonly { readonly ip: string; readonly hostnames?: readonly string[] }[]
  readonly labels?: Readonly<Record<string, string>>
  /** Parent cgroup by quality of service: `/kubepods/burstable/pod<uid>`. */
  readonly cgroupParent: string
}

export type SandboxState = 'SANDBOX_READY' | 'SANDBOX_NOTREADY'

export interface PodSandboxStatus {
  readonly id: string
  readonly config: PodSandboxConfig
  readonly state: SandboxState
  /** Ms since the epoch. */
  readonly createdAt: number
  /** Empty once the network is torn down. First is the primary one. */
  readonly ips: readonly string[]
}

export interface Mount {
  readonly containerPath: string
  /** The volume's content, owned by the node; shared by all containers that mount it. */
  readonly tree: FileTree
  /** Within the tree: what subPath says. */
  readonly path: string
  readonly readOnly: boolean
}

/** `cpu` in millicores, `memory` in bytes; 0 is no limit. */
export interface LinuxResources {
  readonly cpuRequest: number
  readonly cpuLimit: number
  readonly memoryLimit: number
}

/** Whom a process runs as. */
export interface ProcessUser {
  readonly uid: number
  readonly gid: number
  /** Supplementary ones. */
  readonly groups: readonly number[]
}

export interface ContainerConfig {
  readonly name: string
  /** The restart count: names the log file and the instance. */
  readonly attempt: number
  /** As the pod wrote it. */
  readonly image: string
  /** As `pullImage` or `imageStatus` answered. */
  readonly imageRef: string
  /** Empty: the image's entrypoint. */
  readonly command: readonly string[]
  readonly args: readonly string[]
  readonly workingDir: string
  readonly user: ProcessUser
  /** One bit each, as Linux numbers them. */
  readonly capabilities: bigint
  /** Evaluated as of creation; a function because most programs never ask. */
  envs(): ReadonlyMap<string, string>
  readonly mounts: readonly Mount[]
  readonly resources: LinuxResources
  readonly terminationMessagePath: string
  readonly stdin: boolean
  readonly tty: boolean
  /** Hash of the container's spec, so that a changed definition is noticed across restarts of the kubelet. */
  readonly hash: number
  /** It has arguments or files of its own: more than the image and a service account. */
  readonly configured: boolean
  /** Whether ending is its purpose: `settle` then waits for it (init containers, Jobs). */
  readonly willEnd: boolean
  readonly kind: 'init' | 'regular' | 'ephemeral'
}

export type CriContainerState = 'CONTAINER_CREATED' | 'CONTAINER_RUNNING' | 'CONTAINER_EXITED'

/** A live view: fields change as the container does. Times are ms since the epoch, 0 when not yet. */
export interface CriContainer {
  readonly id: string
  readonly sandboxId: string
  readonly config: ContainerConfig
  readonly state: CriContainerState
  readonly createdAt: number
  readonly startedAt: number
  readonly finishedAt: number
  readonly exitCode: number
  readonly signal: number
  /** `Completed`, `Error`, `OOMKilled`, `StartError`, `ContainerCannotRun`. */
  readonly reason: string
  /** The termination message file's content, or the runtime's error. */
  readonly message: string
  readonly resources: LinuxResources
  /** `containerd://<id>`. */
  readonly apiId: string
}

export interface ExecResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface RuntimeStatus {
  readonly runtimeReady: boolean
  readonly networkReady: boolean
  readonly networkMessage: string
}

export interface ContainerStats {
  readonly id: string
  /** Millicores right now. */
  readonly cpuMillis: number
  readonly memoryBytes: number
  /** Of the container's own writable layer and logs. */
  readonly diskBytes: number
}

/** Told that a container of a pod ended: what a relist would find. */
export type RuntimeListener = (podUid: string) => void

export interface RuntimeService {
  /** `containerd`, `cri-o`, `docker`. The prefix of container ids in the API. */
  readonly name: string
  /** `1.7.27`. */
  readonly version: string
  status(): RuntimeStatus
  updateRuntimeConfig(config: { readonly podCidr: string }): void

  /** Creates the pod's sandbox: network namespace, cgroups, the pause process. Answers its id. */
  runPodSandbox(config: PodSandboxConfig, done: Reply<string>): void
  /** Kills what still runs in it and takes its network away. Stopping twice is fine. */
  stopPodSandbox(id: string, done: Reply<void>): void
  removePodSandbox(id: string, done: Reply<void>): void
  podSandboxStatus(id: string): PodSandboxStatus | undefined
  listPodSandbox(): Iterable<PodSandboxStatus>

  createContainer(sandboxId: string, config: ContainerConfig, done: Reply<string>): void
  startContainer(id: string, done: Reply<void>): void
  /** SIGTERM (or the image's stop signal), then SIGKILL after the time-out. Answers when it is gone. */
  stopContainer(id: string, timeoutMs: number, done: Reply<void>): void
  removeContainer(id: string, done: Reply<void>): void
  containerStatus(id: string): CriContainer | undefined
  listContainers(sandboxId?: string): Iterable<CriContainer>
  updateContainerResources(id: string, resources: LinuxResources, done: Reply<void>): void
  reopenContainerLog(id: string): void

  /** Runs a command to its end. Past the time-out: DeadlineExceeded. `steady`: see `ProbeAnswer`. */
  execSync(
    id: string,
    command: readonly string[],
    timeoutMs: number,
    done: Reply<ExecResult & { readonly steady: boolean }>,
  ): void
  exec(id: string, command: readonly string[], tty: boolean, stdin: boolean, sink: ExecSink): ExecSession
  attach(id: string, sink: ExecSink): ExecSession
  portForward(sandboxId: string, port: number, sink: ConnectionSink): Connection
  /** Lines of the container's log, oldest first; `onLine` hears later ones until the function returned is called. */
  readLog(
    id: string,
    onLine?: (line: LogLine | undefined) => void,
  ): { readonly lines: readonly LogLine[]; stop(): void }

  containerStats(id: string): ContainerStats | undefined
  /**
   * One listener: the kubelet's. Undefined: it is gone, and what it asked for is cancelled: a sandbox that is not ready
   * yet vanishes, a container that was about to start does not.
   */
  listen(listener: RuntimeListener | undefined): void
}

/** One line (or the rest before the end) as the log file holds it. */
export interface LogLine {
  /** Ms since the epoch. */
  readonly time: number
  readonly stream: 'stdout' | 'stderr'
  readonly text: string
  /** False when the line did not end with a newline. */
  readonly complete: boolean
}

export interface CriImage {
  /** `sha256:...`: the content's digest. */
  readonly id: string
  readonly repoTags: readonly string[]
  /** Whom it runs as: a number, or a name. */
  readonly user: string
  readonly repoDigests: readonly string[]
  readonly sizeBytes: number
}

export interface ImageService {
  listImages(): Iterable<CriImage>
  imageStatus(image: string): CriImage | undefined
  /** Why no call is answered at the moment. */
  failure(): CriError | undefined
  /** Answers the image's ref. Layers that are there already are not fetched again. */
  pullImage(
    image: string,
    auth: { readonly username: string; readonly password: string } | undefined,
    done: Reply<string>,
  ): void
  removeImage(image: string): void
  imageFsInfo(): { readonly usedBytes: number; readonly capacityBytes: number }
}

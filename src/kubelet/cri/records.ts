/** What a runtime keeps about sandboxes and containers. Plain records: the runtime alone changes them. */
import type { NetworkStack } from '../network-namespace.ts'
import type { ContainerProcess } from '../programs/container-process.ts'
import type { CatalogImage } from './image-catalog.ts'
import type {
  ContainerConfig,
  CriContainer,
  CriContainerState,
  LinuxResources,
  LogLine,
  PodSandboxConfig,
  PodSandboxStatus,
  Reply,
  SandboxState,
} from './runtime.ts'

const NONE: readonly ContainerRecord[] = Object.freeze([])

export class SandboxRecord implements PodSandboxStatus {
  readonly id: string
  readonly config: PodSandboxConfig
  readonly createdAt: number
  state: SandboxState = 'SANDBOX_NOTREADY'
  stack: NetworkStack
  /** Answers are dropped when the sandbox went away meanwhile. */
  removed = false
  /** Mostly one, which needs no list. */
  #containers: ContainerRecord | readonly ContainerRecord[] = NONE

  constructor(id: string, config: PodSandboxConfig, createdAt: number, stack: NetworkStack) {
    this.id = id
    this.config = config
    this.createdAt = createdAt
    this.stack = stack
  }

  get containers(): readonly ContainerRecord[] {
    return this.#containers instanceof ContainerRecord ? [this.#containers] : this.#containers
  }

  set containers(containers: readonly ContainerRecord[]) {
    this.#containers = containers.length === 1 ? containers[0]! : containers
  }

  get ips(): readonly string[] {
    return this.state === 'SANDBOX_READY' ? this.stack.ips : []
  }
}

/** What is known once a container has ended. */
type ContainerEnd = Readonly<Pick<CriContainer, 'finishedAt' | 'exitCode' | 'signal' | 'reason' | 'message'>>

const RUNNING: ContainerEnd = Object.freeze({
  finishedAt: 0,
  exitCode: 0,
  signal: 0,
  reason: '',
  message: '',
})

export class ContainerRecord implements CriContainer {
  readonly id: string
  /** `containerd://<id>`, as the API shows it. */
  readonly apiId: string
  readonly sandbox: SandboxRecord
  readonly config: ContainerConfig
  readonly image: CatalogImage
  readonly createdAt: number
  state: CriContainerState = 'CONTAINER_CREATED'
  startedAt = 0
  resources: LinuxResources
  process: ContainerProcess | undefined
  log: ContainerLog | undefined
  /** How it ended. */
  end: ContainerEnd = RUNNING
  /** Calls of stopContainer that wait for the end. */
  stopping: Reply<void>[] | undefined

  constructor(
    apiId: string,
    sandbox: SandboxRecord,
    config: ContainerConfig,
    image: CatalogImage,
    createdAt: number,
  ) {
    this.apiId = apiId
    // A part of the other, not a second string: V8 keeps it as a place in that one.
    this.id = apiId.slice(apiId.indexOf('://') + 3)
    this.sandbox = sandbox
    this.config = config
    this.image = image
    this.createdAt = createdAt
    this.resources = config.resources
  }

  /** The same container in a copy of its sandbox, without its process. */
  copyFor(sandbox: SandboxRecord, config: ContainerConfig): ContainerRecord {
    const copy = new ContainerRecord(this.apiId, sandbox, config, this.image, this.createdAt)
    copy.state = this.state
    copy.startedAt = this.startedAt
    copy.end = this.end
    copy.resources = this.resources
    copy.log = this.log?.clone()
    return copy
  }

  get finishedAt(): number {
    return this.end.finishedAt
  }

  get exitCode(): number {
    return this.end.exitCode
  }

  get signal(): number {
    return this.end.signal
  }

  get reason(): string {
    return this.end.reason
  }

  get message(): string {
    return this.end.message
  }

  get sandboxId(): string {
    return this.sandbox.id
  }
}

/** Upstream rotates at 10 MiB and keeps five files. */
const LOG_BYTES_MAX = 50 * 1024 * 1024

/** A container's log: lines as they were written, with the rest of an unfinished one. */
export class ContainerLog {
  readonly lines: LogLine[] = []
  #open: Record<'stdout' | 'stderr', string> = { stdout: '', stderr: '' }
  #bytes = 0
  readonly #followers = new Set<(line: LogLine | undefined) => void>()

  write(stream: 'stdout' | 'stderr', text: string, time: number): void {
    const parts = (this.#open[stream] + text).split('\n')
    this.#open[stream] = parts.pop()!
    for (const part of parts) this.#push({ time, stream, text: part, complete: true })
  }

  /** The container ended: what is left is a line without an end. */
  close(time: number): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      if (this.#open[stream] !== '') this.#push({ time, stream, text: this.#open[stream], complete: false })
      this.#open[stream] = ''
    }
    for (const follow of [...this.#followers]) follow(undefined)
    this.#followers.clear()
  }

  follow(onLine: (line: LogLine | undefined) => void): () => void {
    this.#followers.add(onLine)
    return () => this.#followers.delete(onLine)
  }

  clone(): ContainerLog {
    const copy = new ContainerLog()
    copy.lines.push(...this.lines)
    copy.#open = { ...this.#open }
    copy.#bytes = this.#bytes
    return copy
  }

  get bytes(): number {
    return this.#bytes
  }

  #push(line: LogLine): void {
    this.lines.push(line)
    this.#bytes += line.text.length + 1
    while (this.#bytes > LOG_BYTES_MAX) this.#bytes -= this.lines.shift()!.text.length + 1
    for (const follow of [...this.#followers]) follow(line)
  }
}

/**
 * A container runtime whose containers run simulated programs. It belongs to the node's machine and outlives the
 * kubelet; when the machine loses power, all containers die and are found dead after the next boot.
 */
import type { PodNetwork } from '../../api/sockets.ts'
import type { Connection, ConnectionSink, ExecSession, ExecSink } from '../../api/streams.ts'
import type { EventLoop, Timer } from '../../kernel/event-loop.ts'
import { hexId } from '../../kernel/ids.ts'
import type { Journal } from '../../kernel/journal.ts'
import type { Random } from '../../kernel/random.ts'
import { NetworkStack } from '../network-namespace.ts'
import type { ContainerHost, ContainerProcess } from '../programs/container-process.ts'
import { AddressPool } from './address-pool.ts'
import type { ImageStore } from './image-store.ts'
import { openConnection } from './port-connection.ts'
import type { RuntimeProfile } from './profiles.ts'
import { ContainerLog, ContainerRecord, SandboxRecord } from './records.ts'
import {
  type ContainerConfig,
  type ContainerStats,
  CriError,
  type ExecResult,
  type LinuxResources,
  type LogLine,
  type Mount,
  type PodSandboxConfig,
  type Reply,
  type RuntimeListener,
  type RuntimeService,
  type RuntimeStatus,
} from './runtime.ts'

/** What the machine lends its runtime. */
export interface RuntimeHost {
  readonly nodeName: string
  readonly loop: EventLoop
  readonly journal: Journal
  readonly random: Random
  readonly images: ImageStore
  readonly network: PodNetwork | undefined
  /** The node's own network stack. */
  readonly stack: NetworkStack
  /** Timers of a machine without power never fire. */
  after(delayMs: number, run: () => void, label: string, background?: boolean): Timer
  /** Makes pid 1 of a container; an error is why it could not start. */
  startProcess(container: ContainerRecord, host: ContainerHost): ContainerProcess | CriError
  /** Why `startProcess` would not; undefined: it would. */
  whatStops(container: ContainerRecord): CriError | undefined
  /** Whether the steps below each verb go to the journal. */
  readonly showSteps: boolean
}

const CNI_NOT_READY =
  'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized'
/** A stopped container has this exit code when the runtime finds it dead after a boot. */
const LOST_EXIT_CODE = 255
/** The kubelet that asked for it is gone, and its connection with it. */
const CANCELLED = new CriError('Canceled', 'context canceled')

export class FakeRuntime implements RuntimeService {
  readonly profile: RuntimeProfile
  readonly #host: RuntimeHost
  readonly #sandboxes = new Map<string, SandboxRecord>()
  readonly #containers = new Map<string, ContainerRecord>()
  #addresses: AddressPool | undefined
  #listener: RuntimeListener | undefined
  /** Counts the connections of kubelets: calls of one that broke are cancelled. */
  #connection = 0
  /** Set by faults: every call fails with this text until it is undefined again. */
  broken: string | undefined

  /** One for all containers. */
  readonly #containerHost: ContainerHost = {
    exit: (container, code, signal = 0, reason, message) => {
      const { loop } = this.#host
      // A program that ends within its first instruction still was started.
      if (container.process === undefined) {
        loop.at(loop.now, () => this.#exit(container, code, signal, reason, message))
      } else this.#exit(container, code, signal, reason, message)
    },
    output: (container, stream, text) => {
      container.log ??= new ContainerLog()
      container.log.write(stream, text, this.#host.loop.now)
    },
  }

  constructor(profile: RuntimeProfile, host: RuntimeHost) {
    this.profile = profile
    this.#host = host
  }

  get name(): string {
    return this.profile.name
  }

  get version(): string {
    return this.profile.version
  }

  status(): RuntimeStatus {
    const networkReady = this.#addresses !== undefined
    return {
      runtimeReady: this.broken === undefined,
      networkReady,
      networkMessage: networkReady ? '' : CNI_NOT_READY,
    }
  }

  updateRuntimeConfig(config: { readonly podCidr: string }): void {
    if (this.#addresses?.cidr !== config.podCidr) this.#addresses = new AddressPool(config.podCidr)
  }

  // -- sandboxes ----------------------------------------------------------------------------------------

  runPodSandbox(config: PodSandboxConfig, done: Reply<string>): void {
    if (this.#fails(done, '')) return
    const { nodeName, loop, network } = this.#host
    let ips: readonly string[]
    if (config.hostNetwork) ips = this.#host.stack.ips
    else {
      const ip = this.#addresses?.take()
      if (ip === undefined) {
        const why =
          this.#addresses === undefined
            ? 'cni plugin not initialized'
            : `plugin type="host-local" failed (add): no IP addresses available in range set: ${this.#addresses.cidr}`
        done(new CriError('Unknown', `failed to setup network for sandbox: ${why}`), '')
        return
      }
      ips = [ip]
    }
    const stack = config.hostNetwork ? this.#host.stack : new NetworkStack(nodeName, config, ips)
    const sandbox = new SandboxRecord(this.#newId(), config, loop.now, stack)
    this.#sandboxes.set(sandbox.id, sandbox)
    this.#steps('runPodSandbox', { pod: `${config.namespace}/${config.name}` })
    const connection = this.#connection
    this.#host.after(
      this.profile.latency.runPodSandbox,
      () => {
        if (connection !== this.#connection || sandbox.removed) {
          this.#rollBack(sandbox)
          return
        }
        sandbox.state = 'SANDBOX_READY'
        if (!config.hostNetwork) network?.attach(stack)
        done(undefined, sandbox.id)
      },
      'RunPodSandbox',
    )
  }

  stopPodSandbox(id: string, done: Reply<void>): void {
    if (this.#fails(done, undefined)) return
    const sandbox = this.#sandboxes.get(id)
    if (sandbox === undefined || sandbox.state === 'SANDBOX_NOTREADY') {
      done(undefined)
      return
    }
    for (const container of sandbox.containers) {
      if (container.state === 'CONTAINER_RUNNING') this.#kill(container)
    }
    this.#tearDown(sandbox)
    done(undefined)
  }

  removePodSandbox(id: string, done: Reply<void>): void {
    const sandbox = this.#sandboxes.get(id)
    if (sandbox !== undefined) {
      for (const container of [...sandbox.containers]) this.#forget(container)
      if (sandbox.state === 'SANDBOX_READY') this.#tearDown(sandbox)
      sandbox.removed = true
      this.#sandboxes.delete(id)
    }
    done(undefined)
  }

  podSandboxStatus(id: string): SandboxRecord | undefined {
    return this.#sandboxes.get(id)
  }

  listPodSandbox(): Iterable<SandboxRecord> {
    return this.#sandboxes.values()
  }

  // -- containers ---------------------------------------------------------------------------------------

  createContainer(sandboxId: string, config: ContainerConfig, done: Reply<string>): void {
    if (this.#fails(done, '')) return
    const sandbox = this.#sandboxes.get(sandboxId)
    if (sandbox === undefined || sandbox.state !== 'SANDBOX_READY') {
      done(new CriError('NotFound', `failed to find sandbox id "${sandboxId}"`), '')
      return
    }
    const image = this.#host.images.get(config.imageRef)
    if (image === undefined) {
      done(
        new CriError('NotFound', `failed to get image from containerd "${config.imageRef}": not found`),
        '',
      )
      return
    }
    const container = new ContainerRecord(
      [this.name, this.#newId()].join('://'),
      sandbox,
      config,
      image,
      this.#host.loop.now,
    )
    if (this.profile.startFailure.verb === 'CreateContainer') {
      const obstacle = this.#host.whatStops(container)
      if (obstacle !== undefined) {
        done(obstacle, '')
        return
      }
    }
    this.#containers.set(container.id, container)
    sandbox.containers = sandbox.containers.concat(container)
    this.#steps('createContainer', { image: config.image, id: container.id.slice(0, 12) })
    done(undefined, container.id)
  }

  startContainer(id: string, done: Reply<void>): void {
    const container = this.#containers.get(id)
    if (container === undefined) {
      done(new CriError('NotFound', `container "${id}" not found`))
      return
    }
    if (this.#fails(done, undefined)) return
    this.#steps('startContainer', { image: container.config.image, id: id.slice(0, 12) })
    const connection = this.#connection
    const start = () => {
      if (connection !== this.#connection) {
        if (container.state === 'CONTAINER_CREATED') this.#failedToStart(container, CANCELLED)
        return
      }
      if (container.sandbox.state !== 'SANDBOX_READY') {
        done(new CriError('Unknown', `sandbox container "${container.sandboxId}" is not running`))
        return
      }
      this.#start(container, done)
    }
    const delay = this.profile.latency.startContainer + (container.image.spec.startDelayMs ?? 0)
    this.#host.after(delay, start, 'StartContainer')
  }

  stopContainer(id: string, timeoutMs: number, done: Reply<void>): void {
    const container = this.#containers.get(id)
    if (container === undefined || container.state !== 'CONTAINER_RUNNING') {
      done(undefined)
      return
    }
    const waiting = container.stopping !== undefined
    const replies = (container.stopping ??= [])
    replies.push(done)
    if (!waiting) container.process?.signal((container.image.spec.stopSignal ?? 'SIGTERM') as 'SIGTERM')
    if (container.state !== 'CONTAINER_RUNNING') return
    // A later call may come with a shorter time-out: the first SIGKILL due wins.
    this.#host.after(
      timeoutMs,
      () => {
        if (container.state === 'CONTAINER_RUNNING') this.#kill(container)
      },
      `SIGKILL for ${container.config.name}`,
    )
  }

  removeContainer(id: string, done: Reply<void>): void {
    const container = this.#containers.get(id)
    if (container !== undefined) this.#forget(container)
    done(undefined)
  }

  containerStatus(id: string): ContainerRecord | undefined {
    return this.#containers.get(id)
  }

  listContainers(sandboxId?: string): Iterable<ContainerRecord> {
    if (sandboxId === undefined) return this.#containers.values()
    return this.#sandboxes.get(sandboxId)?.containers ?? []
  }

  updateContainerResources(id: string, resources: LinuxResources, done: Reply<void>): void {
    const container = this.#containers.get(id)
    if (container === undefined) {
      done(new CriError('NotFound', `container "${id}" not found`))
      return
    }
    this.#host.after(
      this.profile.latency.updateContainerResources,
      () => {
        container.resources = resources
        container.process?.limitsChanged()
        done(undefined)
      },
      'UpdateContainerResources',
    )
  }

  reopenContainerLog(_id: string): void {
    // Logs live in memory: there is no file to open again.
  }

  containerStats(id: string): ContainerStats | undefined {
    const container = this.#containers.get(id)
    if (container?.process === undefined || container.state !== 'CONTAINER_RUNNING') return undefined
    const usage = container.process.usage()
    return { id, ...usage, diskBytes: usage.diskBytes + (container.log?.bytes ?? 0) }
  }

  listen(listener: RuntimeListener | undefined): void {
    this.#listener = listener
    if (listener === undefined) this.#connection++
  }

  // -- streaming ----------------------------------------------------------------------------------------

  execSync(
    id: string,
    command: readonly string[],
    timeoutMs: number,
    done: Reply<ExecResult & { readonly steady: boolean }>,
  ): void {
    const nothing = { exitCode: -1, stdout: '', stderr: '', steady: false }
    const container = this.#containers.get(id)
    if (container?.process === undefined || container.state !== 'CONTAINER_RUNNING') {
      done(new CriError('NotFound', `failed to exec in container: container is not running`), nothing)
      return
    }
    container.process.execSync(command, timeoutMs, (result) => {
      if (result === 'timeout') {
        const text = `failed to exec in container: timeout ${timeoutMs / 1000}s exceeded: context deadline exceeded`
        done(new CriError('DeadlineExceeded', text), nothing)
      } else if (result === 'not found') {
        const text = `failed to exec in container: failed to start exec: OCI runtime exec failed: exec failed: unable to start container process: exec: "${command[0]}": executable file not found in $PATH: unknown`
        done(new CriError('Unknown', text), nothing)
      } else done(undefined, result)
    })
  }

  exec(id: string, command: readonly string[], tty: boolean, stdin: boolean, sink: ExecSink): ExecSession {
    return this.#containers.get(id)!.process!.exec(command, tty, stdin, sink)
  }

  attach(id: string, sink: ExecSink): ExecSession {
    return this.#containers.get(id)!.process!.attach(sink)
  }

  portForward(sandboxId: string, port: number, sink: ConnectionSink): Connection {
    const stack = this.#sandboxes.get(sandboxId)!.stack
    return openConnection(this.#host, stack, port, { ip: '127.0.0.1', port: 0 }, sink)
  }

  readLog(
    id: string,
    onLine?: (line: LogLine | undefined) => void,
  ): { lines: readonly LogLine[]; stop(): void } {
    const container = this.#containers.get(id)
    if (container === undefined) return { lines: [], stop: () => {} }
    const running = container.state !== 'CONTAINER_EXITED'
    if (onLine === undefined || !running) {
      const lines = container.log?.lines ?? []
      if (onLine !== undefined) this.#host.after(0, () => onLine(undefined), 'end of log')
      return { lines, stop: () => {} }
    }
    const log = (container.log ??= new ContainerLog())
    return { lines: [...log.lines], stop: log.follow(onLine) }
  }

  // -- power --------------------------------------------------------------------------------------------

  /** The machine lost power: what ran is dead, what is on disk stays. Nobody is told. */
  powerLost(): void {
    this.#listener = undefined
    for (const sandbox of this.#sandboxes.values()) {
      for (const container of sandbox.containers) {
        if (container.state === 'CONTAINER_RUNNING') this.#finish(container, LOST_EXIT_CODE, 0, 'Error', '')
        container.stopping = undefined
      }
      if (sandbox.state === 'SANDBOX_READY') this.#tearDown(sandbox)
    }
  }

  /**
   * Takes over another runtime's sandboxes and containers as they are: for a copy of the machine. Behaviours go on
   * where they were; programs that are code start again, since what they were about to do cannot be copied.
   */
  continueFrom(other: FakeRuntime, mountOf: (mount: Mount) => Mount): void {
    this.#addresses = other.#addresses?.clone()
    const { nodeName, network } = this.#host
    for (const old of other.#sandboxes.values()) {
      const { config } = old
      const stack = config.hostNetwork ? this.#host.stack : new NetworkStack(nodeName, config, old.stack.ips)
      const sandbox = new SandboxRecord(old.id, config, old.createdAt, stack)
      sandbox.state = old.state
      this.#sandboxes.set(sandbox.id, sandbox)
      if (old.state === 'SANDBOX_READY' && !config.hostNetwork) network?.attach(stack)
      for (const from of old.containers) {
        const copy = from.copyFor(sandbox, withMounts(from.config, from.config.mounts.map(mountOf)))
        sandbox.containers = sandbox.containers.concat(copy)
        this.#containers.set(copy.id, copy)
        if (from.state !== 'CONTAINER_RUNNING') continue
        const process = this.#host.startProcess(copy, this.#containerHost)
        if (process instanceof CriError) this.#failedToStart(copy, process)
        else copy.process = process
      }
    }
  }

  /** What the runtime does to get an image. */
  showPull(image: string): void {
    this.#steps('pullImage', { image })
  }

  /** Kills a container without asking, as the kernel or an operator would. */
  killContainer(id: string, reason?: 'OOMKilled'): void {
    const container = this.#containers.get(id)
    if (container?.state === 'CONTAINER_RUNNING') this.#exit(container, 137, 9, reason)
  }

  // -- below --------------------------------------------------------------------------------------------

  #start(container: ContainerRecord, done: Reply<void>): void {
    const { loop } = this.#host
    container.startedAt = loop.now
    container.state = 'CONTAINER_RUNNING'
    const process = this.#host.startProcess(container, this.#containerHost)
    if (process instanceof CriError) {
      this.#failedToStart(container, process)
      done(process)
      return
    }
    container.process = process
    done(undefined)
  }

  /** Nobody waits for this sandbox any more: nothing of it stays. */
  #rollBack(sandbox: SandboxRecord): void {
    this.#tearDown(sandbox)
    this.removePodSandbox(sandbox.id, () => {})
  }

  #failedToStart(container: ContainerRecord, error: CriError): void {
    const { exitCode, reason } = this.profile.startFailure
    this.#finish(container, exitCode, 0, reason, error.message)
  }

  #kill(container: ContainerRecord): void {
    this.#exit(container, 137, 9)
  }

  #exit(container: ContainerRecord, code: number, signal: number, reason?: string, message = ''): void {
    if (container.state !== 'CONTAINER_RUNNING') return
    const { loop, journal } = this.#host
    this.#finish(container, code, signal, reason ?? (code === 0 ? 'Completed' : 'Error'), message)
    const why =
      container.reason === 'Completed' || container.reason === 'Error' ? '' : ` (${container.reason})`
    const cause = journal.enabled ? this.#note(container, `exited with ${code}${why}`) : loop.context.cause
    const replies = container.stopping
    container.stopping = undefined
    loop.within(loop.causedBy(cause), () => {
      if (replies !== undefined) for (const reply of replies) reply(undefined)
      this.#listener?.(container.sandbox.config.uid)
    })
  }

  #finish(container: ContainerRecord, code: number, signal: number, reason: string, message: string): void {
    const now = this.#host.loop.now
    container.state = 'CONTAINER_EXITED'
    container.end = { finishedAt: now, exitCode: code, signal, reason, message }
    container.process?.destroy()
    container.log?.close(now)
  }

  #tearDown(sandbox: SandboxRecord): void {
    sandbox.state = 'SANDBOX_NOTREADY'
    if (sandbox.config.hostNetwork) return
    this.#host.network?.detach(sandbox.stack)
    for (const ip of sandbox.stack.ips) this.#addresses?.give(ip)
    sandbox.stack.close()
  }

  #forget(container: ContainerRecord): void {
    if (container.state === 'CONTAINER_RUNNING') this.#finish(container, 137, 9, 'Error', '')
    this.#containers.delete(container.id)
    const { sandbox } = container
    sandbox.containers = sandbox.containers.filter((it) => it !== container)
  }

  #note(container: ContainerRecord, text: string): number {
    const { journal, nodeName } = this.#host
    if (!journal.enabled) return this.#host.loop.context.cause
    const { namespace, name } = container.sandbox.config
    const detail = { container: container.config.name, id: container.id }
    const object = `Pod ${namespace}/${name}`
    return journal.record(
      'container',
      `${this.name}/${nodeName}`,
      object,
      `container ${container.config.name} ${text}`,
      detail,
    )
  }

  #steps(verb: keyof RuntimeProfile['steps'], names: Readonly<Record<string, string>>): void {
    const { journal, showSteps, nodeName } = this.#host
    if (!showSteps || !journal.enabled) return
    for (const step of this.profile.steps[verb]) {
      const text = step.text.replace(/\{(\w+)\}/g, (_, name: string) => names[name] ?? '')
      journal.record('cri', `${step.actor}/${nodeName}`, '', text)
    }
  }

  #fails<T>(done: Reply<T>, nothing: T): boolean {
    if (this.broken === undefined) return false
    done(new CriError('Unavailable', this.broken), nothing)
    return true
  }

  /** 64 hex digits, in one piece: a string put together with + would keep its pieces. */
  #newId(): string {
    return hexId(this.#host.random)
  }
}

/** The same container over other volumes. */
function withMounts(config: ContainerConfig, mounts: readonly Mount[]): ContainerConfig {
  return {
    name: config.name,
    attempt: config.attempt,
    image: config.image,
    imageRef: config.imageRef,
    command: config.command,
    args: config.args,
    workingDir: config.workingDir,
    user: config.user,
    capabilities: config.capabilities,
    envs: () => config.envs(),
    mounts,
    resources: config.resources,
    terminationMessagePath: config.terminationMessagePath,
    stdin: config.stdin,
    tty: config.tty,
    hash: config.hash,
    configured: config.configured,
    willEnd: config.willEnd,
    kind: config.kind,
  }
}

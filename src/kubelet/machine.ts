/**
 * A node's machine: what lies below a kubelet and outlives it. Containers and their processes, sandboxes with
 * their network namespaces, images, volumes and the disk are here; they go on while the kubelet is down, and
 * stop when the machine loses power. The composition root creates one for every node and hands it to `kubelet`.
 */
import type { PodNetwork } from '../api/sockets.ts'
import type { NodeStreams } from '../api/streams.ts'
import type { EventLoop, Timer } from '../kernel/event-loop.ts'
import type { Journal } from '../kernel/journal.ts'
import type { Random } from '../kernel/random.ts'
import { FakeRuntime } from './cri/fake-runtime.ts'
import type { ImageCatalog } from './cri/image-catalog.ts'
import { ImageStore } from './cri/image-store.ts'
import { RUNTIME_PROFILES, type RuntimeKind } from './cri/profiles.ts'
import type { ContainerRecord } from './cri/records.ts'
import { CriError } from './cri/runtime.ts'
import { FileTree } from './file-tree.ts'
import { NetworkStack } from './network-namespace.ts'
import { type BehaviourHost, BehaviourProcess } from './programs/behaviour.ts'
import type { ContainerHost, ContainerProcess } from './programs/container-process.ts'
import { commandOf, Processes, type ProcessesHost } from './programs/processes.ts'
import type { Behaviour, Program, ProgramTable } from './programs/program.ts'
import { Vfs } from './programs/vfs.ts'

export interface MachineOptions {
  readonly nodeName: string
  readonly loop: EventLoop
  readonly journal: Journal
  /** A stream of its own. */
  readonly random: Random
  readonly catalog: ImageCatalog
  readonly programs: ProgramTable
  /** Carries traffic between namespaces; absent: containers reach only their own pod. */
  readonly network?: PodNetwork
  /** InternalIP first; more for further addresses. */
  readonly ips: readonly string[]
  /** Quantities: `{ cpu: '4', memory: '8Gi', pods: '110', 'ephemeral-storage': '100Gi', ... }`. */
  readonly capacity: Readonly<Record<string, string>>
  readonly os?: string
  readonly arch?: string
  /** Default containerd. */
  readonly runtime?: RuntimeKind
  /** Bytes of the disk that images share with containers and emptyDirs. */
  readonly diskBytes?: number
  readonly imageBytesPerSecond?: number
  readonly preloadedImages?: readonly string[]
  /** Journal what the runtime does below each CRI call. */
  readonly showRuntimeSteps?: boolean
}

const DISK_BYTES = 100 * 1024 ** 3

export class Machine {
  readonly nodeName: string
  readonly options: MachineOptions
  readonly loop: EventLoop
  readonly journal: Journal
  readonly stack: NetworkStack
  readonly images: ImageStore
  readonly runtime: FakeRuntime
  /** `/` of the node: hostPath volumes, static pod manifests. */
  readonly disk: FileTree
  /** Content of volumes that live on the node, by pod uid and volume name; kept until the pod is cleaned up. */
  readonly volumes = new Map<string, FileTree>()
  /** Disks that the node has attached, by PersistentVolume name; shared with whoever owns the disks. */
  readonly disks: Map<string, FileTree>
  readonly diskBytes: number
  /** What the kubelet serves on port 10250; undefined while it is down. */
  streams: NodeStreams | undefined
  /** Set by the kubelet: ends the pods in an orderly way, then calls back. */
  onShutdown: ((done: () => void) => void) | undefined
  /** Changes with every boot. */
  bootId: string
  on = true
  #epoch = 0
  /** Shared by all containers; made with the first. */
  #behaviourHost: BehaviourHost | undefined
  #processesHost: ProcessesHost | undefined
  /** Containers whose use of memory or disk changes. */
  readonly #hungry = new Set<ContainerRecord>()
  readonly #roots = new WeakMap<ContainerRecord, Vfs>()

  /** @param disks shared by all machines of a cluster: a volume may follow its pod to another node */
  constructor(options: MachineOptions, disks: Map<string, FileTree> = new Map(), disk = new FileTree()) {
    this.disk = disk
    this.options = options
    this.nodeName = options.nodeName
    this.loop = options.loop
    this.journal = options.journal
    this.disks = disks
    this.diskBytes = options.diskBytes ?? DISK_BYTES
    this.stack = new NetworkStack(options.nodeName, undefined, options.ips)
    options.network?.attach(this.stack)
    this.bootId = this.#newBootId()
    const after = this.after.bind(this)
    this.images = new ImageStore({
      catalog: options.catalog,
      bytesPerSecond: options.imageBytesPerSecond,
      capacityBytes: this.diskBytes,
      preloaded: options.preloadedImages,
      onPull: (image) => this.runtime.showPull(image),
      after,
    })
    this.runtime = new FakeRuntime(RUNTIME_PROFILES[options.runtime ?? 'containerd'], {
      nodeName: options.nodeName,
      loop: options.loop,
      journal: options.journal,
      random: options.random,
      images: this.images,
      network: options.network,
      stack: this.stack,
      after,
      startProcess: (container, host) => this.#startProcess(container, host),
      whatStops: (container) => this.#whatStops(container),
      showSteps: options.showRuntimeSteps ?? false,
    })
  }

  /**
   * The same machine in another world: what ran goes on from where it was, under the new loop. Kubelets find it as
   * after a restart. `disks` are those of the new world.
   */
  clone(
    world: Pick<MachineOptions, 'loop' | 'journal' | 'random' | 'network'>,
    disks: Map<string, FileTree> = new Map(),
  ): Machine {
    const copies = new Map<FileTree, FileTree>()
    const copyOf = (tree: FileTree): FileTree => {
      let copy = copies.get(tree)
      if (copy === undefined) copies.set(tree, (copy = tree.clone()))
      return copy
    }
    for (const [name, tree] of this.disks) {
      const known = disks.get(name)
      if (known === undefined) disks.set(name, copyOf(tree))
      else copies.set(tree, known)
    }
    const machine = new Machine({ ...this.options, ...world }, disks, copyOf(this.disk))
    for (const [key, tree] of this.volumes) machine.volumes.set(key, copyOf(tree))
    machine.bootId = this.bootId
    machine.images.continueFrom(this.images)
    machine.runtime.continueFrom(this.runtime, (mount) => ({ ...mount, tree: copyOf(mount.tree) }))
    if (!this.on) machine.powerOff()
    return machine
  }

  /** A timer of the hardware: it never fires once the machine has lost power. */
  after(delayMs: number, run: () => void, label: string, background?: boolean): Timer {
    const epoch = this.#epoch
    return this.loop.after(
      delayMs,
      () => {
        if (epoch === this.#epoch && this.on) run()
      },
      background === undefined ? { label } : { label, background },
    )
  }

  /** Everything that runs stops at once; disks, images and the records of containers stay. */
  powerOff(): void {
    if (!this.on) return
    this.on = false
    this.#epoch++
    this.streams = undefined
    this.runtime.powerLost()
    this.stack.alive = false
    this.options.network?.detach(this.stack)
  }

  /** Switches off after the kubelet has had its say (systemd's inhibitor lock): `done` when the power is gone. */
  shutdown(done: () => void): void {
    const off = () => {
      this.powerOff()
      done()
    }
    if (this.onShutdown === undefined) off()
    else this.onShutdown(off)
  }

  /** Boots; the kubelet is started by whoever owns its process. */
  powerOn(): void {
    if (this.on) return
    this.on = true
    this.bootId = this.#newBootId()
    this.stack.alive = true
    this.options.network?.attach(this.stack)
  }

  /** False while nothing that runs can use more memory or disk than it does. */
  mayRunShort(): boolean {
    for (const container of this.#hungry) {
      if (container.state === 'CONTAINER_RUNNING') return true
      this.#hungry.delete(container)
    }
    return false
  }

  /** Bytes used by containers right now. */
  memoryUsed(): number {
    let used = 0
    for (const container of this.runtime.listContainers()) {
      used += this.runtime.containerStats(container.id)?.memoryBytes ?? 0
    }
    return used
  }

  /** Bytes of the disk used by images, containers and volumes. */
  diskUsed(): number {
    let used = this.images.imageFsInfo().usedBytes + this.disk.usedBytes()
    for (const container of this.runtime.listContainers()) {
      used += this.runtime.containerStats(container.id)?.diskBytes ?? 0
    }
    for (const tree of this.volumes.values()) used += tree.usedBytes()
    return used
  }

  /** Hears of everything in a container that a probe could notice: its network and its files. */
  onContainerChange(containerId: string, run: () => void): () => void {
    const container = this.runtime.containerStatus(containerId)
    if (container === undefined) return () => {}
    const stops = [container.sandbox.stack.onChange(run)]
    const files = this.#roots.get(container)
    if (files !== undefined) for (const tree of files.trees()) stops.push(tree.onChange(run))
    return () => {
      for (const stop of stops) stop()
    }
  }

  /** Files of a container as its processes see them. */
  filesOf(container: ContainerRecord): Vfs {
    let vfs = this.#roots.get(container)
    if (vfs === undefined) {
      const root = new FileTree()
      const { spec } = container.image
      for (const directory of [
        'bin',
        'dev',
        'etc',
        'home',
        'proc',
        'root',
        'tmp',
        'usr/bin',
        'var/log',
        'var/run',
      ]) {
        root.mkdir(directory, container.createdAt)
      }
      for (const [path, content] of Object.entries(spec.files ?? {})) {
        root.write(path, content, 0o644, container.createdAt)
      }
      root.write('dev/null', () => '', 0o666, container.createdAt)
      root.write('etc/hostname', `${container.sandbox.config.hostname}\n`, 0o644, container.createdAt)
      root.write('etc/hosts', hostsFile(container), 0o644, container.createdAt)
      root.write('etc/resolv.conf', resolvFile(container), 0o644, container.createdAt)
      root.write('proc/1/status', () => processStatus(container), 0o444, container.createdAt)
      root.write('proc/1/cmdline', () => `${argvOf(container).join('\0')}\0`, 0o444, container.createdAt)
      vfs = new Vfs(root, container.config.mounts, () => this.loop.now)
      this.#roots.set(container, vfs)
    }
    return vfs
  }

  #whatStops(container: ContainerRecord): CriError | undefined {
    const argv = argvOf(container)
    return this.#programOf(container, argv) === undefined ? this.#notExecutable(argv) : undefined
  }

  #notExecutable(argv: readonly string[]): CriError {
    return new CriError('Unknown', this.runtime.profile.startFailure.text(argv[0] ?? ''))
  }

  #startProcess(container: ContainerRecord, host: ContainerHost): ContainerProcess | CriError {
    const argv = argvOf(container)
    const program = this.#programOf(container, argv)
    if (program === undefined) return this.#notExecutable(argv)
    if (
      isProgram(program) ||
      program.memory !== undefined ||
      program.diskBytesPerSecond !== undefined ||
      program.starts
    ) {
      this.#hungry.add(container)
    }
    if (isProgram(program)) {
      const made = this.#processesOf(container, host)
      made.startMain(program, argv.length > 0 ? argv : [program.name])
      return made
    }
    this.#behaviourHost ??= {
      ...host,
      now: () => this.loop.now,
      after: this.after.bind(this),
      random: () => this.options.random.float(),
      sideProcesses: (it) => this.#processesOf(it, host),
    }
    return new BehaviourProcess(container, program, this.#behaviourHost)
  }

  #processesOf(container: ContainerRecord, host: ContainerHost): Processes {
    this.#processesHost ??= {
      loop: this.loop,
      random: this.options.random,
      network: this.options.network,
      programs: this.options.programs,
      after: this.after.bind(this),
      rootOf: (it) => this.filesOf(it),
      envOf: (it) => envOf(it),
    }
    return new Processes(container, this.#processesHost, host)
  }

  /** What argv means in this image: a command built in, the image's own program, or a well-behaved stand-in. */
  #programOf(container: ContainerRecord, argv: readonly string[]): Program | Behaviour | undefined {
    const { programs } = this.options
    const { spec } = container.image
    const { command, args, configured } = container.config
    // Entry points of such images run what they are given, and take options for their own program.
    const replaced = spec.entrypoint === undefined && args.length > 0 && !args[0]!.startsWith('-')
    const overridden = command.length > 0 || replaced
    const name = argv[0]?.slice(argv[0].lastIndexOf('/') + 1)
    const named = name === undefined ? undefined : commandOf(spec, name, programs)
    const own = typeof spec.program === 'string' ? programs.get(spec.program) : spec.program
    if (overridden && named !== undefined) return named
    if (spec.plain !== undefined && !configured) return spec.plain
    const strict = spec.strictCommands === true || spec.bare === true
    if (own !== undefined && !(overridden && strict)) return own
    if (named !== undefined) return named
    return strict ? undefined : (own ?? {})
  }

  #newBootId(): string {
    const part = () => (this.options.random.float() * 2 ** 32).toString(16).slice(0, 8).padStart(8, '0')
    return `${part()}-${part().slice(0, 4)}-4${part().slice(1, 4)}-a${part().slice(1, 4)}-${part()}${part().slice(0, 4)}`
  }
}

/** The pod's command and args over the image's entrypoint and cmd. */
function argvOf({ image, config }: ContainerRecord): readonly string[] {
  const { entrypoint = [], cmd = [] } = image.spec
  const { command, args } = config
  if (command.length > 0) return [...command, ...args]
  if (image.spec.entrypoint === undefined && args[0]?.startsWith('-')) return [...cmd.slice(0, 1), ...args]
  return args.length > 0 ? [...entrypoint, ...args] : [...entrypoint, ...cmd]
}

function isProgram(program: Program | Behaviour): program is Program {
  return 'start' in program
}

function envOf(container: ContainerRecord): Map<string, string> {
  const env = new Map<string, string>([
    ['PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
    ['HOSTNAME', container.sandbox.config.hostname],
  ])
  for (const [name, value] of Object.entries(container.image.spec.env ?? {})) env.set(name, value)
  for (const [name, value] of container.config.envs()) env.set(name, value)
  env.set('HOME', env.get('HOME') ?? '/root')
  return env
}

/** What `/proc/1/status` says of who it is and what it may do. */
function processStatus(container: ContainerRecord): string {
  const { user, capabilities } = container.config
  const mask = (it: bigint) => it.toString(16).padStart(16, '0')
  const effective = user.uid === 0 ? capabilities : 0n
  const name = argvOf(container)[0]?.split('/').at(-1) ?? ''
  const lines = [
    `Name:\t${name}`,
    'State:\tS (sleeping)',
    'Pid:\t1',
    'PPid:\t0',
    `Uid:\t${[user.uid, user.uid, user.uid, user.uid].join('\t')}`,
    `Gid:\t${[user.gid, user.gid, user.gid, user.gid].join('\t')}`,
    `Groups:\t${user.groups.join(' ')} `,
    `CapInh:\t${mask(0n)}`,
    `CapPrm:\t${mask(effective)}`,
    `CapEff:\t${mask(effective)}`,
    `CapBnd:\t${mask(capabilities)}`,
    `CapAmb:\t${mask(0n)}`,
  ]
  return `${lines.join('\n')}\n`
}

function hostsFile(container: ContainerRecord): string {
  const { config, stack } = container.sandbox
  const lines = [
    '# Kubernetes-managed hosts file.',
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    'fe00::0\tip6-localnet',
    'fe00::0\tip6-mcastprefix',
    'fe00::1\tip6-allnodes',
    'fe00::2\tip6-allrouters',
    ...stack.ips.map((ip) => [ip, ...(config.fqdn ? [config.fqdn] : []), config.hostname].join('\t')),
  ]
  if (config.hostAliases !== undefined && config.hostAliases.length > 0) {
    lines.push('', '# Entries added by HostAliases.')
    for (const alias of config.hostAliases) lines.push([alias.ip, ...(alias.hostnames ?? [])].join('\t'))
  }
  return `${lines.join('\n')}\n`
}

function resolvFile(container: ContainerRecord): string {
  const dns = container.sandbox.config.dns
  if (dns === undefined) return ''
  const lines = dns.searches.length > 0 ? [`search ${dns.searches.join(' ')}`] : []
  for (const server of dns.nameservers) lines.push(`nameserver ${server}`)
  lines.push(`options ndots:${dns.ndots}`)
  return `${lines.join('\n')}\n`
}

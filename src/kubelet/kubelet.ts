/**
 * The kubelet of one node: registers and reports it, watches the pods bound to it, and gives each a worker
 * (upstream: pkg/kubelet/kubelet.go). What it remembers dies with its process; containers live on in the machine.
 */
import type { Node } from '../api/core/node.ts'
import { Node as NodeKind } from '../api/core/node.ts'
import { Pod } from '../api/core/pod.ts'
import { Service } from '../api/core/service.ts'
import type { Stored } from '../api/kind.ts'
import type { Informer } from '../client/informer.ts'
import type { Component, Process } from '../client/process.ts'
import type { Timer } from '../kernel/event-loop.ts'
import { admit, hostPorts, isCritical, type Rejection } from './admission.ts'
import { Backoff } from './backoff.ts'
import { RUNTIME_PROFILES } from './cri/profiles.ts'
import type { CriContainer } from './cri/runtime.ts'
import { type ClusterDns, DEFAULT_DNS } from './dns.ts'
import { serviceVariables } from './environment.ts'
import { EvictionManager } from './eviction.ts'
import { ImageManager } from './image-manager.ts'
import type { KubeletContext } from './kubelet-context.ts'
import { KubeletStreams } from './kubelet-streams.ts'
import type { Machine } from './machine.ts'
import { NodeReporter } from './node-reporter.ts'
import type { NodeFacts, NodeHealth } from './node-status.ts'
import { ObjectCache } from './object-cache.ts'
import { planResize } from './pod-resize.ts'
import { podRequests } from './pod-resources.ts'
import { PodWorker } from './pod-worker.ts'
import { isStaticSource, StaticPods } from './static-pods.ts'
import { isTerminalPhase } from './status/pod-status.ts'
import { AttachedVolumes } from './volumes/attached-volumes.ts'

export interface KubeletOptions {
  readonly machine: Machine
  /** Added to those of registration. */
  readonly labels?: Readonly<Record<string, string>>
  /** Registered with these taints: `node.cloudprovider.kubernetes.io/uninitialized` with a cloud. */
  readonly taints?: NonNullable<Node['spec']['taints']>
  readonly providerId?: string
  /** Quantities by resource name, taken from what pods may use. */
  readonly reserved?: Readonly<Record<string, string>>
  /** Pod addresses come from here; default: from spec.podCIDR, once somebody has set it. */
  readonly podCidr?: string
  readonly dns?: ClusterDns
  /** Folder of static pod manifests on the node's disk; default /etc/kubernetes/manifests. */
  readonly staticPodPath?: string
  /** Sysctls that pods may set although others would feel it: `kernel.msg*`. */
  readonly allowedUnsafeSysctls?: readonly string[]
}

const CRASH_BACKOFF_MS = 10_000
const CRASH_BACKOFF_MS_MAX = 300_000
/** The runtime is asked what changed once a second (PLEG), when there is something to ask about. */
const RELIST_MS = 1000
/** shutdownGracePeriod and shutdownGracePeriodCriticalPods. */
const SHUTDOWN_MS = 30_000
const SHUTDOWN_CRITICAL_MS = 10_000

/** The kubelet of `options.machine`, to be started in a process of its own, named `kubelet/<node>`. */
export function kubelet(options: KubeletOptions): Component {
  return {
    name: 'kubelet',
    start: (process) => {
      new Kubelet(options, process)
    },
  }
}

class Kubelet implements KubeletContext {
  readonly nodeName: string
  readonly process: Process
  readonly clock
  readonly recorder
  readonly machine: Machine
  readonly runtime
  readonly images: ImageManager
  readonly objects: ObjectCache
  readonly crashBackoff = new Backoff(CRASH_BACKOFF_MS, CRASH_BACKOFF_MS_MAX)
  readonly hostIps: readonly string[]
  readonly dns: ClusterDns
  readonly accountsReady = new Set<string>()
  readonly attachedVolumes: AttachedVolumes = new AttachedVolumes(
    () => this.#reporter?.node,
    () => this.#reporter?.changed(),
  )
  /** By uid. */
  readonly workers = new Map<string, PodWorker>()
  readonly #options: KubeletOptions
  readonly #reporter: NodeReporter
  readonly #eviction: EvictionManager
  readonly #staticPods: StaticPods
  readonly #used = new Map<string, number>()
  readonly #usedPorts = new Set<string>()
  /** Workers that hold resources of the node. */
  #admitted = 0
  readonly #died = new Set<PodWorker>()
  /** As the watch brought it last. */
  #shownNode: Stored<Node> | undefined
  #relist: Timer | undefined
  #services: Informer<Service> | undefined
  #serviceVariables = new Map<string, ReadonlyMap<string, string>>()
  readonly #awaitNetwork = new Set<PodWorker>()
  /** Set while the node shuts down. */
  #afterShutdown: (() => void) | undefined
  /** Pods that came before the runtime's leftovers were looked at. */
  #listed = false

  constructor(options: KubeletOptions, process: Process) {
    const { machine } = options
    const profile = RUNTIME_PROFILES[machine.options.runtime ?? 'containerd']
    this.#options = options
    this.process = process
    this.machine = machine
    this.nodeName = machine.nodeName
    this.clock = process.clock
    this.recorder = process.recorder('kubelet', { host: machine.nodeName })
    this.runtime = machine.runtime
    this.hostIps = machine.stack.ips
    this.dns = options.dns ?? DEFAULT_DNS
    this.images = new ImageManager(this.clock, machine.images, this.recorder, (pod, text, call) =>
      this.cri(pod, text, call),
    )
    this.objects = new ObjectCache(process)
    this.#eviction = new EvictionManager(
      this,
      () => this.workers.values(),
      () => this.#reporter.changed(),
    )
    this.#staticPods = new StaticPods(this, options.staticPodPath ?? '/etc/kubernetes/manifests', {
      add: (pod) => this.#added(pod),
      remove: (pod) => this.workers.get(pod.metadata.uid)?.removed(),
    })
    if (profile.refused !== undefined) {
      process.journal.record('process', process.name, `Node ${this.nodeName}`, profile.refused)
      this.#reporter = undefined as unknown as NodeReporter
      return
    }
    if (options.podCidr !== undefined) this.runtime.updateRuntimeConfig({ podCidr: options.podCidr })
    this.#reporter = new NodeReporter({
      process,
      recorder: this.recorder,
      facts: this.#facts(),
      health: () => this.#health(),
      onTick: () => this.#eviction.tick(),
      registered: (node) => this.#nodeChanged(node),
    })
    this.#watchNode()
    this.#watchPods()
    this.runtime.listen((podUid) => this.#containerDied(podUid))
    machine.streams = new KubeletStreams(this)
    machine.onShutdown = (done) => this.#shutDown(done)
    process.onStop(() => {
      machine.streams = undefined
      machine.onShutdown = undefined
      this.runtime.listen(undefined)
      this.#staticPods.stop()
      for (const worker of this.workers.values()) worker.stopProbes()
    })
  }

  // -- context for workers ------------------------------------------------------------------------------

  node(): Stored<Node> | undefined {
    return this.#reporter.node
  }

  alive(): boolean {
    return this.process.alive
  }

  image(ref: string) {
    return this.machine.images.imageStatus(ref)
  }

  cri(pod: Pod, text: string, call: () => void): void {
    const { journal, loop, name } = this.process
    if (!journal.enabled) {
      call()
      return
    }
    const { namespace, name: podName } = pod.metadata!
    const entry = journal.record('cri', name, `Pod ${namespace}/${podName}`, text)
    loop.within(loop.causedBy(entry), call)
  }

  admit(worker: PodWorker): Rejection | undefined {
    const { pod } = worker
    if (this.#afterShutdown !== undefined) {
      return { reason: 'NodeShutdown', message: 'Pod was rejected as the node is shutting down.' }
    }
    const node = this.node()
    if (node !== undefined) {
      const rejection = admit({
        pod,
        node,
        used: this.#used,
        podCount: this.#admitted,
        usedPorts: this.#usedPorts,
        pressure: this.#eviction.pressure(),
        allowedUnsafeSysctls: this.#options.allowedUnsafeSysctls,
      })
      if (rejection !== undefined) {
        const obstacle = this.#eviction.makeRoomFor(pod, rejection)
        if (obstacle !== undefined) return obstacle
      }
    }
    this.#hold(worker)
    return undefined
  }

  released(worker: PodWorker): void {
    if (worker.held === undefined) return
    this.#letGo(worker)
    for (const port of hostPorts(worker.pod)) this.#usedPorts.delete(port)
    for (const it of this.workers.values()) if (it.resize.length > 0) this.resized(it)
  }

  finished(worker: PodWorker): void {
    this.released(worker)
    this.#died.delete(worker)
    this.workers.delete(worker.pod.metadata.uid)
  }

  resized(worker: PodWorker): void {
    planResize(this, worker, this.#used, worker.held)
    // What cannot be granted takes nothing from others.
    if (worker.held === undefined || worker.resize.some((it) => it.type === 'PodResizePending')) return
    this.#letGo(worker)
    this.#hold(worker)
  }

  #letGo(worker: PodWorker): void {
    for (const [name, amount] of worker.held!) this.#used.set(name, this.#used.get(name)! - amount)
    worker.held = undefined
    this.#admitted--
  }

  whenNetworkReady(worker: PodWorker): void {
    this.#awaitNetwork.add(worker)
  }

  serviceVariables(pod: Pod, done: (variables: ReadonlyMap<string, string>) => void): void {
    if (this.#services === undefined) {
      this.#services = this.process.informers.for(Service)
      const forget = () => this.#serviceVariables.clear()
      this.#services.addHandlers({ add: forget, update: forget, delete: forget })
    }
    const services = this.#services
    services.whenSynced(() => {
      const namespace = pod.metadata?.namespace ?? ''
      const key = pod.spec.enableServiceLinks === false ? '' : namespace
      let variables = this.#serviceVariables.get(key)
      if (variables === undefined) {
        const known = key === '' ? [] : [...services.lister.list(namespace)]
        const kubernetes = services.lister.get('default/kubernetes')
        if (kubernetes !== undefined && key !== 'default') known.push(kubernetes)
        known.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
        this.#serviceVariables.set(key, (variables = serviceVariables(known)))
      }
      done(variables)
    })
  }

  // -- pods ---------------------------------------------------------------------------------------------

  #watchPods(): void {
    const pods = this.process.informers.for(Pod, { fieldSelector: `spec.nodeName=${this.nodeName}` })
    pods.addHandlers({
      add: (pod) => {
        if (this.#listed) this.#added(pod)
      },
      update: (pod, old) => {
        if (!this.#listed || pod === old) return
        if (pod.metadata.uid !== old.metadata.uid) {
          this.workers.get(old.metadata.uid)?.removed()
          this.#added(pod)
          return
        }
        const own = this.#staticPods.ownerOfMirror(pod)
        if (own === 'none') this.workers.get(pod.metadata.uid)?.updated(pod)
        else own?.mirror?.observed(pod)
      },
      delete: (pod) => {
        const own = this.#staticPods.ownerOfMirror(pod)
        if (own === 'none') this.workers.get(pod.metadata.uid)?.removed()
        else own?.mirror?.observed(undefined)
      },
    })
    pods.whenSynced(() => {
      this.#listed = true
      this.#staticPods.start()
      const known = [...pods.lister.list()].sort((a, b) =>
        a.metadata.creationTimestamp === b.metadata.creationTimestamp
          ? a.metadata.name < b.metadata.name
            ? -1
            : 1
          : a.metadata.creationTimestamp < b.metadata.creationTimestamp
            ? -1
            : 1,
      )
      const leftovers = this.#leftovers()
      for (const pod of known) this.#added(pod, leftovers)
      // What the runtime has and nobody wants any more is cleared away.
      for (const [uid, sandboxes] of leftovers) if (!this.workers.has(uid)) this.#clearAway(sandboxes)
    })
  }

  /** Sandboxes that an earlier life of this kubelet left, by pod uid. */
  #leftovers(): Map<string, { id: string; attempt: number }[]> {
    const found = new Map<string, { id: string; attempt: number }[]>()
    for (const sandbox of this.runtime.listPodSandbox()) {
      const { uid, attempt } = sandbox.config
      const list = found.get(uid)
      if (list === undefined) found.set(uid, [{ id: sandbox.id, attempt }])
      else list.push({ id: sandbox.id, attempt })
    }
    return found
  }

  #added(pod: Stored<Pod>, leftovers?: ReadonlyMap<string, { id: string; attempt: number }[]>): void {
    const { uid } = pod.metadata
    const known = this.workers.get(uid)
    if (known !== undefined) {
      known.updated(pod)
      return
    }
    const own = this.#staticPods.ownerOfMirror(pod)
    if (own !== 'none') {
      own?.mirror?.observed(pod)
      return
    }
    const found = leftovers?.get(uid)
    const over = isTerminalPhase(pod.status?.phase)
    // A pod that was over before we came and left nothing here needs no worker, unless it waits for its deletion.
    if (over && found === undefined && pod.metadata.deletionTimestamp === undefined) return
    const worker = new PodWorker(this, pod)
    this.workers.set(uid, worker)
    if (isStaticSource(pod)) this.#staticPods.attach(worker)
    if (found !== undefined) {
      const newest = found.reduce((a, b) => (a.attempt >= b.attempt ? a : b))
      const containers: CriContainer[] = []
      for (const it of found) containers.push(...this.runtime.listContainers(it.id))
      worker.adopt(newest.id, newest.attempt + 1, containers)
      if (!over) this.#hold(worker)
    }
    if (pod.metadata.deletionTimestamp !== undefined) worker.updated(pod)
    else worker.sync()
  }

  #clearAway(sandboxes: readonly { readonly id: string }[]): void {
    for (const { id } of sandboxes) {
      for (const container of this.runtime.listContainers(id)) {
        this.runtime.stopContainer(container.id, RELIST_MS, () => {})
      }
      this.runtime.stopPodSandbox(id, () => this.runtime.removePodSandbox(id, () => {}))
    }
  }

  #hold(worker: PodWorker): void {
    const requests = podRequests(worker.pod.spec)
    worker.held = requests
    this.#admitted++
    for (const [name, amount] of requests) this.#used.set(name, (this.#used.get(name) ?? 0) + amount)
    for (const port of hostPorts(worker.pod)) this.#usedPorts.add(port)
  }

  /**
   * Graceful node shutdown (upstream: pkg/kubelet/nodeshutdown): the node is not ready from now on, ordinary pods get
   * the first part of the time, critical ones the rest.
   */
  #shutDown(done: () => void): void {
    if (this.#afterShutdown !== undefined) return
    this.#afterShutdown = done
    this.#reporter.changed()
    const sentence = {
      reason: 'Terminated',
      message: 'Pod was terminated in response to imminent node shutdown.',
      disruption: {
        status: 'True',
        reason: 'TerminationByKubelet',
        message: 'Pod was terminated in response to imminent node shutdown.',
      },
    } as const
    const end = (critical: boolean, graceMs: number) => {
      for (const worker of [...this.workers.values()]) {
        if (isCritical(worker.pod) !== critical || worker.state !== 'syncing') continue
        const own = (worker.pod.spec.terminationGracePeriodSeconds ?? 30) * 1000
        worker.terminate(Math.min(own, graceMs), sentence)
      }
    }
    end(false, SHUTDOWN_MS - SHUTDOWN_CRITICAL_MS)
    this.clock.after(SHUTDOWN_MS - SHUTDOWN_CRITICAL_MS, () => end(true, SHUTDOWN_CRITICAL_MS), {
      label: 'node shutdown',
    })
    this.clock.after(SHUTDOWN_MS, done, { label: 'node shutdown' })
  }

  // -- runtime ------------------------------------------------------------------------------------------

  #containerDied(podUid: string): void {
    const worker = this.workers.get(podUid)
    if (worker === undefined) return
    this.#died.add(worker)
    if (this.#relist !== undefined) return
    const now = this.clock.now()
    const due = Math.ceil((now + 1) / RELIST_MS) * RELIST_MS
    this.#relist = this.clock.after(due - now, () => this.#relisted(), {
      label: `relist on ${this.nodeName}`,
    })
  }

  #relisted(): void {
    this.#relist = undefined
    const died = [...this.#died]
    this.#died.clear()
    for (const worker of died) worker.relisted()
  }

  // -- node ---------------------------------------------------------------------------------------------

  #watchNode(): void {
    const nodes = this.process.informers.for(NodeKind, { fieldSelector: `metadata.name=${this.nodeName}` })
    nodes.addHandlers({
      add: (node) => this.#nodeChanged(node),
      update: (node) => this.#nodeChanged(node),
      delete: () => this.#reporter.observed(undefined),
    })
  }

  #nodeChanged(node: Stored<Node>): void {
    const before = this.#shownNode
    this.#shownNode = node
    this.#reporter?.observed(node)
    this.attachedVolumes.nodeChanged(before, node)
    const podCidr = this.#options.podCidr ?? node.spec.podCIDR
    if (podCidr === undefined || podCidr === '' || this.runtime.status().networkReady) return
    this.runtime.updateRuntimeConfig({ podCidr })
    this.#reporter?.changed()
    const waiting = [...this.#awaitNetwork]
    this.#awaitNetwork.clear()
    for (const worker of waiting) worker.poke()
  }

  #facts(): NodeFacts {
    const { machine } = this
    const { options } = machine
    return {
      name: this.nodeName,
      ips: machine.stack.ips,
      os: options.os ?? 'linux',
      arch: options.arch ?? 'amd64',
      capacity: options.capacity,
      reserved: this.#options.reserved ?? {},
      runtimeVersion: `${this.runtime.name}://${this.runtime.version}`,
      bootId: machine.bootId,
      labels: this.#options.labels ?? {},
      taints: this.#options.taints ?? [],
      providerId: this.#options.providerId,
    }
  }

  #health(): NodeHealth {
    const { runtimeReady, networkReady, networkMessage } = this.runtime.status()
    const pressure = this.#eviction.pressure()
    return {
      notReady:
        this.#afterShutdown !== undefined
          ? 'node is shutting down'
          : !runtimeReady
            ? 'container runtime is down'
            : networkReady
              ? undefined
              : networkMessage,
      memoryPressure: pressure.includes('MemoryPressure'),
      diskPressure: pressure.includes('DiskPressure'),
      pidPressure: pressure.includes('PIDPressure'),
      images: [...this.machine.images.listImages()],
      volumesInUse: this.attachedVolumes.inUse(),
    }
  }
}

/**
 * Brings one pod from its spec to running containers and back to nothing (upstream: pkg/kubelet/pod_workers.go and
 * pkg/kubelet/kuberuntime).
 *
 *     syncing ──────────────▶ terminating ──────────────▶ terminated
 *        containers run          being killed,               status written,
 *        as the spec says        never back                  object deleted if it was asked for
 *
 * One thing at a time: while a CRI call is out the worker is `busy`, and whatever happens meanwhile is looked at
 * when the answer is there. `sync` asks `nextAction` what to do, does it, and asks again, until there is nothing to
 * do; then it writes the status if that changed. Nothing ticks: a worker with nothing to wait for has no timer.
 */
import type { Container, EphemeralContainer } from '../api/core/container.ts'
import type { Pod } from '../api/core/pod.ts'
import type { Stored } from '../api/kind.ts'
import { parseTime } from '../api/time.ts'
import { formatDuration } from '../kernel/duration.ts'
import type { Timer } from '../kernel/event-loop.ts'
import { ContainerNotes, restartCountOf } from './container-notes.ts'
import { startContainer } from './container-starter.ts'
import { stopContainers } from './container-stopper.ts'
import type { CriContainer, PodSandboxConfig } from './cri/runtime.ts'
import { dnsOf } from './dns.ts'
import type { KubeletContext } from './kubelet-context.ts'
import { nextAction } from './pod-actions.ts'
import type { Amounts } from './pod-resources.ts'
import { PodProbes } from './probes/pod-probes.ts'
import type { MirrorPod } from './static-pods.ts'
import { isTerminalPhase, podStatus, type Sentence } from './status/pod-status.ts'
import { StatusWriter } from './status/status-writer.ts'
import { PodVolumes } from './volumes/pod-volumes.ts'
import { hasOnlyAccountVolumes } from './volumes/projection.ts'

export type WorkerState = 'syncing' | 'terminating' | 'terminated'

/** Time until the next attempt after an error that has no back-off of its own (upstream: backOffPeriod). */
const RETRY_MS = 10_000
/** Waits up to here are work that `settle` waits for. */
const FOREGROUND_MS = 1000
/** Upstream gives the runtime at least this much between SIGTERM and SIGKILL. */
const GRACE_MS_MIN = 1000
const GRACE_SECONDS = 30

const NO_RESIZE: readonly never[] = Object.freeze([])

export class PodWorker {
  /** As the API has it, or as the manifest says for a static pod. */
  pod: Stored<Pod>
  state: WorkerState = 'syncing'
  notes: readonly ContainerNotes[]
  /** Made when there is something to mount; for a mere service account, when somebody reads it. */
  volumes: PodVolumes | undefined
  readonly writer: StatusWriter
  readonly context: KubeletContext
  sandboxId: string | undefined
  /** Resources of the node that it takes up, once admitted. */
  held: Amounts | undefined
  /** Why it ends early. */
  sentence: Sentence | undefined
  /** Set by a resize that cannot be carried out now. */
  resize: readonly {
    readonly type: string
    readonly status: 'True' | 'False'
    readonly reason?: string
    readonly message?: string
  }[] = NO_RESIZE
  /** A static pod's shadow in the API. */
  mirror: MirrorPod | undefined
  /** The object is gone from the API (or the manifest from the folder): nothing is written any more. */
  orphaned = false
  #attempt = 0
  #sandboxRetryAt = 0
  #busy = false
  #again = false
  #admitted = false
  #mounted = false
  #graceMs: number | undefined
  /** Shortens the stops that are under way. */
  #hurry: ((graceMs: number) => void) | undefined
  #wake: Timer | undefined
  /** Undefined: never. A number that is none would take a box of its own. */
  #wakeAt: number | undefined
  #probes: PodProbes | undefined
  #networkEvent = false

  constructor(context: KubeletContext, pod: Stored<Pod>) {
    this.context = context
    this.pod = pod
    const { initContainers, containers } = pod.spec
    const regular = containers.map((it) => new ContainerNotes(it, 'regular'))
    const init = initContainers?.map(
      (it) => new ContainerNotes(it, it.restartPolicy === 'Always' ? 'sidecar' : 'init'),
    )
    this.notes = init === undefined ? regular : [...init, ...regular]
    this.#addEphemeral(pod)
    this.writer = new StatusWriter(this)
  }

  /** Made for the first container that has probes or hooks. */
  get probes(): PodProbes {
    return (this.#probes ??= new PodProbes(this))
  }

  stopProbes(): void {
    this.#probes?.stopAll()
  }

  // -- what happens -------------------------------------------------------------------------------------

  /** Takes over what the runtime still has of this pod: the kubelet was restarted. */
  adopt(sandboxId: string, attempt: number, containers: readonly CriContainer[]): void {
    this.sandboxId = sandboxId
    this.#attempt = attempt
    this.#admitted = true
    for (const notes of this.notes) {
      const instances = containers
        .filter((it) => it.config.name === notes.name)
        .sort((a, b) => a.config.attempt - b.config.attempt || a.createdAt - b.createdAt)
      const [previous, current] = instances.length > 1 ? instances.slice(-2) : [undefined, instances[0]]
      notes.previous = previous
      if (current !== undefined) notes.current = current
      if (notes.running) {
        notes.started = notes.spec.startupProbe === undefined
        notes.ready = notes.started && notes.spec.readinessProbe === undefined
      }
    }
    // A pod that is over is not brought back to life.
    if (isTerminalPhase(this.pod.status?.phase)) this.#enterTerminating()
    else for (const notes of this.notes) if (notes.running && notes.begin()) this.probes.started(notes)
  }

  /** The API object changed. */
  updated(pod: Stored<Pod>): void {
    const old = this.pod
    this.pod = pod
    this.writer.observed()
    // Our own write comes back: the answer to it has told us already.
    if (
      pod.metadata.resourceVersion === old.metadata.resourceVersion &&
      pod.metadata.deletionTimestamp === undefined
    ) {
      return
    }
    if (pod.metadata.deletionTimestamp !== undefined) {
      const graceMs = (pod.metadata.deletionGracePeriodSeconds ?? GRACE_SECONDS) * 1000
      if (this.state === 'syncing' || graceMs < (this.#graceMs ?? Number.POSITIVE_INFINITY)) {
        this.terminate(graceMs)
        return
      }
    }
    if (pod.spec !== old.spec) {
      this.#specChanged(pod)
      this.volumes?.podChanged()
      this.sync()
    } else if (
      pod.metadata.labels !== old.metadata.labels ||
      pod.metadata.annotations !== old.metadata.annotations
    ) {
      this.volumes?.podChanged()
    } else if (this.state === 'terminated') this.sync()
    // Somebody else wrote the status (the node controller, a readiness gate): ours stands or is merged again.
    else this.writer.refresh()
  }

  /** The API object is gone. */
  removed(): void {
    this.orphaned = true
    if (this.state === 'terminated') this.#finish()
    else this.terminate(Math.min(this.#graceMs ?? GRACE_MS_MIN, GRACE_MS_MIN))
  }

  /** Rejected at the door: no container of it ever runs. */
  reject(sentence: Sentence): void {
    this.sentence = sentence
    this.#enterTerminating()
    this.sync()
  }

  /** Ends it: deletion, eviction, deadline. A later call can only shorten the grace. */
  terminate(graceMs: number, sentence?: Sentence): void {
    const grace = Math.max(graceMs, GRACE_MS_MIN)
    this.sentence ??= sentence
    if (this.state === 'terminated') {
      this.sync()
      return
    }
    if (this.#graceMs === undefined || grace < this.#graceMs) {
      this.#graceMs = grace
      this.#hurry?.(grace)
    }
    if (this.state === 'syncing') this.#enterTerminating()
    this.sync()
  }

  /** A container ended or a sandbox was lost, noticed by a relist. */
  relisted(): void {
    for (const notes of this.notes)
      if (notes.probes !== undefined && !notes.running) this.probes.stopped(notes)
    this.sync()
  }

  /** A container's readiness or liveness changed, or a start attempt may have new luck. */
  poke(): void {
    this.sync()
  }

  // -- what it does about it ----------------------------------------------------------------------------

  sync(): void {
    if (this.#busy) {
      this.#again = true
      return
    }
    do {
      this.#again = false
      if (this.state === 'syncing') this.#syncRunning()
      else if (this.state === 'terminating') this.#syncTerminating()
      else this.#syncTerminated()
    } while (this.#again && !this.#busy)
  }

  #syncRunning(): void {
    const { context } = this
    if (!this.#admitted) {
      this.#admitted = true
      const rejection = context.admit(this)
      if (rejection !== undefined) {
        context.recorder.event(this.pod, 'Warning', rejection.reason, rejection.message)
        this.sentence = { reason: rejection.reason, message: `Pod was rejected: ${rejection.message}` }
        this.#enterTerminating()
        this.#syncTerminating()
        return
      }
    }
    if (this.#isOver() || this.#pastDeadline()) {
      this.#enterTerminating()
      this.#syncTerminating()
      return
    }
    if (this.sandboxId === undefined) this.writer.write()
    if (!this.#networkReady() || !this.#volumesReady()) return
    for (;;) {
      const action = nextAction({
        spec: this.pod.spec,
        notes: this.notes,
        sandboxId: this.sandboxId,
        sandboxReady: this.#sandboxReady(),
        now: context.clock.now(),
      })
      switch (action.type) {
        case 'wait':
          // The last one may have ended meanwhile.
          if (this.#isOver()) {
            this.#enterTerminating()
            this.#syncTerminating()
            return
          }
          this.writer.write()
          this.#wakeAtTime(Math.min(action.wakeAt, this.#deadline()))
          return
        case 'createSandbox':
          if (this.#sandboxRetryAt > context.clock.now()) {
            this.#wakeAtTime(this.#sandboxRetryAt)
            return
          }
          this.#createSandbox()
          break
        case 'killPod':
          this.#killChangedPod()
          break
        case 'start':
          this.#start(action.notes)
          break
        case 'kill':
          this.#kill(action.notes, action.message)
          break
      }
      if (this.#busy || this.state !== 'syncing') return
    }
  }

  /** Runs a call that answers later; whatever happens meanwhile waits for the answer. */
  #whileBusy(call: (done: () => void) => void): void {
    this.#busy = true
    let inCall = true
    call(() => {
      this.#busy = false
      if (!inCall && this.context.alive()) this.sync()
    })
    inCall = false
  }

  #createSandbox(): void {
    const { context, pod } = this
    this.#sandboxRetryAt = 0
    const config = this.#sandboxConfig()
    this.#whileBusy((done) =>
      context.cri(pod, `RunPodSandbox${config.attempt > 0 ? ` (attempt ${config.attempt})` : ''}`, () =>
        context.runtime.runPodSandbox(config, (error, id) => {
          if (!context.alive()) return
          if (error !== undefined) {
            const message = `Failed to create pod sandbox: ${error.text()}`
            context.recorder.event(this.pod, 'Warning', 'FailedCreatePodSandBox', message)
            this.#sandboxRetryAt = context.clock.now() + RETRY_MS
            done()
            return
          }
          this.sandboxId = id
          this.#attempt++
          done()
        }),
      ),
    )
  }

  #sandboxConfig(): PodSandboxConfig {
    const { pod, context } = this
    return new PreparedSandbox(this, this.#attempt, dnsOf(pod, context.dns))
  }

  #killChangedPod(): void {
    const { context, pod } = this
    const old = this.sandboxId
    if (this.notes.some((it) => it.current !== undefined)) {
      context.recorder.event(
        pod,
        'Normal',
        'SandboxChanged',
        'Pod sandbox changed, it will be killed and re-created.',
      )
    }
    this.sandboxId = undefined
    this.stopProbes()
    this.#whileBusy((done) => {
      const running = this.notes.filter((it) => it.running)
      stopContainers(this, running, GRACE_SECONDS * 1000, 'Stopping container', () => {
        if (old === undefined) return done()
        context.cri(pod, 'StopPodSandbox', () => context.runtime.stopPodSandbox(old, () => done()))
      })
    })
  }

  #start(notes: ContainerNotes): void {
    const { context, pod } = this
    const now = context.clock.now()
    if (notes.exited) {
      // Crash loop: the delay counts from the moment of the exit.
      const key = this.#backoffKey(notes)
      const left = context.crashBackoff.remainingSince(key, notes.current!.finishedAt, now)
      if (left > 0) {
        const delay = formatDuration(context.crashBackoff.get(key))
        const { name, namespace, uid } = pod.metadata
        const what = `failed container=${notes.name} pod=${name}_${namespace}(${uid})`
        const about = `failed container ${notes.name} in pod ${name}_${namespace}(${uid})`
        context.recorder.event(pod, 'Warning', 'BackOff', `Back-off restarting ${about}`, {
          fieldPath: notes.fieldPath,
        })
        // The status first says how it ended, then that it has to wait.
        this.writer.write()
        notes.waiting = { reason: 'CrashLoopBackOff', message: `back-off ${delay} restarting ${what}` }
        notes.retryAt = now + left
        return
      }
      context.crashBackoff.next(key, notes.current!.finishedAt, now)
      this.writer.write()
    }
    this.#whileBusy((done) =>
      startContainer(
        this,
        notes,
        restartCountOf(notes) + (notes.current === undefined ? 0 : 1),
        (failure) => {
          if (!context.alive()) return
          if (failure !== undefined) {
            notes.waiting = { reason: failure.reason, message: failure.message }
            if (failure.reason === 'ErrImagePull') {
              // The next look says ImagePullBackOff and knows when to try again.
              notes.retryAt = context.clock.now() + FOREGROUND_MS
            } else notes.retryAt = failure.retryAt ?? context.clock.now() + RETRY_MS
          }
          done()
        },
      ),
    )
  }

  #backoffKey(notes: ContainerNotes): string {
    const { name, namespace, uid } = this.pod.metadata
    return `${name}_${namespace}_${uid}_${notes.name}`
  }

  #kill(notes: ContainerNotes, message: string): void {
    const graceMs =
      (this.probes.graceSeconds(notes) ?? this.pod.spec.terminationGracePeriodSeconds ?? GRACE_SECONDS) * 1000
    notes.stopping = true
    this.writer.write()
    this.#whileBusy((done) => stopContainers(this, [notes], graceMs, message, done))
  }

  #syncTerminating(): void {
    const { context } = this
    const graceMs = this.#graceMs ?? (this.pod.spec.terminationGracePeriodSeconds ?? GRACE_SECONDS) * 1000
    const running = this.notes.filter((it) => it.running)
    this.#whileBusy((done) => {
      const stopped = () => {
        this.#hurry = undefined
        const { sandboxId } = this
        const finish = () => {
          this.stopProbes()
          this.volumes?.unmount()
          this.state = 'terminated'
          context.released(this)
          done()
        }
        if (sandboxId === undefined) return finish()
        context.cri(this.pod, 'StopPodSandbox', () =>
          context.runtime.stopPodSandbox(sandboxId, (error) => {
            if (error === undefined) return finish()
            const why = `failed to "KillPodSandbox" for "${this.pod.metadata.uid}" with KillPodSandboxError: "${error.text()}"`
            context.recorder.event(this.pod, 'Warning', 'FailedKillPod', `error killing pod: ${why}`)
            context.clock.after(RETRY_MS, () => this.sync(), { label: 'kill pod retry' })
            done()
          }),
        )
      }
      if (running.length === 0) stopped()
      else this.#hurry = stopContainers(this, running, graceMs, 'Stopping container', stopped)
    })
    if (!this.#busy && (this.state as WorkerState) === 'terminated') this.#syncTerminated()
  }

  /** Everything has stopped: the last status is written, then the object is deleted if that was asked for. */
  #syncTerminated(): void {
    if (this.orphaned) {
      this.#finish()
      return
    }
    this.writer.write()
    if (
      this.pod.metadata.deletionTimestamp !== undefined &&
      this.writer.settled &&
      isTerminalPhase(this.pod.status?.phase)
    ) {
      this.writer.deleteObject()
    }
  }

  /** Nothing is left to say: what the runtime still has of it is removed. */
  #finish(): void {
    const { context, pod } = this
    this.#wake?.cancel()
    for (const notes of this.notes) {
      context.crashBackoff.forget(this.#backoffKey(notes))
      const { current } = notes
      if (current !== undefined) context.runtime.removeContainer(current.id, ignore)
    }
    context.images.forget(pod.metadata.uid)
    const { sandboxId } = this
    if (sandboxId !== undefined) {
      context.cri(pod, 'RemovePodSandbox', () => context.runtime.removePodSandbox(sandboxId, ignore))
    }
    this.volumes?.remove()
    context.finished(this)
  }

  // -- conditions ---------------------------------------------------------------------------------------

  #enterTerminating(): void {
    this.state = 'terminating'
    this.#probes?.terminating()
    this.#wake?.cancel()
    this.#wakeAt = undefined
  }

  /** Nothing of it will run again: then sidecars go too, and the pod is complete. */
  #isOver(): boolean {
    if (isTerminalPhase(this.pod.status?.phase)) return true
    const policy = this.pod.spec.restartPolicy ?? 'Always'
    if (policy === 'Always') return false
    if (policy === 'Never') {
      const failedInit = this.notes.some((it) => it.role === 'init' && it.exited && !it.succeeded)
      if (failedInit && !this.notes.some((it) => it.role === 'regular' && it.current !== undefined))
        return true
    }
    return this.notes.every(
      (it) => it.role !== 'regular' || (it.exited && !it.redefined && (policy === 'Never' || it.succeeded)),
    )
  }

  #deadline(): number {
    const { activeDeadlineSeconds } = this.pod.spec
    const start = this.pod.status?.startTime
    if (activeDeadlineSeconds === undefined || start === undefined) return Number.POSITIVE_INFINITY
    return parseTime(start) + activeDeadlineSeconds * 1000
  }

  #pastDeadline(): boolean {
    if (this.context.clock.now() < this.#deadline()) return false
    const message = 'Pod was active on the node longer than the specified deadline'
    this.context.recorder.event(this.pod, 'Normal', 'DeadlineExceeded', message)
    this.sentence = { reason: 'DeadlineExceeded', message }
    return true
  }

  #networkReady(): boolean {
    const { context, pod } = this
    if (pod.spec.hostNetwork === true || this.sandboxId !== undefined) return true
    const { networkReady, networkMessage } = context.runtime.status()
    if (networkReady) return true
    if (!this.#networkEvent) {
      this.#networkEvent = true
      context.recorder.event(pod, 'Warning', 'NetworkNotReady', `network is not ready: ${networkMessage}`)
    }
    context.whenNetworkReady(this)
    return false
  }

  #volumesReady(): boolean {
    const { volumes } = this.pod.spec
    if (this.#mounted || volumes === undefined || volumes.length === 0) return true
    if (hasOnlyAccountVolumes(volumes) && this.context.accountsReady.has(this.pod.metadata.namespace ?? '')) {
      this.#mounted = true
      return true
    }
    this.volumes ??= new PodVolumes(this)
    if (this.volumes.retryAt > this.context.clock.now()) return false
    this.#whileBusy((done) =>
      this.volumes!.mount((mounted) => {
        this.#mounted = mounted
        done()
      }),
    )
    return this.#mounted
  }

  /** The volumes as a container sees them; those of an account are laid out now. */
  mountedVolumes(): PodVolumes | undefined {
    if (this.volumes === undefined && (this.pod.spec.volumes?.length ?? 0) > 0) {
      this.volumes = new PodVolumes(this).mountAccount()
    }
    return this.volumes
  }

  #sandboxReady(): boolean {
    if (this.sandboxId === undefined) return false
    return this.context.runtime.podSandboxStatus(this.sandboxId)?.state === 'SANDBOX_READY'
  }

  #specChanged(pod: Stored<Pod>): void {
    const specs = new Map<string, Container>()
    for (const it of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) specs.set(it.name, it)
    for (const notes of this.notes) {
      const spec = specs.get(notes.name)
      if (spec === undefined || spec === notes.spec) continue
      const imageChanged = spec.image !== notes.spec.image
      if (notes.running && spec.resources !== notes.spec.resources) {
        notes.allocated ??= notes.spec.resources ?? {}
        notes.actual ??= notes.spec.resources ?? {}
      }
      notes.spec = spec
      if (imageChanged && notes.running) {
        const what = notes.role === 'regular' ? 'Container' : 'Init container'
        const suffix = notes.role === 'regular' ? ', will be restarted' : ''
        notes.redefined = notes.role === 'regular'
        notes.condemned = `${what} ${notes.name} definition changed${suffix}`
      }
    }
    this.#addEphemeral(pod)
    this.context.resized(this)
  }

  #addEphemeral(pod: Stored<Pod>): void {
    for (const it of (pod.spec.ephemeralContainers ?? []) as readonly EphemeralContainer[]) {
      if (this.notes.some((known) => known.name === it.name)) continue
      this.notes = [...this.notes, new ContainerNotes(it, 'ephemeral')]
    }
  }

  #wakeAtTime(at: number): void {
    if (at === this.#wakeAt && this.#wake !== undefined) return
    this.#wake?.cancel()
    this.#wake = undefined
    this.#wakeAt = undefined
    if (at === Number.POSITIVE_INFINITY) return
    this.#wakeAt = at
    const { clock } = this.context
    const delay = Math.max(0, at - clock.now())
    this.#wake = clock.after(
      delay,
      () => {
        this.#wake = undefined
        this.#wakeAt = undefined
        this.sync()
      },
      delay > FOREGROUND_MS ? { background: true, label: 'pod worker' } : { label: 'pod worker' },
    )
  }

  /** The status as of now. */
  status(): Pod['status'] {
    const { context } = this
    const sandbox =
      this.sandboxId === undefined ? undefined : context.runtime.podSandboxStatus(this.sandboxId)
    return podStatus(
      {
        pod:
          this.mirror?.object === undefined ? this.pod : { ...this.pod, status: this.mirror.object.status },
        notes: this.notes,
        sandboxReady: sandbox?.state === 'SANDBOX_READY',
        ips: sandbox?.ips ?? [],
        hostIps: context.hostIps,
        terminal: this.state !== 'syncing',
        stopped: this.state === 'terminated' || !this.notes.some((it) => it.running),
        sentence: this.sentence,
        resize: this.resize,
        now: context.clock.now(),
      },
      context,
    )
  }
}

function ignore(): void {}

const DEFAULT_DOMAIN = 'cluster.local'

/** What the runtime is told about the pod; strings are those of the pod, not copies. */
class PreparedSandbox implements PodSandboxConfig {
  readonly attempt: number
  readonly hostname: string
  readonly dns: PodSandboxConfig['dns']
  readonly #worker: PodWorker
  readonly #qosClass: string

  constructor(worker: PodWorker, attempt: number, dns: PodSandboxConfig['dns']) {
    const { pod, context } = worker
    const { metadata, spec, status } = pod
    this.#worker = worker
    this.attempt = attempt
    this.hostname = spec.hostNetwork ? context.nodeName : (spec.hostname || metadata.name).slice(0, 63)
    this.dns = dns
    this.#qosClass = status?.qosClass ?? 'BestEffort'
  }

  // The rest is read where it is.

  get namespace(): string {
    return this.#worker.pod.metadata.namespace ?? ''
  }

  get name(): string {
    return this.#worker.pod.metadata.name
  }

  get uid(): string {
    return this.#worker.pod.metadata.uid
  }

  get hostNetwork(): boolean {
    return this.#worker.pod.spec.hostNetwork === true
  }

  get labels(): PodSandboxConfig['labels'] {
    return this.#worker.pod.metadata.labels
  }

  get hostAliases(): PodSandboxConfig['hostAliases'] {
    return this.#worker.pod.spec.hostAliases
  }

  get fqdn(): string | undefined {
    const { subdomain } = this.#worker.pod.spec
    return subdomain ? `${this.hostname}.${subdomain}.${this.namespace}.svc.${DEFAULT_DOMAIN}` : undefined
  }

  get cgroupParent(): string {
    const slice = this.#qosClass === 'Guaranteed' ? '/kubepods' : `/kubepods/${this.#qosClass.toLowerCase()}`
    return `${slice}/pod${this.uid}`
  }
}

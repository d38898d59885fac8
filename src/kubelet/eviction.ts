/**
 * Gives the node air when memory or disk run short (upstream: pkg/kubelet/eviction): signals are checked every
 * 10 s while something can change them, one pod goes per pass, and the pressure conditions outlast the pressure.
 */
import type { Pod } from '../api/core/pod.ts'
import { formatQuantity, parseQuantity } from '../api/quantity.ts'
import { isCritical, type Rejection } from './admission.ts'
import type { KubeletContext } from './kubelet-context.ts'
import { amountOf, podRequests } from './pod-resources.ts'
import type { PodWorker } from './pod-worker.ts'

const MEMORY_THRESHOLD_BYTES = 100 * 1024 * 1024
const NODEFS_SHARE = 0.1
const IMAGEFS_SHARE = 0.15
/** How long a condition outlasts its cause (upstream: eviction-pressure-transition-period). */
const TRANSITION_MS = 300_000
const IMAGE_GC_HIGH = 0.85
const IMAGE_GC_LOW = 0.8

type Condition = 'MemoryPressure' | 'DiskPressure'

export class EvictionManager {
  readonly #context: KubeletContext
  readonly #workers: () => Iterable<PodWorker>
  readonly #changed: () => void
  /** When the threshold was last seen crossed, by condition. */
  readonly #seen = new Map<Condition, number>()

  constructor(context: KubeletContext, workers: () => Iterable<PodWorker>, changed: () => void) {
    this.#context = context
    this.#workers = workers
    this.#changed = changed
  }

  /** Conditions that hold now, in upstream's order. */
  pressure(): readonly string[] {
    if (this.#seen.size === 0) return NONE
    return (['MemoryPressure', 'DiskPressure'] as const).filter((it) => this.#seen.has(it))
  }

  tick(): void {
    const { machine, clock } = this.#context
    if (this.#seen.size > 0) {
      for (const [condition, at] of this.#seen) {
        if (clock.now() - at < TRANSITION_MS) continue
        this.#seen.delete(condition)
        this.#changed()
      }
    }
    // Containers whose use never changes cannot bring the node into need.
    if (!machine.mayRunShort()) return
    this.#checkMemory()
    this.#checkDisk()
    this.#checkLocalStorage()
  }

  /**
   * A critical pod may push out lower ones (upstream: pkg/kubelet/preemption). Undefined: there is room now; else why
   * the pod cannot be admitted.
   */
  makeRoomFor(pod: Pod, rejection: Rejection): Rejection | undefined {
    const { missing } = rejection
    if (!isCritical(pod) || missing === undefined) return rejection
    const { resource, amount: needed } = missing
    const victims = [...this.#workers()]
      .filter(
        (it) => it.state === 'syncing' && it.pod.metadata.uid !== pod.metadata?.uid && !isCritical(it.pod),
      )
      .sort((a, b) => priorityOf(a.pod) - priorityOf(b.pod))
    const chosen: PodWorker[] = []
    let freed = 0
    for (const victim of victims) {
      if (freed >= needed) break
      const amount = resource === 'pods' ? 1 : (podRequests(victim.pod.spec).get(resource) ?? 0)
      if (amount === 0) continue
      freed += amount
      chosen.push(victim)
    }
    if (freed < needed) {
      const list = `[(res: ${resource}, q: ${needed}), ]`
      return {
        reason: 'UnexpectedAdmissionError',
        message: `Unexpected error while attempting to recover from admission failure: preemption: error finding a set of pods to preempt: no set of running pods found to reclaim resources: ${list}`,
      }
    }
    for (const victim of chosen) {
      const message = 'Preempted in order to admit critical pod'
      this.#context.recorder.event(victim.pod, 'Warning', 'Preempting', message)
      this.#context.released(victim)
      victim.terminate(0, { reason: 'Preempting', message, disruption: disruption(message) })
    }
    return undefined
  }

  #checkMemory(): void {
    const { machine } = this.#context
    const capacity = amountOf('memory', machine.options.capacity['memory'])
    const available = capacity - machine.memoryUsed()
    if (available >= MEMORY_THRESHOLD_BYTES) return
    this.#hold('MemoryPressure')
    this.#evictFor('memory', '100Mi', available, (worker) => this.#memoryOf(worker))
  }

  #checkDisk(): void {
    const { machine } = this.#context
    const { diskBytes } = machine
    const used = machine.diskUsed()
    const images = machine.images.imageFsInfo().usedBytes
    if (used > diskBytes * IMAGE_GC_HIGH && images > 0) this.#collectImages(used - diskBytes * IMAGE_GC_LOW)
    const available = diskBytes - machine.diskUsed()
    if (available >= diskBytes * IMAGEFS_SHARE) return
    this.#hold('DiskPressure')
    // Images and everything else share one disk, so that both thresholds speak of it.
    const threshold = formatBytes(
      diskBytes * (available < diskBytes * NODEFS_SHARE ? NODEFS_SHARE : IMAGEFS_SHARE),
    )
    this.#evictFor('ephemeral-storage', threshold, available, (worker) => this.#diskOf(worker))
  }

  /** Limits of containers and emptyDirs count whether the node is short or not. */
  #checkLocalStorage(): void {
    const { machine } = this.#context
    for (const worker of this.#workers()) {
      if (worker.state !== 'syncing') continue
      const { pod } = worker
      for (const volume of pod.spec.volumes ?? []) {
        const limit = volume.emptyDir?.sizeLimit
        const tree =
          limit === undefined ? undefined : machine.volumes.get(`${pod.metadata.uid}/${volume.name}`)
        if (tree !== undefined && tree.usedBytes() > amountOf('memory', limit)) {
          this.#evict(worker, `Usage of EmptyDir volume "${volume.name}" exceeds the limit "${limit}". `)
          return
        }
      }
      const podLimit = localStorageLimit(pod)
      if (podLimit !== undefined && this.#diskOf(worker) > podLimit) {
        const message = `Pod ephemeral local storage usage exceeds the total limit of containers ${formatBytes(podLimit)}. `
        this.#evict(worker, message)
        return
      }
      for (const notes of worker.notes) {
        const limit = notes.spec.resources?.limits?.['ephemeral-storage']
        if (limit === undefined || notes.current === undefined) continue
        const used = this.#context.runtime.containerStats(notes.current.id)?.diskBytes ?? 0
        if (used > amountOf('memory', limit)) {
          this.#evict(
            worker,
            `Container ${notes.name} exceeded its local ephemeral storage limit "${limit}". `,
          )
          return
        }
      }
    }
  }

  /** Unused ones only, largest first. */
  #collectImages(bytes: number): void {
    const { machine, runtime } = this.#context
    const inUse = new Set<string>()
    for (const container of runtime.listContainers()) inUse.add(container.config.imageRef)
    let freed = 0
    const unused = [...machine.images.listImages()].filter((it) => !it.repoTags.some((tag) => inUse.has(tag)))
    for (const image of unused.sort((a, b) => b.sizeBytes - a.sizeBytes)) {
      if (freed >= bytes) return
      machine.images.removeImage(image.repoTags[0] ?? image.repoDigests[0]!)
      freed += image.sizeBytes
    }
  }

  #evictFor(
    resource: string,
    threshold: string,
    available: number,
    usage: (worker: PodWorker) => number,
  ): void {
    const candidates = [...this.#workers()].filter((it) => it.state === 'syncing' && !isCritical(it.pod))
    const excess = (it: PodWorker) => usage(it) - (podRequests(it.pod.spec).get(resource) ?? 0)
    candidates.sort((a, b) => {
      const over = Number(excess(b) > 0) - Number(excess(a) > 0)
      return over || priorityOf(a.pod) - priorityOf(b.pod) || excess(b) - excess(a)
    })
    const victim = candidates[0]
    if (victim === undefined) return
    let message = `The node was low on resource: ${resource}. Threshold quantity: ${threshold}, available: ${formatBytes(available)}. `
    for (const notes of victim.notes) {
      const used =
        resource === 'memory'
          ? this.#memoryOfContainer(notes.current?.id)
          : this.#diskOfContainer(notes.current?.id)
      const request = notes.spec.resources?.requests?.[resource]
      if (used > amountOf(resource, request)) {
        message += `Container ${notes.name} was using ${formatBytes(used)}, request is ${request ?? '0'}, has larger consumption of ${resource}. `
      }
    }
    this.#evict(victim, message)
  }

  #evict(worker: PodWorker, message: string): void {
    const { recorder } = this.#context
    recorder.event(worker.pod, 'Warning', 'Evicted', message)
    worker.terminate(0, { reason: 'Evicted', message, disruption: disruption(message) })
  }

  #hold(condition: Condition): void {
    const { clock, recorder, nodeName } = this.#context
    const known = this.#seen.has(condition)
    this.#seen.set(condition, clock.now())
    const about = { kind: 'Node', apiVersion: 'v1', metadata: { name: nodeName, uid: nodeName } }
    const resource = condition === 'MemoryPressure' ? 'memory' : 'ephemeral-storage'
    recorder.event(about, 'Warning', 'EvictionThresholdMet', `Attempting to reclaim ${resource}`)
    if (!known) this.#changed()
  }

  #memoryOf(worker: PodWorker): number {
    let used = 0
    for (const notes of worker.notes) used += this.#memoryOfContainer(notes.current?.id)
    return used
  }

  #memoryOfContainer(id: string | undefined): number {
    return id === undefined ? 0 : (this.#context.runtime.containerStats(id)?.memoryBytes ?? 0)
  }

  #diskOf(worker: PodWorker): number {
    let used = 0
    for (const notes of worker.notes) used += this.#diskOfContainer(notes.current?.id)
    for (const volume of worker.pod.spec.volumes ?? []) {
      used += this.#context.machine.volumes.get(`${worker.pod.metadata.uid}/${volume.name}`)?.usedBytes() ?? 0
    }
    return used
  }

  #diskOfContainer(id: string | undefined): number {
    return id === undefined ? 0 : (this.#context.runtime.containerStats(id)?.diskBytes ?? 0)
  }
}

/** The sum of the containers' limits; undefined as soon as one has none. */
function localStorageLimit(pod: Pod): number | undefined {
  let sum = 0
  for (const { resources } of pod.spec.containers) {
    const limit = resources?.limits?.['ephemeral-storage']
    if (limit === undefined) return undefined
    sum += amountOf('ephemeral-storage', limit)
  }
  return sum
}

const NONE: readonly string[] = Object.freeze([])

function priorityOf(pod: Pod): number {
  return pod.spec.priority ?? 0
}

function disruption(message: string) {
  return { status: 'True', reason: 'TerminationByKubelet', message } as const
}

/** As upstream prints bytes: `1Gi`, `51200Ki`. */
function formatBytes(bytes: number): string {
  const whole = Math.max(0, Math.floor(bytes))
  const rounded = whole >= 1024 ? whole - (whole % 1024) : whole
  const quantity = parseQuantity(String(rounded))!
  return formatQuantity({ ...quantity, format: 'BinarySI' })
}

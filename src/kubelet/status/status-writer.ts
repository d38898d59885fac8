/**
 * Writes one pod's status to the API (upstream: pkg/kubelet/status/status_manager.go): only when it differs, one
 * write at a time, merged with what others wrote meanwhile, and the delete that ends a graceful deletion.
 */
import { Pod, type PodStatus } from '../../api/core/pod.ts'
import type { Stored } from '../../api/kind.ts'
import type { PodWorker } from '../pod-worker.ts'
import { deepEqual } from './deep-equal.ts'

const RETRY_MS = 1000

export class StatusWriter {
  readonly #worker: PodWorker
  #inFlight = false
  #again = false
  #deleting = false

  constructor(worker: PodWorker) {
    this.#worker = worker
  }

  /** The API has what we last computed. */
  get settled(): boolean {
    return !this.#inFlight && !this.#again
  }

  /** The informer brought a version of the pod. */
  observed(): void {
    if (this.#again && !this.#inFlight) this.write()
  }

  /** Writes again only if somebody changed what we had written. */
  refresh(): void {
    if (!this.#inFlight && this.#worker.pod.status?.startTime !== undefined) this.write()
  }

  write(): void {
    const worker = this.#worker
    // A static pod shows itself in its mirror, if there is one.
    const pod = worker.mirror === undefined ? worker.pod : worker.mirror.object
    if (worker.orphaned || pod === undefined) return
    if (this.#inFlight) {
      this.#again = true
      return
    }
    this.#again = false
    if (worker.state === 'syncing' && worker.notes.some((it) => it.changing)) return
    const status = worker.status()!
    if (deepEqual(status, pod.status)) return
    this.#send(pod, status)
  }

  #send(pod: Stored<Pod>, status: PodStatus): void {
    const worker = this.#worker
    const { process } = worker.context
    this.#inFlight = true
    const wanted = { ...pod, status }
    process.transport.request(process.requests.updateStatus(Pod, wanted), (response) => {
      this.#inFlight = false
      if (response.ok) {
        const written = response.body as Stored<Pod>
        // What the informer brought meanwhile may be newer than this answer.
        if (worker.mirror !== undefined) worker.mirror.object = written
        else if (worker.pod === pod) worker.pod = written
        this.#goOn()
      } else if (response.code === 409) this.#afterConflict()
      else if (response.code !== 404) {
        this.#again = true
        this.#goOnLater()
      }
    })
  }

  /** Writes what is left to write. Once the API has it, however it came there, a pod that is over may go. */
  #goOn(): void {
    if (this.#again) this.write()
    if (this.#worker.state === 'terminated' && !this.#inFlight) this.#worker.sync()
  }

  #goOnLater(): void {
    this.#worker.context.clock.after(RETRY_MS, () => this.#goOn(), { label: 'status write retry' })
  }

  /** Somebody else wrote first: read, merge, write again. */
  #afterConflict(): void {
    const worker = this.#worker
    const { process } = worker.context
    const { namespace, name, uid } = (worker.mirror?.object ?? worker.pod).metadata
    this.#inFlight = true
    this.#again = true
    process.transport.request(process.requests.get(Pod, { namespace, name }), (response) => {
      this.#inFlight = false
      if (!response.ok) {
        if (response.code !== 404) this.#goOnLater()
        return
      }
      const fresh = response.body as Stored<Pod>
      if (fresh.metadata.uid !== uid) return
      if (worker.mirror !== undefined) worker.mirror.object = fresh
      else worker.pod = fresh
      this.#goOn()
    })
  }

  /** Ends the graceful deletion: grace 0, and only this very object. */
  deleteObject(): void {
    if (this.#deleting) return
    this.#deleting = true
    const worker = this.#worker
    const { process, clock } = worker.context
    const { namespace, name, uid } = worker.pod.metadata
    const options = { gracePeriodSeconds: 0, preconditions: { uid } }
    process.transport.request(process.requests.delete(Pod, { namespace, name }, options), (response) => {
      if (response.ok || response.code === 404 || response.code === 409) return
      this.#deleting = false
      clock.after(RETRY_MS, () => worker.sync(), { label: 'pod delete retry' })
    })
  }
}

/** One look at one Job: count, decide whether it is over, manage its pods, write the status (job_controller.go syncJob). */
import { Job, type JobStatus } from '../../api/batch/job.ts'
import { Pod } from '../../api/core/pod.ts'
import { isNotFound } from '../../api/errors.ts'
import { objectKey, type Stored } from '../../api/kind.ts'
import { compileSelector } from '../../api/label-selector.ts'
import { formatTime } from '../../api/time.ts'
import type { ReconcileContext } from '../runtime/controller.ts'
import { claim } from '../shared/claim.ts'
import { claimable } from '../shared/owner-refs.ts'
import { isPodActive, isPodReady, isPodTerminating } from '../shared/pod.ts'
import { PodControl } from '../shared/pod-control.ts'
import { isNamespaceTerminating } from '../shared/refusals.ts'
import { sameStatus } from '../shared/semantic-equal.ts'
import { slowStart } from '../shared/slow-start.ts'
import { type BackoffRecord, NO_FAILURES, recordAfter, remainingForIndexMs, remainingMs } from './backoff.ts'
import {
  BURST,
  COMPLETIONS_REACHED,
  type Counts,
  deadlineLeftMs,
  type Ending,
  endingOf,
  finalCondition,
  isCompleted,
  jobCondition,
  wantedPods,
  withSuspended,
} from './decide.ts'
import { matchFailurePolicy } from './failure-policy.ts'
import { Indexes } from './indexes.ts'
import { jobPod, withIndex } from './pod-template.ts'
import {
  finishTime,
  indexOf,
  isIndexed,
  isSuspended,
  isTracked,
  type JobPod,
  podsToRemove,
  replacesOnlyFailed,
  TRACKING,
} from './pods.ts'
import { type JobMemory, releasePod } from './release.ts'
import {
  countReleased,
  failedIndexes,
  keptPerIndex,
  newlyFinished,
  reckon,
  succeededIndexes,
  type Uncounted,
  uncountedOf,
} from './tracking.ts'

/** What the pods say, together with what status remembers. */
interface Look {
  readonly pods: readonly JobPod[]
  readonly active: readonly JobPod[]
  readonly counts: Counts
  readonly ready: number
  readonly uncounted: Uncounted
  /** Released already, though the cache may not show it. */
  readonly released: ReadonlySet<string>
  readonly succeeded: { readonly before: Indexes; readonly all: Indexes } | undefined
  readonly failedIndexes: Indexes | undefined
  readonly kept: ReadonlyMap<number, JobPod>
  readonly backoff: BackoffRecord
}

/** What managing the pods led to. */
interface Managed {
  readonly active: number
  readonly ready: number
  readonly terminating: number
  readonly error?: unknown
  readonly requeueAfterMs?: number
}

export class JobSync {
  readonly #context: ReconcileContext<Job, JobMemory>
  /** With the start time that this sync may give it. */
  #job: Stored<Job>
  readonly #before: Stored<Job>

  constructor(context: ReconcileContext<Job, JobMemory>, job: Stored<Job>) {
    this.#context = context
    this.#before = job
    this.#job = job
  }

  async run() {
    const { key, memory, now } = this.#context
    const satisfied = memory.expectations.satisfied(key)
    const look = await this.#look()
    if (this.#job.status?.startTime === undefined && !isSuspended(this.#job))
      this.#withStatus({ startTime: formatTime(now) })

    const { pods, counts } = look
    let ending = endingOf(this.#job, {
      pods,
      counts,
      succeededIndexes: look.succeeded?.all,
      failedIndexes: look.failedIndexes,
      now,
    })
    let managed: Managed
    if (ending !== undefined) {
      managed = await this.#deleteActive(look)
      // Some pods may be left, or unseen: not over yet.
      if (managed.active > 0 || !satisfied) ending = undefined
    } else {
      const mayManage = satisfied && this.#job.metadata.deletionTimestamp === undefined
      managed = mayManage ? await this.#manage(look) : this.#unmanaged(look)
      if (isCompleted(this.#job, counts.succeeded, managed.active)) ending = this.#complete(counts.succeeded)
      else if (mayManage) this.#noticeSuspension()
    }
    await this.#track(look, managed, ending)
    memory.backoff.set(key, look.backoff)
    if (managed.error !== undefined) throw managed.error
    return { requeueAfterMs: shortest(managed.requeueAfterMs, deadlineLeftMs(this.#job, now) || undefined) }
  }

  async #look(): Promise<Look> {
    const { client, lister, key, memory } = this.#context
    const job = this.#job
    const selector = compileSelector(job.spec.selector)
    const pods = await claim({
      client,
      ownerKind: Job,
      owner: job,
      kind: Pod,
      candidates: claimable(lister(Pod), job),
      matches: (pod) => selector.matches(pod.metadata.labels),
      finalizers: [TRACKING],
    })
    const active = pods.filter(isPodActive)
    const uncounted = uncountedOf(job)
    const released = memory.released.get(key) ?? new Set<string>()
    const finished = newlyFinished(job, pods, uncounted, released)
    const counted = finished.failed.filter((it) => matchFailurePolicy(job.spec.podFailurePolicy, it).counted)
    const succeeded = isIndexed(job) ? succeededIndexes(job, pods) : undefined
    const perIndex = job.spec.backoffLimitPerIndex !== undefined && succeeded !== undefined
    const failed = perIndex ? failedIndexes(job, pods) : undefined
    const done = {
      succeeded: succeeded?.all ?? Indexes.NONE,
      failed: failed ?? Indexes.NONE,
      active: new Set(active.map(indexOf)),
    }
    return {
      pods,
      active,
      ready: active.filter(isPodReady).length,
      counts: {
        active: active.length,
        terminating: pods.filter(isPodTerminating).length,
        succeeded:
          succeeded?.all.total ??
          (job.status?.succeeded ?? 0) + finished.succeeded.length + uncounted.succeeded.size,
        failed: (job.status?.failed ?? 0) + counted.length + uncounted.failed.size,
      },
      uncounted,
      released,
      succeeded,
      failedIndexes: failed,
      kept: perIndex ? keptPerIndex(job, pods, done, released) : new Map(),
      backoff: recordAfter(
        memory.backoff.get(key) ?? NO_FAILURES,
        finished.succeeded.map(finishTime),
        finished.failed.map(finishTime),
      ),
    }
  }

  #unmanaged({ counts, ready }: Look): Managed {
    return { active: counts.active, ready, terminating: counts.terminating }
  }

  /** Of a Job that is over. Their finalizers stay, since they are still to be counted. */
  async #deleteActive(look: Look): Promise<Managed> {
    return this.#remove(look, look.active, false)
  }

  async #manage(look: Look): Promise<Managed> {
    const { counts, active } = look
    if (isSuspended(this.#job))
      return this.#remove(look, podsToRemove(this.#job, active, active.length), true)
    const { remove, create } = wantedPods(this.#job, counts)
    const surplus = podsToRemove(this.#job, active, remove).slice(0, BURST)
    if (surplus.length > 0) return this.#remove(look, surplus, true)
    return create > 0 ? this.#create(look, create) : this.#unmanaged(look)
  }

  /** @param release takes the finalizer away first: these pods are not to count as failed */
  async #remove(look: Look, pods: readonly JobPod[], release: boolean): Promise<Managed> {
    const { client, recorder, key, memory } = this.#context
    if (pods.length === 0) return this.#unmanaged(look)
    const control = new PodControl(client, recorder)
    memory.expectations.expectDeletions(
      key,
      pods.map((it) => objectKey(it.metadata)),
    )
    let removed = 0
    let ready = look.ready
    let error: unknown
    await Promise.all(
      pods.map(async (pod) => {
        try {
          if (release && isTracked(pod)) await releasePod(client, pod)
          await control.delete(pod, this.#job)
          removed++
          if (isPodReady(pod)) ready--
        } catch (reason) {
          memory.expectations.deletionObserved(key, objectKey(pod.metadata))
          if (isNotFound(reason)) removed++
          else error ??= reason
        }
      }),
    )
    return {
      active: look.counts.active - removed,
      ready,
      terminating: look.counts.terminating + removed,
      error,
    }
  }

  async #create(look: Look, wanted: number): Promise<Managed> {
    const { client, recorder, key, memory, now } = this.#context
    const job = this.#job
    const perIndex = job.spec.backoffLimitPerIndex !== undefined
    const waitMs = perIndex ? 0 : remainingMs(look.backoff, now)
    const indexes = isIndexed(job) ? this.#indexesToCreate(look, wanted) : undefined
    const indexWaitMs = indexes?.waitMs ?? 0
    if (waitMs > 0 || indexWaitMs > 0) {
      // Upstream reports no active pods from here, although there may be some.
      return {
        active: 0,
        ready: look.ready,
        terminating: look.counts.terminating,
        requeueAfterMs: Math.max(waitMs, indexWaitMs),
      }
    }
    const count = indexes?.indexes.length ?? wanted
    const base = jobPod(job)
    const control = new PodControl(client, recorder)
    memory.expectations.expectCreations(key, count)
    const result = await slowStart(count, async (i) => {
      const index = indexes?.indexes[i]
      const pod = index === undefined ? base : withIndex(job, base, index, look.kept.get(index))
      try {
        await control.create(pod, job)
      } catch (error) {
        if (!isNamespaceTerminating(error)) throw error
      }
    })
    const missing = count - result.successes
    if (missing > 0) memory.expectations.creationObserved(key, missing)
    return {
      ...this.#unmanaged(look),
      active: look.counts.active + result.successes,
      error: missing > 0 ? result.error : undefined,
    }
  }

  /** The lowest indexes without a pod, less those whose last failure is too fresh. */
  #indexesToCreate(
    look: Look,
    count: number,
  ): { readonly indexes: readonly number[]; readonly waitMs: number } {
    const job = this.#job
    const busy = replacesOnlyFailed(job)
      ? [...look.active, ...look.pods.filter(isPodTerminating)]
      : look.active
    const taken = (look.succeeded?.all ?? Indexes.NONE).with(busy.map(indexOf).filter((it) => it >= 0))
    const missing = taken
      .merge(look.failedIndexes ?? Indexes.NONE)
      .firstMissing(count, job.spec.completions ?? 0)
    const waits = missing.map((index) => {
      const failed = look.kept.get(index)
      return failed === undefined ? 0 : remainingForIndexMs(failed, this.#context.now)
    })
    const indexes = missing.filter((_, i) => waits[i] === 0)
    return { indexes, waitMs: indexes.length === 0 && waits.length > 0 ? Math.min(...waits) : 0 }
  }

  #complete(succeeded: number): Ending {
    const { completions } = this.#job.spec
    if (completions !== undefined && succeeded > completions) {
      const message = 'Too many succeeded pods running after completion count reached'
      this.#context.recorder.event(this.#job, 'Warning', 'TooManySucceededPods', message)
    }
    return COMPLETIONS_REACHED
  }

  #noticeSuspension(): void {
    const { now, recorder } = this.#context
    const before = this.#job.status?.conditions ?? []
    const suspended = isSuspended(this.#job)
    const conditions = withSuspended(before, suspended, now)
    if (conditions === before) return
    // The deadline counts anew: it is for the time that the Job is active in one go.
    this.#withStatus(suspended ? { conditions } : { conditions, startTime: formatTime(now) })
    if (suspended) recorder.event(this.#job, 'Normal', 'Suspended', 'Job suspended')
    else recorder.event(this.#job, 'Normal', 'Resumed', 'Job resumed')
  }

  /** Status with what is uncounted; then finalizers; then the counters, and the end if it has come. */
  async #track(look: Look, managed: Managed, ending: Ending | undefined): Promise<void> {
    const job = this.#job
    const isTrackedUid = trackedUids(look)
    const counted = { ...job, status: countReleased(this.#statusOf(managed, look), isTrackedUid) }
    const reckoning = reckon(counted, look.pods, {
      uncounted: uncountedOf(counted),
      removed: look.released,
      before: look.succeeded?.before,
      kept: look.kept,
      ending: ending?.type,
    })
    const interim = ending === undefined ? reckoning.status : this.#withInterim(reckoning.status, ending)
    let written = await this.#flush(this.#before, interim)
    const releasedNow = await this.#release(reckoning.release)
    const left = countReleased(interim, (uid) => isTrackedUid(uid) && !releasedNow.has(uid))
    const final = ending !== undefined && !reckoning.more ? this.#final(left, ending, managed) : left
    written = await this.#flush(written, final)
    if (final !== left && ending !== undefined) this.#tellEnd(written, ending)
  }

  #statusOf({ active, ready, terminating }: Managed, look: Look): JobStatus {
    return {
      ...this.#job.status,
      active,
      ready,
      terminating,
      ...(look.failedIndexes !== undefined && { failedIndexes: look.failedIndexes.toString() }),
    }
  }

  #withInterim(status: JobStatus, { type, reason, message }: Ending): JobStatus {
    const conditions = status.conditions ?? []
    if (conditions.some((it) => it.type === type)) return status
    return {
      ...status,
      conditions: [...conditions, jobCondition(type, 'True', reason, message, this.#context.now)],
    }
  }

  /** Only once every pod is counted, and none is still going. */
  #final(status: JobStatus, ending: Ending, { terminating }: Managed): JobStatus {
    const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {}
    if (succeeded.length + failed.length > 0 || terminating > 0) return status
    const condition = finalCondition(ending, this.#context.now)
    const conditions = [...(status.conditions ?? []), condition]
    return {
      ...status,
      conditions,
      ...(condition.type === 'Complete' && { completionTime: condition.lastTransitionTime }),
    }
  }

  #tellEnd(job: Stored<Job>, ending: Ending): void {
    const { recorder } = this.#context
    if (ending.type === 'SuccessCriteriaMet') recorder.event(job, 'Normal', 'Completed', 'Job completed')
    else recorder.event(job, 'Warning', ending.reason, ending.message)
  }

  async #flush(from: Stored<Job>, status: JobStatus): Promise<Stored<Job>> {
    if (sameStatus(status, from.status)) return from
    const { client, key, memory } = this.#context
    const written = await client.updateStatus(Job, { ...from, status })
    memory.written.set(key, written)
    return written
  }

  async #release(pods: readonly JobPod[]): Promise<ReadonlySet<string>> {
    const { client, key, memory } = this.#context
    const released = new Set<string>()
    if (pods.length === 0) return released
    let remembered = memory.released.get(key)
    if (remembered === undefined) memory.released.set(key, (remembered = new Set()))
    for (const pod of pods) {
      remembered.add(pod.metadata.uid)
      try {
        await releasePod(client, pod)
      } catch (error) {
        remembered.delete(pod.metadata.uid)
        throw error
      }
      released.add(pod.metadata.uid)
    }
    return released
  }

  #withStatus(status: Partial<JobStatus>): void {
    this.#job = { ...this.#job, status: { ...this.#job.status, ...status } }
  }
}

function trackedUids({ pods, released }: Look): (uid: string) => boolean {
  const tracked = new Set(pods.filter(isTracked).map((it) => it.metadata.uid))
  return (uid) => tracked.has(uid) && !released.has(uid)
}

function shortest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : b === undefined ? a : Math.min(a, b)
}

/** Deletes finished Jobs some time after their end (ttlafterfinished). */
import { Job } from '../../api/batch/job.ts'
import type { Stored } from '../../api/kind.ts'
import { defineController } from '../runtime/controller.ts'
import { timeOf } from '../shared/times.ts'

export const ttlAfterFinishedController = defineController<Job>({
  name: 'ttl-after-finished-controller',
  component: 'ttl-after-finished-controller',
  for: Job,
  predicate: { create: needsCleanup, update: needsCleanup, delete: () => false },
  concurrency: 5,

  async reconcile({ object: job, client, now }) {
    if (job === undefined || !needsCleanup(job)) return
    const leftMs = timeLeftMs(job, now)
    if (leftMs > 0) return { requeueAfterMs: leftMs }
    // Live: somebody may have given it more time, and the deletion cannot be taken back.
    const { namespace, name, uid } = job.metadata
    const live = await client.find(Job, { namespace, name })
    if (live === undefined || live.metadata.uid !== uid || !needsCleanup(live) || timeLeftMs(live, now) > 0)
      return
    await client.delete(Job, { namespace, name }, { propagationPolicy: 'Foreground', preconditions: { uid } })
  },
})

export function needsCleanup(job: Stored<Job>): boolean {
  return (
    job.spec.ttlSecondsAfterFinished !== undefined &&
    job.metadata.deletionTimestamp === undefined &&
    finishedAt(job) !== undefined
  )
}

/** Ms until a finished Job is due. */
export function timeLeftMs(job: Job, now: number): number {
  return Math.max(0, (finishedAt(job) ?? now) + (job.spec.ttlSecondsAfterFinished ?? 0) * 1000 - now)
}

function finishedAt(job: Job): number | undefined {
  const end = job.status?.conditions?.find(
    (it) => (it.type === 'Complete' || it.type === 'Failed') && it.status === 'True',
  )
  return end?.lastTransitionTime === undefined ? undefined : timeOf(end.lastTransitionTime)
}

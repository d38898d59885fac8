/** Runs pods until so many have succeeded. */
import { Job } from '../../api/batch/job.ts'
import { Pod } from '../../api/core/pod.ts'
import { objectKey, type Stored } from '../../api/kind.ts'
import { BY_CONTROLLER } from '../../client/informer.ts'
import { defineController, type SetupContext } from '../runtime/controller.ts'
import { Expectations } from '../runtime/expectations.ts'
import { controllerOf, OWNED } from '../shared/owner-refs.ts'
import { isFinished } from './decide.ts'
import { isTracked } from './pods.ts'
import { type JobMemory, newestJob, releasePod } from './release.ts'
import { JobSync } from './sync.ts'

/** Changes of pods, and of a Job's own status, are looked at together. */
const BATCH_MS = 1000

export const jobController = defineController<Job, JobMemory>({
  name: 'job-controller',
  component: 'job-controller',
  for: Job,
  // Keys are queued by `setup`, which knows what can wait.
  predicate: {
    create: () => true,
    update: (job, old) => job.metadata.generation !== old.metadata.generation,
  },
  concurrency: 5,
  rateLimit: { baseMs: 1000, maxMs: 60_000 },

  setup(context) {
    const memory: JobMemory = {
      expectations: new Expectations(context.process.clock),
      backoff: new Map(),
      released: new Map(),
      written: new Map(),
    }
    context.informer.addHandlers({
      update: (job, old) => {
        const key = objectKey(job.metadata)
        if (job.metadata.generation === old.metadata.generation) context.enqueueAfter(key, BATCH_MS)
      },
    })
    watchPods(context, memory)
    return memory
  },

  async reconcile(context) {
    const { object: cached, key, memory } = context
    const job = cached && newestJob(memory, key, cached)
    if (job === undefined || isFinished(job)) {
      memory.expectations.forget(key)
      memory.backoff.delete(key)
      memory.released.delete(key)
      if (cached === undefined) memory.written.delete(key)
      return
    }
    const { managedBy } = job.spec
    if (managedBy !== undefined && managedBy !== 'kubernetes.io/job-controller') return
    return new JobSync(context, job).run()
  },
})

function watchPods(context: SetupContext<Job>, memory: JobMemory): void {
  const jobs = context.informer.lister
  const orphans = context.sideWorker((key) => releaseOrphan(context, key))
  const ownerOf = (pod: Stored<Pod>): Stored<Job> | undefined => {
    const controller = controllerOf(pod)
    if (controller?.kind !== 'Job') return undefined
    const job = jobs.get(objectKey({ namespace: pod.metadata.namespace, name: controller.name }))
    return job?.metadata.uid === controller.uid ? job : undefined
  }
  const changed = (pod: Stored<Pod>, old?: Stored<Pod>) => {
    const job = ownerOf(pod)
    if (job === undefined || isFinished(job)) {
      if (isTracked(pod)) orphans.add(objectKey(pod.metadata))
      if (job === undefined) return
    }
    const key = objectKey(job.metadata)
    if (!isTracked(pod)) memory.released.get(key)?.delete(pod.metadata.uid)
    const deleting = pod.metadata.deletionTimestamp !== undefined
    if (old === undefined && !deleting) memory.expectations.creationObserved(key)
    if (deleting) memory.expectations.deletionObserved(key, objectKey(pod.metadata))
    context.enqueueAfter(key, BATCH_MS)
  }
  const pods = context.informerFor(Pod, OWNED)
  pods.addHandlers({
    add: changed,
    update: changed,
    delete(pod) {
      const job = ownerOf(pod)
      if (job === undefined) return
      const key = objectKey(job.metadata)
      memory.released.get(key)?.delete(pod.metadata.uid)
      memory.expectations.deletionObserved(key, objectKey(pod.metadata))
      context.enqueueAfter(key, BATCH_MS)
    },
  })
  const releasePods = (job: Stored<Job>) => {
    for (const pod of pods.lister.byIndex(BY_CONTROLLER, job.metadata.uid)) {
      if (isTracked(pod)) orphans.add(objectKey(pod.metadata))
    }
  }
  context.informer.addHandlers({
    delete: releasePods,
    update: (job, old) => {
      if (isFinished(job) && !isFinished(old)) releasePods(job)
    },
  })
}

/** Nobody will count this pod any more: it must not be held back. */
async function releaseOrphan(
  { client, informer, informerFor }: SetupContext<Job>,
  key: string,
): Promise<void> {
  const pod = informerFor(Pod).lister.get(key)
  if (pod === undefined || !isTracked(pod)) return
  const controller = controllerOf(pod)
  if (controller?.kind === 'Job') {
    const job = informer.lister.get(objectKey({ namespace: pod.metadata.namespace, name: controller.name }))
    if (job?.metadata.uid === controller.uid && !isFinished(job)) return
  }
  await releasePod(client, pod)
}

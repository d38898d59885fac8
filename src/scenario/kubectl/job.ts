/** What `kubectl create job`, `kubectl wait` and `kubectl patch` do for Jobs and CronJobs, by API calls alone. */
import { CronJob } from '../../api/batch/cron-job.ts'
import { Job } from '../../api/batch/job.ts'
import type { Stored } from '../../api/kind.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import { formatDuration } from '../../kernel/duration.ts'
import { type StepContext, StepFailure } from '../step.ts'
import { describeAbsence, findObjects, printedName, requireObjects, resolveTarget } from './objects.ts'
import { awaitState } from './wait.ts'

type Batch = typeof Job | typeof CronJob

/** The one object that a word such as `job/batch`, or just `batch`, names. @throws StepFailure for other kinds */
export function requireBatch<K extends Batch>(
  { cluster, namespace }: Pick<StepContext, 'cluster' | 'namespace'>,
  word: string,
  kind: K,
) {
  const target = resolveTarget(
    cluster,
    word.includes('/') ? word : `${kind.resource}.${kind.group}/${word}`,
    namespace,
  )
  if (target.kind.kind !== kind.kind)
    throw new StepFailure(`${word} is no ${kind.singular}: name ${kind.singular}/NAME`)
  return { target, object: requireObjects(cluster, target)[0]! as Stored<Job & CronJob> }
}

/** Waits until the Job is over; throws {@link StepFailure} with its reason when it has failed. */
export async function jobStatus(context: StepContext, word: string, timeoutMs: number): Promise<string> {
  const { cluster } = context
  const { target, object } = requireBatch(context, word, Job)
  const name = printedName(target.kind, object.metadata.name)
  const current = () => findObjects(cluster, target)[0] as Job | undefined
  const conditionOf = (type: string) =>
    current()?.status?.conditions?.find((it) => it.type === type && it.status === 'True')
  const over = () =>
    current() === undefined || (conditionOf('Complete') ?? conditionOf('Failed')) !== undefined
  const inTime = await awaitState(cluster, over, timeoutMs)
  const job = current()
  if (job === undefined) throw new StepFailure(describeAbsence(target))
  const { succeeded = 0, failed = 0, active = 0 } = job.status ?? {}
  const counts = `${succeeded} succeeded, ${failed} failed, ${active} active`
  if (!inTime)
    throw new StepFailure(`timed out after ${formatDuration(timeoutMs)} waiting for ${name} to end`, [counts])
  const failure = conditionOf('Failed')
  if (failure !== undefined)
    throw new StepFailure(`${name} failed: ${failure.reason}: ${failure.message}`, [counts])
  return `${name} complete: ${counts}`
}

/** Suspends or resumes a Job or a CronJob. */
export async function setSuspended(
  context: StepContext,
  word: string,
  kind: Batch,
  suspend: boolean,
): Promise<string> {
  const { object, target } = requireBatch(context, word, kind)
  const { namespace, name } = object.metadata
  await context.cluster.client.patch(kind as typeof Job, { namespace, name }, { spec: { suspend } })
  return `${printedName(target.kind, name)} ${suspend ? 'suspended' : 'resumed'}`
}

/** `kubectl create job NAME --from=cronjob/X`: a run out of turn. */
export async function createJobFrom(context: StepContext, word: string, name: string): Promise<string> {
  const { object: cronJob } = requireBatch(context, word, CronJob)
  const { metadata, spec } = cronJob.spec.jobTemplate as CronJob['spec']['jobTemplate']
  const { cluster } = context
  await cluster.client.create(Job, {
    metadata: {
      name,
      namespace: cronJob.metadata.namespace,
      labels: metadata?.labels,
      annotations: { 'cronjob.kubernetes.io/instantiate': 'manual', ...metadata?.annotations },
      ownerReferences: [
        {
          apiVersion: 'batch/v1',
          kind: 'CronJob',
          name: cronJob.metadata.name,
          uid: cronJob.metadata.uid,
          controller: true,
        },
      ],
    },
    spec: spec!,
  })
  return `job.batch/${name} created`
}

/** Goes on until so many further runs have been started by the schedule. */
export async function awaitRuns(
  context: StepContext,
  word: string,
  count: number,
  timeoutMs: number,
): Promise<string> {
  const { cluster } = context
  const { target, object } = requireBatch(context, word, CronJob)
  const timeOf = () => (findObjects(cluster, target)[0] as CronJob | undefined)?.status?.lastScheduleTime
  let last = timeOf()
  let left = count
  const done = () => {
    const now = timeOf()
    if (now !== undefined && now !== last) {
      last = now
      left--
    }
    return left <= 0
  }
  const name = printedName(target.kind, object.metadata.name)
  if (await awaitState(cluster, done, timeoutMs))
    return `${name} has started ${count === 1 ? 'a run' : `${count} runs`}, the last at ${last}`
  throw new StepFailure(
    `timed out after ${formatDuration(timeoutMs)}: ${name} has started ${count - left} of ${count} runs`,
    eventsOf(cluster, object),
  )
}

/** Why a CronJob does nothing is in its Events. */
function eventsOf(cluster: Cluster, { metadata }: Stored<Job & CronJob>): string[] {
  interface EventLike {
    readonly involvedObject?: { readonly uid?: string }
    readonly reason?: string
    readonly message?: string
  }
  return cluster
    .peek()
    .list({ kind: 'Event', group: '' }, metadata.namespace)
    .map((it) => it as EventLike)
    .filter((it) => it.involvedObject?.uid === metadata.uid)
    .map((it) => `${it.reason}: ${it.message}`)
    .slice(-5)
}

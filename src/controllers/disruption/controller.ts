/** Works out how many pods of a PodDisruptionBudget may be disrupted now; the eviction subresource spends it. */
import { Deployment } from '../../api/apps/deployment.ts'
import { ReplicaSet } from '../../api/apps/replica-set.ts'
import { StatefulSet } from '../../api/apps/stateful-set.ts'
import { Pod } from '../../api/core/pod.ts'
import { ReplicationController } from '../../api/core/replication-controller.ts'
import { isConflict, isNotFound } from '../../api/errors.ts'
import { objectKey, type Stored } from '../../api/kind.ts'
import {
  PodDisruptionBudget,
  type PodDisruptionBudgetStatus,
} from '../../api/policy/pod-disruption-budget.ts'
import type { Scheme } from '../../api/scheme.ts'
import { formatTime } from '../../api/time.ts'
import { defineController, type ReconcileContext, type SetupContext } from '../runtime/controller.ts'
import { patchPodStatus } from '../shared/disruption-target.ts'
import { goSelector } from '../shared/go-selector.ts'
import { isPodReady, podCondition } from '../shared/pod.ts'
import { textOf } from '../shared/refusals.ts'
import { SelectedPods } from '../shared/selected-pods.ts'
import { sameStatus } from '../shared/semantic-equal.ts'
import {
  budgetOf,
  countHealthy,
  DELETION_TIMEOUT_MS,
  disruptedPods,
  disruptionsAllowed,
  failSafe,
  needsScale,
  statusWith,
} from './budget.ts'
import { expectedScale } from './scale.ts'

interface Memory {
  readonly pods: SelectedPods<PodDisruptionBudget>
  readonly scheme: Scheme
}

export const disruptionController = defineController<PodDisruptionBudget, Memory>({
  name: 'disruption-controller',
  component: 'controllermanager',
  for: PodDisruptionBudget,
  // Read for their size. A change of it is told by the pods that come and go.
  watches: [Deployment, ReplicaSet, StatefulSet, ReplicationController].map((kind) => ({
    kind,
    map: () => [],
  })),

  setup(context) {
    const ready = (pod: Stored<Pod>, old: Stored<Pod>) =>
      isPodReady(pod) !== isPodReady(old) ||
      pod.metadata.deletionTimestamp !== old.metadata.deletionTimestamp ||
      pod.metadata.ownerReferences !== old.metadata.ownerReferences
    watchStaleDisruptions(context)
    return {
      pods: new SelectedPods(context, (it) => it.spec.selector, ready),
      scheme: context.process.scheme,
    }
  },

  async reconcile(context) {
    const { object: pdb, now } = context
    if (pdb === undefined) return
    try {
      return await sync(context, pdb)
    } catch (error) {
      // It is looked at again, as it is by then.
      if (isConflict(error)) throw error
      await writeStatus(context, pdb, failSafe(pdb.status, textOf(error), pdb.metadata.generation ?? 0, now))
      throw error
    }
  },
})

type Context = ReconcileContext<PodDisruptionBudget, Memory>

async function sync(context: Context, pdb: Stored<PodDisruptionBudget>) {
  const { key, now, recorder, client, lister, memory } = context
  const pods = memory.pods.of(key)
  if (pods.length === 0) recorder.event(pdb, 'Normal', 'NoPods', 'No matching pods found')
  const sources = { client, scheme: memory.scheme, lister }
  const { scale, unmanaged } = needsScale(pdb.spec)
    ? await expectedScale(sources, pods).catch((error: unknown) => {
        const message = `Failed to calculate the number of expected pods: ${textOf(error)}`
        recorder.event(pdb, 'Warning', 'CalculateExpectedPodCountFailed', message)
        throw error
      })
    : { scale: 0, unmanaged: [] }
  if (unmanaged.length > 0) {
    const message = `Pods selected by this PodDisruptionBudget (selector: ${goSelector(pdb.spec.selector)}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`
    recorder.event(pdb, 'Warning', 'UnmanagedPods', message)
  }
  const budget = budgetOf(pdb.spec, pods.length, scale)
  const disrupted = disruptedPods(pods, pdb.status, now)
  for (const pod of disrupted.overdue) {
    recorder.event(pod, 'Warning', 'NotDeleted', `Pod was expected by PDB ${key} to be deleted but it wasn't`)
  }
  const currentHealthy = countHealthy(pods, disrupted)
  const counts = { ...budget, currentHealthy, disruptionsAllowed: disruptionsAllowed(budget, currentHealthy) }
  await writeStatus(
    context,
    pdb,
    statusWith(pdb.status, counts, disrupted.pods, pdb.metadata.generation ?? 0, now),
  )
  return { requeueAfterMs: disrupted.recheckAfterMs }
}

async function writeStatus(
  { client }: Context,
  pdb: Stored<PodDisruptionBudget>,
  status: PodDisruptionBudgetStatus,
) {
  if (!sameStatus(status, pdb.status)) await client.updateStatus(PodDisruptionBudget, { ...pdb, status })
}

/** A pod that was said to be disrupted, and then was not, takes the condition back. */
function watchStaleDisruptions({
  process,
  client,
  informerFor,
  sideWorker,
}: SetupContext<PodDisruptionBudget>): void {
  const pods = informerFor(Pod)
  const isStale = (pod: Stored<Pod>) => {
    const condition = podCondition(pod, 'DisruptionTarget')
    return (
      condition?.status === 'True' &&
      condition.reason !== 'TerminationByKubelet' &&
      pod.metadata.deletionTimestamp === undefined
    )
  }
  const worker = sideWorker(async (key) => {
    const pod = pods.lister.get(key)
    if (pod === undefined || !isStale(pod)) return
    const condition = {
      type: 'DisruptionTarget',
      status: 'False',
      lastTransitionTime: formatTime(process.clock.now()),
    }
    try {
      await patchPodStatus(client, pod, { conditions: [condition] })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  })
  const look = (pod: Stored<Pod>, old?: Stored<Pod>) => {
    if (pod.status !== old?.status && isStale(pod))
      worker.addAfter(objectKey(pod.metadata), DELETION_TIMEOUT_MS)
  }
  pods.addHandlers({ add: (pod) => look(pod), update: look })
}

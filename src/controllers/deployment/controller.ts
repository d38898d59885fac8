/** Rolls out changes of a Deployment's template by growing one ReplicaSet and shrinking the others. */
import { Deployment } from '../../api/apps/deployment.ts'
import { ReplicaSet } from '../../api/apps/replica-set.ts'
import { Pod } from '../../api/core/pod.ts'
import { objectKey, type Stored } from '../../api/kind.ts'
import { compileSelector } from '../../api/label-selector.ts'
import { controllerIndex } from '../../client/indexes.ts'
import { BY_CONTROLLER } from '../../client/informer.ts'
import { defineController, type Lookup, type ReconcileContext, watch } from '../runtime/controller.ts'
import { claim } from '../shared/claim.ts'
import { mapOwned } from '../shared/map-owned.ts'
import { claimable, controllerOf, OWNED } from '../shared/owner-refs.ts'
import { DESIRED_REPLICAS } from './annotations.ts'
import { wantedReplicas } from './fenceposts.ts'
import { byAge, isActive, type OwnedReplicaSet } from './replica-sets.ts'
import { rollbackTarget } from './rollback.ts'
import { Rollout } from './rollout.ts'

export const deploymentController = defineController<Deployment>({
  name: 'deployment-controller',
  component: 'deployment-controller',
  for: Deployment,
  concurrency: 5,
  owns: [
    {
      kind: ReplicaSet,
      map: mapOwned(Deployment, (it) => it.spec.selector),
      informer: OWNED,
    },
  ],
  watches: [
    watch({
      kind: Pod,
      map: recreateWithoutPods,
      // A Recreate waits for the last old pod to be gone; no other change of a pod concerns a Deployment.
      predicate: { create: () => false, update: () => false },
      informer: { indexes: controllerIndex },
    }),
  ],

  async reconcile(context) {
    const deployment = context.object
    if (deployment === undefined) return // Gone: what it owned is the garbage collector's job.
    if (compileSelector(deployment.spec.selector).empty) return refuseToSelectAll(context, deployment)

    const rollout = await startRollout(context, deployment)
    if (deployment.metadata.deletionTimestamp !== undefined) return rollout.statusOnly()
    rollout.noticePause()
    if (deployment.spec.paused === true) return rollout.resize()
    const revision = rollbackTarget(deployment)
    if (revision !== undefined) return rollout.rollBack(revision)
    if (isScalingEvent(context, deployment)) return rollout.resize()

    const recreate = deployment.spec.strategy?.type === 'Recreate'
    const requeueAfterMs = await (recreate ? rollout.recreate() : rollout.roll())
    return { requeueAfterMs }
  },
})

async function startRollout(
  context: ReconcileContext<Deployment>,
  deployment: Stored<Deployment>,
): Promise<Rollout> {
  const { client, recorder, now } = context
  const replicaSets = context.lister(ReplicaSet)
  const pods = context.lister(Pod)
  const owned = await claim({
    client,
    ownerKind: Deployment,
    owner: deployment,
    kind: ReplicaSet,
    candidates: claimable(replicaSets, deployment),
    matches: (it) => compileSelector(deployment.spec.selector).matches(it.metadata.labels),
  })
  return new Rollout({
    client,
    recorder,
    now,
    deployment,
    replicaSets: [...owned].sort(byAge),
    podsOf: (replicaSet) => pods.byIndex(BY_CONTROLLER, replicaSet.metadata.uid),
    replicaSetNamed: (name) => replicaSets.get(objectKey({ namespace: context.namespace, name })),
  })
}

/** spec.replicas changed since its ReplicaSets were last sized. */
function isScalingEvent(context: ReconcileContext<Deployment>, deployment: Stored<Deployment>): boolean {
  for (const it of context.lister(ReplicaSet).byIndex(BY_CONTROLLER, deployment.metadata.uid)) {
    const desired = it.metadata.annotations?.[DESIRED_REPLICAS]
    if (isActive(it) && desired !== undefined && Number(desired) !== wantedReplicas(deployment)) return true
  }
  return false
}

async function refuseToSelectAll(
  { client, recorder }: ReconcileContext<Deployment>,
  deployment: Stored<Deployment>,
) {
  const message = 'This deployment is selecting all pods. A non-empty selector is required.'
  recorder.event(deployment, 'Warning', 'SelectingAll', message)
  const generation = deployment.metadata.generation ?? 0
  if ((deployment.status?.observedGeneration ?? 0) >= generation) return
  await client.updateStatus(Deployment, {
    ...deployment,
    status: { ...deployment.status, observedGeneration: generation },
  })
}

/** Queues the Deployment of a deleted pod, if it recreates and that was the last of its pods. */
function recreateWithoutPods(pod: Stored<Pod>, lookup: Lookup): readonly string[] {
  const namespace = pod.metadata.namespace
  const replicaSets = lookup.lister(ReplicaSet)
  const owner = controllerOf(pod)
  const replicaSet = owner && replicaSets.get(objectKey({ namespace, name: owner.name }))
  const controller = replicaSet && controllerOf(replicaSet)
  if (controller?.kind !== 'Deployment') return []
  const key = objectKey({ namespace, name: controller.name })
  const deployment = lookup.lister(Deployment).get(key)
  if (deployment?.metadata.uid !== controller.uid || deployment.spec.strategy?.type !== 'Recreate') return []
  const hasPods = (it: OwnedReplicaSet) => {
    for (const _pod of lookup.lister(Pod).byIndex(BY_CONTROLLER, it.metadata.uid)) return true
    return false
  }
  return [...replicaSets.byIndex(BY_CONTROLLER, controller.uid)].some(hasPods) ? [] : [key]
}

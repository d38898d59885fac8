/** Keeps pods that are told apart: each with a name, a place in an order and volumes of its own. */
import { ControllerRevision } from '../../api/apps/controller-revision.ts'
import { StatefulSet } from '../../api/apps/stateful-set.ts'
import { PersistentVolumeClaim } from '../../api/core/persistent-volume-claim.ts'
import { Pod } from '../../api/core/pod.ts'
import type { Stored } from '../../api/kind.ts'
import { compileSelector } from '../../api/label-selector.ts'
import { defineController, type ReconcileContext } from '../runtime/controller.ts'
import { claim } from '../shared/claim.ts'
import {
  createRevision,
  deleteRevisions,
  nextRevision,
  type Revision,
  reuseRevision,
  revisionsToDelete,
  sortRevisions,
  templateOf,
  templatePatch,
} from '../shared/controller-history.ts'
import { mapOwned } from '../shared/map-owned.ts'
import { claimable, controllerRef, OWNED } from '../shared/owner-refs.ts'
import { sameStatus } from '../shared/semantic-equal.ts'
import { canonicalJson, revisionHash } from '../shared/template-hash.ts'
import { ordinalOf, revisionOfPod, setReplicas } from './identity.ts'
import { planSync, type Slots, slotsOf, statusAfter } from './plan.ts'
import { PodLife } from './pod-life.ts'

/** A revision's name must leave room for the names of pods' labels. */
const NAME_MAX = 223

export const statefulSetController = defineController<StatefulSet>({
  name: 'statefulset-controller',
  component: 'statefulset-controller',
  for: StatefulSet,
  concurrency: 5,
  owns: [{ kind: Pod, map: mapOwned(StatefulSet, (it) => it.spec.selector), informer: OWNED }],
  watches: [
    // Read, but no reason to look again: nothing but this controller changes them.
    { kind: ControllerRevision, map: () => [], informer: OWNED },
    { kind: PersistentVolumeClaim, map: () => [] },
  ],

  async reconcile(context) {
    const { object: set, now } = context
    if (set === undefined || compileSelector(set.spec.selector).empty) return
    const revisions = await syncRevisions(context, set)
    const slots = slotsOf(set, await claimPods(context, set))
    const life = new PodLife(
      context,
      set,
      { current: templateOf(revisions.current), update: templateOf(revisions.update) },
      {
        current: revisions.current.metadata.name,
        update: revisions.update.metadata.name,
      },
    )
    const steps = planSync(set, slots, { updateRevision: revisions.update.metadata.name, now })
    try {
      await life.run(steps)
    } finally {
      await writeStatus(context, set, slots, revisions)
    }
    await truncateHistory(context, set, slots, revisions)
    return { requeueAfterMs: recheckAfterMs(set, slots) }
  },
})

interface Revisions {
  readonly current: Revision
  readonly update: Revision
  readonly all: readonly Revision[]
  readonly collisionCount: number
}

type Context = ReconcileContext<StatefulSet>

async function claimPods(context: Context, set: Stored<StatefulSet>): Promise<readonly Stored<Pod>[]> {
  const selector = compileSelector(set.spec.selector)
  return claim({
    client: context.client,
    ownerKind: StatefulSet,
    owner: set,
    kind: Pod,
    candidates: claimable(context.lister(Pod), set),
    // A pod whose name does not fit could never be one of them.
    matches: (pod) => ordinalOf(set, pod) >= 0 && selector.matches(pod.metadata.labels),
  })
}

/** The revisions of the template as it is and as it was before the update that may be under way. */
async function syncRevisions(context: Context, set: Stored<StatefulSet>): Promise<Revisions> {
  const { client } = context
  const selector = compileSelector(set.spec.selector)
  const owned = await claim({
    client,
    ownerKind: StatefulSet,
    owner: set,
    kind: ControllerRevision,
    candidates: claimable(context.lister(ControllerRevision), set),
    matches: (it) => selector.matches(it.metadata.labels),
  })
  const all = sortRevisions(owned)
  const data = templatePatch(set.spec.template)
  let collisionCount = set.status?.collisionCount ?? 0
  let update = await reuseRevision(client, all, data)
  if (update === undefined) {
    const created = await createRevision(client, collisionCount, (count) =>
      newRevision(set, data, nextRevision(all), count),
    )
    update = created.revision
    collisionCount = created.collisionCount
  }
  const current = all.find((it) => it.metadata.name === set.status?.currentRevision) ?? update
  return { current, update, all, collisionCount }
}

function newRevision(
  set: Stored<StatefulSet>,
  data: object,
  revision: number,
  collisionCount: number,
): ControllerRevision {
  const hash = revisionHash(canonicalJson(data), collisionCount)
  return {
    metadata: {
      name: `${set.metadata.name.slice(0, NAME_MAX)}-${hash}`,
      namespace: set.metadata.namespace,
      labels: { ...set.spec.template.metadata?.labels, 'controller.kubernetes.io/hash': hash },
      annotations: set.metadata.annotations,
      ownerReferences: [controllerRef(StatefulSet, set)],
    },
    data,
    revision,
  }
}

async function writeStatus(
  { client, now }: Context,
  set: Stored<StatefulSet>,
  slots: Slots,
  revisions: Revisions,
): Promise<void> {
  const names = {
    current: revisions.current.metadata.name,
    update: revisions.update.metadata.name,
    collisionCount: revisions.collisionCount,
  }
  const status = statusAfter(set, slots, names, now)
  if (!sameStatus(status, set.status)) await client.updateStatus(StatefulSet, { ...set, status })
}

async function truncateHistory(
  context: Context,
  set: Stored<StatefulSet>,
  slots: Slots,
  revisions: Revisions,
): Promise<void> {
  const live = new Set([revisions.current.metadata.name, revisions.update.metadata.name])
  for (const pod of [...slots.replicas, ...slots.condemned])
    if (pod !== undefined) live.add(revisionOfPod(pod))
  const limit = set.spec.revisionHistoryLimit ?? 10
  await deleteRevisions(
    context.client,
    revisionsToDelete(revisions.all, limit, (it) => live.has(it.metadata.name)),
  )
}

/** Ready pods become available by time alone. */
function recheckAfterMs(set: Stored<StatefulSet>, { replicas }: Slots): number | undefined {
  const seconds = set.spec.minReadySeconds ?? 0
  const waiting =
    replicas.some((it) => it !== undefined) && (set.status?.availableReplicas ?? 0) !== setReplicas(set)
  return seconds > 0 && waiting ? seconds * 1000 : undefined
}

/**
 * Keeps a number of pods of one template: what ReplicaSets and ReplicationControllers have in common, which is
 * everything but the kind (replicaset/replica_set.go).
 */

import type { ReplicaSetStatus } from '../../api/apps/replica-set.ts'
import { Pod } from '../../api/core/pod.ts'
import type { PodTemplateSpec } from '../../api/core/pod-template.ts'
import { isNotFound } from '../../api/errors.ts'
import { type KubeObject, objectKey, objectRef, type Stored } from '../../api/kind.ts'
import { compileSelector } from '../../api/label-selector.ts'
import type { LabelSelector } from '../../api/meta/label-selector.ts'
import type { KindRef } from '../../client/client.ts'
import { controllerIndex } from '../../client/indexes.ts'
import { BY_CONTROLLER, type Lister } from '../../client/informer.ts'
import {
  type ControllerDefinition,
  defineController,
  type ReconcileContext,
  type SetupContext,
} from '../runtime/controller.ts'
import { Expectations } from '../runtime/expectations.ts'
import { claim } from '../shared/claim.ts'
import { mapOwned } from '../shared/map-owned.ts'
import { claimable, controllerOf, ORPHANS, OWNED } from '../shared/owner-refs.ts'
import { isPodActive, isPodReady, isPodTerminal, podCondition } from '../shared/pod.ts'
import { PodControl, podFromTemplate } from '../shared/pod-control.ts'
import { podsToDelete } from '../shared/pod-ranking.ts'
import { isNamespaceTerminating, textOf } from '../shared/refusals.ts'
import { sameStatus } from '../shared/semantic-equal.ts'
import { bySharedLabels } from '../shared/shared-labels.ts'
import { slowStart } from '../shared/slow-start.ts'
import { calculateStatus, type ReplicaFailure } from './status.ts'
import { countPods, type Measure, type PodCounts, Tally } from './tally.ts'

/** Creates or deletes of one sync. */
const BURST = 500

/** What the shared code needs to know of a kind. */
export interface Replicated<T extends KubeObject> {
  readonly name: string
  readonly component: string
  readonly kind: KindRef<T>
  replicas(owner: T): number
  selector(owner: T): LabelSelector
  template(owner: T): PodTemplateSpec
  minReadySeconds(owner: T): number
  status(owner: T): ReplicaSetStatus | undefined
  withStatus(owner: Stored<T>, status: ReplicaSetStatus): Stored<T>
}

export interface Memory {
  readonly expectations: Expectations
  /** By key of the owner. */
  readonly tallies: Map<string, Tally>
}

export function podReplicator<T extends KubeObject>(kind: Replicated<T>): ControllerDefinition<T, Memory> {
  return defineController<T, Memory>({
    name: kind.name,
    component: kind.component,
    for: kind.kind,
    forInformer: { indexes: controllerIndex },
    concurrency: 5,
    setup: (context) => watchPods(kind, context),
    reconcile: (context) => new Sync(kind, context).run(),
  })
}

/** Queues owners whose pods changed in a way that matters, and ticks off what they expect. */
function watchPods<T extends KubeObject>(kind: Replicated<T>, context: SetupContext<T>): Memory {
  const expectations = new Expectations(context.process.clock)
  const tallies = new Map<string, Tally>()
  const pods = context.informerFor(Pod, OWNED)
  const owners = context.informer.lister
  const lookup = { lister: <U extends KubeObject>(other: KindRef<U>) => context.informerFor(other).lister }
  const owningKeys = mapOwned(kind.kind, kind.selector)

  const { journal } = context.process
  const queue = (key: string, pod: Stored<Pod>, change: string) =>
    context.enqueue(key, journal.enabled ? `${objectRef('Pod', pod.metadata)} ${change}` : undefined)
  const observe = (pod: Stored<Pod>, key: string) => {
    if (pod.metadata.deletionTimestamp === undefined) expectations.creationObserved(key)
    else expectations.deletionObserved(key, objectKey(pod.metadata))
  }
  pods.addHandlers({
    add(pod) {
      const key = ownerKey(kind, owners, pod)
      if (key !== undefined) {
        observe(pod, key)
        tallies.get(key)?.count(pod, 1)
        queue(key, pod, 'added')
      } else if (controllerOf(pod) === undefined) {
        for (const other of owningKeys(pod, lookup)) queue(other, pod, 'added')
      }
    },
    update(pod, old) {
      if (!matters(pod, old)) return
      const key = ownerKey(kind, owners, pod)
      if (pod.metadata.ownerReferences === old.metadata.ownerReferences) {
        const tally = key === undefined ? undefined : tallies.get(key)
        tally?.count(old, -1)
        tally?.count(pod, 1)
      } else {
        // Adopted or released: counted anew.
        for (const it of [pod, old]) tallies.delete(controllerKey(kind, it) ?? '')
      }
      // A pod marked for deletion is gone as far as its owner is concerned, not only when it has left.
      if (key !== undefined && pod.metadata.deletionTimestamp !== undefined) observe(pod, key)
      if (key !== undefined && turnedReady(pod, old)) recheckAvailability(kind, context, owners.get(key), key)
      if (key !== undefined && pod.metadata.ownerReferences === old.metadata.ownerReferences)
        queue(key, pod, 'modified')
      else for (const other of owningKeys(pod, lookup, old)) queue(other, pod, 'modified')
    },
    delete(pod) {
      const key = ownerKey(kind, owners, pod)
      if (key === undefined) return
      expectations.deletionObserved(key, objectKey(pod.metadata))
      tallies.get(key)?.count(pod, -1)
      queue(key, pod, 'deleted')
    },
  })
  return { expectations, tallies }
}

function recheckAvailability<T extends KubeObject>(
  kind: Replicated<T>,
  context: SetupContext<T>,
  owner: T | undefined,
  key: string,
): void {
  const seconds = owner === undefined ? 0 : kind.minReadySeconds(owner)
  // A second more, so that the pod is surely available when its owner looks again.
  if (seconds > 0) context.enqueueAfter(key, (seconds + 1) * 1000)
}

function turnedReady(pod: Pod, old: Pod): boolean {
  return isPodReady(pod) && !isPodReady(old)
}

/** Whether an owner could count or choose differently now: a bind or a pulled image changes nothing for it. */
function matters(pod: Stored<Pod>, old: Stored<Pod>): boolean {
  return (
    pod === old ||
    pod.metadata.labels !== old.metadata.labels ||
    pod.metadata.ownerReferences !== old.metadata.ownerReferences ||
    pod.metadata.deletionTimestamp !== old.metadata.deletionTimestamp ||
    isPodTerminal(pod) !== isPodTerminal(old) ||
    podCondition(pod, 'Ready')?.status !== podCondition(old, 'Ready')?.status
  )
}

function ownerKey<T extends KubeObject>(
  kind: Replicated<T>,
  owners: Lister<Stored<T>>,
  pod: Stored<Pod>,
): string | undefined {
  const key = controllerKey(kind, pod)
  return key !== undefined && owners.get(key)?.metadata.uid === controllerOf(pod)?.uid ? key : undefined
}

/** The key that the pod's controller has, whether it exists or not. */
function controllerKey<T extends KubeObject>(kind: Replicated<T>, pod: Stored<Pod>): string | undefined {
  const controller = controllerOf(pod)
  if (controller?.kind !== kind.kind.kind) return undefined
  return objectKey({ namespace: pod.metadata.namespace, name: controller.name })
}

/** One look at one owner. */
class Sync<T extends KubeObject> {
  readonly #kind: Replicated<T>
  readonly #context: ReconcileContext<T, Memory>

  constructor(kind: Replicated<T>, context: ReconcileContext<T, Memory>) {
    this.#kind = kind
    this.#context = context
  }

  async run() {
    const { object: owner, key, memory } = this.#context
    if (owner === undefined) {
      memory.expectations.forget(key)
      memory.tallies.delete(key)
      return
    }
    const expected = memory.expectations.satisfied(key)
    const counted = this.#tally(owner)
    const replicas = this.#kind.replicas(owner)
    // Choosing whom to delete takes the pods themselves, and so do adopting and releasing.
    const pods =
      counted === undefined || counted.active > replicas ? await this.#claimActive(owner) : undefined
    const counts =
      pods === undefined
        ? counted!
        : countPods(pods, this.#measure(owner), this.#kind.minReadySeconds(owner), this.#context.now)
    const surplus = counts.active - replicas
    let failed: { readonly error: unknown } | undefined
    if (expected && surplus !== 0 && owner.metadata.deletionTimestamp === undefined) {
      failed = surplus < 0 ? await this.#create(owner, -surplus) : await this.#delete(owner, pods!, surplus)
    }
    const status = await this.#writeStatus(
      owner,
      counts,
      failed && { surplus, message: textOf(failed.error) },
    )
    if (failed !== undefined) throw failed.error
    return { requeueAfterMs: this.#recheckAfterMs(owner, status) }
  }

  /** Undefined when every pod has to be looked at. */
  #tally(owner: Stored<T>): PodCounts | undefined {
    const { key, memory } = this.#context
    const pods = this.#context.lister(Pod)
    if (
      this.#kind.minReadySeconds(owner) > 0 ||
      hasAny(pods.byIndex(ORPHANS, owner.metadata.namespace ?? ''))
    )
      return undefined
    const measure = this.#measure(owner)
    let tally = memory.tallies.get(key)
    if (tally?.isFor(owner.metadata.uid, measure) !== true) {
      tally = new Tally(owner.metadata.uid, measure, pods.byIndex(BY_CONTROLLER, owner.metadata.uid))
      memory.tallies.set(key, tally)
    }
    return tally.strangers > 0 ? undefined : tally.counts()
  }

  #measure(owner: Stored<T>): Measure {
    return {
      selector: this.#kind.selector(owner),
      templateLabels: this.#kind.template(owner).metadata?.labels,
    }
  }

  async #claimActive(owner: Stored<T>): Promise<readonly Stored<Pod>[]> {
    const selector = compileSelector(this.#kind.selector(owner))
    const matches = bySharedLabels((labels) => selector.matches(labels))
    const owned = await claim({
      client: this.#context.client,
      ownerKind: this.#kind.kind,
      owner,
      kind: Pod,
      candidates: claimable(this.#context.lister(Pod), owner),
      matches: (pod) => matches(pod.metadata.labels),
    })
    return owned.filter(isPodActive)
  }

  async #create(owner: Stored<T>, missing: number) {
    const {
      key,
      memory: { expectations },
    } = this.#context
    const count = Math.min(missing, BURST)
    const pod = podFromTemplate(this.#kind.template(owner), this.#kind.kind, owner)
    const control = new PodControl(this.#context.client, this.#context.recorder)
    expectations.expectCreations(key, count)
    const result = await slowStart(count, async () => {
      try {
        await control.create(pod, owner)
      } catch (error) {
        // Every create will fail until the namespace is gone, and this owner with it.
        if (!isNamespaceTerminating(error)) throw error
      }
    })
    // What failed or was never tried will not be observed either.
    if (result.successes < count) expectations.creationObserved(key, count - result.successes)
    return result.successes < count ? { error: result.error } : undefined
  }

  async #delete(owner: Stored<T>, pods: readonly Stored<Pod>[], surplus: number) {
    const {
      key,
      now,
      memory: { expectations },
    } = this.#context
    const chosen = podsToDelete(pods, this.#relatedPods(owner), Math.min(surplus, BURST), now)
    const control = new PodControl(this.#context.client, this.#context.recorder)
    expectations.expectDeletions(
      key,
      chosen.map((pod) => objectKey(pod.metadata)),
    )
    let failed: { readonly error: unknown } | undefined
    await Promise.all(
      chosen.map((pod) =>
        control.delete(pod, owner).catch((error: unknown) => {
          expectations.deletionObserved(key, objectKey(pod.metadata))
          if (!isNotFound(error)) failed ??= { error }
        }),
      ),
    )
    return failed
  }

  /** Pods of all owners under the same controller: a Deployment's ReplicaSets spread over nodes together. */
  *#relatedPods(owner: Stored<T>): Iterable<Stored<Pod>> {
    const pods = this.#context.lister(Pod)
    const controller = controllerOf(owner)
    if (controller === undefined) return yield* pods.byIndex(BY_CONTROLLER, owner.metadata.uid)
    for (const sibling of this.#context.lister(this.#kind.kind).byIndex(BY_CONTROLLER, controller.uid)) {
      yield* pods.byIndex(BY_CONTROLLER, sibling.metadata.uid)
    }
  }

  async #writeStatus(owner: Stored<T>, counts: PodCounts, failure: ReplicaFailure | undefined) {
    const before = this.#kind.status(owner)
    const status = calculateStatus(before, owner.metadata.generation ?? 0, counts, failure, this.#context.now)
    if (!sameStatus(status, before ?? {})) {
      await this.#context.client.updateStatus(this.#kind.kind, this.#kind.withStatus(owner, status))
    }
    return status
  }

  /** All ready but not all available: time alone will change that. */
  #recheckAfterMs(owner: Stored<T>, status: ReplicaSetStatus): number | undefined {
    const seconds = this.#kind.minReadySeconds(owner)
    const replicas = this.#kind.replicas(owner)
    const waiting = (status.readyReplicas ?? 0) === replicas && (status.availableReplicas ?? 0) !== replicas
    return seconds > 0 && waiting ? seconds * 1000 : undefined
  }
}

function hasAny(objects: Iterable<unknown>): boolean {
  for (const _ of objects) return true
  return false
}

/** Turns what informers report into changes of cache and queue, and into events that wake waiting pods (eventhandlers.go). */
import { Namespace } from '../api/core/namespace.ts'
import { Node } from '../api/core/node.ts'
import { Pod } from '../api/core/pod.ts'
import type { KubeObject, Stored } from '../api/kind.ts'
import type { KindRef } from '../client/client.ts'
import type { InformerFactory } from '../client/informer.ts'
import type { ClusterCache } from './cache/cluster-cache.ts'
import { sameLabels } from './cache/pod-class.ts'
import { podRequests } from './cache/pod-requests.ts'
import type { PodRequests } from './cache/resource-columns.ts'
import {
  ADD,
  type ClusterEvent,
  DELETE,
  UPDATE_NODE_ALLOCATABLE,
  UPDATE_NODE_ANNOTATION,
  UPDATE_NODE_CONDITION,
  UPDATE_NODE_LABEL,
  UPDATE_NODE_TAINT,
  UPDATE_OTHER,
  UPDATE_POD_GATES_ELIMINATED,
  UPDATE_POD_LABEL,
  UPDATE_POD_SCALE_DOWN,
  UPDATE_POD_TOLERATION,
} from './framework/cluster-event.ts'
import type { SchedulingQueue } from './queue/scheduling-queue.ts'

export interface HandlerTargets {
  readonly cache: ClusterCache
  readonly queue: SchedulingQueue
  /** Whether a profile is responsible for the pod. */
  isOurs(pod: Pod): boolean
  /** A pod that was waiting in Permit is gone. */
  onDeleted(uid: string): void
}

export function watchCluster(informers: InformerFactory, targets: HandlerTargets): void {
  const { cache, queue } = targets
  informers.for(Namespace).addHandlers({
    add: (it) => cache.setNamespace(it),
    update(it, old) {
      cache.setNamespace(it)
      if (!sameLabels(it.metadata.labels, old.metadata.labels))
        queue.moveAll({
          resource: 'Namespace',
          action: UPDATE_OTHER,
          label: 'NamespaceUpdate',
          oldObject: old,
          newObject: it,
        })
    },
    delete: (it) => cache.removeNamespace(it.metadata.name),
  })
  informers.for(Node).addHandlers({
    add(node) {
      cache.setNode(node)
      queue.moveAll({ resource: 'Node', action: ADD, label: 'NodeAdd', newObject: node })
    },
    update(node, old) {
      if (!cache.setNode(node)) return
      const action = nodeChanges(old, node)
      if (action !== 0)
        queue.moveAll({ resource: 'Node', action, label: 'NodeUpdate', oldObject: old, newObject: node })
    },
    delete(node) {
      cache.removeNode(node.metadata.name)
      queue.moveAll({ resource: 'Node', action: DELETE, label: 'NodeDelete', oldObject: node })
    },
  })
  const pods = new PodHandlers(targets)
  informers.for(Pod).addHandlers({
    add: (pod) => pods.changed(undefined, pod),
    update: (pod, old) => pods.changed(old, pod),
    delete: (pod) => pods.changed(pod, undefined),
  })
}

/** Kinds that only some plugin cares about: any change is an event. */
export function watchKind<T extends KubeObject>(
  informers: InformerFactory,
  queue: SchedulingQueue,
  kind: KindRef<T>,
): void {
  const resource = kind.kind
  informers.for(kind).addHandlers({
    add: (it) => queue.moveAll({ resource, action: ADD, label: `${resource}Add`, newObject: it }),
    update: (it, old) => {
      if (it !== old)
        queue.moveAll({
          resource,
          action: UPDATE_OTHER,
          label: `${resource}Update`,
          oldObject: old,
          newObject: it,
        })
    },
    delete: (it) => queue.moveAll({ resource, action: DELETE, label: `${resource}Delete`, oldObject: it }),
  })
}

type PodState = 'none' | 'waiting' | 'placed'

class PodHandlers {
  readonly #targets: HandlerTargets

  constructor(targets: HandlerTargets) {
    this.#targets = targets
  }

  changed(old: Stored<Pod> | undefined, pod: Stored<Pod> | undefined): void {
    const replaced = old !== undefined && pod !== undefined && old.metadata.uid !== pod.metadata.uid
    if (replaced) {
      // Deleted and created again under the same name, with nothing seen in between.
      this.changed(old, undefined)
      this.changed(undefined, pod)
      return
    }
    const before = this.#stateOf(old)
    const after = this.#stateOf(pod)
    if (before === 'waiting' && after !== 'waiting') this.#left(old!, after === 'placed')
    if (after === 'waiting') this.#waits(before === 'waiting' ? old : undefined, pod!)
    if (after === 'placed') this.#placed(before === 'placed' ? old : undefined, pod!)
    else if (before === 'placed') this.#removed(old!)
  }

  /** Finished pods hold nothing; those of other schedulers matter once they are bound. */
  #stateOf(pod: Pod | undefined): PodState {
    if (pod === undefined || pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed')
      return 'none'
    if (pod.spec.nodeName) return 'placed'
    return this.#targets.isOurs(pod) ? 'waiting' : 'none'
  }

  #waits(old: Stored<Pod> | undefined, pod: Stored<Pod>): void {
    const { cache, queue } = this.#targets
    if (cache.isAssumed(pod.metadata.uid)) return
    const info = cache.describe(pod)
    if (old === undefined) {
      queue.add(info)
      return
    }
    if (old === pod) return
    queue.update(info, ownEvents(old, pod, cache), isSpecUpdate(old, pod))
  }

  #left({ metadata: { uid } }: Stored<Pod>, isPlaced: boolean): void {
    const { cache, queue } = this.#targets
    if (!isPlaced) this.#targets.onDeleted(uid)
    // While it is being bound, the binding cycle decides: it succeeds, or fails because the pod is gone.
    if (!cache.isAssumed(uid)) queue.delete(uid)
  }

  #placed(old: Stored<Pod> | undefined, pod: Stored<Pod>): void {
    const { cache, queue } = this.#targets
    if (old === pod) return
    cache.setPod(pod)
    if (old === undefined) {
      queue.delete(pod.metadata.uid)
      queue.moveAll({ resource: 'AssignedPod', action: ADD, label: 'AssignedPodAdd', newObject: pod })
      return
    }
    const action = podChanges(old, pod, cache)
    if (action !== 0)
      queue.moveAll({
        resource: 'AssignedPod',
        action,
        label: 'AssignedPodUpdate',
        oldObject: old,
        newObject: pod,
      })
  }

  #removed(pod: Stored<Pod>): void {
    const { cache, queue } = this.#targets
    cache.removePod(pod.metadata.uid)
    queue.moveAll({ resource: 'AssignedPod', action: DELETE, label: 'AssignedPodDelete', oldObject: pod })
  }
}

function nodeChanges(old: Node, node: Node): number {
  let action = 0
  if (old.spec.unschedulable !== node.spec.unschedulable || !sameValue(old.spec.taints, node.spec.taints))
    action |= UPDATE_NODE_TAINT
  if (!sameValue(old.status?.allocatable, node.status?.allocatable)) action |= UPDATE_NODE_ALLOCATABLE
  if (!sameLabels(old.metadata?.labels, node.metadata?.labels)) action |= UPDATE_NODE_LABEL
  if (!sameLabels(old.metadata?.annotations, node.metadata?.annotations)) action |= UPDATE_NODE_ANNOTATION
  if (!sameValue(conditionsOf(old), conditionsOf(node))) action |= UPDATE_NODE_CONDITION
  return action
}

function conditionsOf(node: Node): unknown {
  return node.status?.conditions?.map(({ type, status }) => [type, status])
}

function podChanges(old: Pod, pod: Pod, cache: ClusterCache): number {
  let action = 0
  if (!sameLabels(old.metadata?.labels, pod.metadata?.labels)) action |= UPDATE_POD_LABEL
  if (old.spec !== pod.spec) {
    if (old.spec.containers !== pod.spec.containers && shrank(old, pod, cache))
      action |= UPDATE_POD_SCALE_DOWN
    if (!sameValue(old.spec.tolerations, pod.spec.tolerations)) action |= UPDATE_POD_TOLERATION
    if ((old.spec.schedulingGates ?? []).length > 0 && (pod.spec.schedulingGates ?? []).length === 0)
      action |= UPDATE_POD_GATES_ELIMINATED
  }
  return action
}

function shrank(old: Pod, pod: Pod, { columns }: ClusterCache): boolean {
  const before = podRequests(old.spec, columns)
  const after = podRequests(pod.spec, columns)
  const less = (a: PodRequests, b: PodRequests) =>
    a.cpu < b.cpu ||
    a.memory < b.memory ||
    a.ephemeralStorage < b.ephemeralStorage ||
    b.scalars.some((it) => (a.scalars.find((other) => other.column === it.column)?.amount ?? 0) < it.amount)
  return less(after, before)
}

/** What an update of a waiting pod means to the plugins that rejected it, one event for each thing that changed. */
function ownEvents(old: Stored<Pod>, pod: Stored<Pod>, cache: ClusterCache): ClusterEvent[] {
  const actions = podChanges(old, pod, cache)
  const events: ClusterEvent[] = []
  for (const action of [
    UPDATE_POD_LABEL,
    UPDATE_POD_SCALE_DOWN,
    UPDATE_POD_GATES_ELIMINATED,
    UPDATE_POD_TOLERATION,
  ])
    if ((actions & action) !== 0)
      events.push({
        resource: 'UnscheduledPod',
        action,
        label: 'UnscheduledPodUpdate',
        oldObject: old,
        newObject: pod,
      })
  if (events.length === 0 && isSpecUpdate(old, pod))
    events.push({
      resource: 'UnscheduledPod',
      action: UPDATE_OTHER,
      label: 'UnscheduledPodUpdate',
      oldObject: old,
      newObject: pod,
    })
  return events
}

/** More than the status changed. */
function isSpecUpdate(old: Pod, pod: Pod): boolean {
  return (
    old.spec !== pod.spec ||
    !sameLabels(old.metadata?.labels, pod.metadata?.labels) ||
    !sameLabels(old.metadata?.annotations, pod.metadata?.annotations) ||
    old.metadata?.deletionTimestamp !== pod.metadata?.deletionTimestamp
  )
}

function sameValue(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}

/**
 * What may happen in the cluster that lets a waiting pod fit, and which plugin cares (framework/types.go). A plugin that
 * rejected a pod is asked again only about events that it has named.
 */
import type { Node } from '../../api/core/node.ts'
import type { Pod } from '../../api/core/pod.ts'
import type { KubeObject, Stored } from '../../api/kind.ts'
import type { PodInfo } from '../cache/node-info.ts'

export type EventResource =
  | 'Node'
  | 'AssignedPod'
  | 'UnscheduledPod'
  | 'PersistentVolume'
  | 'PersistentVolumeClaim'
  | 'StorageClass'
  | 'CSINode'
  | 'CSIDriver'
  | 'CSIStorageCapacity'
  | 'Namespace'
  /** Any kind that a custom plugin watches, as `resource.group`. */
  | (string & {})

/** Actions are single bits, so that interests can be unions. */
export const ADD = 1
export const DELETE = 2
export const UPDATE_NODE_ALLOCATABLE = 4
export const UPDATE_NODE_LABEL = 8
export const UPDATE_NODE_TAINT = 16
export const UPDATE_NODE_CONDITION = 32
export const UPDATE_NODE_ANNOTATION = 64
export const UPDATE_POD_LABEL = 128
export const UPDATE_POD_SCALE_DOWN = 256
export const UPDATE_POD_TOLERATION = 512
export const UPDATE_POD_GATES_ELIMINATED = 1024
/** Updates of kinds that are not told apart further. */
export const UPDATE_OTHER = 2048
export const UPDATE =
  UPDATE_NODE_ALLOCATABLE |
  UPDATE_NODE_LABEL |
  UPDATE_NODE_TAINT |
  UPDATE_NODE_CONDITION |
  UPDATE_NODE_ANNOTATION |
  UPDATE_POD_LABEL |
  UPDATE_POD_SCALE_DOWN |
  UPDATE_POD_TOLERATION |
  UPDATE_POD_GATES_ELIMINATED |
  UPDATE_OTHER
export const ALL = ADD | DELETE | UPDATE

/** `oldObject` is absent for additions, `newObject` for deletions. */
export interface ClusterEvent {
  readonly resource: EventResource
  /** One bit or several: what an update changed. */
  readonly action: number
  /** For people: `AssignedPodDelete`, `NodeAdd`. */
  readonly label: string
  readonly oldObject?: KubeObject
  readonly newObject?: KubeObject
}

/** An event about pods that are, or were, on a node carries what the scheduler knew about them. */
export interface EventOnPod extends ClusterEvent {
  readonly oldObject?: Stored<Pod>
  readonly newObject?: Stored<Pod>
}

export interface EventOnNode extends ClusterEvent {
  readonly oldObject?: Stored<Node>
  readonly newObject?: Stored<Node>
}

/**
 * A plugin's interest in events. The hint says whether the event may let the pod pass; without one, it always may. It
 * is asked once for all waiting pods of one class, so it must look at what the class says, not at the pod's name; events
 * on the waiting pod itself (`UnscheduledPod`) are asked for that pod alone.
 */
export interface EventInterest {
  readonly resource: EventResource
  readonly actions: number
  hint?(pod: PodInfo, event: ClusterEvent): boolean
}

export function matchesEvent(interest: EventInterest, event: ClusterEvent): boolean {
  return interest.resource === event.resource && (interest.actions & event.action) !== 0
}

/** Where a volume has to be attached, and from where it may go (volume/attachdetach/reconciler, util). */
import type { Node } from '../../api/core/node.ts'
import type { PersistentVolume } from '../../api/core/persistent-volume.ts'
import type { Pod } from '../../api/core/pod.ts'
import type { Stored } from '../../api/kind.ts'
import type { VolumeAttachment } from '../../api/storage/volume-attachment.ts'
import { isPodTerminal } from '../shared/pod.ts'
import { OUT_OF_SERVICE } from '../shared/taints.ts'

/** A node that has fallen silent does not say that it has unmounted: after so long its volumes are taken away. */
export const MAX_WAIT_FOR_UNMOUNT_MS = 360_000

export interface Situation {
  /** Of the volume in node statuses. */
  readonly name: string
  readonly multiAttach: boolean
  /** Nodes whose pods need it. */
  readonly wanted: ReadonlySet<string>
  readonly attachments: readonly Stored<VolumeAttachment>[]
  node(name: string): Stored<Node> | undefined
  /** When its detaching from this node was first wanted, ms. */
  unwantedSince(node: string): number
  readonly now: number
}

export interface AttachPlan {
  readonly detach: readonly Stored<VolumeAttachment>[]
  /** Nodes. */
  readonly attach: readonly string[]
  /** Nodes that must wait, since it is attached to another. */
  readonly refused: readonly string[]
  /** Time alone changes something then. */
  readonly recheckAfterMs: number | undefined
}

/** Detaching comes first, so that a pod which moves finds its volume free. */
export function planAttachments(situation: Situation): AttachPlan {
  const { wanted, attachments, multiAttach, now } = situation
  const detach: Stored<VolumeAttachment>[] = []
  let recheckAfterMs: number | undefined
  for (const it of attachments) {
    if (it.metadata.deletionTimestamp !== undefined || wanted.has(it.spec.nodeName)) continue
    const waitMs = detachDelayMs(situation, it.spec.nodeName, now)
    if (waitMs === 0) detach.push(it)
    else if (waitMs !== undefined) recheckAfterMs = Math.min(recheckAfterMs ?? waitMs, waitMs)
  }
  const missing = [...wanted].filter((node) => !attachments.some((it) => it.spec.nodeName === node)).sort()
  if (multiAttach) return { detach, attach: missing, refused: [], recheckAfterMs }
  const free = attachments.length === 0
  const attach = free ? missing.slice(0, 1) : []
  return { detach, attach, refused: missing.slice(attach.length), recheckAfterMs }
}

/** 0: at once; undefined: when the node has unmounted it. */
function detachDelayMs({ name, node: find, unwantedSince }: Situation, nodeName: string, now: number) {
  const node = find(nodeName)
  if (node === undefined || node.status?.volumesInUse?.includes(name) !== true) return 0
  if (node.spec.taints?.some((it) => it.key === OUT_OF_SERVICE)) return 0
  const ready = node.status.conditions?.some((it) => it.type === 'Ready' && it.status === 'True') === true
  return ready ? undefined : Math.max(0, unwantedSince(nodeName) + MAX_WAIT_FOR_UNMOUNT_MS - now)
}

/** Nodes of the pods that use it. A pod that has ended, or whose containers have all ended, needs it no more. */
export function wantedNodes(pods: Iterable<Pod>): Set<string> {
  const nodes = new Set<string>()
  for (const pod of pods) if (pod.spec.nodeName && !isOver(pod)) nodes.add(pod.spec.nodeName)
  return nodes
}

function isOver(pod: Pod): boolean {
  if (isPodTerminal(pod)) return true
  const statuses = pod.status?.containerStatuses ?? []
  const stopped = statuses.length > 0 && statuses.every((it) => it.state?.running === undefined)
  return pod.metadata?.deletionTimestamp !== undefined && stopped
}

/** ReadWriteOnce volumes are attached to one node at a time. */
export function mayMultiAttach({ spec }: PersistentVolume): boolean {
  return spec.accessModes?.some((it) => it === 'ReadWriteMany' || it === 'ReadOnlyMany') === true
}

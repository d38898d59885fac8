/** Whether a node still reports (nodelifecycle/node_lifecycle_controller.go tryUpdateNodeHealth). */
import type { Node, NodeCondition } from '../../api/core/node.ts'
import type { Stored } from '../../api/kind.ts'
import { formatTime } from '../../api/time.ts'
import { timeOf } from '../shared/times.ts'

/** What the monitor remembers of a node. */
export interface NodeHealth {
  /** Heartbeat of the Ready condition as last seen; undefined: there was no condition. */
  readonly heartbeat: string | undefined
  readonly renewTime: string | undefined
  /** When the monitor last saw something new. */
  readonly probeMs: number
}

export type Readiness = 'True' | 'False' | 'Unknown'

export interface Assessment {
  readonly health: NodeHealth
  /** As read, before this look changed anything: taints follow it, one tick behind. */
  readonly observed: Readiness
  /** After what this look changes; undefined when the node never had a Ready condition. */
  readonly current: Readiness | undefined
  /** To be written: the node has been silent for too long. */
  readonly conditions: readonly NodeCondition[] | undefined
}

export interface Graces {
  readonly monitorMs: number
  readonly startupMs: number
}

/** Conditions that a kubelet owns and that nobody knows once it is silent. */
const KUBELET_CONDITIONS = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure']

export function assess(
  node: Stored<Node>,
  known: NodeHealth | undefined,
  renewTime: string | undefined,
  now: number,
  graces: Graces,
): Assessment {
  const ready = node.status?.conditions?.find((it) => it.type === 'Ready')
  const health = seen(node, ready, known, renewTime, now)
  const observed = (ready?.status ?? 'Unknown') as Readiness
  const grace = ready === undefined ? graces.startupMs : graces.monitorMs
  if (now <= health.probeMs + grace)
    return { health, observed, current: ready && observed, conditions: undefined }

  const conditions = unknownConditions(node, now)
  const changed = ready === undefined || ready.status !== 'Unknown'
  return { health, observed, current: 'Unknown', conditions: changed ? conditions : undefined }
}

/** The probe time is when something new was seen, on our own clock: clocks of nodes cannot be trusted. */
function seen(
  node: Stored<Node>,
  ready: NodeCondition | undefined,
  known: NodeHealth | undefined,
  renewTime: string | undefined,
  now: number,
): NodeHealth {
  const heartbeat = ready?.lastHeartbeatTime
  const renewed = renewTime !== undefined && (known?.renewTime === undefined || renewTime > known.renewTime)
  if (known === undefined) {
    const probeMs = ready === undefined && !renewed ? timeOf(node.metadata.creationTimestamp) : now
    return { heartbeat, renewTime, probeMs }
  }
  if (!renewed && known.heartbeat === heartbeat) return known
  return { heartbeat, renewTime: renewed ? renewTime : known.renewTime, probeMs: now }
}

function unknownConditions(node: Stored<Node>, now: number): readonly NodeCondition[] {
  const conditions = [...(node.status?.conditions ?? [])]
  for (const type of KUBELET_CONDITIONS) {
    const i = conditions.findIndex((it) => it.type === type)
    const current = conditions[i]
    if (current === undefined) {
      conditions.push({
        type,
        status: 'Unknown',
        reason: 'NodeStatusNeverUpdated',
        message: 'Kubelet never posted node status.',
        lastHeartbeatTime: node.metadata.creationTimestamp,
        lastTransitionTime: formatTime(now),
      })
    } else if (current.status !== 'Unknown') {
      conditions[i] = {
        ...current,
        status: 'Unknown',
        reason: 'NodeStatusUnknown',
        message: 'Kubelet stopped posting node status.',
        lastTransitionTime: formatTime(now),
      }
    }
  }
  return conditions
}

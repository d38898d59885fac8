/** On which nodes a DaemonSet's pods belong, and how a pod is aimed at one (daemon/daemon_controller.go). */
import type { DaemonSet } from '../../api/apps/daemon-set.ts'
import type { Node } from '../../api/core/node.ts'
import { matchesNode } from '../../api/core/node-selector.ts'
import type { Pod } from '../../api/core/pod.ts'
import type { PodSpec, Toleration } from '../../api/core/pod-spec.ts'
import { findUntolerated } from '../../api/core/toleration.ts'
import type { Stored } from '../../api/kind.ts'

const NODE_NAME = 'metadata.name'

const toleration = (key: string, effect: string): Toleration => ({
  key: `node.kubernetes.io/${key}`,
  operator: 'Exists',
  effect,
})

/** What every daemon puts up with: it is often the one who makes a node well again. */
const TOLERATIONS: readonly Toleration[] = [
  toleration('not-ready', 'NoExecute'),
  toleration('unreachable', 'NoExecute'),
  toleration('disk-pressure', 'NoSchedule'),
  toleration('memory-pressure', 'NoSchedule'),
  toleration('pid-pressure', 'NoSchedule'),
  toleration('unschedulable', 'NoSchedule'),
]
const HOST_NETWORK_TOLERATIONS = [...TOLERATIONS, toleration('network-unavailable', 'NoSchedule')]

/** The template's tolerations and those that every daemon has. */
export function daemonTolerations(spec: PodSpec): readonly Toleration[] {
  const added = spec.hostNetwork ? HOST_NETWORK_TOLERATIONS : TOLERATIONS
  const own = spec.tolerations ?? []
  const has = (it: Toleration) =>
    own.some((mine) => mine.key === it.key && mine.effect === it.effect && mine.operator === it.operator)
  return [...own, ...added.filter((it) => !has(it))]
}

export interface Placement {
  /** A pod should be started here. */
  readonly run: boolean
  /** A pod that is here may stay. */
  readonly stay: boolean
}

const NOWHERE: Placement = { run: false, stay: false }
const HERE: Placement = { run: true, stay: true }
const NO_MORE: Placement = { run: false, stay: true }

/** Readiness and resources do not matter. @param tolerations of {@link daemonTolerations} */
export function placementOn(
  set: DaemonSet,
  node: Stored<Node>,
  tolerations: readonly Toleration[],
): Placement {
  const spec = set.spec.template.spec
  const { name, labels } = node.metadata
  if (spec.nodeName && spec.nodeName !== name) return NOWHERE
  if (!matchesNode(spec, name, labels)) return NOWHERE
  const { taints } = node.spec
  if (findUntolerated(taints, tolerations, (it) => it.effect === 'NoExecute')) return NOWHERE
  return findUntolerated(taints, tolerations, (it) => it.effect === 'NoSchedule') ? NO_MORE : HERE
}

/** The scheduler binds daemons like all pods: an affinity tells it that there is one node only. */
export function specFor(spec: PodSpec, tolerations: readonly Toleration[], node: string): PodSpec {
  const required = {
    nodeSelectorTerms: [{ matchFields: [{ key: NODE_NAME, operator: 'In', values: [node] }] }],
  }
  const nodeAffinity = {
    ...spec.affinity?.nodeAffinity,
    requiredDuringSchedulingIgnoredDuringExecution: required,
  }
  return { ...spec, tolerations, affinity: { ...spec.affinity, nodeAffinity } }
}

/** The node that a pod is on, or is aimed at; '' for a pod that names none. */
export function targetNode(pod: Pod): string {
  if (pod.spec.nodeName) return pod.spec.nodeName
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  for (const term of required?.nodeSelectorTerms ?? []) {
    for (const field of term.matchFields ?? []) {
      if (field.key === NODE_NAME && field.operator === 'In' && field.values?.length === 1)
        return field.values[0]!
    }
  }
  return ''
}

/** Spreads pods over domains: DoNotSchedule constraints reject nodes, ScheduleAnyway ones score them. */
import * as z from 'zod'
import type { Node } from '../../api/core/node.ts'
import type { Pod } from '../../api/core/pod.ts'
import type { TopologySpreadConstraint } from '../../api/core/pod-spec.ts'
import { compileSelector } from '../../api/label-selector.ts'
import type { LabelSelector } from '../../api/meta/label-selector.ts'
import { lazily } from '../../kernel/lazily.ts'
import { type Labels, label, labelsOf, selectorKey } from '../cache/matchers.ts'
import type { PodInfo } from '../cache/node-info.ts'
import type { PodClass } from '../cache/pod-class.ts'
import {
  ADD,
  type ClusterEvent,
  DELETE,
  UPDATE_NODE_LABEL,
  UPDATE_NODE_TAINT,
  UPDATE_POD_LABEL,
} from '../framework/cluster-event.ts'
import type { PluginFactory } from '../framework/plugin.ts'
import { defaultSelectors } from './default-selector.ts'
import { SpreadTracker } from './spread-tracker.ts'

/** A constraint with its defaults filled in and its selector complete. */
export interface SpreadConstraint {
  readonly maxSkew: number
  readonly topologyKey: string
  readonly selector: LabelSelector | undefined
  readonly minDomains: number
  /** Whether nodes that the pod's own node affinity excludes are left out of the count. */
  readonly honorsAffinity: boolean
  /** Whether nodes with taints that the pod does not tolerate are left out of the count. */
  readonly honorsTaints: boolean
}

export interface SpreadConstraints {
  readonly hard: readonly SpreadConstraint[]
  readonly soft: readonly SpreadConstraint[]
  /** System defaults apply to nodes that miss a key too. */
  readonly requireAllKeys: boolean
}

type Action = 'DoNotSchedule' | 'ScheduleAnyway'

const SYSTEM_DEFAULTS: readonly TopologySpreadConstraint[] = [
  { topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 3 },
  { topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 5 },
]

export const podTopologySpreadArgs = lazily(() =>
  z
    .strictObject({
      defaultingType: z.enum(['System', 'List']).default('System'),
      defaultConstraints: z
        .array(
          z.strictObject({
            maxSkew: z.int().min(1),
            topologyKey: z.string().min(1),
            whenUnsatisfiable: z.enum(['DoNotSchedule', 'ScheduleAnyway']),
            minDomains: z.int().min(1).optional(),
            nodeAffinityPolicy: z.enum(['Honor', 'Ignore']).optional(),
            nodeTaintsPolicy: z.enum(['Honor', 'Ignore']).optional(),
            matchLabelKeys: z.array(z.string()).optional(),
          }),
        )
        .default([]),
    })
    .refine((it) => it.defaultingType === 'List' || it.defaultConstraints.length === 0, {
      path: ['defaultConstraints'],
      message: 'when .defaultingType is System, .defaultConstraints must be empty',
    }),
)

export const podTopologySpread: PluginFactory = (given, { cache, informers }) => {
  const args = given as z.output<ReturnType<typeof podTopologySpreadArgs>>
  const isSystem = args.defaultingType === 'System'
  const defaults = isSystem ? SYSTEM_DEFAULTS : args.defaultConstraints
  const selectors = defaultSelectors(informers)
  const defaulted = (pod: PodClass): SpreadConstraints | undefined => {
    if (defaults.length === 0) return undefined
    const selector = selectors.of(pod)
    return selector && { ...compile(pod, defaults, selector), requireAllKeys: !isSystem }
  }
  const constraintsOf = (pod: PodClass): SpreadConstraints | undefined => {
    const own = pod.spec.topologySpreadConstraints ?? []
    return own.length > 0 ? { ...compile(pod, own), requireAllKeys: true } : defaulted(pod)
  }
  return {
    name: 'PodTopologySpread',
    events: [
      {
        resource: 'AssignedPod',
        actions: ADD | DELETE | UPDATE_POD_LABEL,
        hint: (pod, event) => concernsPodEvent(pod, constraintsOf(pod.class)?.hard ?? [], event),
      },
      {
        resource: 'Node',
        actions: ADD | DELETE | UPDATE_NODE_LABEL | UPDATE_NODE_TAINT,
        hint: (pod, event) => concernsNodeEvent(constraintsOf(pod.class)?.hard ?? [], event),
      },
      { resource: 'UnscheduledPod', actions: UPDATE_POD_LABEL },
    ],
    tracks: ['filter', 'score'],
    track(pod) {
      const own = (pod.spec.topologySpreadConstraints ?? []).length > 0
      let version = selectors.version(pod.namespace)
      const selector = own ? '' : selectorKey(selectors.of(pod))
      const isCurrent = () => {
        const now = selectors.version(pod.namespace)
        if (own || now === version) return true
        version = now
        return selectorKey(selectors.of(pod)) === selector
      }
      // Without constraints there may be some later: the tracker watches for that.
      const constraints = constraintsOf(pod) ?? { hard: [], soft: [], requireAllKeys: true }
      if (own || defaults.length > 0) return new SpreadTracker(pod, constraints, cache, isCurrent)
      return undefined
    },
  }
}

function compile(
  pod: PodClass,
  constraints: readonly TopologySpreadConstraint[],
  selector?: LabelSelector,
): { readonly hard: readonly SpreadConstraint[]; readonly soft: readonly SpreadConstraint[] } {
  const of = (action: Action) =>
    constraints
      .filter((it) => it.whenUnsatisfiable === action)
      .map(
        (it): SpreadConstraint => ({
          maxSkew: it.maxSkew,
          topologyKey: it.topologyKey,
          selector: selector ?? withLabelKeys(it, pod.labels),
          minDomains: it.minDomains ?? 1,
          honorsAffinity: it.nodeAffinityPolicy !== 'Ignore',
          honorsTaints: it.nodeTaintsPolicy === 'Honor',
        }),
      )
  return { hard: of('DoNotSchedule'), soft: of('ScheduleAnyway') }
}

/** Keys that the pod lacks are left out. */
function withLabelKeys(
  { labelSelector, matchLabelKeys = [] }: TopologySpreadConstraint,
  labels: Labels,
): LabelSelector | undefined {
  const added = matchLabelKeys.flatMap((key) => {
    const value = label(labels, key)
    return value === undefined ? [] : [{ key, operator: 'In', values: [value] }]
  })
  if (added.length === 0) return labelSelector
  return { ...labelSelector, matchExpressions: [...(labelSelector?.matchExpressions ?? []), ...added] }
}

/** Pods that came, went or changed labels so that a constraint now counts differently. */
function concernsPodEvent(
  pod: PodInfo,
  constraints: readonly SpreadConstraint[],
  { oldObject, newObject }: ClusterEvent,
): boolean {
  const [before, after] = [oldObject as Pod | undefined, newObject as Pod | undefined]
  if ((after ?? before)?.metadata?.namespace !== pod.class.namespace) return false
  const counts = (it: SpreadConstraint, other: Pod | undefined) =>
    other !== undefined && compileSelector(it.selector).matches(labelsOf(other))
  return constraints.some((it) => counts(it, before) !== counts(it, after))
}

/** Nodes that came or went with all keys, or whose domain changed. */
function concernsNodeEvent(
  constraints: readonly SpreadConstraint[],
  { oldObject, newObject, action }: ClusterEvent,
): boolean {
  const before = oldObject as Node | undefined
  const after = newObject as Node | undefined
  const qualifies = (node: Node | undefined) =>
    node !== undefined && constraints.every((it) => label(labelsOf(node), it.topologyKey) !== undefined)
  if (before === undefined || after === undefined) return qualifies(after ?? before)
  if (qualifies(before) !== qualifies(after)) return true
  if (!qualifies(after)) return false
  if ((action & UPDATE_NODE_TAINT) !== 0) return true
  return constraints.some(
    (it) => label(labelsOf(before), it.topologyKey) !== label(labelsOf(after), it.topologyKey),
  )
}

/** Attracts pods to, and keeps them away from, the domains in which other pods run. */
import * as z from 'zod'
import type { Node } from '../../api/core/node.ts'
import type { Pod } from '../../api/core/pod.ts'
import { lazily } from '../../kernel/lazily.ts'
import { label, labelsOf } from '../cache/matchers.ts'
import type { PodInfo } from '../cache/node-info.ts'
import type { CompiledTerm } from '../cache/pod-class.ts'
import {
  ADD,
  type ClusterEvent,
  DELETE,
  UPDATE_NODE_LABEL,
  UPDATE_POD_LABEL,
} from '../framework/cluster-event.ts'
import type { PluginFactory } from '../framework/plugin.ts'
import { AffinityTracker } from './affinity-tracker.ts'

export const interPodAffinityArgs = lazily(() =>
  z.strictObject({
    /** Weight of the required affinity of pods that are already placed, when scoring. */
    hardPodAffinityWeight: z.int().min(0).max(100).default(1),
    ignorePreferredTermsOfExistingPods: z.boolean().default(false),
  }),
)

export const interPodAffinity: PluginFactory = (given, { cache }) => {
  const args = given as z.output<ReturnType<typeof interPodAffinityArgs>>
  const matches = (term: CompiledTerm, other: Pod | undefined) =>
    other !== undefined &&
    cache.groups.matches(term.matcher, {
      namespace: other.metadata?.namespace ?? '',
      labels: labelsOf(other),
    })
  return {
    name: 'InterPodAffinity',
    events: [
      {
        resource: 'AssignedPod',
        actions: ADD | DELETE | UPDATE_POD_LABEL,
        hint: (pod, event) => concernsPodEvent(pod, event, matches),
      },
      { resource: 'Node', actions: ADD | UPDATE_NODE_LABEL, hint: concernsNodeEvent },
      { resource: 'UnscheduledPod', actions: UPDATE_POD_LABEL },
    ],
    tracks: ['filter', 'score'],
    track: (pod) => new AffinityTracker(pod, cache, args),
  }

  function concernsPodEvent(
    pod: PodInfo,
    { oldObject, newObject }: ClusterEvent,
    selects: (term: CompiledTerm, other: Pod | undefined) => boolean,
  ): boolean {
    const before = oldObject as Pod | undefined
    const after = newObject as Pod | undefined
    const { required, requiredAnti } = pod.class.affinity
    const all = (other: Pod | undefined) => required.length > 0 && required.every((it) => selects(it, other))
    const any = (other: Pod | undefined) => requiredAnti.some((it) => selects(it, other))
    if (all(after) && !all(before)) return true // One more to be near to.
    if (any(before) && !any(after)) return true // One less to keep away from.
    // A pod that kept us away is gone.
    return after === undefined && before !== undefined && keepsAway(before, pod)
  }

  function keepsAway(other: Pod, pod: PodInfo): boolean {
    const terms = cache.classes.of(other as Parameters<typeof cache.classes.of>[0]).affinity.requiredAnti
    return terms.some((it) => cache.groups.matches(it.matcher, pod.class))
  }
}

/** A node that brings a topology key, or moved to another domain. */
function concernsNodeEvent(pod: PodInfo, { oldObject, newObject }: ClusterEvent): boolean {
  const before = oldObject as Node | undefined
  const after = newObject as Node
  const { required, requiredAnti } = pod.class.affinity
  const value = (node: Node | undefined, { topologyKey }: CompiledTerm) =>
    node && label(labelsOf(node), topologyKey)
  for (const term of required)
    if (value(after, term) !== undefined && value(before, term) !== value(after, term)) return true
  for (const term of requiredAnti)
    if (before === undefined || value(before, term) !== value(after, term)) return true
  // Kept away by the terms of others: any node that is new may be far enough.
  return before === undefined || (required.length === 0 && requiredAnti.length === 0)
}

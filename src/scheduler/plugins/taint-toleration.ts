/** Rejects nodes carrying a taint that the pod does not tolerate, and prefers those with fewer unwanted ones. */

import type { Node } from '../../api/core/node.ts'
import type { Toleration } from '../../api/core/pod-spec.ts'
import { findUntolerated, tolerates } from '../../api/core/toleration.ts'
import { ADD, UPDATE_NODE_TAINT, UPDATE_POD_TOLERATION } from '../framework/cluster-event.ts'
import { normalizeByMaximum } from '../framework/normalize.ts'
import type { PluginFactory } from '../framework/plugin.ts'
import { SUCCESS, unresolvable } from '../framework/status.ts'
import { isHardTaint } from './hard-taint.ts'

export const taintToleration: PluginFactory = () => ({
  name: 'TaintToleration',
  depends: 'node',
  events: [
    {
      resource: 'Node',
      actions: ADD | UPDATE_NODE_TAINT,
      hint: (pod, { oldObject, newObject }) =>
        isTolerated(pod.pod.spec.tolerations, newObject as Node) &&
        (oldObject === undefined || !isTolerated(pod.pod.spec.tolerations, oldObject as Node)),
    },
    // A pod that tolerates more may fit a node that is there already.
    { resource: 'UnscheduledPod', actions: UPDATE_POD_TOLERATION },
  ],

  filter(pod, node) {
    const { taints } = node
    if (taints.length === 0) return SUCCESS
    const taint = findUntolerated(taints, pod.class.spec.tolerations, isHardTaint)
    // Unresolvable, because evicting pods never removes a taint.
    return taint === undefined
      ? SUCCESS
      : unresolvable(`node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`)
  },

  score(pod, node) {
    const { taints } = node
    if (taints.length === 0) return 0
    const usable = pod.class.spec.tolerations?.filter((it) => !it.effect || it.effect === 'PreferNoSchedule')
    let unwanted = 0
    for (const taint of taints)
      if (taint.effect === 'PreferNoSchedule' && !usable?.some((it) => tolerates(it, taint))) unwanted++
    return unwanted
  },

  normalize: (scores, count) => normalizeByMaximum(scores, count, true),
})

function isTolerated(tolerations: readonly Toleration[] | undefined, node: Node): boolean {
  return findUntolerated(node.spec.taints ?? [], tolerations, isHardTaint) === undefined
}

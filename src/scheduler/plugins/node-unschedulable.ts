/** Rejects cordoned nodes, unless the pod tolerates the taint that stands for them. */

import type { Node } from '../../api/core/node.ts'
import type { Toleration } from '../../api/core/pod-spec.ts'
import { tolerates } from '../../api/core/toleration.ts'
import { ADD, UPDATE_NODE_TAINT, UPDATE_POD_TOLERATION } from '../framework/cluster-event.ts'
import type { PluginFactory } from '../framework/plugin.ts'
import { SUCCESS, unresolvable } from '../framework/status.ts'

const UNSCHEDULABLE = unresolvable('node(s) were unschedulable')
const CORDONED = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }

export const nodeUnschedulable: PluginFactory = () => ({
  name: 'NodeUnschedulable',
  depends: 'node',
  events: [
    {
      resource: 'Node',
      actions: ADD | UPDATE_NODE_TAINT,
      hint: (_pod, { oldObject, newObject }) =>
        (oldObject === undefined || isCordoned(oldObject as Node)) && !isCordoned(newObject as Node),
    },
    {
      resource: 'UnscheduledPod',
      actions: UPDATE_POD_TOLERATION,
      hint: (pod) => toleratesCordon(pod.pod.spec.tolerations),
    },
  ],
  filter: (pod, { node }) =>
    isCordoned(node!) && !toleratesCordon(pod.class.spec.tolerations) ? UNSCHEDULABLE : SUCCESS,
})

function isCordoned(node: Node): boolean {
  return node.spec.unschedulable === true
}

function toleratesCordon(tolerations: readonly Toleration[] | undefined): boolean {
  return tolerations?.some((it) => tolerates(it, CORDONED)) ?? false
}

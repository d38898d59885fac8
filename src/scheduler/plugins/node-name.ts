/** Lets a pod that names its node run there only. */
import { ADD } from '../framework/cluster-event.ts'
import type { PluginFactory } from '../framework/plugin.ts'
import { SUCCESS, unresolvable } from '../framework/status.ts'

const OTHER_NODE = unresolvable("node(s) didn't match the requested node name")

export const nodeName: PluginFactory = () => ({
  name: 'NodeName',
  events: [
    {
      resource: 'Node',
      actions: ADD,
      hint: (pod, { newObject }) => newObject?.metadata?.name === pod.pod.spec.nodeName,
    },
  ],
  // Pods that name a node are bound already and never queued; what-if asks about them all the same.
  concerns: (pod) => pod.spec.nodeName !== undefined,
  filter: (pod, node) =>
    pod.pod.spec.nodeName && pod.pod.spec.nodeName !== node.name ? OTHER_NODE : SUCCESS,
})

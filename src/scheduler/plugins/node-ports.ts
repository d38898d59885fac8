/** Rejects nodes on which a host port that the pod wants is taken. */
import type { Pod } from '../../api/core/pod.ts'
import { ADD, DELETE } from '../framework/cluster-event.ts'
import type { PluginFactory } from '../framework/plugin.ts'
import { SUCCESS, unschedulable } from '../framework/status.ts'

const TAKEN = unschedulable("node(s) didn't have free ports for the requested pod ports")

export const nodePorts: PluginFactory = () => ({
  name: 'NodePorts',
  depends: 'node',
  concerns: (pod) => pod.hostPorts.length > 0,
  events: [
    {
      resource: 'AssignedPod',
      actions: DELETE,
      hint: (pod, { oldObject }) => {
        const freed = ((oldObject as Pod).spec.containers ?? []).flatMap((it) => it.ports ?? [])
        return pod.class.hostPorts.some((wanted) =>
          freed.some((it) => it.hostPort === wanted.port && (it.protocol ?? 'TCP') === wanted.protocol),
        )
      },
    },
    { resource: 'Node', actions: ADD },
  ],
  filter: (pod, node) => (pod.class.hostPorts.some((port) => node.isPortTaken(port)) ? TAKEN : SUCCESS),
})

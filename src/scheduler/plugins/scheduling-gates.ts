/** Keeps pods with scheduling gates out of the queue. */
import { UPDATE_POD_GATES_ELIMINATED } from '../framework/cluster-event.ts'
import type { PluginFactory } from '../framework/plugin.ts'
import { SUCCESS, unresolvable } from '../framework/status.ts'

export const schedulingGates: PluginFactory = () => ({
  name: 'SchedulingGates',
  events: [{ resource: 'UnscheduledPod', actions: UPDATE_POD_GATES_ELIMINATED }],
  preEnqueue({ pod }) {
    const gates = pod.spec.schedulingGates ?? []
    if (gates.length === 0) return SUCCESS
    return unresolvable(`waiting for scheduling gates: [${gates.map((it) => it.name).join(' ')}]`)
  },
})

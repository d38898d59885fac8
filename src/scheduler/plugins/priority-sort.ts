/** The queue's order: higher priority first, then whoever waited longer. */
import type { PluginFactory } from '../framework/plugin.ts'

export const prioritySort: PluginFactory = () => ({
  name: 'PrioritySort',
  less(a, b) {
    if (a.info.class.priority !== b.info.class.priority) return a.info.class.priority > b.info.class.priority
    return a.timestamp !== b.timestamp ? a.timestamp < b.timestamp : a.sequence < b.sequence
  },
})

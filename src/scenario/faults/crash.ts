import { defineFault, findVictim } from './fault.ts'
import { victim } from './victim.ts'

/** Power off for a node, sudden death for a process: what was in memory is lost. */
export const crash = defineFault({
  schema: victim('A node loses power, or a process dies: node-1, kube-scheduler, kubelet/node-1.'),
  async run(name, context) {
    const found = findVictim(context, name)
    if (found.type === 'node') found.node.crash()
    else found.process.crash()
    return `${name} crashed`
  },
})

import { defineFault, findVictim } from './fault.ts'
import { victim } from './victim.ts'

/** Power on for a node, a fresh start for a process: after `crash`. */
export const recover = defineFault({
  schema: victim('A crashed node or process comes back.'),
  async run(name, context) {
    const found = findVictim(context, name)
    if (found.type === 'node') found.node.recover()
    else found.process.restart()
    return `${name} is back`
  },
})

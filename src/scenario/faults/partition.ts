import { defineFault, findNode } from './fault.ts'
import { victim } from './victim.ts'

/** The node runs on, but its network to the API server is cut. */
export const partition = defineFault({
  schema: victim("A node's network to the API server is cut."),
  async run(name, context) {
    findNode(context, name, 'partition').partition()
    return `${name} is cut off`
  },
})

/** Mends a partition. */
export const heal = defineFault({
  schema: victim("A node's network to the API server works again."),
  async run(name, context) {
    findNode(context, name, 'heal').heal()
    return `${name} is connected again`
  },
})

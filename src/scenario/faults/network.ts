import * as z from 'zod'
import { defineFault, findNode } from './fault.ts'
import { victim } from './victim.ts'

const twoNodes = (description: string) =>
  z.tuple([victim('A node.'), victim('Another.')]).meta({ description })

/** Pods of the two nodes do not reach each other any more. */
export const cut = defineFault({
  schema: twoNodes('No traffic between the pods of two nodes.'),
  async run([a, b], context) {
    context.cluster.network.partition(findNode(context, a, 'cut').name, findNode(context, b, 'cut').name)
    return `no traffic between ${a} and ${b}`
  },
})

/** Mends a cut. */
export const mend = defineFault({
  schema: twoNodes('Traffic between the pods of two nodes flows again.'),
  async run([a, b], context) {
    context.cluster.network.heal(findNode(context, a, 'mend').name, findNode(context, b, 'mend').name)
    return `traffic between ${a} and ${b} flows again`
  },
})

/** A bad network between nodes. */
export const lose = defineFault({
  schema: z
    .number()
    .min(0)
    .max(100)
    .meta({ description: 'So many percent of the requests between nodes get lost; 0: none any more.' }),
  async run(percent, { cluster }) {
    cluster.network.lose(percent / 100)
    return `${percent} % of the requests between nodes get lost`
  },
})

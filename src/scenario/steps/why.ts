import { target } from '../fields.ts'
import { requireObjects, resolveTarget } from '../kubectl/objects.ts'
import { defineStep } from '../step.ts'

/** Shows the chain of causes behind the last change of an object. */
export const why = defineStep({
  name: 'why',
  schema: target.meta({ description: 'Shows the chain of causes behind the last change of an object.' }),
  async run(input, context) {
    const { cluster } = context
    const resolved = resolveTarget(cluster, input, context.namespace)
    for (const object of requireObjects(cluster, resolved)) context.print(cluster.why(object))
    return undefined
  },
})

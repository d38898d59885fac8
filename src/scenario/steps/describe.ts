import { target } from '../fields.ts'
import { describeObject } from '../kubectl/describe.ts'
import { requireObjects, resolveTarget } from '../kubectl/objects.ts'
import { defineStep } from '../step.ts'

/** Shows objects in full, with their Events. */
export const describe = defineStep({
  name: 'describe',
  schema: target.meta({ description: 'Shows objects in full with their Events: deployment/web, or fields.' }),
  async run(input, context) {
    const resolved = resolveTarget(context.cluster, input, context.namespace)
    for (const object of requireObjects(context.cluster, resolved)) {
      context.print(describeObject(context.cluster, resolved.kind, object))
    }
    return undefined
  },
})

import { objectKey } from '../../api/kind.ts'
import { explanationText } from '../../cluster/explain-text.ts'
import { target } from '../fields.ts'
import { requireObjects, resolveTarget } from '../kubectl/objects.ts'
import { defineStep } from '../step.ts'

/** Shows what the scheduler made of pods. */
export const explain = defineStep({
  name: 'explain',
  schema: target.meta({
    description: 'Shows why pods are where they are, or Pending: who rejected which node, and all points.',
  }),
  async run(input, context) {
    const { cluster } = context
    const resolved = resolveTarget(cluster, input, context.namespace)
    for (const object of requireObjects(cluster, resolved))
      context.print(explanationText(cluster.explain(`pod/${objectKey(object.metadata ?? {})}`)))
    return undefined
  },
})

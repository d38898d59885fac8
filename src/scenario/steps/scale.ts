import * as z from 'zod'
import { targetWord } from '../fields.ts'
import { requireObjects, resolveTarget } from '../kubectl/objects.ts'
import { scaleObject } from '../kubectl/scale.ts'
import { defineStep } from '../step.ts'

/** As `kubectl scale`, through the scale subresource. */
export const scale = defineStep({
  name: 'scale',
  schema: z
    .strictObject({
      ref: targetWord,
      namespace: z.string().min(1).optional(),
      replicas: z.int().min(0),
    })
    .meta({ description: 'Sets the number of replicas: {ref: deployment/web, replicas: 5}.' }),
  async run(input, context) {
    const target = resolveTarget(context.cluster, input.ref, input.namespace ?? context.namespace)
    const done: string[] = []
    for (const object of requireObjects(context.cluster, target)) {
      done.push(await scaleObject(context.cluster, target.kind, object, input.replicas))
    }
    return done.join(', ')
  },
})

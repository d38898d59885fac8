import * as z from 'zod'
import { targetFields } from '../fields.ts'
import { requireObjects, resolveTarget } from '../kubectl/objects.ts'
import { defineStep, type StepContext } from '../step.ts'

/** Chainsaw's podLogs: shows what containers have written. */
export const podLogs = defineStep({
  name: 'podLogs',
  schema: z
    .strictObject({
      name: targetFields.name,
      namespace: targetFields.namespace,
      selector: targetFields.selector,
      container: z.string().min(1).optional(),
      tail: z.int().min(0).optional(),
      previous: z.boolean().optional().meta({ description: 'Of the instance before the present one.' }),
    })
    .meta({ description: 'Shows what the containers of pods have written.' }),
  async run(input, context) {
    const resolved = resolveTarget(context.cluster, { ...input, kind: 'pod' }, context.namespace)
    for (const { metadata } of requireObjects(context.cluster, resolved)) {
      await showLog(context, metadata?.namespace ?? context.namespace, metadata?.name ?? '', input)
    }
    return undefined
  },
})

interface LogInput {
  readonly container?: string | undefined
  readonly tail?: number | undefined
  readonly previous?: boolean | undefined
}

async function showLog(context: StepContext, namespace: string, pod: string, input: LogInput): Promise<void> {
  const text = await context.cluster.logs(
    { namespace, pod, ...(input.container === undefined ? {} : { container: input.container }) },
    {
      ...(input.previous === undefined ? {} : { previous: input.previous }),
      ...(input.tail === undefined ? {} : { tailLines: input.tail }),
    },
  )
  if (text !== '') context.print(text.trimEnd())
}

import * as z from 'zod'
import { isRecord, sourceFields, targetWord } from '../fields.ts'
import { resolveTarget } from '../kubectl/objects.ts'
import { patchObject } from '../kubectl/patch.ts'
import { sendAll } from '../kubectl/send.ts'
import { defineStep, StepFailure } from '../step.ts'

const description = 'Changes an object by a partial one (resource or file), or by ref and patch.'

const byResource = z.strictObject({
  ...sourceFields,
  type: z.enum(['strategic', 'merge']).optional().meta({
    description: 'How to merge; default: strategic where the kind knows it, else merge.',
  }),
})

const byReference = z.strictObject({
  ref: targetWord,
  namespace: z.string().min(1).optional(),
  type: z.enum(['strategic', 'merge', 'json']).optional(),
  subresource: z.enum(['status', 'scale']).optional(),
  patch: z.union([
    z.custom<Record<string, unknown>>(isRecord, { error: 'expected a map' }).meta({ type: 'object' }),
    z.array(z.unknown()).meta({ description: 'JSON patch operations: {op, path, value}.' }),
  ]),
})

/** Chainsaw's patch (a partial object that names itself), or kubectl's (a reference and a patch). */
export const patch = defineStep({
  name: 'patch',
  schema: z.union([z.string().min(1), byReference, byResource]).meta({ description }),
  source: (input) => (typeof input === 'string' || !('ref' in input) ? input : undefined),
  async run(input, context) {
    if (typeof input === 'string') return sendAll(context, 'patch')
    if (!('ref' in input)) return sendAll(context, 'patch', input.type)
    const target = resolveTarget(context.cluster, input.ref, input.namespace ?? context.namespace)
    if (target.name === undefined)
      throw new StepFailure(`patch needs the name of one object: ${input.ref}/NAME`)
    const type = input.type ?? (Array.isArray(input.patch) ? 'json' : undefined)
    return patchObject(
      context.cluster,
      target.kind,
      { namespace: target.namespace, name: target.name },
      input.patch,
      {
        type,
        subresource: input.subresource,
      },
    )
  },
})

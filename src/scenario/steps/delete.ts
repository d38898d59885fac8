import * as z from 'zod'
import { duration, durationMs, sourceFields, type Target, targetFields, targetWord } from '../fields.ts'
import {
  findObjects,
  kindOf,
  printedName,
  type ResolvedTarget,
  requireObjects,
  resolveTarget,
} from '../kubectl/objects.ts'
import { awaitState } from '../kubectl/wait.ts'
import { defineStep, type StepContext, StepFailure } from '../step.ts'

const options = {
  timeout: duration.optional(),
  gracePeriodSeconds: z.int().min(0).optional(),
  deletionPropagationPolicy: z.enum(['Orphan', 'Background', 'Foreground']).optional(),
  ignoreNotFound: z.boolean().optional().meta({ description: 'Holds also if there is nothing to delete.' }),
  wait: z.boolean().optional().meta({ description: 'false: does not wait until the objects are gone.' }),
}

const byReference = z.strictObject({
  ref: z.union([targetWord, z.strictObject(targetFields)]),
  namespace: z.string().min(1).optional(),
  ...options,
})
const bySource = z.strictObject({ ...sourceFields, ...options })

/** As `kubectl delete`: deletes and waits until the objects are gone. */
export const remove = defineStep({
  name: 'delete',
  schema: z.union([targetWord, byReference, bySource]).meta({
    description: 'Deletes objects and waits until they are gone: deployment/web, {ref}, or {file}.',
  }),
  source: (input) => (typeof input === 'string' || 'ref' in input ? undefined : input),
  async run(input, context) {
    const settings: Options = typeof input === 'string' ? {} : input
    const targets = targetsOf(input, context)
    const deleted: string[] = []
    for (const target of targets) deleted.push(...(await deleteAll(target, settings, context)))
    return deleted.length === 0 ? 'nothing to delete' : `${deleted.join(', ')} deleted`
  },
})

type Input = z.infer<typeof remove.schema>
type Options = Partial<Omit<z.infer<typeof byReference>, 'ref' | 'namespace'>>

function targetsOf(input: Input, context: StepContext): ResolvedTarget[] {
  const { cluster, namespace } = context
  if (typeof input === 'string') return [named(resolveTarget(cluster, input, namespace))]
  if ('ref' in input)
    return [named(resolveTarget(cluster, input.ref as Target, input.namespace ?? namespace))]
  return context.objects.map(({ object }) => {
    const kind = kindOf(cluster, object.apiVersion ?? '', object.kind ?? '')
    const within = kind.namespaced ? (object.metadata?.namespace ?? namespace) : undefined
    return { kind, namespace: within, name: object.metadata?.name, selector: undefined }
  })
}

/** All of a kind is never deleted by leaving something out. */
function named(target: ResolvedTarget): ResolvedTarget {
  if (target.name !== undefined || target.selector !== undefined) return target
  throw new StepFailure(`delete needs a name (${target.kind.singular}/NAME) or a selector`)
}

async function deleteAll(target: ResolvedTarget, settings: Options, context: StepContext): Promise<string[]> {
  const { cluster } = context
  const find = settings.ignoreNotFound ? findObjects : requireObjects
  const objects = find(cluster, target)
  for (const { metadata } of objects) {
    await cluster.client.delete(
      target.kind,
      { namespace: metadata?.namespace, name: metadata?.name ?? '' },
      {
        gracePeriodSeconds: settings.gracePeriodSeconds,
        propagationPolicy: settings.deletionPropagationPolicy ?? 'Background',
      },
    )
  }
  const uids = new Set(objects.map((it) => it.metadata?.uid))
  const left = () => findObjects(cluster, target).filter((it) => uids.has(it.metadata?.uid))
  const timeoutMs = settings.timeout === undefined ? context.timeoutMs : durationMs(settings.timeout)
  if (settings.wait !== false && !(await awaitState(cluster, () => left().length === 0, timeoutMs))) {
    throw new StepFailure(
      `timed out waiting for the deletion`,
      left().map(
        (it) => `${it.metadata?.name} is still there, finalizers: ${it.metadata?.finalizers ?? 'none'}`,
      ),
    )
  }
  return objects.map((it) => printedName(target.kind, it.metadata?.name ?? ''))
}

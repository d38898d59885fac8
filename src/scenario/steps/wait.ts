import * as z from 'zod'
import type { KubeObject } from '../../api/kind.ts'
import { formatDuration } from '../../kernel/duration.ts'
import { compileExpression } from '../expression.ts'
import { duration, durationMs, targetFields, targetWord } from '../fields.ts'
import {
  describeAbsence,
  findObjects,
  namesThere,
  printedName,
  type ResolvedTarget,
  resolveTarget,
} from '../kubectl/objects.ts'
import { awaitState } from '../kubectl/wait.ts'
import { defineStep, type StepContext, StepFailure } from '../step.ts'

const goal = z
  .strictObject({
    condition: z
      .strictObject({ name: z.string().min(1), value: z.string().optional() })
      .optional()
      .meta({ description: 'A condition has this value; default "true".' }),
    deletion: z.strictObject({}).optional().meta({ description: 'The objects are gone.' }),
    create: z.strictObject({}).optional().meta({ description: 'At least one such object exists.' }),
    jsonPath: z
      .strictObject({ path: z.string().min(1), value: z.string() })
      .optional()
      .meta({ description: "kubectl's notation: {.status.phase} equals the value." }),
  })
  .refine((it) => Object.keys(it).length === 1, {
    error: 'exactly one of condition, deletion, create and jsonPath is needed',
  })

const { kind: _kind, ...otherTargetFields } = targetFields

/** As `kubectl wait`. The objects are those that exist at the moment of asking, and there must be one. */
export const wait = defineStep({
  name: 'wait',
  schema: z
    .strictObject({
      ...otherTargetFields,
      kind: targetFields.kind.optional(),
      ref: targetWord.optional(),
      for: goal,
      timeout: duration.optional(),
    })
    .refine((it) => (it.kind === undefined) !== (it.ref === undefined), {
      error: 'exactly one of kind and ref is needed',
    })
    .meta({
      description: 'Waits for a condition, a field or the deletion of objects, as kubectl wait does.',
    }),
  run: (input, context) => {
    const { cluster, namespace } = context
    const within = input.namespace ?? namespace
    const base = resolveTarget(cluster, input.ref ?? { ...input, kind: input.kind ?? '' }, within)
    const timeoutMs = input.timeout === undefined ? context.timeoutMs : durationMs(input.timeout)
    return waitUntil(context, { ...base, selector: input.selector }, input.for, timeoutMs)
  },
})

type WaitGoal = z.infer<typeof goal>

/** Throws {@link StepFailure} when the time is up, with the state of each object that is not there yet. */
async function waitUntil(
  { cluster }: Pick<StepContext, 'cluster'>,
  target: ResolvedTarget,
  wanted: WaitGoal,
  timeoutMs: number,
): Promise<string> {
  const { check, shown, holds } = describeGoal(wanted)
  const reached = () => {
    const objects = findObjects(cluster, target)
    if (wanted.deletion !== undefined) return objects.length === 0
    return objects.length > 0 && objects.every(check)
  }
  if (await awaitState(cluster, reached, timeoutMs)) {
    const names = findObjects(cluster, target).map((it) => printedName(target.kind, it.metadata?.name ?? ''))
    return names.length === 0 ? `${describeAbsence(target)} any more` : `${names.join(', ')} ${holds}`
  }
  const objects = findObjects(cluster, target)
  if (objects.length === 0) throw new StepFailure(describeAbsence(target), namesThere(cluster, target))
  throw new StepFailure(
    `timed out after ${formatDuration(timeoutMs)} waiting for ${holds}`,
    objects
      .filter((it) => !check(it))
      .slice(0, 10)
      .map((it) => `${printedName(target.kind, it.metadata?.name ?? '')}: ${shown(it)}`),
  )
}

interface Check {
  check(object: KubeObject): boolean
  /** What the object has instead. */
  shown(object: KubeObject): string
  readonly holds: string
}

function describeGoal(wanted: WaitGoal): Check {
  if (wanted.condition !== undefined) {
    const { name, value = 'true' } = wanted.condition
    return {
      check: (object) => conditionOf(object, name)?.status?.toLowerCase() === value.toLowerCase(),
      shown: (object) => {
        const condition = conditionOf(object, name)
        if (condition === undefined) return `has no condition ${name}`
        return [`${name} is ${condition.status}`, condition.reason, condition.message]
          .filter(Boolean)
          .join(': ')
      },
      holds: value.toLowerCase() === 'true' ? `condition ${name}` : `condition ${name} to be ${value}`,
    }
  }
  if (wanted.jsonPath !== undefined) {
    const { path, value } = wanted.jsonPath
    const read = compileExpression(path.replace(/^\{?\.?/, '').replace(/\}$/, ''))
    const text = (object: KubeObject) => {
      const found = read(object)
      return typeof found === 'string' ? found : JSON.stringify(found ?? null)
    }
    return {
      check: (object) => text(object) === value,
      shown: (object) => `${path} is ${text(object)}`,
      holds: `${path} to be ${value}`,
    }
  }
  if (wanted.create !== undefined) return { check: () => true, shown: () => 'exists', holds: 'creation' }
  return {
    check: () => false,
    shown: (it) => `is still there, finalizers: ${it.metadata?.finalizers?.join(', ') ?? 'none'}`,
    holds: 'deletion',
  }
}

interface ConditionLike {
  readonly type?: string
  readonly status?: string
  readonly reason?: string
  readonly message?: string
}

function conditionOf(object: KubeObject, name: string): ConditionLike | undefined {
  const { status } = object as { status?: { conditions?: readonly ConditionLike[] } }
  return status?.conditions?.find((it) => it.type?.toLowerCase() === name.toLowerCase())
}

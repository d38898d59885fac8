import * as z from 'zod'
import { duration, durationMs, targetWord } from '../fields.ts'
import { requireObjects, resolveTarget } from '../kubectl/objects.ts'
import {
  type RolloutTarget,
  restartRollout,
  rolloutHistory,
  setPaused,
  undoRollout,
} from '../kubectl/rollout.ts'
import { rolloutStatus } from '../kubectl/rollout-wait.ts'
import { alignColumns } from '../kubectl/table.ts'
import { defineStep, StepFailure } from '../step.ts'

const VERBS = ['status', 'undo', 'restart', 'pause', 'resume', 'history'] as const

/** As `kubectl rollout`: one verb a step. */
export const rollout = defineStep({
  name: 'rollout',
  schema: z
    .strictObject({
      status: targetWord
        .optional()
        .meta({ description: 'Waits until the rollout is complete; fails if it stalls.' }),
      undo: targetWord.optional().meta({ description: 'Back to the revision before, or to toRevision.' }),
      restart: targetWord.optional().meta({ description: 'Replaces all pods by new ones.' }),
      pause: targetWord.optional(),
      resume: targetWord.optional(),
      history: targetWord.optional().meta({ description: 'Shows the revisions.' }),
      namespace: z.string().min(1).optional(),
      toRevision: z.int().min(1).optional(),
      timeout: duration.optional(),
    })
    .refine((it) => VERBS.filter((verb) => it[verb] !== undefined).length === 1, {
      error: `exactly one of ${VERBS.join(', ')} is needed`,
    })
    .meta({ description: 'Works on a rollout as kubectl rollout does: {status: deployment/web}.' }),
  async run(input, context) {
    const { cluster } = context
    const verb = VERBS.find((it) => input[it] !== undefined)!
    const resolved = resolveTarget(cluster, input[verb]!, input.namespace ?? context.namespace)
    if (!ROLLED_OUT.has(resolved.kind.kind)) {
      throw new StepFailure(
        `${resolved.kind.resource} are not rolled out: use a deployment, daemonset or statefulset`,
      )
    }
    const target: RolloutTarget = { kind: resolved.kind, object: requireObjects(cluster, resolved)[0]! }
    switch (verb) {
      case 'status':
        return rolloutStatus(
          cluster,
          resolved,
          input.timeout === undefined ? undefined : durationMs(input.timeout),
        )
      case 'undo':
        return undoRollout(cluster, target, input.toRevision)
      case 'restart':
        return restartRollout(cluster, target)
      case 'pause':
        return setPaused(cluster, target, true)
      case 'resume':
        return setPaused(cluster, target, false)
      case 'history':
        context.print(alignColumns(rolloutHistory(cluster, target)).join('\n'))
        return undefined
    }
  },
})

const ROLLED_OUT: ReadonlySet<string> = new Set(['Deployment', 'DaemonSet', 'StatefulSet'])

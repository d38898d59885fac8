/** Partial objects against what the cluster holds: candidates by name or labels, and the nearest miss. */

import type { KubeObject } from '../../api/kind.ts'
import { formatDuration } from '../../kernel/duration.ts'
import { type Difference, differences, formatDifferences } from '../match.ts'
import { type StepContext, StepFailure } from '../step.ts'
import { findObjects, kindOf, namesThere, type ResolvedTarget } from './objects.ts'
import { formatYaml } from './yaml.ts'

/** Whether some object of the cluster is as `expected` says. */
export function matchesAny(context: StepContext, expected: KubeObject): boolean {
  const target = targetOf(context, expected)
  return candidates(context, target, expected).some((it) => differences(body(expected), it).length === 0)
}

/** What the first partial object without a match missed by least. */
export function closestMismatch(context: StepContext, timeoutMs: number): StepFailure {
  for (const { object: expected } of context.objects) {
    const target = targetOf(context, expected)
    const found = candidates(context, target, expected)
    let nearest: { readonly object: KubeObject; readonly misses: Difference[] } | undefined
    for (const object of found) {
      const misses = differences(body(expected), object)
      if (nearest === undefined || misses.length < nearest.misses.length) nearest = { object, misses }
    }
    if (nearest === undefined) {
      return new StepFailure(
        `${describeExpected(expected, context.namespace)} does not exist after ${formatDuration(timeoutMs)}`,
        namesThere(context.cluster, target),
      )
    }
    if (nearest.misses.length > 0) {
      const of = found.length > 1 ? ` (the nearest of ${found.length})` : ''
      const name = describeExpected(nearest.object, context.namespace)
      return new StepFailure(`${name}${of} is not as expected after ${formatDuration(timeoutMs)}`, [
        ...formatDifferences(nearest.misses),
        ...whatIsThere(nearest.object, nearest.misses),
      ])
    }
  }
  return new StepFailure(`the objects matched, but never all at once within ${formatDuration(timeoutMs)}`)
}

/** `Deployment default/web`, or `Pod with app=web in default`. */
export function describeExpected(object: KubeObject, namespace: string): string {
  const { metadata } = object
  const within = metadata?.namespace ?? namespace
  if (metadata?.name !== undefined) return `${object.kind} ${within}/${metadata.name}`
  const labels = Object.entries(metadata?.labels ?? {}).map(([key, value]) => `${key}=${value}`)
  return `${object.kind}${labels.length === 0 ? '' : ` with ${labels.join(',')}`} in ${within}`
}

/** The object's part that the differences are about, so that nobody has to run it again to look. */
function whatIsThere(object: KubeObject, misses: readonly Difference[]): string[] {
  const part = misses.some((it) => it.path.startsWith('status')) ? 'status' : 'spec'
  const there = (object as Record<string, unknown>)[part]
  if (there === undefined) return [`there is no ${part}`]
  return formatYaml({ [part]: there }, 40)
}

function targetOf(context: StepContext, expected: KubeObject): ResolvedTarget {
  const kind = kindOf(context.cluster, expected.apiVersion ?? '', expected.kind ?? '')
  return {
    kind,
    namespace: kind.namespaced ? (expected.metadata?.namespace ?? context.namespace) : undefined,
    name: expected.metadata?.name,
    selector: undefined,
  }
}

function candidates(
  context: StepContext,
  target: ResolvedTarget,
  expected: KubeObject,
): readonly KubeObject[] {
  const objects = findObjects(context.cluster, target)
  const labels = expected.metadata?.labels
  if (target.name !== undefined || labels === undefined) return objects
  return objects.filter((it) => differences(labels, it.metadata?.labels ?? {}).length === 0)
}

/** The namespace decided where to look; it needs no comparison. */
function body(expected: KubeObject): unknown {
  const { apiVersion: _apiVersion, kind: _kind, metadata, ...rest } = expected
  if (metadata === undefined) return rest
  const { namespace: _namespace, ...meta } = metadata
  return { metadata: meta, ...rest }
}

/** What a Namespace on its way out says about its content (namespace/deletion/status_condition_utils.go). */
import type { NamespaceCondition } from '../../api/core/namespace.ts'
import { formatTime } from '../../api/time.ts'

/** What one pass over the content found. */
export interface Remains {
  /** Messages of deletions that failed. */
  readonly failures: readonly string[]
  /** `pods.` or `deployments.apps` -> how many are left. */
  readonly resources: ReadonlyMap<string, number>
  /** Finalizer -> how many objects it holds. */
  readonly finalizers: ReadonlyMap<string, number>
}

/** The five conditions; a problem is True. Those that did not change are the same objects as before. */
export function conditionsAfter(
  before: readonly NamespaceCondition[],
  remains: Remains,
  now: number,
): readonly NamespaceCondition[] {
  const after = [...before]
  for (const next of wanted(remains)) {
    const i = after.findIndex((it) => it.type === next.type)
    const current = after[i]
    if (current === undefined) after.push({ ...next, lastTransitionTime: formatTime(now) })
    else if (
      current.status !== next.status ||
      current.reason !== next.reason ||
      current.message !== next.message
    ) {
      const moved = current.status !== next.status
      after[i] = { ...next, lastTransitionTime: moved ? formatTime(now) : current.lastTransitionTime }
    }
  }
  return after
}

function wanted({ failures, resources, finalizers }: Remains): NamespaceCondition[] {
  return [
    fine('NamespaceDeletionDiscoveryFailure', 'ResourcesDiscovered', 'All resources successfully discovered'),
    fine(
      'NamespaceDeletionGroupVersionParsingFailure',
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ),
    failures.length === 0
      ? fine(
          'NamespaceDeletionContentFailure',
          'ContentDeleted',
          'All content successfully deleted, may be waiting on finalization',
        )
      : problem(
          'NamespaceDeletionContentFailure',
          'ContentDeletionFailed',
          `Failed to delete all resource types, ${failures.length} remaining: ${[...failures].sort().join(', ')}`,
        ),
    resources.size === 0
      ? fine('NamespaceContentRemaining', 'ContentRemoved', 'All content successfully removed')
      : problem(
          'NamespaceContentRemaining',
          'SomeResourcesRemain',
          `Some resources are remaining: ${listed(resources, 'has')}`,
        ),
    finalizers.size === 0
      ? fine(
          'NamespaceFinalizersRemaining',
          'ContentHasNoFinalizers',
          'All content-preserving finalizers finished',
        )
      : problem(
          'NamespaceFinalizersRemaining',
          'SomeFinalizersRemain',
          `Some content in the namespace has finalizers remaining: ${listed(finalizers, 'in')}`,
        ),
  ]
}

function listed(counts: ReadonlyMap<string, number>, verb: string): string {
  return [...counts]
    .map(([name, count]) => `${name} ${verb} ${count} resource instances`)
    .sort()
    .join(', ')
}

function fine(type: string, reason: string, message: string): NamespaceCondition {
  return { type, status: 'False', reason, message }
}

function problem(type: string, reason: string, message: string): NamespaceCondition {
  return { type, status: 'True', reason, message }
}

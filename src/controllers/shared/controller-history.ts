/** Past templates of StatefulSets and DaemonSets, kept as ControllerRevisions (controller/history). */
import { ControllerRevision } from '../../api/apps/controller-revision.ts'
import type { PodTemplateSpec } from '../../api/core/pod-template.ts'
import { isAlreadyExists } from '../../api/errors.ts'
import type { Stored } from '../../api/kind.ts'
import type { Client } from '../../client/client.ts'
import { semanticEqual } from './semantic-equal.ts'

export type Revision = Stored<ControllerRevision>

/** Selects the pods of one revision: its name (StatefulSet) or its hash (DaemonSet). */
export const REVISION_HASH = 'controller-revision-hash'

/** What a revision stores of its owner: the patch that brings the template back, as Go writes a template. */
export function templatePatch(template: PodTemplateSpec): object {
  const metadata = { ...template.metadata, creationTimestamp: null }
  return { spec: { template: { ...template, metadata, $patch: 'replace' } } }
}

export function templateOf(revision: ControllerRevision): PodTemplateSpec {
  const data = revision.data as {
    readonly spec: {
      readonly template: PodTemplateSpec & { $patch?: string; metadata?: { creationTimestamp?: unknown } }
    }
  }
  const { $patch: _patch, metadata, ...template } = data.spec.template
  if (metadata === undefined) return template
  const { creationTimestamp: _never, ...labelled } = metadata
  return { ...template, metadata: labelled }
}

/** Oldest first. */
export function sortRevisions(revisions: Iterable<Revision>): Revision[] {
  return [...revisions].sort(
    (a, b) =>
      a.revision - b.revision ||
      compare(a.metadata.creationTimestamp, b.metadata.creationTimestamp) ||
      compare(a.metadata.name, b.metadata.name),
  )
}

export function nextRevision(sorted: readonly Revision[]): number {
  return (sorted.at(-1)?.revision ?? 0) + 1
}

/**
 * The revision with this data, brought to the end of the history: the newest as it is, an older one raised (a
 * rollback), or undefined when there is none.
 */
export async function reuseRevision(
  client: Client,
  sorted: readonly Revision[],
  data: unknown,
): Promise<Revision | undefined> {
  const equal = sorted.filter((it) => semanticEqual(it.data, data)).at(-1)
  if (equal === undefined || equal === sorted.at(-1)) return equal
  return client.replace(ControllerRevision, { ...equal, revision: nextRevision(sorted) })
}

/**
 * Creates a revision under a name that its hash gives; a name taken by other data is a collision.
 * @returns the revision and the collision count, which went up by the names that were taken
 */
export async function createRevision(
  client: Client,
  collisionCount: number,
  revisionAt: (collisionCount: number) => ControllerRevision,
): Promise<{ readonly revision: Revision; readonly collisionCount: number }> {
  for (let count = collisionCount; ; count++) {
    const wanted = revisionAt(count)
    try {
      return { revision: await client.create(ControllerRevision, wanted), collisionCount: count }
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
      const { namespace, name = '' } = wanted.metadata ?? {}
      const existing = await client.find(ControllerRevision, { namespace, name })
      if (existing !== undefined && semanticEqual(existing.data, wanted.data)) {
        return { revision: existing, collisionCount: count }
      }
    }
  }
}

/** The oldest revisions beyond the limit that nothing uses. */
export function revisionsToDelete(
  sorted: readonly Revision[],
  limit: number,
  isLive: (revision: Revision) => boolean,
): readonly Revision[] {
  const history = sorted.filter((it) => !isLive(it))
  return history.slice(0, Math.max(0, history.length - limit))
}

export async function deleteRevisions(client: Client, revisions: readonly Revision[]): Promise<void> {
  for (const { metadata } of revisions) {
    await client.delete(ControllerRevision, { namespace: metadata.namespace, name: metadata.name })
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** What a Deployment writes on its ReplicaSets besides their size (util/deployment_util.go). */
import type { Deployment } from '../../api/apps/deployment.ts'
import type { ReplicaSet } from '../../api/apps/replica-set.ts'
import { maxSurgeOf, wantedReplicas } from './fenceposts.ts'

export const REVISION = 'deployment.kubernetes.io/revision'
export const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history'
/** The Deployment's spec.replicas when the ReplicaSet was last scaled: a difference means a scaling event. */
export const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas'
export const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas'
export const ROLLBACK_TO = 'deprecated.deployment.rollback.to'

/** Characters of revision-history; the oldest revisions fall off. */
const HISTORY_LENGTH_MAX = 2000

const NOT_COPIED: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  ROLLBACK_TO,
])

type Annotations = Readonly<Record<string, string>>

export function isCopied(key: string): boolean {
  return !NOT_COPIED.has(key)
}

/** 0 when absent or no number. */
export function revisionOf(object: { readonly metadata?: { readonly annotations?: Annotations } }): number {
  return Number.parseInt(object.metadata?.annotations?.[REVISION] ?? '', 10) || 0
}

export function maxRevision(replicaSets: readonly ReplicaSet[]): number {
  return replicaSets.reduce((max, it) => Math.max(max, revisionOf(it)), 0)
}

/** The second highest: what a rollback to revision 0 means. */
export function lastRevision(replicaSets: readonly ReplicaSet[]): number {
  let max = 0
  let second = 0
  for (const revision of replicaSets.map(revisionOf)) {
    if (revision >= max) [max, second] = [revision, max]
    else if (revision > second) second = revision
  }
  return second
}

/** Annotations of a ReplicaSet about to be created. */
export function annotationsAtCreation(deployment: Deployment, revision: number): Annotations {
  return { ...copied(deployment), [REVISION]: String(revision), ...sizeAnnotations(deployment) }
}

/**
 * Annotations of the new ReplicaSet when the Deployment's or its revision changed; the same object when nothing
 * did. A number replaced by a higher one means a rollback: the old one is kept as history.
 */
export function annotationsOfNew(
  deployment: Deployment,
  replicaSet: ReplicaSet,
  revision: number,
): Annotations {
  const before: Annotations = replicaSet.metadata?.annotations ?? {}
  const after = mergeChanged(before, copied(deployment))
  const old = before[REVISION]
  if (old !== undefined && old !== '' && !/^\d+$/.test(old)) return before
  if ((Number(old) || 0) >= revision) return after
  const renumbered = { ...after, [REVISION]: String(revision) }
  if (old === undefined) return renumbered
  const history = appendHistory(before[REVISION_HISTORY] ?? '', old)
  return history === undefined ? renumbered : { ...renumbered, [REVISION_HISTORY]: history }
}

/** desired-replicas and max-replicas as they should be; the same object when they are. */
export function withSizeAnnotations(
  annotations: Annotations | undefined,
  deployment: Deployment,
): Annotations {
  return mergeChanged(annotations ?? {}, sizeAnnotations(deployment))
}

function sizeAnnotations(deployment: Deployment): Annotations {
  const wanted = wantedReplicas(deployment)
  return { [DESIRED_REPLICAS]: String(wanted), [MAX_REPLICAS]: String(wanted + maxSurgeOf(deployment)) }
}

function copied(deployment: Deployment): Annotations {
  return Object.fromEntries(
    Object.entries(deployment.metadata?.annotations ?? {}).filter(([key]) => isCopied(key)),
  )
}

function mergeChanged(before: Annotations, add: Annotations): Annotations {
  for (const key of Object.keys(add)) if (before[key] !== add[key]) return { ...before, ...add }
  return before
}

function appendHistory(history: string, revision: string): string | undefined {
  if (history === '') return revision
  const revisions = history.split(',')
  let length = history.length + revision.length + 1
  while (length > HISTORY_LENGTH_MAX && revisions.length > 0) length -= revisions.shift()!.length + 1
  return length <= HISTORY_LENGTH_MAX ? [...revisions, revision].join(',') : undefined
}

/** The rollback that an old kubectl asks for by annotation (deployment/rollback.go); today's does it by itself. */
import type { Deployment } from '../../api/apps/deployment.ts'
import type { Stored } from '../../api/kind.ts'
import { isCopied, lastRevision, ROLLBACK_TO, revisionOf } from './annotations.ts'
import { equalIgnoringHash, type OwnedReplicaSet, POD_TEMPLATE_HASH } from './replica-sets.ts'

export interface Rollback {
  /** The Deployment without the annotation, and with the old template if there is one. */
  readonly deployment: Stored<Deployment>
  readonly event: { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string }
}

/** The revision asked for; undefined when nothing is. 0 means the last one. */
export function rollbackTarget(deployment: Deployment): number | undefined {
  const text = deployment.metadata?.annotations?.[ROLLBACK_TO]
  return text === undefined || !/^-?\d+$/.test(text) ? undefined : Number(text)
}

export function planRollback(
  deployment: Stored<Deployment>,
  replicaSets: readonly OwnedReplicaSet[],
  asked: number,
): Rollback {
  const cleared = withoutRequest(deployment)
  const revision = asked === 0 ? lastRevision(replicaSets) : asked
  if (revision === 0) return { deployment: cleared, event: notFound('Unable to find last revision.') }
  const target = replicaSets.find((it) => revisionOf(it) === revision)
  if (target === undefined) {
    return { deployment: cleared, event: notFound('Unable to find the revision to rollback to.') }
  }
  const name = deployment.metadata.name
  const template = target.spec.template!
  if (equalIgnoringHash(deployment.spec.template, template)) {
    const message = `The rollback revision contains the same template as current deployment "${name}"`
    return {
      deployment: cleared,
      event: { type: 'Warning', reason: 'DeploymentRollbackTemplateUnchanged', message },
    }
  }
  const { [POD_TEMPLATE_HASH]: _hash, ...labels } = template.metadata?.labels ?? {}
  const restored = { ...template, metadata: { ...template.metadata, labels } }
  const message = `Rolled back deployment "${name}" to revision ${revision}`
  return {
    deployment: {
      ...cleared,
      metadata: { ...cleared.metadata, annotations: annotationsAfter(cleared, target) },
      spec: { ...cleared.spec, template: restored },
    },
    event: { type: 'Normal', reason: 'DeploymentRollback', message },
  }
}

/** The Deployment keeps what is its own; the rest comes from the ReplicaSet. */
function annotationsAfter(deployment: Stored<Deployment>, target: OwnedReplicaSet): Record<string, string> {
  const own = Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !isCopied(key))
  const theirs = Object.entries(target.metadata.annotations ?? {}).filter(([key]) => isCopied(key))
  return Object.fromEntries([...own, ...theirs])
}

function withoutRequest(deployment: Stored<Deployment>): Stored<Deployment> {
  const { [ROLLBACK_TO]: _request, ...annotations } = deployment.metadata.annotations ?? {}
  return { ...deployment, metadata: { ...deployment.metadata, annotations } }
}

function notFound(message: string): Rollback['event'] {
  return { type: 'Warning', reason: 'DeploymentRollbackRevisionNotFound', message }
}

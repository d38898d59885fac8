/**
 * `kubectl rollout undo | restart | pause | resume | history`, by API calls alone. Upstream:
 * kubectl/pkg/polymorphichelpers/{rollback,history,objectrestarter,objectpauser}.go.
 */
import { ControllerRevision } from '../../api/apps/controller-revision.ts'
import { Deployment } from '../../api/apps/deployment.ts'
import { ReplicaSet } from '../../api/apps/replica-set.ts'
import type { PodTemplateSpec } from '../../api/core/pod-template.ts'
import type { KindDefinition, KubeObject } from '../../api/kind.ts'
import { formatTime } from '../../api/time.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import { StepFailure } from '../step.ts'
import { printedName } from './objects.ts'

const REVISION = 'deployment.kubernetes.io/revision'
const CHANGE_CAUSE = 'kubernetes.io/change-cause'
const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt'
const TEMPLATE_HASH = 'pod-template-hash'

/** What a rollout command works on: the kind and the object as it is now. */
export interface RolloutTarget {
  readonly kind: KindDefinition
  readonly object: KubeObject
}

/** One entry of the history; `template` is what a rollback to it brings back. */
interface Revision {
  readonly number: number
  readonly changeCause: string
  readonly template: PodTemplateSpec | undefined
}

export async function undoRollout(cluster: Cluster, target: RolloutTarget, toRevision = 0): Promise<string> {
  const { kind, object } = target
  const name = object.metadata?.name ?? ''
  if (kind.kind === 'Deployment' && (object as Deployment).spec?.paused) {
    throw new StepFailure(
      `you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume deployment/${name}' and try again`,
    )
  }
  const revisions = revisionsOf(cluster, target)
  const wanted = toRevision === 0 ? revisions.at(-2) : revisions.find((it) => it.number === toRevision)
  if (wanted?.template === undefined) {
    throw new StepFailure(
      toRevision === 0
        ? `no rollout history found for ${kind.singular} "${name}"`
        : `unable to find specified revision ${toRevision} in history`,
      revisions.length === 0 ? [] : [`revisions: ${revisions.map((it) => it.number).join(', ')}`],
    )
  }
  const current = (object as Deployment).spec?.template
  if (JSON.stringify(withoutHash(current)) === JSON.stringify(wanted.template)) {
    return `${printedName(kind, name)} skipped rollback (current template already matches revision ${wanted.number})`
  }
  const ref = { namespace: object.metadata?.namespace, name }
  const patch = [{ op: 'replace', path: '/spec/template', value: wanted.template }]
  await cluster.client.patch(kind, ref, patch, { type: 'application/json-patch+json' })
  return `${printedName(kind, name)} rolled back to revision ${wanted.number}`
}

export async function restartRollout(cluster: Cluster, { kind, object }: RolloutTarget): Promise<string> {
  if (kind.kind === 'Deployment' && (object as Deployment).spec?.paused) {
    throw new StepFailure("can't restart paused deployment (run rollout resume first)")
  }
  const annotations = { [RESTARTED_AT]: formatTime(cluster.now) }
  await patchSpec(cluster, { kind, object }, { template: { metadata: { annotations } } })
  return `${printedName(kind, object.metadata?.name ?? '')} restarted`
}

/** Pauses or resumes; only a Deployment can be paused. */
export async function setPaused(cluster: Cluster, target: RolloutTarget, paused: boolean): Promise<string> {
  const { kind, object } = target
  const verb = paused ? 'pause' : 'resume'
  if (kind.kind !== 'Deployment') throw new StepFailure(`${verb} is only available for deployments`)
  const name = object.metadata?.name ?? ''
  if (((object as Deployment).spec?.paused ?? false) === paused) {
    throw new StepFailure(`deployments.apps "${name}" is ${paused ? 'already' : 'not'} paused`)
  }
  await patchSpec(cluster, target, { paused: paused ? true : null })
  return `${printedName(kind, name)} ${verb}d`
}

/** Rows of `kubectl rollout history`, header first. */
export function rolloutHistory(cluster: Cluster, target: RolloutTarget): string[][] {
  const rows = revisionsOf(cluster, target).map((it) => [String(it.number), it.changeCause])
  return [['REVISION', 'CHANGE-CAUSE'], ...rows]
}

/** Oldest first. */
function revisionsOf(cluster: Cluster, { kind, object }: RolloutTarget): Revision[] {
  const uid = object.metadata?.uid
  const namespace = object.metadata?.namespace
  const owned = (it: KubeObject) => it.metadata?.ownerReferences?.some((owner) => owner.uid === uid) ?? false
  const snapshot = cluster.peek()
  const revisions: Revision[] =
    kind.kind === Deployment.kind
      ? snapshot
          .list<ReplicaSet>(ReplicaSet, namespace)
          .filter(owned)
          .map((it) => ({
            number: Number(it.metadata?.annotations?.[REVISION] ?? 0),
            changeCause: it.metadata?.annotations?.[CHANGE_CAUSE] ?? '<none>',
            template: withoutHash(it.spec?.template),
          }))
      : snapshot
          .list<ControllerRevision>(ControllerRevision, namespace)
          .filter(owned)
          .map((it) => ({
            number: it.revision,
            changeCause: it.metadata?.annotations?.[CHANGE_CAUSE] ?? '<none>',
            template: templateOf(it),
          }))
  return revisions.sort((a, b) => a.number - b.number)
}

/** A ControllerRevision holds a patch of spec.template with the marker `$patch: replace`. */
function templateOf(revision: ControllerRevision): PodTemplateSpec | undefined {
  const data = revision.data as { spec?: { template?: Record<string, unknown> } } | undefined
  if (data?.spec?.template === undefined) return undefined
  const { $patch: _marker, ...template } = data.spec.template
  return template as PodTemplateSpec
}

function withoutHash(template: PodTemplateSpec | undefined): PodTemplateSpec | undefined {
  if (template?.metadata?.labels === undefined) return template
  const { [TEMPLATE_HASH]: _hash, ...labels } = template.metadata.labels
  return { ...template, metadata: { ...template.metadata, labels } }
}

async function patchSpec(cluster: Cluster, { kind, object }: RolloutTarget, spec: object): Promise<void> {
  const ref = { namespace: object.metadata?.namespace, name: object.metadata?.name ?? '' }
  await cluster.client.patch(kind, ref, { spec }, { type: 'application/strategic-merge-patch+json' })
}

/**
 * One sync of one Deployment: a working copy of it, its ReplicaSets, and the writes that bring both on
 * (deployment/sync.go, rolling.go, recreate.go). What to do is decided in the files beside this one.
 */
import { Deployment, type DeploymentStatus } from '../../api/apps/deployment.ts'
import { ReplicaSet } from '../../api/apps/replica-set.ts'
import type { Pod } from '../../api/core/pod.ts'
import { isAlreadyExists } from '../../api/errors.ts'
import type { Stored } from '../../api/kind.ts'
import type { Client } from '../../client/client.ts'
import type { EventRecorder } from '../../client/event-recorder.ts'
import { controllerRef, isControlledBy } from '../shared/owner-refs.ts'
import { isPodTerminal } from '../shared/pod.ts'
import { isNamespaceTerminating, textOf } from '../shared/refusals.ts'
import { sameStatus, semanticEqual } from '../shared/semantic-equal.ts'
import { canonicalJson, computeHash } from '../shared/template-hash.ts'
import {
  annotationsAtCreation,
  annotationsOfNew,
  maxRevision,
  REVISION,
  withSizeAnnotations,
} from './annotations.ts'
import { wantedReplicas } from './fenceposts.ts'
import { replicaSetsToDelete } from './history.ts'
import { planScale } from './proportional.ts'
import {
  equalIgnoringHash,
  findNew,
  isActive,
  type OwnedReplicaSet,
  POD_TEMPLATE_HASH,
  specReplicas,
  totalActual,
} from './replica-sets.ts'
import { planRollback } from './rollback.ts'
import { newReplicaSetSize, nextNewSize, planOldReplicaSets, type ScaleStep, withSize } from './rolling.ts'
import {
  calculateStatus,
  condition,
  findCondition,
  hasProgressDeadline,
  isComplete,
  recheckAfterMs,
  rolloutStatus,
  withCondition,
} from './status.ts'

export interface RolloutContext {
  readonly client: Client
  readonly recorder: EventRecorder
  readonly now: number
  /** From the cache. */
  readonly deployment: Stored<Deployment>
  readonly replicaSets: readonly OwnedReplicaSet[]
  podsOf(replicaSet: OwnedReplicaSet): Iterable<Pod>
  /** A ReplicaSet of the namespace, from the cache. */
  replicaSetNamed(name: string): OwnedReplicaSet | undefined
}

export class Rollout {
  readonly #context: RolloutContext
  /** The Deployment as it was read; its status and revision are written once, at the end. */
  readonly #before: Stored<Deployment>
  #deployment: Stored<Deployment>
  #new: OwnedReplicaSet | undefined
  #old: OwnedReplicaSet[]

  constructor(context: RolloutContext) {
    this.#context = context
    this.#before = context.deployment
    this.#deployment = context.deployment
    this.#new = findNew(context.deployment, context.replicaSets)
    this.#old = context.replicaSets.filter((it) => it.metadata.uid !== this.#new?.metadata.uid)
  }

  /** New pods up, old pods down, as far as the fenceposts allow. */
  async roll(): Promise<number | undefined> {
    await this.#ensureNew()
    const newReplicaSet = this.#new!
    const size = nextNewSize(this.#deployment, this.#all(), newReplicaSet)
    if (size !== specReplicas(newReplicaSet)) {
      await this.#scale({ replicaSet: newReplicaSet, replicas: size })
      return this.#finish()
    }
    const steps = planOldReplicaSets(this.#deployment, this.#old, newReplicaSet)
    if (steps.length > 0) await this.#scaleAll(steps)
    else if (isComplete(this.#deployment, this.#deployment.status)) await this.#cleanUp()
    return this.#finish()
  }

  /** All old pods go before the first new one comes. */
  async recreate(): Promise<number | undefined> {
    await this.#syncRevision()
    const active = this.#old.filter(isActive)
    if (active.length > 0) {
      await this.#scaleAll(active.map((replicaSet) => ({ replicaSet, replicas: 0 })))
      return this.#finish()
    }
    if (this.#oldPodsRun()) return this.#finish()
    await this.#ensureNew()
    await this.#scale({ replicaSet: this.#new!, replicas: wantedReplicas(this.#deployment) })
    if (isComplete(this.#deployment, this.#deployment.status)) await this.#cleanUp()
    return this.#finish()
  }

  /** Scales what there is, without a new ReplicaSet: for a paused Deployment, or a change of size mid-way. */
  async resize(): Promise<void> {
    await this.#syncRevision()
    await this.#scaleAll(planScale(this.#deployment, this.#new, this.#old))
    if (this.#deployment.spec.paused === true) await this.#cleanUp()
    await this.statusOnly()
  }

  async statusOnly(): Promise<void> {
    await this.#writeStatus(calculateStatus(this.#deployment, this.#all(), this.#new, this.#context.now))
  }

  async rollBack(revision: number): Promise<void> {
    await this.#ensureNew()
    const { deployment, event } = planRollback(this.#deployment, this.#all(), revision)
    await this.#context.client.replace(Deployment, deployment)
    this.#context.recorder.event(deployment, event.type, event.reason, event.message)
  }

  /** Says in the Progressing condition that somebody paused or resumed; a timed-out one is left alone. */
  noticePause(): void {
    if (!hasProgressDeadline(this.#deployment)) return
    const progress = findCondition(this.#deployment.status, 'Progressing')
    if (progress?.reason === 'ProgressDeadlineExceeded') return
    const noted = progress?.reason === 'DeploymentPaused'
    const paused = this.#deployment.spec.paused === true
    if (paused === noted) return
    this.#setProgress(
      'Unknown',
      paused ? 'DeploymentPaused' : 'DeploymentResumed',
      `Deployment is ${paused ? 'paused' : 'resumed'}`,
    )
  }

  #all(): readonly OwnedReplicaSet[] {
    return this.#new === undefined ? this.#old : [...this.#old, this.#new]
  }

  async #ensureNew(): Promise<void> {
    if (this.#new === undefined) this.#new = await this.#createNew()
    else await this.#syncRevision()
  }

  /** The new ReplicaSet carries the highest revision and the Deployment's annotations; the Deployment its number. */
  async #syncRevision(): Promise<void> {
    const newReplicaSet = this.#new
    if (newReplicaSet === undefined) return
    const annotations = annotationsOfNew(this.#deployment, newReplicaSet, maxRevision(this.#old) + 1)
    const minReadySeconds = this.#deployment.spec.minReadySeconds
    const current = (newReplicaSet.spec.minReadySeconds ?? 0) === (minReadySeconds ?? 0)
    if (!current || !semanticEqual(annotations, newReplicaSet.metadata.annotations ?? {})) {
      this.#new = await this.#context.client.replace(ReplicaSet, {
        ...newReplicaSet,
        metadata: { ...newReplicaSet.metadata, annotations },
        spec: { ...newReplicaSet.spec, minReadySeconds },
      })
    }
    this.#setRevision(this.#new!.metadata.annotations?.[REVISION] ?? '')
    if (
      hasProgressDeadline(this.#deployment) &&
      findCondition(this.#deployment.status, 'Progressing') === undefined
    ) {
      this.#setProgress(
        'True',
        'FoundNewReplicaSet',
        `Found new replica set "${newReplicaSet.metadata.name}"`,
      )
    }
  }

  async #createNew(): Promise<OwnedReplicaSet> {
    const { client, recorder } = this.#context
    const wanted = newReplicaSetFor(this.#deployment, this.#old)
    const name = wanted.metadata!.name!
    let created: OwnedReplicaSet
    try {
      created = await client.create(ReplicaSet, wanted)
      const size = specReplicas(created)
      if (size > 0) this.#event(`Scaled up replica set ${name} from 0 to ${size}`)
      this.#setProgressIfDeadline('True', 'NewReplicaSetCreated', `Created new replica set "${name}"`)
    } catch (error) {
      if (isAlreadyExists(error)) created = await this.#takeExisting(name, error)
      else {
        if (isNamespaceTerminating(error)) throw error
        const message = `Failed to create new replica set "${name}": ${textOf(error)}`
        this.#setProgressIfDeadline('False', 'ReplicaSetCreateError', message)
        await this.#writeStatus(this.#deployment.status ?? {})
        recorder.event(this.#before, 'Warning', 'ReplicaSetCreateError', message)
        throw error
      }
    }
    this.#setRevision(created.metadata.annotations?.[REVISION] ?? '')
    return created
  }

  /** Its name is taken: by itself, when the cache is behind, or by another template with an equal hash. */
  async #takeExisting(name: string, refusal: unknown): Promise<OwnedReplicaSet> {
    const existing = this.#context.replicaSetNamed(name)
    // Not in the cache yet: the create was ours and its answer got lost. The next sync will see it.
    if (existing === undefined) throw refusal
    const ours = isControlledBy(existing, this.#deployment)
    if (ours && equalIgnoringHash(existing.spec.template!, this.#deployment.spec.template)) return existing
    const status = this.#deployment.status ?? {}
    await this.#writeStatus({ ...status, collisionCount: (status.collisionCount ?? 0) + 1 })
    throw refusal
  }

  /** A pod outside the new ReplicaSet that may still do something. */
  #oldPodsRun(): boolean {
    if (totalActual(this.#old) > 0) return true
    return this.#old.some((replicaSet) => {
      for (const pod of this.#context.podsOf(replicaSet)) if (!isPodTerminal(pod)) return true
      return false
    })
  }

  async #scaleAll(steps: readonly ScaleStep[]): Promise<void> {
    for (const step of steps) await this.#scale(step)
  }

  async #scale({ replicaSet, replicas }: ScaleStep): Promise<void> {
    // An earlier step of this sync may have changed it already.
    const current = this.#all().find((it) => it.metadata.uid === replicaSet.metadata.uid) ?? replicaSet
    const before = specReplicas(current)
    const annotations = withSizeAnnotations(current.metadata.annotations, this.#deployment)
    if (before === replicas && annotations === current.metadata.annotations) return
    const resized = withSize({ ...current, metadata: { ...current.metadata, annotations } }, replicas)
    this.#take(await this.#context.client.replace(ReplicaSet, resized))
    if (before === replicas) return
    const direction = before < replicas ? 'up' : 'down'
    this.#event(`Scaled ${direction} replica set ${replicaSet.metadata.name} from ${before} to ${replicas}`)
  }

  #take(replicaSet: OwnedReplicaSet): void {
    const uid = replicaSet.metadata.uid
    if (this.#new?.metadata.uid === uid) this.#new = replicaSet
    else this.#old = this.#old.map((it) => (it.metadata.uid === uid ? replicaSet : it))
  }

  async #cleanUp(): Promise<void> {
    const limit = this.#deployment.spec.revisionHistoryLimit
    for (const { metadata } of replicaSetsToDelete(this.#old, limit)) {
      await this.#context.client.delete(ReplicaSet, { namespace: metadata.namespace, name: metadata.name })
    }
  }

  async #finish(): Promise<number | undefined> {
    const status = rolloutStatus(this.#deployment, this.#all(), this.#new, this.#context.now)
    const written = await this.#writeStatus(status)
    return written ? undefined : recheckAfterMs(this.#deployment, status, this.#context.now)
  }

  /** Writes status and revision together, which upstream's status endpoint allows too, and only if they changed. */
  async #writeStatus(status: DeploymentStatus): Promise<boolean> {
    const sameRevision = this.#deployment.metadata === this.#before.metadata
    if (sameRevision && sameStatus(status, this.#before.status ?? {})) return false
    await this.#context.client.updateStatus(Deployment, { ...this.#deployment, status })
    return true
  }

  #setRevision(revision: string): void {
    const metadata = this.#deployment.metadata
    if (revision === '' || metadata.annotations?.[REVISION] === revision) return
    const annotations = { ...metadata.annotations, [REVISION]: revision }
    this.#deployment = { ...this.#deployment, metadata: { ...metadata, annotations } }
  }

  #setProgressIfDeadline(status: 'True' | 'False', reason: string, message: string): void {
    if (hasProgressDeadline(this.#deployment)) this.#setProgress(status, reason, message)
  }

  #setProgress(status: 'True' | 'False' | 'Unknown', reason: string, message: string): void {
    const progress = condition('Progressing', status, reason, message, this.#context.now)
    this.#deployment = { ...this.#deployment, status: withCondition(this.#deployment.status ?? {}, progress) }
  }

  #event(message: string): void {
    this.#context.recorder.event(this.#before, 'Normal', 'ScalingReplicaSet', message)
  }
}

/** The ReplicaSet for the Deployment's template: named by the template's hash, already sized. */
export function newReplicaSetFor(
  deployment: Stored<Deployment>,
  old: readonly OwnedReplicaSet[],
): ReplicaSet {
  const { metadata, spec, status } = deployment
  const hash = computeHash(canonicalJson(spec.template), status?.collisionCount)
  const labels = { ...spec.template.metadata?.labels, [POD_TEMPLATE_HASH]: hash }
  return {
    metadata: {
      name: `${metadata.name}-${hash}`,
      namespace: metadata.namespace,
      labels,
      annotations: annotationsAtCreation(deployment, maxRevision(old) + 1),
      ownerReferences: [controllerRef(Deployment, deployment)],
    },
    spec: {
      replicas: newReplicaSetSize(deployment, old, 0),
      minReadySeconds: spec.minReadySeconds,
      selector: {
        ...spec.selector,
        matchLabels: { ...spec.selector.matchLabels, [POD_TEMPLATE_HASH]: hash },
      },
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
    },
  }
}

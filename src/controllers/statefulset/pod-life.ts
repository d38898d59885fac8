/** Carries out the steps of a plan: pods and their claims, with the Events that tell (stateful_pod_control.go). */
import type { StatefulSet } from '../../api/apps/stateful-set.ts'
import { PersistentVolumeClaim } from '../../api/core/persistent-volume-claim.ts'
import { Pod } from '../../api/core/pod.ts'
import type { PodTemplateSpec } from '../../api/core/pod-template.ts'
import { isAlreadyExists, isNotFound } from '../../api/errors.ts'
import { objectKey, type Stored } from '../../api/kind.ts'
import { unreachable } from '../../kernel/invariant.ts'
import type { ReconcileContext } from '../runtime/controller.ts'
import { textOf } from '../shared/refusals.ts'
import { semanticEqual } from '../shared/semantic-equal.ts'
import {
  claimOwnerReferences,
  claimsFor,
  hasIdentity,
  isStaleClaim,
  newPod,
  ordinalOf,
  podName,
  retentionOf,
  withIdentity,
} from './identity.ts'
import type { Step } from './plan.ts'

interface ByRevision<T> {
  readonly current: T
  readonly update: T
}

export class PodLife {
  readonly #context: ReconcileContext<StatefulSet>
  readonly #set: Stored<StatefulSet>
  readonly #templates: ByRevision<PodTemplateSpec>
  readonly #revisions: ByRevision<string>

  constructor(
    context: ReconcileContext<StatefulSet>,
    set: Stored<StatefulSet>,
    templates: ByRevision<PodTemplateSpec>,
    revisions: ByRevision<string>,
  ) {
    this.#context = context
    this.#set = set
    this.#templates = templates
    this.#revisions = revisions
  }

  /** In order; the first failure ends it. */
  async run(steps: readonly Step[]): Promise<void> {
    for (const step of steps) if (!(await this.#take(step))) return
  }

  /** False: no more can be done in this sync. */
  async #take(step: Step): Promise<boolean> {
    switch (step.do) {
      case 'create':
        return this.#create(step.ordinal, step.revision)
      case 'claims':
        await this.#createClaims(step.ordinal)
        return true
      case 'repair':
        await this.#repair(step.pod)
        return true
      case 'delete':
        await this.#delete(step.pod)
        return true
      default:
        return unreachable(step)
    }
  }

  async #create(ordinal: number, revision: 'current' | 'update'): Promise<boolean> {
    if (this.#hasStaleClaim(ordinal)) return false
    const pod = newPod(this.#set, this.#templates[revision], ordinal, this.#revisions[revision])
    const name = podName(this.#set, ordinal)
    await this.#createClaims(ordinal)
    try {
      await this.#context.client.create(Pod, pod)
      this.#event('create', `Pod ${name}`)
    } catch (error) {
      if (!isAlreadyExists(error)) this.#event('create', `Pod ${name}`, error)
      throw error
    }
    return true
  }

  async #delete(pod: Stored<Pod>): Promise<void> {
    const { namespace, name, uid } = pod.metadata
    try {
      await this.#context.client.delete(Pod, { namespace, name }, { preconditions: { uid } })
      this.#event('delete', `Pod ${name}`)
    } catch (error) {
      if (isNotFound(error)) return
      this.#event('delete', `Pod ${name}`, error)
      throw error
    }
  }

  async #createClaims(ordinal: number): Promise<void> {
    const claims = this.#context.lister(PersistentVolumeClaim)
    for (const claim of claimsFor(this.#set, ordinal)) {
      const name = claim.metadata?.name ?? ''
      const existing = claims.get(objectKey({ namespace: this.#set.metadata.namespace, name }))
      if (existing?.metadata.deletionTimestamp !== undefined) throw new Error(`pvc ${name} is being deleted`)
      if (existing === undefined) await this.#createClaim(claim, name, podName(this.#set, ordinal))
    }
  }

  async #createClaim(claim: PersistentVolumeClaim, name: string, pod: string): Promise<void> {
    const set = this.#set.metadata.name
    const { client, recorder } = this.#context
    try {
      await client.create(PersistentVolumeClaim, claim)
      recorder.event(
        this.#set,
        'Normal',
        'SuccessfulCreate',
        `create Claim ${name} Pod ${pod} in StatefulSet ${set} success`,
      )
    } catch (error) {
      if (isAlreadyExists(error)) return
      const message = `create Claim ${name} for Pod ${pod} in StatefulSet ${set} failed error: ${textOf(error)}`
      recorder.event(this.#set, 'Warning', 'FailedCreate', message)
      throw error
    }
  }

  /** Labels that somebody took away, and the owners of its claims by the retention policy. */
  async #repair(pod: Stored<Pod>): Promise<void> {
    const { client } = this.#context
    await this.#repairClaims(pod)
    if (hasIdentity(this.#set, pod)) return
    try {
      await client.replace(Pod, withIdentity(this.#set, pod))
      this.#event('update', `Pod ${pod.metadata.name}`)
    } catch (error) {
      this.#event('update', `Pod ${pod.metadata.name}`, error)
      throw error
    }
  }

  async #repairClaims(pod: Stored<Pod>): Promise<void> {
    const claims = this.#context.lister(PersistentVolumeClaim)
    for (const { metadata } of claimsFor(this.#set, ordinalOf(this.#set, pod))) {
      const claim = claims.get(objectKey(metadata ?? {}))
      if (claim === undefined) continue
      const ownerReferences = claimOwnerReferences(this.#set, pod, claim)
      if (semanticEqual(ownerReferences, claim.metadata.ownerReferences)) continue
      await this.#context.client.replace(PersistentVolumeClaim, {
        ...claim,
        metadata: { ...claim.metadata, ownerReferences },
      })
    }
  }

  #hasStaleClaim(ordinal: number): boolean {
    if (retentionOf(this.#set).whenScaled === 'Retain') return false
    const claims = this.#context.lister(PersistentVolumeClaim)
    const name = podName(this.#set, ordinal)
    return claimsFor(this.#set, ordinal).some(({ metadata }) => {
      const claim = claims.get(objectKey(metadata ?? {}))
      return claim !== undefined && isStaleClaim(undefined, name, claim)
    })
  }

  #event(verb: 'create' | 'update' | 'delete', what: string, error?: unknown): void {
    const noun = { create: 'Create', update: 'Update', delete: 'Delete' }[verb]
    const about = `${verb} ${what} in StatefulSet ${this.#set.metadata.name}`
    const { recorder } = this.#context
    if (error === undefined) recorder.event(this.#set, 'Normal', `Successful${noun}`, `${about} successful`)
    else recorder.event(this.#set, 'Warning', `Failed${noun}`, `${about} failed error: ${textOf(error)}`)
  }
}

/** Creates and deletes pods for an owner, with the Events that tell about it (controller_utils.go RealPodControl). */

import { Pod } from '../../api/core/pod.ts'
import type { PodTemplateSpec } from '../../api/core/pod-template.ts'
import { isNotFound } from '../../api/errors.ts'
import type { KubeObject, Stored } from '../../api/kind.ts'
import type { Client, KindRef } from '../../client/client.ts'
import type { EventRecorder } from '../../client/event-recorder.ts'
import { controllerRef } from './owner-refs.ts'
import { isNamespaceTerminating, textOf } from './refusals.ts'

/** `web-` + 5 random characters must fit a label: the prefix is cut at this (GenerateName). */
const PREFIX_MAX = 58

/**
 * A pod as the template says. All pods of one owner are this very object, and share the template's spec by
 * reference, so that defaulting and validation are paid once.
 */
export function podFromTemplate(
  template: PodTemplateSpec,
  ownerKind: KindRef,
  owner: Stored<KubeObject>,
): Pod {
  const metadata = template.metadata
  return Object.freeze({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: Object.freeze({
      generateName: generatePrefix(owner.metadata.name),
      namespace: owner.metadata.namespace,
      ...(metadata?.labels && { labels: metadata.labels }),
      ...(metadata?.annotations && { annotations: metadata.annotations }),
      ...(metadata?.finalizers && { finalizers: metadata.finalizers }),
      ownerReferences: Object.freeze([controllerRef(ownerKind, owner)]),
    }),
    spec: template.spec!,
  })
}

/** `<owner>-`, or the plain name when the dash would make an invalid one. */
export function generatePrefix(name: string): string {
  return `${name.slice(0, PREFIX_MAX - 1)}-`
}

export class PodControl {
  readonly #client: Client
  readonly #recorder: EventRecorder

  constructor(client: Client, recorder: EventRecorder) {
    this.#client = client
    this.#recorder = recorder
  }

  async create(pod: Pod, owner: Stored<KubeObject>): Promise<Stored<Pod>> {
    if (Object.keys(pod.metadata?.labels ?? {}).length === 0) {
      throw new Error('unable to create pods, no labels')
    }
    try {
      const created = await this.#client.create(Pod, pod)
      this.#recorder.event(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${created.metadata.name}`)
      return created
    } catch (error) {
      if (!isNamespaceTerminating(error)) {
        this.#recorder.event(owner, 'Warning', 'FailedCreate', `Error creating: ${textOf(error)}`)
      }
      throw error
    }
  }

  /** A pod that is already gone is an error of reason NotFound, without an Event. */
  async delete(pod: Stored<Pod>, owner: Stored<KubeObject>): Promise<void> {
    const { namespace, name } = pod.metadata
    try {
      await this.#client.delete(Pod, { namespace, name })
    } catch (error) {
      if (!isNotFound(error)) {
        this.#recorder.event(owner, 'Warning', 'FailedDelete', `Error deleting: ${textOf(error)}`)
      }
      throw error
    }
    this.#recorder.event(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`)
  }
}

/** How many pods the controllers of a budget's pods want, together (disruption/disruption.go getExpectedScale). */
import { Deployment } from '../../api/apps/deployment.ts'
import { ReplicaSet } from '../../api/apps/replica-set.ts'
import { StatefulSet } from '../../api/apps/stateful-set.ts'
import type { Pod } from '../../api/core/pod.ts'
import { ReplicationController } from '../../api/core/replication-controller.ts'
import { type KubeObject, objectKey, type Stored } from '../../api/kind.ts'
import type { Scheme } from '../../api/scheme.ts'
import type { Client, KindRef } from '../../client/client.ts'
import type { Lister } from '../../client/informer.ts'
import { controllerOf } from '../shared/owner-refs.ts'

export interface Sources {
  readonly client: Client
  readonly scheme: Scheme
  lister<U extends KubeObject>(kind: KindRef<U>): Lister<Stored<U>>
}

export interface ExpectedScale {
  readonly scale: number
  /** Pods that nobody controls: they cannot be counted. */
  readonly unmanaged: readonly string[]
}

/** @throws when the controller of a pod is unknown, or has no size */
export async function expectedScale(sources: Sources, pods: readonly Stored<Pod>[]): Promise<ExpectedScale> {
  const sizes = new Map<string, number>()
  const seen = new Set<string>()
  const unmanaged: string[] = []
  for (const pod of pods) {
    const controller = controllerOf(pod)
    if (controller === undefined) unmanaged.push(pod.metadata.name)
    else if (!seen.has(controller.uid)) {
      seen.add(controller.uid)
      const { uid, size } = await sizeOf(sources, pod)
      sizes.set(uid, size)
    }
  }
  let scale = 0
  for (const size of sizes.values()) scale += size
  return { scale, unmanaged }
}

async function sizeOf(
  { client, scheme, lister }: Sources,
  pod: Stored<Pod>,
): Promise<{ uid: string; size: number }> {
  const { apiVersion, kind, name, uid } = controllerOf(pod)!
  const key = objectKey({ namespace: pod.metadata.namespace, name })
  const replicaSet = kind === 'ReplicaSet' ? lister(ReplicaSet).get(key) : undefined
  const deployment = replicaSet && controllerOf(replicaSet)
  if (deployment?.kind === 'Deployment') {
    const owner = lister(Deployment).get(
      objectKey({ namespace: pod.metadata.namespace, name: deployment.name }),
    )
    if (owner !== undefined) return { uid: deployment.uid, size: owner.spec.replicas ?? 1 }
  }
  const known =
    replicaSet ??
    (kind === 'StatefulSet' ? lister(StatefulSet).get(key) : undefined) ??
    (kind === 'ReplicationController' ? lister(ReplicationController).get(key) : undefined)
  if (known?.metadata.uid === uid) return { uid, size: known.spec.replicas ?? 1 }

  const definition = scheme.byKind(apiVersion, kind)
  if (definition?.scale === undefined)
    throw new Error(`${kind} "${name}" does not implement the scale subresource`)
  const scale = await client.subresource<{ readonly spec?: { readonly replicas?: number } }>(
    'get',
    definition,
    { namespace: pod.metadata.namespace, name },
    'scale',
  )
  return { uid, size: scale.spec?.replicas ?? 0 }
}

/** The DisruptionTarget condition, which tells why a pod is about to be deleted by somebody other than its owner. */
import { Pod, type PodCondition } from '../../api/core/pod.ts'
import type { Stored } from '../../api/kind.ts'
import { formatTime } from '../../api/time.ts'
import type { Client } from '../../client/client.ts'

export interface Disruption {
  readonly reason: string
  readonly message: string
}

export function disruptionTarget({ reason, message }: Disruption, now: number): PodCondition {
  return { type: 'DisruptionTarget', status: 'True', reason, message, lastTransitionTime: formatTime(now) }
}

/** Patches status fields of a pod; conditions merge by type. The uid guards against another pod of that name. */
export async function patchPodStatus(client: Client, pod: Stored<Pod>, status: object): Promise<void> {
  const { namespace, name, uid } = pod.metadata
  await client.patch(
    Pod,
    { namespace, name },
    { metadata: { uid }, status },
    { type: 'application/strategic-merge-patch+json', subresource: 'status' },
  )
}

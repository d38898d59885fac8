/** What the Job controller remembers, and how it lets go of a pod. */
import { Pod } from '../../api/core/pod.ts'
import { isInvalid, isNotFound } from '../../api/errors.ts'
import type { Stored } from '../../api/kind.ts'
import type { Client } from '../../client/client.ts'
import type { Expectations } from '../runtime/expectations.ts'
import type { BackoffRecord } from './backoff.ts'
import { TRACKING } from './pods.ts'

export interface JobMemory {
  readonly expectations: Expectations
  readonly backoff: Map<string, BackoffRecord>
  /** Pods whose finalizer was taken away, until the cache shows it: by key of the Job, uids. */
  readonly released: Map<string, Set<string>>
}

/** Takes the tracking finalizer away; a pod that is gone is fine. */
export async function releasePod(client: Client, { metadata }: Stored<Pod>): Promise<void> {
  const { namespace, name, uid } = metadata
  const patch = { metadata: { uid, '$deleteFromPrimitiveList/finalizers': [TRACKING] } }
  try {
    await client.patch(Pod, { namespace, name }, patch, { type: 'application/strategic-merge-patch+json' })
  } catch (error) {
    if (!isNotFound(error) && !isInvalid(error)) throw error
  }
}

/** What the Job controller remembers, and how it lets go of a pod. */
import type { Job } from '../../api/batch/job.ts'
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
  /** Jobs as this controller has written them last, until the cache shows it: by key. */
  readonly written: Map<string, Stored<Job>>
}

/**
 * The cached Job, or what this controller has written since. Upstream goes by its cache alone: when that lags, pods
 * whose finalizers are gone already count nowhere, and are started once more.
 */
export function newestJob(memory: JobMemory, key: string, cached: Stored<Job>): Stored<Job> {
  const written = memory.written.get(key)
  if (written === undefined) return cached
  const lags = Number(cached.metadata.resourceVersion) < Number(written.metadata.resourceVersion)
  if (lags && cached.metadata.uid === written.metadata.uid) return written
  memory.written.delete(key)
  return cached
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

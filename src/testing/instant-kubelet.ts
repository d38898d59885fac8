/** Stands for all kubelets where nodes do not matter: every pod runs at once and is gone as soon as it is deleted. */

import { Pod } from '../api/core/pod.ts'
import { isConflict, isNotFound } from '../api/errors.ts'
import { formatTime } from '../api/time.ts'
import type { Client } from '../client/client.ts'

interface Context {
  readonly object:
    | (Pod & { readonly metadata: { readonly name: string; readonly namespace?: string } })
    | undefined
  readonly client: Client
  readonly now: number
}

/** A controller for `beside`. Pods with restart policy Never succeed at once, as a job's; others become Ready. */
export const instantKubelet = Object.freeze({
  name: 'instant-kubelet',
  for: Pod,
  async reconcile({ object: pod, client, now }: Context): Promise<void> {
    if (pod === undefined) return
    const ref = { namespace: pod.metadata.namespace, name: pod.metadata.name }
    try {
      if (pod.metadata.deletionTimestamp !== undefined) {
        await client.delete(Pod, ref, { gracePeriodSeconds: 0 })
      } else if (pod.status?.phase === undefined || pod.status.phase === 'Pending') {
        const finished = pod.spec?.restartPolicy === 'Never'
        await client.patch(
          Pod,
          ref,
          { status: finished ? SUCCEEDED : runningSince(now) },
          { subresource: 'status' },
        )
      }
    } catch (error) {
      // Somebody else deleted it or changed it meanwhile: then it comes again, or never.
      if (!isNotFound(error) && !isConflict(error)) throw error
    }
  },
})

const SUCCEEDED = { phase: 'Succeeded' }

function runningSince(now: number): object {
  const lastTransitionTime = formatTime(now)
  const conditions = ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => ({
    type,
    status: 'True',
    lastTransitionTime,
  }))
  return {
    phase: 'Running',
    podIP: '10.1.0.1',
    podIPs: [{ ip: '10.1.0.1' }],
    startTime: lastTransitionTime,
    conditions,
  }
}

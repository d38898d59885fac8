/** Deletes the Leases of API servers that are gone; upstream runs it inside each API server (apiserverleasegc). */
import { Lease } from '../../api/coordination/lease.ts'
import { isNotFound } from '../../api/errors.ts'
import type { Stored } from '../../api/kind.ts'
import { defineController } from '../runtime/controller.ts'
import { timeOf } from '../shared/times.ts'

const IDENTITY = {
  namespace: 'kube-system',
  labelSelector: 'apiserver.kubernetes.io/identity=kube-apiserver',
}
const PERIOD_MS = 3_600_000

export const leaseGcController = defineController<Lease>({
  name: 'apiserver-lease-gc-controller',
  component: 'apiserver-lease-gc-controller',
  for: Lease,
  forInformer: IDENTITY,
  // Heartbeats are no reason to look: a sweep an hour is enough.
  predicate: { create: () => false, update: () => false, delete: () => false },
  resyncMs: PERIOD_MS,

  async reconcile({ object: lease, namespace, name, client, now }) {
    if (lease === undefined || !isExpired(lease, now)) return
    // Live: it may have been renewed just now.
    const live = await client.find(Lease, { namespace, name })
    if (live === undefined || !isExpired(live, now)) return
    try {
      await client.delete(Lease, { namespace, name }, { preconditions: { uid: live.metadata.uid } })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  },
})

/** One that was never renewed, or says not how long it lasts, is nobody's. */
function isExpired({ spec }: Stored<Lease>, now: number): boolean {
  if (spec?.renewTime === undefined || spec.leaseDurationSeconds === undefined) return true
  return timeOf(spec.renewTime) + spec.leaseDurationSeconds * 1000 < now
}

/** Deletes requests that have served their time (upstream: pkg/controller/certificates/cleaner). */
import { certificateEnd } from '../../api/certificates/certificate.ts'
import { CertificateSigningRequest } from '../../api/certificates/certificate-signing-request.ts'
import { isNotFound } from '../../api/errors.ts'
import type { Stored } from '../../api/kind.ts'
import { parseTime } from '../../api/time.ts'
import { defineController } from '../runtime/controller.ts'
import { conditionOf, hasCondition } from './conditions.ts'

const PERIOD_MS = 3_600_000
const KEPT_MS = 3_600_000
const PENDING_MS = 24 * 3_600_000

export const csrCleanerController = defineController<CertificateSigningRequest>({
  name: 'certificatesigningrequest-cleaner-controller',
  component: 'certificate-controller',
  for: CertificateSigningRequest,
  resyncMs: PERIOD_MS,
  // Time alone makes a request old.
  predicate: { create: () => false, update: () => false, delete: () => false },

  async reconcile({ object: request, client, now }) {
    if (request === undefined || !isOld(request, now)) return
    const { name, uid } = request.metadata
    try {
      await client.delete(CertificateSigningRequest, { name }, { preconditions: { uid } })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  },
})

/** One that was approved but never signed waits for its signer, who may be somebody else. */
function isOld(request: Stored<CertificateSigningRequest>, now: number): boolean {
  const { certificate, conditions = [] } = request.status ?? {}
  const issued = Boolean(certificate)
  const end = certificate ? certificateEnd(atob(certificate)) : undefined
  if (end !== undefined && end < now && hasCondition(request, 'Approved')) return true
  const isPast = (type: string) => {
    const at = conditionOf(request, type)?.lastUpdateTime
    return at !== undefined && now - parseTime(at) > KEPT_MS
  }
  if ((issued && isPast('Approved')) || isPast('Denied') || isPast('Failed')) return true
  return conditions.length === 0 && now - parseTime(request.metadata.creationTimestamp) > PENDING_MS
}

/** Conditions of certificate signing requests. */
import type { CertificateSigningRequest } from '../../api/certificates/certificate-signing-request.ts'
import type { Stored } from '../../api/kind.ts'

export function conditionOf({ status }: CertificateSigningRequest, type: string) {
  return status?.conditions?.find((it) => it.type === type)
}

export function hasCondition(request: CertificateSigningRequest, type: string): boolean {
  return conditionOf(request, type) !== undefined
}

export function withCondition(
  request: Stored<CertificateSigningRequest>,
  { type, reason, message }: { readonly type: string; readonly reason: string; readonly message: string },
  now: string,
): Stored<CertificateSigningRequest> {
  const condition = { type, status: 'True', reason, message, lastUpdateTime: now, lastTransitionTime: now }
  const conditions = [...(request.status?.conditions ?? []), condition]
  return { ...request, status: { ...request.status, conditions } }
}

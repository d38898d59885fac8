/** Conditions of certificate signing requests. */
import type { CertificateSigningRequest } from '../../api/certificates/certificate-signing-request.ts'

export function conditionOf({ status }: CertificateSigningRequest, type: string) {
  return status?.conditions?.find((it) => it.type === type)
}

export function hasCondition(request: CertificateSigningRequest, type: string): boolean {
  return conditionOf(request, type) !== undefined
}

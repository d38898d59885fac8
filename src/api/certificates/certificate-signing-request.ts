/** A request to have a certificate signed. */
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { bytes, filled, type Infer, int32, kept, list, map, string, struct, time } from '../schema.ts'

export const CertificateSigningRequest = defineKind<CertificateSigningRequest>({
  group: 'certificates.k8s.io',
  version: 'v1',
  kind: 'CertificateSigningRequest',
  resource: 'certificatesigningrequests',
  singular: 'certificatesigningrequest',
  shortNames: ['csr'],
  namespaced: false,
  schema: () => certificateSigningRequest,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: true,
  subresources: ['approval'],
  unconditionalUpdate: true,
})

export interface CertificateSigningRequest extends Infer<typeof certificateSigningRequest> {}
export const certificateSigningRequest = struct(
  'certificates/v1.CertificateSigningRequest',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(certificateSigningRequestSpec),
    status: filled(certificateSigningRequestStatus),
  }),
  'spec',
)

export interface CertificateSigningRequestSpec extends Infer<typeof certificateSigningRequestSpec> {}
export const certificateSigningRequestSpec = struct(
  'certificates/v1.CertificateSigningRequestSpec',
  () => ({
    request: bytes,
    username: string,
    uid: string,
    groups: list(string),
    usages: list(string),
    extra: map(list(string)),
    signerName: string,
    expirationSeconds: kept(int32),
  }),
  'request',
  'signerName',
)

export interface CertificateSigningRequestStatus extends Infer<typeof certificateSigningRequestStatus> {}
export const certificateSigningRequestStatus = struct(
  'certificates/v1.CertificateSigningRequestStatus',
  () => ({
    conditions: list(certificateSigningRequestCondition, { keys: ['type'] }),
    certificate: bytes,
  }),
)

export interface CertificateSigningRequestCondition
  extends Infer<typeof certificateSigningRequestCondition> {}
export const certificateSigningRequestCondition = struct(
  'certificates/v1.CertificateSigningRequestCondition',
  () => ({
    type: string,
    reason: string,
    message: string,
    lastUpdateTime: time,
    lastTransitionTime: time,
    status: string,
  }),
  'type',
  'status',
)

/**
 * Who may approve and sign certificates, and which names nobody gets one for. Upstream:
 * plugin/pkg/admission/certificates/{approval,signing,subjectrestriction}.
 */

import { parseCertificateRequest } from '../../api/certificates/certificate-request.ts'
import type { CertificateSigningRequest } from '../../api/certificates/certificate-signing-request.ts'
import { forbidden } from '../../api/errors.ts'
import { equal } from '../equal.ts'
import type { AdmissionAttributes, AdmissionPlugin, AdmissionTarget } from './plugin.ts'

const GROUP = 'certificates.k8s.io'
const CLIENT_SIGNER = 'kubernetes.io/kube-apiserver-client'
const MASTERS = 'system:masters'

const isRequest = ({ kind }: AdmissionTarget) =>
  kind.group === GROUP && kind.resource === 'certificatesigningrequests'

export const certificateApproval: AdmissionPlugin = {
  name: 'CertificateApproval',
  handles: (target) =>
    isRequest(target) && target.operation === 'UPDATE' && target.subresource === 'approval',
  validate(object, attributes) {
    const { signerName } = (object as CertificateSigningRequest).spec
    if (mayUse('approve', signerName, attributes)) return
    throw refusal(
      attributes,
      `user not permitted to approve requests with signerName ${JSON.stringify(signerName)}`,
    )
  },
}

export const certificateSigning: AdmissionPlugin = {
  name: 'CertificateSigning',
  handles: (target) => isRequest(target) && target.operation === 'UPDATE' && target.subresource === 'status',
  validate(object, attributes) {
    const now = object as CertificateSigningRequest
    const before = attributes.old as CertificateSigningRequest
    const same =
      now.status?.certificate === before.status?.certificate &&
      equal(now.status?.conditions ?? [], before.status?.conditions ?? [])
    const { signerName } = before.spec
    if (same || mayUse('sign', signerName, attributes)) return
    throw refusal(
      attributes,
      `user not permitted to sign requests with signerName ${JSON.stringify(signerName)}`,
    )
  },
}

export const certificateSubjectRestriction: AdmissionPlugin = {
  name: 'CertificateSubjectRestriction',
  handles: (target) => isRequest(target) && target.operation === 'CREATE' && target.subresource === '',
  validate(object, attributes) {
    const { signerName, request } = (object as CertificateSigningRequest).spec
    if (signerName !== CLIENT_SIGNER) return
    const organizations = parseCertificateRequest(request ?? '')?.organizations ?? []
    if (!organizations.includes(MASTERS)) return
    throw refusal(attributes, `use of ${CLIENT_SIGNER} signer with ${MASTERS} group is not allowed`)
  },
}

function refusal({ kind, name }: AdmissionAttributes, why: string) {
  return forbidden(kind, name, why)
}

/** By its own name, or as one of its domain: `example.com/*`. */
function mayUse(verb: string, signerName: string, { server, user }: AdmissionAttributes): boolean {
  const may = (name: string) =>
    server.allows(user, { verb, group: GROUP, version: '*', resource: 'signers', name }).allowed
  return may(signerName) || may(`${signerName.split('/')[0]}/*`)
}

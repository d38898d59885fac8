/** Approves the client certificates of kubelets that may have one (upstream: pkg/controller/certificates/approver/sarapprove.go). */
import { SubjectAccessReview } from '../../api/authorization/subject-access-review.ts'
import { parseCertificateRequest } from '../../api/certificates/certificate-request.ts'
import { CertificateSigningRequest } from '../../api/certificates/certificate-signing-request.ts'
import type { Stored } from '../../api/kind.ts'
import { formatTime } from '../../api/time.ts'
import type { Client } from '../../client/client.ts'
import { defineController } from '../runtime/controller.ts'
import { hasCondition, withCondition } from './conditions.ts'
import { kubeletClientProblem } from './node-requests.ts'

const SIGNER = 'kubernetes.io/kube-apiserver-client-kubelet'

export const csrApprovingController = defineController<CertificateSigningRequest>({
  name: 'certificatesigningrequest-approving-controller',
  component: 'certificate-controller',
  for: CertificateSigningRequest,

  async reconcile({ object: request, client, now }) {
    if (request === undefined || request.status?.certificate || request.spec.signerName !== SIGNER) return
    if (hasCondition(request, 'Approved') || hasCondition(request, 'Denied')) return
    const { usages = [], username } = request.spec
    const parsed = parseCertificateRequest(request.spec.request ?? '')
    if (parsed === undefined || kubeletClientProblem(parsed, usages) !== undefined) return
    const kinds = [
      ...(parsed.commonName === username ? [['selfnodeclient', 'self kubelet client'] as const] : []),
      ['nodeclient', 'kubelet client'] as const,
    ]
    for (const [subresource, what] of kinds) {
      if (!(await isAllowed(client, request, subresource))) continue
      const message = `Auto approving ${what} certificate after SubjectAccessReview.`
      const { name } = request.metadata
      const condition = { type: 'Approved', reason: 'AutoApproved', message }
      const body = withCondition(request, condition, formatTime(now))
      await client.subresource('update', CertificateSigningRequest, { name }, 'approval', body)
      return
    }
  },
})

async function isAllowed(
  client: Client,
  { spec }: Stored<CertificateSigningRequest>,
  subresource: string,
): Promise<boolean> {
  const { username, uid, groups, extra } = spec
  const group = 'certificates.k8s.io'
  const resourceAttributes = { group, resource: 'certificatesigningrequests', verb: 'create', subresource }
  const review = await client.create(SubjectAccessReview, {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    metadata: {},
    spec: { user: username, uid, groups, extra, resourceAttributes },
  } as SubjectAccessReview)
  return review.status?.allowed === true
}

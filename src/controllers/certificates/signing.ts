/** Signs approved requests for the signers of Kubernetes' own (upstream: pkg/controller/certificates/signer). */
import {
  type CertificateAuthority,
  issueCertificate,
  pretendedAuthority,
} from '../../api/certificates/certificate.ts'
import {
  type CertificateRequest,
  parseCertificateRequest,
} from '../../api/certificates/certificate-request.ts'
import { CertificateSigningRequest } from '../../api/certificates/certificate-signing-request.ts'
import { formatTime } from '../../api/time.ts'
import type { Random } from '../../kernel/random.ts'
import { type ControllerDefinition, defineController } from '../runtime/controller.ts'
import { hasCondition, withCondition } from './conditions.ts'
import { clientProblem, kubeletClientProblem, kubeletServingProblem } from './node-requests.ts'

/** Upstream: --cluster-signing-duration. */
const MAX_SECONDS = 365 * 86_400
const MIN_SECONDS = 600

type Problem = (request: CertificateRequest, usages: readonly string[]) => string | undefined

const SIGNERS: Readonly<Record<string, Problem>> = {
  'kubernetes.io/kube-apiserver-client': (_, usages) => clientProblem(usages),
  'kubernetes.io/kube-apiserver-client-kubelet': kubeletClientProblem,
  'kubernetes.io/kubelet-serving': kubeletServingProblem,
  'kubernetes.io/legacy-unknown': () => undefined,
}

interface Memory {
  readonly random: Random
  authority(): CertificateAuthority
}

/** @param authority  asked for at every signature: it may become a real one when the cluster is served */
export function csrSigningController(
  authority?: () => CertificateAuthority,
): ControllerDefinition<CertificateSigningRequest, Memory> {
  return defineController<CertificateSigningRequest, Memory>({
    name: 'certificatesigningrequest-signing-controller',
    component: 'certificate-controller',
    for: CertificateSigningRequest,
    setup({ process }) {
      const pretended = pretendedAuthority(() => process.clock.now())
      return { random: process.random('csrsigning'), authority: authority ?? (() => pretended) }
    },

    async reconcile({ object: request, client, now, memory }) {
      if (request === undefined || request.status?.certificate) return
      if (!hasCondition(request, 'Approved') || hasCondition(request, 'Failed')) return
      const { signerName, usages = [], expirationSeconds } = request.spec
      const problemOf = Object.hasOwn(SIGNERS, signerName) ? SIGNERS[signerName] : undefined
      if (problemOf === undefined) return // Somebody else's.
      const parsed = parseCertificateRequest(request.spec.request ?? '')
      if (parsed === undefined) return
      const problem =
        problemOf(parsed, usages) ??
        (memory.authority().verifies(parsed) ? undefined : 'signature is not valid')
      if (problem !== undefined) {
        const condition = { type: 'Failed', reason: 'SignerValidationFailure', message: problem }
        await client.updateStatus(
          CertificateSigningRequest,
          withCondition(request, condition, formatTime(now)),
        )
        return
      }
      const serial = Uint8Array.from(
        { length: 16 },
        (_, i) => (i === 0 ? 1 : 0) + memory.random.below(i === 0 ? 0x7e : 0x100),
      )
      const seconds = Math.max(MIN_SECONDS, Math.min(expirationSeconds ?? MAX_SECONDS, MAX_SECONDS))
      const certificate = btoa(issueCertificate(memory.authority(), parsed, { usages, seconds, serial }))
      await client.updateStatus(CertificateSigningRequest, {
        ...request,
        status: { ...request.status, certificate },
      })
    },
  })
}

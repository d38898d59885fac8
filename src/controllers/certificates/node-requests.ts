/** What kubelets may ask for in a certificate (upstream: pkg/apis/certificates/helpers.go). */
import type { CertificateRequest } from '../../api/certificates/certificate-request.ts'

const CLIENT = ['digital signature', 'client auth']
const SERVING = ['digital signature', 'server auth']
const OPTIONAL = 'key encipherment'

/** Why it is no request of a kubelet for its client certificate; undefined when it is one. */
export function kubeletClientProblem(
  request: CertificateRequest,
  usages: readonly string[],
): string | undefined {
  return (
    nodeNameProblem(request) ??
    forbiddenNames(request, ['dnsNames', 'emailAddresses', 'ipAddresses', 'uris']) ??
    usageProblem(usages, CLIENT)
  )
}

export function kubeletServingProblem(
  request: CertificateRequest,
  usages: readonly string[],
): string | undefined {
  const { dnsNames, ipAddresses } = request
  if (request.organizations.join() !== 'system:nodes') return 'subject organization is not system:nodes'
  if (dnsNames.length === 0 && ipAddresses.length === 0) return 'DNS or IP subjectAltName is required'
  return (
    forbiddenNames(request, ['emailAddresses', 'uris']) ??
    usageProblem(usages, SERVING) ??
    nodeNameProblem(request)
  )
}

/** Any user's client certificate. */
export function clientProblem(usages: readonly string[]): string | undefined {
  const wrong = usages.find((it) => !CLIENT.includes(it) && it !== OPTIONAL)
  if (wrong !== undefined) return `invalid usage for client certificate: ${wrong}`
  return usages.includes('client auth')
    ? undefined
    : 'missing required usage for client certificate: client auth'
}

function nodeNameProblem({ organizations, commonName }: CertificateRequest): string | undefined {
  if (organizations.join() !== 'system:nodes') return 'subject organization is not system:nodes'
  return commonName.startsWith('system:node:')
    ? undefined
    : 'subject common name does not begin with system:node: '
}

const NAMES = { dnsNames: 'DNS', emailAddresses: 'Email', ipAddresses: 'IP', uris: 'URI' } as const

function forbiddenNames(
  request: CertificateRequest,
  fields: readonly (keyof typeof NAMES)[],
): string | undefined {
  const field = fields.find((it) => request[it].length > 0)
  return field && `${NAMES[field]} subjectAltNames are not allowed`
}

function usageProblem(usages: readonly string[], wanted: readonly string[]): string | undefined {
  const given = new Set(usages)
  given.delete(OPTIONAL)
  const matches = given.size === wanted.length && wanted.every((it) => given.has(it))
  return matches ? undefined : `usages did not match [${[...wanted].sort().join(' ')}]`
}

/** A request to have a certificate signed. */
import { ageColumn, NONE, nameColumn, orNone, text } from '../columns.ts'
import type { FieldErrors } from '../field-errors.ts'
import { withFields } from '../fill.ts'
import { goBytes } from '../go-syntax.ts'
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { bytes, filled, type Infer, int32, kept, list, map, string, struct, time } from '../schema.ts'
import { humanDuration } from '../time.ts'
import { parseCertificateRequest } from './certificate-request.ts'

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
  prepareForCreate: (object) => withFields(object, { status: NOT_SIGNED }),
  // The request says who asked for what: that never changes.
  prepareForUpdate: (object, old) => withFields(object, { spec: old.spec, status: old.status }),
  validate(object, errors, old) {
    const { request, signerName, usages, expirationSeconds } = object.spec
    errors.at('spec', () => {
      if (parseCertificateRequest(request ?? '') === undefined) {
        errors.invalid('request', goBytes(request), 'PEM block type must be CERTIFICATE REQUEST')
      }
      if ((usages ?? []).length === 0) errors.required('usages')
      if (old === undefined) validateUsages(usages ?? [], errors)
      if (!signerName) errors.required('signerName')
      else if (signerName === 'kubernetes.io/legacy-unknown') {
        const detail = 'the legacy signerName is not allowed via this API version'
        if (old === undefined) errors.invalid('signerName', signerName, detail)
      } else if (signerName.split('/').length !== 2) {
        errors.invalid(
          'signerName',
          signerName,
          "must be a fully qualified domain and path of the form 'example.com/signer-name'",
        )
      }
      if (expirationSeconds !== undefined && expirationSeconds < 600) {
        errors.invalid(
          'expirationSeconds',
          expirationSeconds,
          'may not specify a duration less than 600 seconds (10 minutes)',
        )
      }
    })
  },
  validateStatusUpdate(object, old, errors) {
    validateConditions(object, old, errors)
  },
  selectableFields: { 'spec.signerName': ({ spec }) => spec.signerName ?? '' },
  columns: [
    nameColumn,
    ageColumn,
    text('SignerName', 'Who is to sign it.', ({ spec }) => orNone(spec.signerName)),
    text('Requestor', 'Who asked.', ({ spec }) => spec.username ?? ''),
    text('RequestedDuration', 'How long it is to last.', ({ spec }) =>
      spec.expirationSeconds === undefined ? NONE : humanDuration(spec.expirationSeconds * 1000),
    ),
    text('Condition', 'Approved, Denied, Issued, ...', conditionText),
  ],
})

const USAGES = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
]

function validateUsages(usages: readonly string[], errors: FieldErrors): void {
  errors.each('usages', usages, (usage) => {
    if (!USAGES.includes(usage)) errors.notSupported(undefined, usage, USAGES)
  })
  errors.each('usages', usages, (usage, index) => {
    if (usages.indexOf(usage) < index) errors.duplicate(undefined, usage)
  })
}

const NOT_SIGNED = Object.freeze({})
/** What approvers decide, once and for all. */
const DECISIONS = ['Approved', 'Denied']

/** Upstream: apis/certificates/validation. */
function validateConditions(
  { status }: CertificateSigningRequest,
  old: CertificateSigningRequest,
  errors: FieldErrors,
): void {
  const conditions = status?.conditions ?? []
  errors.at('status', () => {
    errors.each('conditions', conditions, ({ type, status: is }, index) => {
      if (!type) errors.required('type')
      else if (conditions.findIndex((it) => it.type === type) < index) errors.duplicate('type', type)
      if (!is) errors.required('status')
      else if ([...DECISIONS, 'Failed'].includes(type) && is !== 'True')
        errors.notSupported('status', is, ['True'])
      if (
        DECISIONS.includes(type) &&
        conditions.some((it) => DECISIONS.includes(it.type) && it.type !== type)
      )
        errors.invalid('type', type, 'Approved and Denied conditions are mutually exclusive')
    })
    for (const type of DECISIONS) {
      const had = old.status?.conditions?.some((it) => it.type === type) ?? false
      if (had && !conditions.some((it) => it.type === type))
        errors.forbidden('conditions', `updates may not remove a condition of type "${type}"`)
    }
    const before = old.status?.certificate
    if (before && status?.certificate !== before)
      errors.forbidden('certificate', 'updates may not change a certificate that has been issued')
  })
}

function conditionText({ status }: CertificateSigningRequest): string {
  const has = (type: string) => status?.conditions?.some((it) => it.type === type) ?? false
  const words = []
  if (has('Denied')) words.push('Denied')
  else if (has('Approved')) words.push('Approved')
  else words.push('Pending')
  if (has('Failed')) words.push('Failed')
  if (status?.certificate) words.push('Issued')
  return words.join(',')
}

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

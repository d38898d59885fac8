/** Certificates (X.509 v3) for signing requests: everything but the signature itself, which is the authority's. */
import type { CertificateRequest } from './certificate-request.ts'
import { children, der, derOid, derText, fromPem, readElement, TAG, textOf, toPem } from './der.ts'

/** Who signs. Keys are outside of the simulation: a real one where certificates leave it, a pretended one otherwise. */
export interface CertificateAuthority {
  /** Its own name, as DER. */
  readonly issuer: Uint8Array
  /** How it signs: an AlgorithmIdentifier as DER. */
  readonly algorithm: Uint8Array
  /** Ms since the epoch: of certificates that real programs look at, real time. */
  now(): number
  sign(data: Uint8Array): Uint8Array
  /** Whether the request is signed with the key that it is about. */
  verifies(request: CertificateRequest): boolean
}

export interface CertificateTerms {
  /** Of Kubernetes: `client auth`. */
  readonly usages: readonly string[]
  readonly seconds: number
  /** Positive, unique for the authority. */
  readonly serial: Uint8Array
}

const BACKDATE_MS = 300_000
/** Bits of KeyUsage, from the left. */
const KEY_USAGES: Readonly<Record<string, number>> = {
  signing: 0,
  'digital signature': 0,
  'content commitment': 1,
  'key encipherment': 2,
  'data encipherment': 3,
  'key agreement': 4,
  'cert sign': 5,
  'crl sign': 6,
  'encipher only': 7,
}
const EXTENDED_USAGES: Readonly<Record<string, string>> = {
  any: '2.5.29.37.0',
  'server auth': '1.3.6.1.5.5.7.3.1',
  'client auth': '1.3.6.1.5.5.7.3.2',
  'code signing': '1.3.6.1.5.5.7.3.3',
  'email protection': '1.3.6.1.5.5.7.3.4',
  's/mime': '1.3.6.1.5.5.7.3.4',
  timestamping: '1.3.6.1.5.5.7.3.8',
  'ocsp signing': '1.3.6.1.5.5.7.3.9',
}
const TRUE = der(0x01, Uint8Array.of(0xff))

/** The certificate as PEM text. */
export function issueCertificate(
  authority: CertificateAuthority,
  request: CertificateRequest,
  { usages, seconds, serial }: CertificateTerms,
): string {
  const now = authority.now()
  const body = der(
    TAG.sequence,
    der(0xa0, der(TAG.integer, Uint8Array.of(2))),
    der(TAG.integer, serial),
    authority.algorithm,
    authority.issuer,
    der(TAG.sequence, time(now - BACKDATE_MS), time(now + seconds * 1000 - BACKDATE_MS)),
    request.subject,
    request.publicKey,
    der(0xa3, der(TAG.sequence, ...extensions(request, usages))),
  )
  const signature = der(TAG.bitString, Uint8Array.of(0), authority.sign(body))
  return toPem('CERTIFICATE', der(TAG.sequence, body, authority.algorithm, signature))
}

function extensions(request: CertificateRequest, usages: readonly string[]): Uint8Array[] {
  const bits = usages.flatMap((it) => KEY_USAGES[it] ?? [])
  const extended = [...new Set(usages.flatMap((it) => EXTENDED_USAGES[it] ?? []))]
  const found = [extension('2.5.29.19', der(TAG.sequence), true)]
  if (bits.length > 0) found.unshift(extension('2.5.29.15', bitString(bits), true))
  if (extended.length > 0)
    found.push(extension('2.5.29.37', der(TAG.sequence, ...extended.map(derOid)), false))
  if (request.alternativeNames !== undefined)
    found.push(extension('2.5.29.17', request.alternativeNames, false))
  return found
}

function extension(oid: string, value: Uint8Array, critical: boolean): Uint8Array {
  return der(TAG.sequence, derOid(oid), ...(critical ? [TRUE] : []), der(TAG.octetString, value))
}

function bitString(bits: readonly number[]): Uint8Array {
  const byte = bits.reduce((sum, bit) => sum | (0x80 >> bit), 0)
  let unused = 0
  while (unused < 7 && ((byte >> unused) & 1) === 0) unused++
  return der(TAG.bitString, Uint8Array.of(unused, byte))
}

/** UTCTime up to 2049, GeneralizedTime from then on. */
function time(ms: number): Uint8Array {
  const text = `${new Date(Math.floor(ms / 1000) * 1000).toISOString().replace(/[-:T]|\.\d+/g, '')}`
  return Number(text.slice(0, 4)) < 2050 ? derText(0x17, text.slice(2)) : derText(0x18, text)
}

/** An authority that only looks like one: for clusters that nobody outside trusts. */
export function pretendedAuthority(now: () => number): CertificateAuthority {
  const name = der(TAG.set, der(TAG.sequence, derOid('2.5.4.3'), derText(TAG.utf8String, 'kubernetes')))
  return {
    issuer: der(TAG.sequence, name),
    algorithm: der(TAG.sequence, derOid('1.2.840.10045.4.3.2')),
    now,
    sign: (data) => Uint8Array.of(...new Array(8).fill(data.length % 256)),
    verifies: () => true,
  }
}

/** When the certificate in a PEM text ends, ms since the epoch; undefined when there is none. */
export function certificateEnd(pem: string): number | undefined {
  const bytes = fromPem(pem, 'CERTIFICATE')
  if (bytes === undefined) return undefined
  const [body] = children(readElement(bytes))
  const validity = body && children(body)[4]
  const end = validity && children(validity)[1]
  if (end === undefined) return undefined
  const text = textOf(end)
  const [, year, month, day, hour, minute, second] =
    /^(\d{2}|\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text)?.map(Number) ?? []
  if (year === undefined) return undefined
  const full = year >= 100 ? year : year < 50 ? 2000 + year : 1900 + year
  return Date.UTC(full, month! - 1, day, hour, minute, second)
}

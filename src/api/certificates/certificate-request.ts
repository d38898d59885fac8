/** What a certificate signing request (PKCS #10) asks for. */
import {
  children,
  contentOf,
  DerError,
  type Element,
  fromPem,
  oidOf,
  readElement,
  TAG,
  textOf,
  wholeOf,
} from './der.ts'

export interface CertificateRequest {
  readonly commonName: string
  readonly organizations: readonly string[]
  readonly dnsNames: readonly string[]
  /** As text: `10.0.0.1`. */
  readonly ipAddresses: readonly string[]
  readonly emailAddresses: readonly string[]
  readonly uris: readonly string[]
  /** The names above, and the key that the certificate is for (SubjectPublicKeyInfo), as DER. */
  readonly subject: Uint8Array
  readonly publicKey: Uint8Array
  readonly alternativeNames: Uint8Array | undefined
  /** What the signature is over, how it was made, and itself. */
  readonly signed: Uint8Array
  readonly algorithm: Uint8Array
  readonly signature: Uint8Array
}

const COMMON_NAME = '2.5.4.3'
const ORGANIZATION = '2.5.4.10'
const EXTENSION_REQUEST = '1.2.840.113549.1.9.14'
const SUBJECT_ALTERNATIVE_NAME = '2.5.29.17'
/** Context tags of GeneralName. */
const EMAIL = 0x81
const DNS = 0x82
const URI = 0x86
const IP = 0x87
const ATTRIBUTES = 0xa0

/** @param base64  of the PEM text, as it stands in `spec.request`; undefined when there is no request in it */
export function parseCertificateRequest(base64: string): CertificateRequest | undefined {
  try {
    const bytes = fromPem(atob(base64), 'CERTIFICATE REQUEST')
    return bytes && parse(bytes)
  } catch (error) {
    // `atob` has a failure of its own for what is no base64.
    if (error instanceof DerError || (error as Error).name === 'InvalidCharacterError') return undefined
    throw error
  }
}

function parse(bytes: Uint8Array): CertificateRequest | undefined {
  const [info, algorithm, signature] = children(readElement(bytes))
  if (info?.tag !== TAG.sequence || algorithm === undefined || signature?.tag !== TAG.bitString)
    return undefined
  const [version, subject, publicKey, ...rest] = children(info)
  if (version?.tag !== TAG.integer || subject?.tag !== TAG.sequence || publicKey?.tag !== TAG.sequence) {
    return undefined
  }
  const names = namesOf(subject)
  const attributes = rest.find((it) => it.tag === ATTRIBUTES)
  const alternatives = attributes === undefined ? undefined : alternativeNames(attributes)
  const entries = alternatives === undefined ? [] : children(alternatives)
  const texts = (tag: number) => entries.filter((it) => it.tag === tag).map(textOf)
  return {
    commonName: names.find(([oid]) => oid === COMMON_NAME)?.[1] ?? '',
    organizations: names.filter(([oid]) => oid === ORGANIZATION).map(([, value]) => value),
    dnsNames: texts(DNS),
    emailAddresses: texts(EMAIL),
    uris: texts(URI),
    ipAddresses: entries.filter((it) => it.tag === IP).map((it) => ipText(contentOf(it))),
    subject: wholeOf(subject),
    publicKey: wholeOf(publicKey),
    alternativeNames: alternatives && wholeOf(alternatives),
    signed: wholeOf(info),
    algorithm: wholeOf(algorithm),
    signature: contentOf(signature).subarray(1),
  }
}

/** Relative names of a distinguished name: OID and value. */
function namesOf(name: Element): [string, string][] {
  return children(name).flatMap((set) =>
    children(set).flatMap((pair): [string, string][] => {
      const [type, value] = children(pair)
      return type?.tag === TAG.oid && value !== undefined ? [[oidOf(type), textOf(value)]] : []
    }),
  )
}

function alternativeNames(attributes: Element): Element | undefined {
  for (const attribute of children(attributes)) {
    const [type, values] = children(attribute)
    if (type === undefined || values === undefined || oidOf(type) !== EXTENSION_REQUEST) continue
    for (const extension of children(values).flatMap(children)) {
      const parts = children(extension)
      const [id] = parts
      const value = parts.at(-1)
      if (id === undefined || value?.tag !== TAG.octetString) continue
      if (oidOf(id) === SUBJECT_ALTERNATIVE_NAME) return readElement(value.bytes, value.start, value.end)
    }
  }
  return undefined
}

function ipText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  const groups: string[] = []
  for (let i = 0; i + 1 < bytes.length; i += 2) groups.push(((bytes[i]! << 8) | bytes[i + 1]!).toString(16))
  return groups.join(':')
}

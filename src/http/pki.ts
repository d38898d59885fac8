/** Certificates: a CA made at the start, the server's certificate and clients' certificates signed by it. */
import 'reflect-metadata'
import { createPrivateKey, createPublicKey, sign, verify, webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import type { CertificateAuthority as ClusterAuthority } from '../api/certificates/certificate.ts'
import type { CertificateRequest } from '../api/certificates/certificate-request.ts'
import { children, der, derOid, oidOf, readElement, TAG } from '../api/certificates/der.ts'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const DAY_MS = 86_400_000
const ECDSA_SHA256 = '1.2.840.10045.4.3.2'

export interface KeyPairPem {
  readonly cert: string
  readonly key: string
}

x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0])

export class CertificateAuthority {
  readonly #keys: webcrypto.CryptoKeyPair
  readonly #certificate: x509.X509Certificate
  #serial = 1

  private constructor(keys: webcrypto.CryptoKeyPair, certificate: x509.X509Certificate) {
    this.#keys = keys
    this.#certificate = certificate
  }

  /** @param nowMs  real time: certificates are checked by clients that know nothing of virtual time */
  static async create(commonName: string, nowMs: number): Promise<CertificateAuthority> {
    const keys = await generateKeys()
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      name: `CN=${commonName}`,
      serialNumber: '01',
      notBefore: new Date(nowMs - DAY_MS),
      notAfter: new Date(nowMs + 3650 * DAY_MS),
      signingAlgorithm: ALGORITHM,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    })
    return new CertificateAuthority(keys, certificate)
  }

  get pem(): string {
    return this.#certificate.toString('pem')
  }

  server(names: readonly string[], addresses: readonly string[], nowMs: number): Promise<KeyPairPem> {
    const alternatives = [
      ...names.map((value) => ({ type: 'dns' as const, value })),
      ...addresses.map((value) => ({ type: 'ip' as const, value })),
    ]
    return this.#issue('CN=kube-apiserver', x509.ExtendedKeyUsage.serverAuth, nowMs, [
      new x509.SubjectAlternativeNameExtension(alternatives),
    ])
  }

  /** Common name: the user; organizations: its groups. */
  client(user: string, groups: readonly string[], nowMs: number): Promise<KeyPairPem> {
    const subject = [{ CN: [user] }, ...groups.map((group) => ({ O: [group] }))]
    return this.#issue(new x509.Name(subject).toString(), x509.ExtendedKeyUsage.clientAuth, nowMs, [])
  }

  /** Signs for the cluster's own signers: what it signs lets its bearer in. */
  async signer(now: () => number): Promise<ClusterAuthority> {
    const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', this.#keys.privateKey))
    const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
    return {
      issuer: new Uint8Array(this.#certificate.subjectName.toArrayBuffer()),
      algorithm: der(TAG.sequence, derOid(ECDSA_SHA256)),
      now,
      sign: (data) => sign('sha256', data, key),
      verifies,
    }
  }

  async #issue(
    subject: string,
    usage: x509.ExtendedKeyUsage,
    nowMs: number,
    extensions: readonly x509.Extension[],
  ): Promise<KeyPairPem> {
    const keys = await generateKeys()
    this.#serial++
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: this.#serial.toString(16).padStart(4, '0'),
      subject,
      issuer: this.#certificate.subject,
      notBefore: new Date(nowMs - DAY_MS),
      notAfter: new Date(nowMs + 365 * DAY_MS),
      signingAlgorithm: ALGORITHM,
      publicKey: keys.publicKey,
      signingKey: this.#keys.privateKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([usage]),
        ...extensions,
      ],
    })
    return { cert: certificate.toString('pem'), key: await privateKeyPem(keys.privateKey) }
  }
}

/** Signature algorithms of requests, and what Node calls their hashes. */
const HASHES: Readonly<Record<string, string | null>> = {
  [ECDSA_SHA256]: 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  // Ed25519 needs none.
  '1.3.101.112': null,
}

function verifies({ publicKey, algorithm, signed, signature }: CertificateRequest): boolean {
  const [oid] = children(readElement(algorithm))
  const hash = oid && HASHES[oidOf(oid)]
  if (hash === undefined) return false
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' })
    return verify(hash, signed, key, signature)
  } catch {
    return false
  }
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>
}

async function privateKeyPem(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key))
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`
}

/**
 * Tokens of service accounts: three-part JWTs with upstream's claims (upstream: pkg/serviceaccount). How they are signed
 * is the composition root's choice: inside a simulation a keyed hash will do, behind a socket it must be a real
 * signature.
 */
import type { UserInfo } from '../api/request.ts'
import { hash32 } from '../kernel/hash.ts'

export const DEFAULT_AUDIENCE = 'https://kubernetes.default.svc.cluster.local'

/** Signs and checks the first two parts of a token; synchronous, since the API server answers at once. */
export interface TokenSigner {
  readonly algorithm: string
  sign(text: string): string
  verify(text: string, signature: string): boolean
}

export interface TokenClaims {
  readonly namespace: string
  readonly serviceAccount: { readonly name: string; readonly uid: string }
  readonly pod?: { readonly name: string; readonly uid: string }
  readonly node?: { readonly name: string; readonly uid?: string }
  readonly audiences?: readonly string[]
  readonly expirationSeconds: number
}

interface Payload {
  readonly iss: string
  readonly sub: string
  readonly aud: readonly string[]
  readonly exp: number
  readonly iat: number
  readonly nbf: number
  readonly jti: string
  readonly 'kubernetes.io': {
    readonly namespace: string
    readonly serviceaccount: { readonly name: string; readonly uid: string }
    readonly pod?: { readonly name: string; readonly uid: string }
    readonly node?: { readonly name: string; readonly uid?: string }
  }
}

/** What a token is bound to. */
export type BoundClaims = Payload['kubernetes.io']

/** Whether what a token is bound to still exists. */
export type StillThere = (claims: BoundClaims) => boolean

export class ServiceAccountTokens {
  readonly issuer = DEFAULT_AUDIENCE
  signer: TokenSigner
  readonly #stillThere: StillThere

  constructor(signer: TokenSigner, stillThere: StillThere) {
    this.signer = signer
    this.#stillThere = stillThere
  }

  /** @param id  unique; becomes the claim `jti` */
  issue(claims: TokenClaims, nowMs: number, id: string): string {
    const now = Math.floor(nowMs / 1000)
    const { namespace, serviceAccount, pod, node, audiences, expirationSeconds } = claims
    const payload: Payload = {
      aud: audiences?.length ? audiences : [this.issuer],
      exp: now + expirationSeconds,
      iat: now,
      iss: this.issuer,
      jti: id,
      'kubernetes.io': {
        namespace,
        ...(node ? { node } : {}),
        ...(pod ? { pod } : {}),
        serviceaccount: serviceAccount,
      },
      nbf: now,
      sub: `system:serviceaccount:${namespace}:${serviceAccount.name}`,
    }
    const text = `${base64url(JSON.stringify({ alg: this.signer.algorithm, kid: 'kubarium' }))}.${base64url(JSON.stringify(payload))}`
    return `${text}.${this.signer.sign(text)}`
  }

  /** Whose token it is; undefined when it is not ours, too old, for others, or its account is gone. */
  verify(token: string, nowMs: number): UserInfo | undefined {
    const parts = token.split('.')
    if (parts.length !== 3) return undefined
    const text = `${parts[0]}.${parts[1]}`
    if (!this.signer.verify(text, parts[2]!)) return undefined
    const payload = JSON.parse(fromBase64url(parts[1]!)) as Payload
    const now = nowMs / 1000
    if (payload.exp <= now || payload.nbf > now + 10 || !payload.aud.includes(this.issuer)) return undefined
    const bound = payload['kubernetes.io']
    if (!this.#stillThere(bound)) return undefined
    return {
      name: payload.sub,
      uid: bound.serviceaccount.uid,
      groups: ['system:serviceaccounts', `system:serviceaccounts:${bound.namespace}`, 'system:authenticated'],
      extra: {
        'authentication.kubernetes.io/credential-id': [`JTI=${payload.jti}`],
        ...(bound.pod
          ? {
              'authentication.kubernetes.io/pod-name': [bound.pod.name],
              'authentication.kubernetes.io/pod-uid': [bound.pod.uid],
            }
          : {}),
      },
    }
  }
}

/** Good enough where nobody attacks: inside a simulation, and the same in every run. */
export function simulatedSigner(secret: string): TokenSigner {
  const sign = (text: string) => {
    const words = [0, 1, 2, 3].map((i) => hash32(`${secret}.${text}`, i).toString(16).padStart(8, '0'))
    return base64url(words.join(''))
  }
  return { algorithm: 'SIM', sign, verify: (text, signature) => sign(text) === signature }
}

function base64url(text: string): string {
  const bytes = new TextEncoder().encode(text)
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

function fromBase64url(text: string): string {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return new TextDecoder().decode(Uint8Array.from(binary, (it) => it.charCodeAt(0)))
}

/** Who is at the other end of a connection: a client certificate, a bearer token, or nobody we know. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { unauthorized } from '../api/errors.ts'
import type { UserInfo } from '../api/request.ts'

export const ANONYMOUS: UserInfo = { name: 'system:anonymous', groups: ['system:unauthenticated'] }
const AUTHENTICATED = 'system:authenticated'
const CREDENTIAL_ID = 'authentication.kubernetes.io/credential-id'

export interface AuthenticatorOptions {
  /** Bearer tokens and whose they are. */
  readonly tokens: ReadonlyMap<string, UserInfo>
  /** Checks any other token, such as those of service accounts; undefined: not valid. */
  readonly verifyToken?: (token: string) => UserInfo | undefined
  /** Who everybody is on a connection without TLS, where clients send no credentials. */
  readonly insecureUser?: UserInfo
}

export class Authenticator {
  readonly #options: AuthenticatorOptions
  /** Hashes, so that comparing takes the same time whatever was guessed right. */
  readonly #tokens: readonly { readonly hash: Buffer; readonly user: UserInfo }[]
  readonly #certificates = new WeakMap<TLSSocket, UserInfo>()

  constructor(options: AuthenticatorOptions) {
    this.#options = options
    this.#tokens = [...options.tokens].map(([token, user]) => ({ hash: digest(token), user }))
  }

  /** Throws Unauthorized for credentials that are wrong: they never count as none. */
  authenticate(request: IncomingMessage): UserInfo {
    const socket = request.socket as TLSSocket
    const { authorization } = request.headers
    if (authorization !== undefined) return this.#byToken(authorization)
    if (!socket.encrypted) return this.#options.insecureUser ?? ANONYMOUS
    return this.#byCertificate(socket) ?? ANONYMOUS
  }

  #byToken(authorization: string): UserInfo {
    const token = /^bearer +(\S+)$/i.exec(authorization)?.[1]
    if (token === undefined) throw unauthorized()
    const hash = digest(token)
    let found: UserInfo | undefined
    for (const known of this.#tokens) if (timingSafeEqual(known.hash, hash)) found = known.user
    found ??= this.#options.verifyToken?.(token)
    if (found === undefined) throw unauthorized()
    return withAuthenticated(found)
  }

  /** Common name: the user; organizations: the groups. The chain has been checked against our CA. */
  #byCertificate(socket: TLSSocket): UserInfo | undefined {
    const known = this.#certificates.get(socket)
    if (known !== undefined) return known
    if (!socket.authorized) return undefined
    const { subject, fingerprint256 } = socket.getPeerCertificate()
    if (subject?.CN === undefined) return undefined
    const organizations: string | readonly string[] = subject.O ?? []
    const groups = typeof organizations === 'string' ? [organizations] : [...organizations]
    const credential = `X509SHA256=${fingerprint256.replaceAll(':', '').toLowerCase()}`
    const extra = { [CREDENTIAL_ID]: [credential] }
    const user = withAuthenticated({ name: String(subject.CN), groups, extra })
    this.#certificates.set(socket, user)
    return user
  }
}

function withAuthenticated(user: UserInfo): UserInfo {
  return user.groups.includes(AUTHENTICATED) ? user : { ...user, groups: [...user.groups, AUTHENTICATED] }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

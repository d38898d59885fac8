/** Who may do what: the seam between the pipeline and whatever decides. */

import type { AccessAttributes } from '../api/authorization/access.ts'
import type { UserInfo } from '../api/request.ts'

export interface Verdict {
  readonly allowed: boolean
  /** Follows the message of a refusal; '' when there is nothing to add. */
  readonly reason: string
}

export interface Authorizer {
  authorize(user: UserInfo, what: AccessAttributes): Verdict
}

const ALLOWED: Verdict = Object.freeze({ allowed: true, reason: '' })

const REFUSED: Verdict = Object.freeze({ allowed: false, reason: '' })

/** Everybody may do everything but act as somebody else: that takes rules which say who may. */
export const ALLOW_ALL: Authorizer = {
  authorize: (_, { verb }) => (verb === 'impersonate' ? REFUSED : ALLOWED),
}

/** Asks one after the other; each that refuses may say why. */
export function firstToAllow(...authorizers: readonly Authorizer[]): Authorizer {
  return {
    authorize(user, what) {
      let reason = ''
      for (const authorizer of authorizers) {
        const verdict = authorizer.authorize(user, what)
        if (verdict.allowed) return verdict
        reason ||= verdict.reason
      }
      return reason === '' ? REFUSED : { allowed: false, reason }
    },
  }
}

/** `Impersonate-*` headers: acting as somebody else, for those who may (upstream: endpoints/filters/impersonation.go). */
import type { IncomingMessage } from 'node:http'
import { badRequest, forbidden } from '../api/errors.ts'
import type { UserInfo } from '../api/request.ts'
import type { ApiServer } from '../apiserver/server.ts'

const EXTRA = 'impersonate-extra-'

/** The user to act as; throws Forbidden when `user` may not act as all of it. */
export function impersonated(server: ApiServer, user: UserInfo, request: IncomingMessage): UserInfo {
  if (!asksFor(request)) return user
  // Each header by itself: a name may contain a comma.
  const headers = request.headersDistinct
  const name = headers['impersonate-user']?.[0]
  const groups = headers['impersonate-group'] ?? []
  const uid = headers['impersonate-uid']?.[0]
  const extraKeys = Object.keys(headers).filter((key) => key.startsWith(EXTRA))
  if (name === undefined) {
    if (groups.length > 0 || uid !== undefined || extraKeys.length > 0) {
      throw badRequest('requested impersonation of groups, uid or extra without impersonating a user')
    }
    return user
  }
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name)
  if (account === null) check(server, user, '', 'users', name)
  else check(server, user, '', 'serviceaccounts', account[2]!, account[1])
  for (const group of groups) check(server, user, '', 'groups', group)
  if (uid !== undefined) check(server, user, 'authentication.k8s.io', 'uids', uid)
  const extra: [string, string[]][] = extraKeys.map((key) => {
    const values = headers[key] ?? []
    const field = unescaped(key.slice(EXTRA.length))
    for (const value of values)
      check(server, user, 'authentication.k8s.io', 'userextras', value, undefined, field)
    return [field, values]
  })
  const own =
    account === null || groups.length > 0
      ? groups
      : ['system:serviceaccounts', `system:serviceaccounts:${account[1]}`]
  const membership = name === 'system:anonymous' ? 'system:unauthenticated' : 'system:authenticated'
  return {
    name,
    groups: own.includes(membership) ? own : [...own, membership],
    ...(uid === undefined ? {} : { uid }),
    ...(extra.length === 0 ? {} : { extra: Object.fromEntries(extra) }),
  }
}

function check(
  server: ApiServer,
  user: UserInfo,
  group: string,
  resource: string,
  name: string,
  namespace?: string,
  subresource?: string,
): void {
  const { allowed } = server.allows(user, {
    verb: 'impersonate',
    group,
    version: 'v1',
    resource,
    subresource,
    name,
    namespace,
  })
  if (allowed) return
  const where = namespace ? `in the namespace "${namespace}"` : 'at the cluster scope'
  throw forbidden(
    { group, resource },
    name,
    `User "${user.name}" cannot impersonate resource "${resource}" in API group "${group}" ${where}`,
  )
}

function asksFor({ headers }: IncomingMessage): boolean {
  for (const key in headers) if (key.startsWith('impersonate-')) return true
  return false
}

/** As upstream does: what is no valid escape stands for itself. */
function unescaped(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}

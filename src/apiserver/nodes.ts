/** Kubelets among the users (upstream: pkg/auth/nodeidentifier). */
import type { UserInfo } from '../api/request.ts'

const GROUP = 'system:nodes'
const PREFIX = 'system:node:'

const names = new WeakMap<UserInfo, string | null>()

/** The name of the node whose kubelet the user is, '' for one that does not say; undefined for anybody else. */
export function nodeNameOf(user: UserInfo): string | undefined {
  let name = names.get(user)
  if (name === undefined) {
    const isNode = user.name.startsWith(PREFIX) && user.groups.includes(GROUP)
    name = isNode ? user.name.slice(PREFIX.length) : null
    names.set(user, name)
  }
  return name ?? undefined
}
